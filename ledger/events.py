"""Appending to a subject's history: one hash chain per subject, under the subject's own lock."""

import datetime
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import bulk
from ledger import canonical
from ledger.models import Event


def instant(at: datetime.datetime) -> str:
    """Return the one text form of a moment in hashed documents: UTC, microseconds, ``Z``."""
    return _written(at if at.tzinfo is datetime.UTC else at.astimezone(datetime.UTC))


@lru_cache(maxsize=256)  # one moment stands in a dozen places of each case of a batch
def _written(utc: datetime.datetime) -> str:
    return utc.isoformat(timespec="microseconds")[:-6] + "Z"


def digest(event: Event) -> bytes:
    """Return the SHA-256 of the event's canonical form, which includes the previous hash."""
    return hashlib.sha256(
        canonical.dumps(
            {
                "subject": event.subject,
                "seq": str(event.seq),
                "kind": event.kind,
                "before": event.before,
                "after": event.after,
                "by": event.by,
                "at": instant(event.at),
                "data": event.data,
                "previous": bytes(event.previous).hex() if event.previous else "",
            }
        )
    ).digest()


class Subject(Protocol):
    """Whatever has a chain: its length, and the hash of its last event."""

    events: int
    head: Any


@dataclass(slots=True)
class Rowless:
    """A subject that no row stands for, such as a published key; its chain is found by name."""

    events: int = 0
    head: Any = None

    @classmethod
    def named(cls, name: str) -> "Rowless":
        last = Event.objects.filter(subject=name).order_by("-seq").first()
        return cls(last.seq, bytes(last.hash)) if last else cls()


def append(
    subject: Subject,
    name: str,
    kind: str,
    *,
    by: object,
    now: datetime.datetime,
    before: str = "",
    after: str = "",
    data: dict[str, Any] | None = None,
) -> Event:
    """Make the next event of ``subject`` and move its head.

    The caller holds its lock, or writes it only if nobody has moved the subject meanwhile.

    Returns the unsaved event; write it with ``bulk.insert`` and the subject's
    ``events`` and ``head`` with ``bulk.update``, in one transaction.
    """
    event = bulk.new(
        Event,
        subject=name,
        seq=subject.events + 1,
        kind=kind,
        before=before,
        after=after,
        by=str(by),
        at=now,
        data=canonical.dumps(data or {}).decode(),
        previous=subject.head,
    )
    event.hash = digest(event)
    subject.events, subject.head = event.seq, event.hash
    return event
