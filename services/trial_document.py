"""What a finished trial signs, and whether it still says so: for publishing and the audit."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator
from typing import Any

import orjson

from ledger import canonical, signatures
from ledger.events import instant
from services.edition import edition_hash
from services.models import Trial, TrialFlip

TYPE = "miaopi/trial/1"
PURPOSE = "trial"


def document(trial: Trial, flips: str, finished_at: datetime.datetime) -> bytes:
    """Return what is signed of a trial: all that it found, canonical. ``flips``: their digest."""
    return canonical.dumps(
        {
            "type": TYPE,
            "trial": str(trial.pk),
            "service": trial.service_id,
            "draft": trial.hash,
            "live": trial.live.hash if trial.live else None,
            "kind": str(trial.kind),
            "first_day": str(trial.first_day),
            "last_day": str(trial.last_day),
            "cases": str(trial.cases),
            "judged": str(trial.judged),
            "changed": str(trial.flips),
            "disagreements": str(trial.disagreements),
            "moves": _written(trial.moves),
            "breakdown": _written(trial.breakdown),
            "remarks": _written(trial.remarks),
            "cases_sha256": flips,
            "asked_by": trial.asked_by,
            "asked_at": instant(trial.asked_at),
            "finished_at": instant(finished_at),
        }
    )


def _written(value: Any) -> str:
    """JSON as one text: its keys are ids and sentences of packs, its numbers are numbers."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def digest_of_flips(trial: Trial) -> tuple[int, str]:
    """Return how many cases of a trial are stored as decided otherwise, and their SHA-256 in hex.

    One line each, in their order: everything that a row says.
    """
    found, count = hashlib.sha256(), 0
    for line in _lines(trial):
        found.update(line)
        count += 1
    return count, found.hexdigest()


def _lines(trial: Trial) -> Iterator[bytes]:
    rows = TrialFlip.objects.filter(trial=trial).order_by("place").values_list(
        "place", "decision", "application", "live", "draft", "changes", "region", "age",
        "legal_kind", "facts",
    )  # fmt: skip
    for row in rows.iterator(5000):
        yield orjson.dumps(row, option=orjson.OPT_SORT_KEYS) + b"\n"


def sign(trial: Trial, *, now: datetime.datetime) -> None:
    """Write and sign what a trial found, in memory; raises ``ledger.keys.KeyUnusable``."""
    count, flips = digest_of_flips(trial)
    if count != trial.flips:
        raise AssertionError(f"{trial}: {count} cases are stored, {trial.flips} were found")
    trial.finished_at = now
    trial.document = document(trial, flips, now)
    made = signatures.sign(PURPOSE, trial.document)
    trial.kid, trial.algorithm, trial.signature = made.kid, made.algorithm, made.signature


def document_fault(trial: Trial) -> str:
    """Say why a finished trial's signed text is not to be believed; empty when it is.

    Its own text and columns are compared; ``fault`` reads the cases that it names, too.
    """
    data = bytes(trial.document or b"")
    if not signatures.verify(
        trial.kid, trial.algorithm, data, bytes(trial.signature or b""), purpose=PURPOSE
    ):
        return "its signature does not match its text"
    said = canonical.loads(data)
    if (
        trial.finished_at is None
        or document(trial, said["cases_sha256"], trial.finished_at) != data
    ):
        return "its row does not say what was signed"
    return ""


def fault(trial: Trial) -> str:
    """Say why a finished trial, with all its cases, is not what was signed; else empty."""
    if found := document_fault(trial):
        return found
    if edition_hash(trial.source, city=trial.city) != trial.hash:
        return "its text is not the one that was tried"
    _count, flips = digest_of_flips(trial)
    if flips != canonical.loads(bytes(trial.document or b""))["cases_sha256"]:
        return "its cases are not those that were signed"
    return ""


def hashed(trial: Trial) -> str:
    """Return the SHA-256 of what was signed, in hex, as the event says it."""
    return hashlib.sha256(bytes(trial.document or b"")).hexdigest()
