"""What a receipt says of disputed records: which, how far, and both versions of each. Pure."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from approvals.models import Dispute, Evidence
from approvals.rows.disputes import LIVE
from ledger import canonical
from ledger.events import instant


def payload(row: Dispute) -> dict[str, Any]:
    """Return one dispute as a receipt has it.

    ``record``: what was read when it was called wrong; ``corrected_record``: the changed one.
    """
    return {
        "number": str(row.number),
        "fact": row.fact,
        "registry": row.registry,
        "state": str(row.state),
        "claim": row.claim,
        "opened_at": instant(row.opened_at),
        "record": _reading(row.record_version, row.record_hash, row.record_read_at),
        "corrected_record": _reading(
            row.corrected_version, row.corrected_hash, row.corrected_read_at
        ),
        **({"files": row.digests} if row.files else {}),
    }


def are_live(stored: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a receipt names a dispute that was not settled then."""
    return any(one["state"] in LIVE for one in stored)


def value_in(answer: Evidence, field: str) -> str | None:
    """Return one field of a registry's answer, as canonical JSON; None where it did not answer.

    ``null`` where it has no such record, or nothing in that field.
    """
    if answer.outcome == "failed":
        return None
    return canonical.dumps(orjson.loads(answer.facts).get(field)).decode()


def _reading(
    version: str, digest: bytes | memoryview | None, at: datetime.datetime | None
) -> dict[str, str] | None:
    if digest is None or at is None:
        return None
    return {"version": version, "sha256": bytes(digest).hex(), "read_at": instant(at)}
