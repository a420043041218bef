"""Replaying decisions: same facts, same edition, same bytes; and the signature still holds.

Uses the receipt, the facts stored beside it, the edition and published keys: no registry, no clock,
no private key. What agencies have signed is held against the receipt with the keys of theirs that
are kept here.
"""

import datetime
from collections.abc import Iterator
from itertools import islice
from typing import Any

from approvals.models import Decision
from approvals.records import proofs, receipts, withheld
from ledger import canonical, signatures
from ledger.events import instant
from services import catalogue
from services.rulebook import Rulebook

CHUNK = 500  # decisions read at a time


def differences(
    *, service: str | None = None, since: datetime.date | None = None
) -> Iterator[tuple[str, str]]:
    """Yield (application number, what differs or "") for every stored receipt, oldest first."""
    rows = Decision.objects.order_by("at", "id")
    rows = rows.select_related("application", "edition", "proposed_by")
    rows = rows.defer("edition__source", "edition__city")  # long, and the same for thousands
    if service:
        rows = rows.filter(application__service_id=service)
    if since:
        rows = rows.filter(at__date__gte=since)
    keys = proofs.KeySets()
    every = rows.iterator(chunk_size=CHUNK)
    while decisions := list(islice(every, CHUNK)):
        kept = proofs.of_applications([decision.application_id for decision in decisions])
        for decision in decisions:
            of_round = [
                pair for pair in kept[decision.application_id] if pair[0].round == decision.round
            ]
            wrong = fault(decision) or proofs.decision_fault(decision, of_round, keys)
            yield decision.application.number, wrong


def fault(decision: Decision) -> str:
    """Return what is wrong with one stored decision, or an empty string."""
    document = bytes(decision.receipt)
    try:
        stored = canonical.loads(document)
    except canonical.NotCanonical as error:
        return f"the receipt is not canonical: {error}"
    if not signatures.verify(decision.kid, decision.algorithm, document, bytes(decision.signature)):
        return "the signature does not match the receipt"
    book = catalogue.rulebook(decision.edition_id)
    wrong = _columns(decision, stored, book)
    if wrong:
        return f"the column {wrong} says something else than the receipt"
    fresh = receipts.again(stored, book, decision.inputs)
    if fresh != document:
        return _where(document, fresh)
    return ""


def _columns(decision: Decision, stored: dict[str, Any], book: Rulebook) -> str:
    """Name the first column that contradicts the signed receipt, or an empty string."""
    pairs = {
        "application": (decision.application.number, stored["application"]),
        "edition": (decision.edition.hash, stored["edition"]),
        "outcome": (decision.outcome, stored["outcome"]),
        "by": (decision.by, stored["by"]),
        "officer": (_officer(decision), stored["by"] if stored["officer"] else None),
        "at": (instant(decision.at), stored["at"]),
        "proposed_by": (_proposer(decision), stored.get("proposed_by")),
        "inputs": (withheld.published(decision.inputs, book.withheld), stored["facts"]),
        "as_of": (decision.as_of.isoformat(), stored["as_of"]),
    }
    return next((name for name, (column, written) in pairs.items() if column != written), "")


def _officer(decision: Decision) -> str | None:
    return f"officer:{decision.officer.username}" if decision.officer else None


def _proposer(decision: Decision) -> dict[str, str] | None:
    """Return what a receipt says of the first of two officers, by the column."""
    officer = decision.proposed_by
    if officer is None:
        return None
    found = canonical.loads(bytes(decision.receipt)).get("proposed_by") or {}
    return {**found, "by": f"officer:{officer.username}"}


def _where(old: bytes, new: bytes) -> str:
    first = next(
        (i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b),
        min(len(old), len(new)),
    )
    around = slice(max(0, first - 30), first + 30)
    before, after = (text[around].decode(errors="replace") for text in (old, new))
    return f"byte {first}: stored …{before}… now …{after}…"
