"""What happened to a case and who did it; its decisions, and other agencies' answers."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson
from django.utils.translation import gettext

from approvals import words
from approvals.models import Application, Consent, Decision, LegalReview
from approvals.states import ConsentState, Outcome
from ledger.models import Event
from people.language import mark
from people.models import User
from services.rulebook import Rulebook


def events(case: Application, found: Sequence[Event]) -> list[dict[str, Any]]:
    """Return what happened, oldest first; officers by their names."""
    codes = {event.by[8:] for event in found if event.by.startswith("officer:")}
    names = officers(codes)
    return [_event(event, case, names) for event in found]


def officers(codes: Collection[str]) -> dict[str, str]:
    """Return officers' names by user name, in one query."""
    if not codes:
        return {}
    rows = User.objects.filter(username__in=codes)
    return {user.username: name(user) for user in rows.only("username", "name")}


def name(officer: User) -> str:
    return str(officer.name or officer.username)


def _event(event: Event, case: Application, names: Mapping[str, str]) -> dict[str, Any]:
    data, reason = orjson.loads(event.data), ""
    by = words.by_whom(event, case)
    if event.by.startswith("officer:"):
        reason = data.get("reason") or mark(";").join(data.get("reasons", ()))
        by = names.get(event.by[8:], event.by[8:])
    if approval := data.get("government"):
        reason += f" ({approval['number']}, {approval['on']})"
    return {"word": words.event(event), "at": event.at, "by": by, "reason": reason}


def decisions(case: Application) -> list[dict[str, Any]]:
    """Return every decision of the case, the newest first."""
    found = Decision.objects.filter(application=case).select_related("officer", "proposed_by")
    rows = [(row, orjson.loads(bytes(row.receipt))) for row in found.order_by("-at", "-id")]
    opinions: dict[str, str] = {}
    if any("legal_review" in receipt for _, receipt in rows):
        agreed = LegalReview.objects.filter(application=case, agreed=True)
        opinions = {review.opinion_sha256: review.opinion for review in agreed}
    return [_decision(row, receipt, opinions) for row, receipt in rows]


def _decision(
    decision: Decision, receipt: Mapping[str, Any], opinions: Mapping[str, str]
) -> dict[str, Any]:
    review = receipt.get("legal_review")
    by = name(decision.officer) if decision.officer else gettext("System")
    if decision.proposed_by:
        by = f"{name(decision.proposed_by)}, {by}"
    return {
        "outcome": decision.outcome,
        "word": Outcome(decision.outcome).label,
        "live": decision.live,
        "at": decision.at,
        "by": by,
        "reasons": receipt["reasons"] if decision.officer else [],
        "round": decision.round,
        "review": review and {"opinion": opinions.get(review.get("opinion_sha256"), ""), **review},
    }


def consent(consent: Consent, book: Rulebook, lang: str) -> dict[str, Any]:
    """Return what another agency was asked, and what it answered."""
    item = book.consents.get(consent.item)
    states = {
        ConsentState.ASKED: gettext("asked, not answered yet"),
        ConsentState.GRANTED: gettext("agreed"),
        ConsentState.DENIED: gettext("did not agree"),
    }
    return {
        "partner": getattr(consent.partner, f"name_{lang}"),
        "item": getattr(item, lang, consent.item),
        "word": states[ConsentState(consent.state)],
        "state": consent.state,
        "due_at": consent.due_at,
        "answered_at": consent.answered_at,
        "reason": consent.reason,
    }
