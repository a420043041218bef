"""Everything that the page of one entitlement shows, as whoever reads it may see it."""

import datetime
import json
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from entitlements import queries, words
from entitlements.admin.naming import Names
from entitlements.models import Entitlement, Instalment, Overpayment
from entitlements.states import InstalmentState, OverpaymentState, State
from exchange.models import Lookup
from ledger.models import Event
from people import identity, roles
from people.language import in_language, language
from people.masking import masked
from people.models import User

MOST = 36  # payments, and look-ups, that a page lists
TONES = {"active": "ok", "suspended": "wait", "held": "wait", "ended": ""}


def file(row: Entitlement, user: User, today: datetime.date) -> dict[str, Any]:
    """Return what the page shows; of an auditor's, names and numbers are masked."""
    names, hidden = Names(today), roles.reads_masked(user.role)
    people = [row.holder_name] if hidden else []
    spec = names.spec(row.service, row.kind)
    claim = open_claim(row)
    number = identity.decrypt(row.holder_number, row.holder)
    return {
        "title": names.kind(row.service, row.kind),
        "service": names.service(row.service),
        "holder": identity.mask_name(row.holder_name) if hidden else row.holder_name,
        "number": identity.mask(number),
        "word": State(row.state).label,
        "tone": TONES[str(row.state)],
        "per": names.per(row.service, row.kind),
        "next_period": queries.next_payment(row, spec.period, today) if spec else None,
        "why": words.reasons(row.why, spec, language()),
        "law": spec.law if spec else "",
        "place": " · ".join(in_language(one) for one in (row.office, row.region) if one),
        "case": f"{reverse('admin:approvals_application_changelist')}?"
        + urlencode({"state": "all", "q": row.application}),
        "instalments": [_instalment(one) for one in _instalments(row)],
        "claims": [_overpayment(one, people) for one in row.overpayments.order_by("found_at")],
        "claim": claim,
        "history": [_event(one, spec, people) for one in queries.history(row)],
        "read": list(_read(row)),
    }


def open_claim(row: Entitlement) -> Overpayment | None:
    """Return what was overpaid last; an officer decides about it."""
    return row.overpayments.select_related("proposed_by").order_by("found_at").last()


def _instalments(row: Entitlement) -> list[Instalment]:
    return list(row.instalments.select_related("payment").order_by("-period")[:MOST])


def _instalment(one: Instalment) -> dict[str, Any]:
    return {"row": one, "word": InstalmentState(one.state).label, "list": one.payment}


def _overpayment(claim: Overpayment, people: list[str]) -> dict[str, Any]:
    return {
        "row": claim,
        "word": claim.get_state_display(),
        "choice": OverpaymentState(claim.choice).label if claim.choice else "",
        "reason": masked(claim.reason, people) if people else claim.reason,
        "days": [datetime.date.fromisoformat(day) for day in claim.first_days],
    }


def _event(event: Event, spec: Any, people: list[str]) -> dict[str, Any]:
    """Return one event in words; an officer's reason, and why it left or came back."""
    data = json.loads(event.data)
    why = [one["text"] for one in words.reasons(data.get("reasons", []), spec, language())]
    reason = str(data.get("reason", ""))
    return {
        "at": event.at,
        "by": event.by,
        "text": words.EVENTS[event.kind],
        "why": why,
        "reason": masked(reason, people) if people else reason,
        "amount": data.get("amount", ""),
    }


def _read(row: Entitlement) -> Iterator[dict[str, Any]]:
    """Yield what was read for it in registries: for its application and for each review."""
    outcomes = {
        "found": _("answered"),
        "absent": _("answered: no record"),
        "failed": _("did not answer"),
    }
    for one in Lookup.objects.filter(case=row.application).order_by("-at", "id")[:MOST]:
        known = settings.CITY.registries.get(one.registry)
        yield {
            "name": in_language(known) if known else one.registry,
            "word": outcomes.get(one.outcome, one.outcome),
            "law": one.basis,
            "at": one.at,
        }
