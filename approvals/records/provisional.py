"""What receipts and history say of a provisional approval and of its confirmation. Pure.

The provisional decision and the one that confirms it are a receipt each: the first names what
nobody had answered and until when it is confirmed, the second the first by its hash.
"""

import datetime
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from approvals.models import Confirmation, Decision, Evidence
from approvals.rows.confirmations import CONFIRMATION
from approvals.rows.confirmations import ConfirmationState as Is
from approvals.states import Outcome
from ledger import canonical
from ledger.events import instant
from ledger.models import Event
from services.verdict import UNCONFIRMED, Verdict

PROVISIONAL, CONFIRMS = "provisional", "confirms"  # keys of receipts
CONFIRMED = "confirmed"  # the event of a decision that confirms
KEY = CONFIRMATION
OVERDUE = "overdue"  # beside it, where nobody answered


@dataclass(frozen=True, slots=True)
class Terms:
    """Of which registries' answers it wants confirmation, of which facts, and until when.

    ``due_at``: the first moment after ``until``. ``otherwise``: ``city.freshness.Confirming``.
    """

    registries: tuple[str, ...]
    facts: tuple[str, ...]
    until: datetime.date
    due_at: datetime.datetime
    otherwise: str

    def payload(self) -> dict[str, Any]:
        """Return what the receipt says of it."""
        found = {
            "registries": list(self.registries),
            "facts": list(self.facts),
            "until": self.until.isoformat(),
            "due_at": instant(self.due_at),
            "otherwise": self.otherwise,
        }
        return {PROVISIONAL: found}


def confirms(decision: Decision, registries: Sequence[str]) -> dict[str, Any]:
    """Return what the receipt of a decision says that confirms another."""
    named = {
        "decision": str(decision.id),
        "sha256": hashlib.sha256(bytes(decision.receipt)).hexdigest(),
        "registries": list(registries),
    }
    return {CONFIRMS: named}


def is_provisional(verdict: Verdict) -> bool:
    """Whether a verdict approves on what nobody has answered yet."""
    return UNCONFIRMED in verdict.results


def of_receipt(receipt: bytes | memoryview | None) -> dict[str, Any] | None:
    """Return the terms in a receipt, None where it is not provisional."""
    if not receipt or b'"provisional":' not in bytes(receipt):
        return None
    found: dict[str, Any] | None = canonical.loads(bytes(receipt)).get(PROVISIONAL)
    return found


def begins_round(event: Event, data: dict[str, Any]) -> bool:
    """Whether an event ends a confirmation by answers, the evidence of a round of their own."""
    return KEY in data and OVERDUE not in data


def origin_fault(row: Evidence) -> str:
    """Return what is wrong with evidence that is an answer used again, or an empty string."""
    before = Evidence.objects.filter(pk=row.origin).first() if row.origin else None
    if before is None or before.origin is not None:
        return "the answer that it is again is not there"
    same = ("registry", "outcome", "version", "read_at", "purpose")
    facts = canonical.loads(before.facts)
    if any(getattr(before, name) != getattr(row, name) for name in same) or any(
        name not in facts or facts[name] != value
        for name, value in canonical.loads(row.facts).items()
    ):
        return "it is not the answer that it is said to be again"
    return ""


def fault(
    history: Sequence[tuple[Event, dict[str, Any]]],
    decisions: Sequence[Decision],
    rows: Sequence[Confirmation],
) -> str:
    """Return what is wrong with the confirmations of a case by its receipts and history, or ""."""
    terms = {str(d.id): t for d in decisions if d.live or d.outcome == Outcome.APPROVE
             if (t := of_receipt(d.receipt))}  # fmt: skip
    written = {str(row.decision_id): _terms_of_row(row) for row in rows}
    if written != {key: _terms_of_receipt(one) for key, one in terms.items()}:
        return "its confirmations are not those of its provisional decisions"
    ended = {data[KEY]: _end(event, data) for event, data in history if KEY in data}
    for row in rows:
        if ended.get(str(row.id), Is.DUE) != (Is.DUE if row.state == Is.ENDED else row.state):
            return "a confirmation is not as its history says"
    return ""


def _end(event: Event, data: dict[str, Any]) -> str:
    if event.kind == CONFIRMED:
        return Is.CONFIRMED
    return Is.OVERDUE if OVERDUE in data else Is.CONTRADICTED


def _terms_of_row(row: Confirmation) -> tuple[str, ...]:
    return row.registries, row.until.isoformat(), instant(row.due_at), row.otherwise


def _terms_of_receipt(terms: dict[str, Any]) -> tuple[str, ...]:
    return ",".join(terms["registries"]), terms["until"], terms["due_at"], terms["otherwise"]
