"""Auditing applications: what ledger/ proves of events, and what hangs on them here."""

from collections.abc import Iterator
from pathlib import Path

from django.db import connection

from approvals import statements
from approvals.clock import now
from approvals.models import Decision, Evidence
from approvals.records.receipts import evidence_hash
from approvals.records.replay import fault as decision_fault
from ledger import audit, canonical
from ledger import heads as tree_heads

# applications have a reading of their own below
SUBJECTS = (
    audit.Subjects("certificates_certificate", "certificate:", "public_id"),
    audit.Subjects("certificates_filing", "filing:", "id"),
    audit.Subjects("services_service", "service:", "code", state=""),
)


def faults(heads: Path | None = None) -> Iterator[str]:
    """Yield a sentence for every row that is not as history says, naming the row."""
    outside = tree_heads.read(heads) if heads else ()
    for found in audit.faults(subjects=SUBJECTS, exported=outside, now=now()):
        yield str(found)
    yield from _states()
    yield from _receipts()
    yield from _evidence()


def _states() -> Iterator[str]:
    """Every application is where its last event left it, and has one live decision at most."""
    with connection.cursor() as cursor:
        cursor.execute(statements.STATE_WITHOUT_EVENT)
        for number, state, seq, after in cursor.fetchall():
            yield (
                f"application {number}: state {state} at event {seq}, "
                f"but its history ends in {after or 'nothing'}"
            )


def _receipts() -> Iterator[str]:
    rows = Decision.objects.select_related("application", "edition").order_by("at", "id")
    for decision in rows.iterator(chunk_size=500):
        if wrong := decision_fault(decision):
            yield f"decision {decision.id} of {decision.application.number}: {wrong}"
    yield from _unsaid()


def _unsaid() -> Iterator[str]:
    """A decision that no event speaks of was slipped in; one that is spoken of must be there."""
    with connection.cursor() as cursor:
        cursor.execute(statements.DECISION_WITHOUT_EVENT)
        for subject, said, there in cursor.fetchall():
            if there is None:
                yield f"{subject}: its decision {said} is missing"
            else:
                yield f"decision {there}: no event speaks of it"


def _evidence() -> Iterator[str]:
    for row in Evidence.objects.order_by("id").iterator(chunk_size=1000):
        fresh = evidence_hash(row.registry, row.outcome, row.version, row.read_at, row.facts)
        if fresh != bytes(row.hash):
            yield f"evidence {row.id} ({row.registry}): its facts are not those that were hashed"
        try:
            canonical.loads(row.facts)
        except canonical.NotCanonical as error:
            yield f"evidence {row.id} ({row.registry}): {error}"
