"""What is paid to a person by period, as their pages show it."""

import datetime
import json
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from approvals import policies
from approvals.models import Application
from certificates.endings import REMEDY, REMEDY_LAW
from entitlements import queries, rules, words
from entitlements.models import Entitlement, Instalment
from entitlements.states import InstalmentState, State
from ledger.clock import city_date, now
from ledger.models import Event
from people.actors import Actor
from people.language import in_language, language, listed
from portal.templatetags.portal import day
from services import catalogue
from services.pack.entitlement import EntitlementSpec

MOST = 36  # payments that a page lists


@dataclass(frozen=True, slots=True)
class Line:
    """One entitlement in a list. ``link``: its page, which its holder alone has."""

    row: Entitlement
    title: str
    word: str
    face: words.Face
    per: str  # the words after an amount: yuan a month
    next_period: datetime.date | None
    link: str = ""


def line(row: Entitlement, today: datetime.date, *, is_own: bool = True) -> Line:
    spec = _spec(row, today)
    return Line(
        row=row,
        title=in_language({"zh": spec.zh, "en": spec.en}) if spec else row.kind,
        word=str(State(row.state).label),
        face=words.FACES[str(row.state)],
        per=str(words.PERIODS[spec.period if spec else "month"]),
        next_period=queries.next_payment(row, spec.period, today) if spec else None,
        link=reverse("portal:entitlement", args=[row.pk]) if is_own else "",
    )


def lines(index: str, today: datetime.date) -> list[Line]:
    """Return all that a person is or was entitled to, the newest first."""
    return [line(row, today) for row in queries.held_by(index)]


def of_case(application: Application, by: Actor) -> dict[str, Any]:
    """Return what a case led to, and the other cases that its form was handed in as.

    Whoever handed it in for another, as a guardian, reads it here alone.

    Nothing, and no query, for services whose packs have no entitlements.
    """
    if not catalogue.rulebook(application.edition_id).pack.entitlements:
        return {}
    today, is_own = city_date(now()), policies.is_applicant(by, application)
    event = Event.objects.filter(subject=application.subject, kind="submitted", seq=1).first()
    together = json.loads(event.data).get("together", []) if event else []
    rows = queries.of_application(application.number)
    return {
        "entitled": [line(row, today, is_own=is_own) for row in rows],
        "together": [number for number in together if number != application.number],
    }


def page(row: Entitlement, today: datetime.date) -> dict[str, Any]:
    """Return all that the page of one entitlement shows."""
    spec, run = _spec(row, today), rules.run_of(rules.book_on(row.service, today), row.kind)
    claim = row.overpayments.first()  # there is one at most
    days = map(datetime.date.fromisoformat, claim.first_days if claim else ())
    return {
        "line": line(row, today),
        "why": words.reasons(row.why, spec, language()),
        "law": spec.law if spec else "",
        "payments": [_payment(one) for one in _instalments(row)],
        "claim": claim,
        "claim_word": claim.get_state_display() if claim else "",
        "claim_days": listed(map(day, days)),
        "remedy": in_language(REMEDY),
        "remedy_law": REMEDY_LAW,
        "history": [_event(one) for one in queries.history(row).exclude(kind__in=words.INTERNAL)],
        "may_confirm": run is not None and run.is_confirmed and row.state != State.ENDED,
        "has_ended": row.state == State.ENDED,
    }


def _spec(row: Entitlement, today: datetime.date) -> EntitlementSpec | None:
    return queries.spec_on(row, today)


def _instalments(row: Entitlement) -> list[Instalment]:
    found = row.instalments.select_related("payment").order_by("-period")
    return list(found[:MOST])


def _payment(one: Instalment) -> dict[str, Any]:
    word = InstalmentState(one.state).label
    return {"row": one, "word": word, "listed_at": one.payment.made_at if one.payment else None}


def _event(event: Event) -> dict[str, Any]:
    data = json.loads(event.data)
    return {
        "at": event.at,
        "text": words.EVENTS[event.kind],
        "reason": data.get("reason", ""),
        "amount": data.get("amount", ""),
    }
