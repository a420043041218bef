"""Each subject's events: unedited, without a gap, each following the one before."""

from collections.abc import Iterator
from typing import Any

from ledger.audit.fault import Fault, attempt, chunks
from ledger.events import digest
from ledger.models import Event


def faults() -> Iterator[Fault]:
    subject, seq, head, state = "", 0, None, ""
    for events, unreadable in chunks(Event.objects.order_by("subject", "seq")):
        for pk, why in unreadable:
            yield Fault(f"event {pk}", -1, why)
        for event in events:
            if event.subject != subject:
                subject, seq, head, state = event.subject, 0, None, ""
            if event.seq > seq + 1:
                yield Fault(
                    subject, seq + 1, f"is missing: deleted, or moved; the next is #{event.seq}"
                )
            if wrong := attempt(_edited, event):
                yield Fault(subject, event.seq, wrong)
            gap = event.seq != seq + 1
            if not gap and _bytes(event.previous) != head:
                yield Fault(
                    subject,
                    event.seq,
                    "does not follow the one before it: put in, swapped or rewritten",
                )
            if not gap and seq and event.before and event.before != state:
                yield Fault(subject, event.seq, f"leaves state {event.before}, it was {state!r}")
            seq, head, state = event.seq, bytes(event.hash), event.after or state


def _edited(event: Event) -> str:
    if digest(event) != bytes(event.hash):
        return "was edited: its hash is not that of its content"
    return ""


def _bytes(value: Any) -> bytes | None:
    return None if value is None else bytes(value)
