"""What was done to the keys of registries: an Event for each change, and what no change explains.

Keys lie in files, which anybody who reaches the machine may write. Each change by
``manage.py registry keys`` leaves in the ledger who the keys are by the SHA-256 of what verifies
with them, never a secret; the audit compares the files with the last of it.
"""

import datetime
import hashlib
from collections.abc import Iterable, Iterator, Sequence

from django.conf import settings

import bulk
from exchange import protocol, registry_keys
from exchange.protocol import Key
from ledger import canonical, events
from ledger.models import Event

BY = "command:registry"
Set = list[dict[str, str]]


def subject(registry: str, direction: str) -> str:
    return f"registry_keys:{registry}:{direction}"


def record(
    registry: str, direction: str, kind: str, keys: Sequence[Key], now: datetime.datetime
) -> None:
    """Write the Event that a set became ``keys``: made, renewed, trusted or ended.

    The caller holds the lock of the set.
    """
    name, data = subject(registry, direction), {"keys": described(keys)}
    chain = events.Rowless.named(name)
    bulk.insert(Event, [events.append(chain, name, kind, by=BY, now=now, data=data)])


def described(keys: Iterable[Key]) -> Set:
    """Return each key by its id, the SHA-256 of its material, and from when to when it counts."""
    return [
        {
            "kid": key.kid,
            "algorithm": key.algorithm,
            "sha256": hashlib.sha256(key.material).hexdigest(),
            "begins": "" if key.begins is None else str(key.begins),
            "ends": "" if key.ends is None else str(key.ends),
        }
        for key in keys
    ]


def faults() -> Iterator[str]:
    """Yield a sentence for each set that is not as its last Event says.

    A set without one was made before changes were recorded. Where this machine has no keys of
    registries at all, none are compared.
    """
    if not registry_keys.folder().is_dir():
        return
    for registry in settings.CITY.registries:
        for direction in registry_keys.DIRECTIONS:
            name = subject(registry, direction)
            last = Event.objects.filter(subject=name).order_by("-seq").first()
            if last is None:
                continue
            path = registry_keys.file(registry, direction)
            try:
                there = described(protocol.read_jwks(path.read_bytes()))
            except (OSError, protocol.Invalid) as error:
                yield f"{name}: {path.name} cannot be read: {error}"
                continue
            if there != canonical.loads(last.data.encode())["keys"]:
                yield f"{name}: the file has other keys than event {last.seq} ({last.kind}) says"
