"""The published keys: each signed by the root, in one unbroken history, with its event."""

import hashlib
from collections.abc import Iterator

import orjson

from ledger import root
from ledger.audit.fault import Fault, attempt, chunks
from ledger.models import Event, PublicKey


def faults() -> Iterator[Fault]:
    public = root.public()
    if public is None and PublicKey.objects.exists():
        yield Fault("keys", -1, f"{root.public_path()} is missing: no key can be believed")
    number, before, seen = 0, None, set()
    for keys, unreadable in chunks(PublicKey.objects.order_by("number", "kid")):
        for kid, why in unreadable:
            yield Fault(f"key:{kid}", -1, why)
        for key in keys:
            seen.add(f"key:{key.kid}")
            if key.number is None or not root.is_signed(key, public):
                yield Fault(f"key:{key.kid}", -1, "was not signed by the root: put in or edited")
                continue
            if key.number != number + 1:
                yield Fault(
                    "keys", number + 1, f"is missing in the history; the next is #{key.number}"
                )
            elif (bytes(key.previous) if key.previous else None) != before:
                yield Fault(f"key:{key.kid}", key.number, "does not follow the key before it")
            number, before = key.number, hashlib.sha256(root.statement(key)).digest()
            if wrong := attempt(_events, key):
                yield Fault(f"key:{key.kid}", key.number, wrong)
    named = Event.objects.filter(subject__startswith="key:", kind="published")
    for subject in named.order_by("subject").values_list("subject", flat=True).iterator():
        if subject not in seen:
            yield Fault(subject, -1, "was published and is gone")


def _events(key: PublicKey) -> str:
    history = {e.kind: e for e in Event.objects.filter(subject=f"key:{key.kid}")}
    if "published" not in history:
        return "no event speaks of its publication"
    data = orjson.loads(history["published"].data)
    if data["statement"] != hashlib.sha256(root.statement(key)).hexdigest():
        return "is not the key of its event"
    retired = history["retired"].at if "retired" in history else None
    return "" if key.retired_at == retired else "was retired, or put in use, without an event"
