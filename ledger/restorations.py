"""Restorations: a database goes on from an earlier moment than its exported heads, and says so.

Exported heads exist to show that history was cut off, and a restored backup is history cut off. So
whoever restores says so: a signed line after the exported heads names the head from which history
goes on, who restored and why, and how many events were lost. From there on the lost heads are not
asked for; the audit names every restoration, and one that no key of ours signed is a fault.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ledger import canonical, heads, keys, signatures
from ledger.events import instant
from ledger.models import Event, Leaf, TreeHead


class NothingLost(Exception):
    """The database has all that was exported: there is nothing to say."""


@dataclass(frozen=True, slots=True)
class Restoration:
    """History goes on from the head of ``size`` events; ``line`` is its place in the export.

    ``lost`` counts events that were exported and that the database does not have; ``digest`` is the
    SHA-256 of their hashes, sorted, in hex.
    """

    line: int
    size: int
    root: bytes
    at: str
    by: str
    reason: str
    lost: int
    digest: str
    kid: str
    algorithm: str
    signature: bytes

    def statement(self) -> bytes:
        """Return the canonical bytes that the signature covers."""
        return canonical.dumps(
            {
                "type": "miaopi-restoration",
                "size": str(self.size),
                "root": self.root.hex(),
                "at": self.at,
                "by": self.by,
                "reason": self.reason,
                "lost": str(self.lost),
                "digest": self.digest,
            }
        )

    def verifies(self, trusted: signatures.Keys) -> bool:
        """Is it signed by one of these keys?"""
        data = self.statement()
        return signatures.verify(
            self.kid, self.algorithm, data, self.signature, trusted, purpose="head"
        )

    def __str__(self) -> str:
        return f"{self.at}: {self.lost} events lost after {self.size}, by {self.by}: {self.reason}"


def record(path: Path, *, by: str, reason: str, now: datetime.datetime) -> Restoration:
    """Append to the exported heads at ``path`` that history goes on from what the database has.

    Called once after a restore, before the engine runs again. Raises ``NothingLost`` when the
    database has every exported event under a head, and ``OSError``, ``KeyError`` or
    ``canonical.NotCanonical`` when ``path`` holds no exported heads.
    """
    known = list(heads.read(path, trusted(read(path))[0]))
    head = _common(known)
    if head is None or head.size >= max((line.size for line in known), default=0):
        raise NothingLost
    lost = sorted(_lost(known, head.size))
    found = heads.files(path)
    unsigned = Restoration(
        line=sum(1 for _ in heads.lines(path)),
        size=head.size,
        root=bytes(head.root),
        at=instant(now),
        by=by,
        reason=reason,
        lost=len(lost),
        digest=hashlib.sha256(b"".join(lost)).hexdigest(),
        kid="",
        algorithm="",
        signature=b"",
    )
    signature = signatures.sign("head", unsigned.statement())
    signed = replace(unsigned, **signature._asdict())
    before = max((line.size for line in known if line.size <= head.size), default=0)
    with found[-1].open("ab") as file:
        file.write(
            canonical.dumps(heads.line(head, before) | {"restored": _stored(signed)}) + b"\n"
        )
    return signed


def _stored(one: Restoration) -> dict[str, str]:
    return {
        "at": one.at,
        "by": one.by,
        "reason": one.reason,
        "lost": str(one.lost),
        "digest": one.digest,
        "kid": one.kid,
        "algorithm": one.algorithm,
        "signature": one.signature.hex(),
    }


def read(path: Path) -> list[Restoration]:
    """Return the restorations in an exported file or folder, oldest first."""
    return [
        _read(place, canonical.loads(line.rstrip(b"\n")))
        for place, line in enumerate(heads.lines(path))
        if b'"restored":' in line
    ]


def _read(place: int, item: dict[str, Any]) -> Restoration:
    stated = item["restored"]
    return Restoration(
        line=place,
        size=int(item["size"]),
        root=bytes.fromhex(item["root"]),
        at=stated["at"],
        by=stated["by"],
        reason=stated["reason"],
        lost=int(stated["lost"]),
        digest=stated["digest"],
        kid=stated["kid"],
        algorithm=stated["algorithm"],
        signature=bytes.fromhex(stated["signature"]),
    )


def exported(path: Path) -> tuple[Iterable[heads.ExportedHead], list[str]]:
    """Return the exported heads that still hold, and a sentence for each forged restoration."""
    good, forged = trusted(read(path))
    wrong = [
        f"exported heads, line {one.line + 1}: a restoration that no key of ours signed,"
        " or one that stands there twice"
        for one in forged
    ]
    return heads.read(path, good), wrong


def trusted(found: Sequence[Restoration]) -> tuple[list[Restoration], list[Restoration]]:
    """Return those that a key of ours signed, and the others.

    Of ours is a key that the root signed or that is in the key folder; not one that merely stands
    in the exported file.
    """
    known = {key.kid: bytes(key.public) for key in keys.published() if key.purpose == "head"}
    known.update(keys.public_in_folder("head"))
    good: list[Restoration] = []
    for one in found:  # the same line again, after a later cut, would hide that one too
        is_new = all(one.statement() != earlier.statement() for earlier in good)
        if is_new and one.verifies(known):
            good.append(one)
    return good, [one for one in found if one not in good]


def _common(known: Collection[heads.ExportedHead]) -> TreeHead | None:
    """Return the largest head of the database whose events are all as they were exported."""
    exported = {line.size - len(line.added) // 32: line.added for line in known}
    same = 0
    leaves = Leaf.objects.order_by("position").values_list("position", "event__hash")
    for position, hash_ in leaves.iterator(5000):
        said = _at(exported, position)
        if position != same or (said is not None and said != bytes(hash_)):
            break
        same = position + 1
    return TreeHead.objects.filter(size__lte=same).order_by("-size").first()


def _at(exported: dict[int, bytes], position: int) -> bytes | None:
    """Return the exported hash of a leaf; runs that were passed are dropped."""
    while exported:
        start = next(iter(exported))
        added = exported[start]
        if position < start:
            return None
        if position < start + len(added) // 32:
            offset = (position - start) * 32
            return added[offset : offset + 32]
        del exported[start]
    return None


def _lost(known: Collection[heads.ExportedHead], size: int) -> Iterator[bytes]:
    """Yield the hashes of events that were exported after ``size`` and are not in the database."""
    for line in known:
        start = line.size - len(line.added) // 32
        hashes = [line.added[at : at + 32] for at in range(0, len(line.added), 32)]
        after = hashes[max(0, size - start) :]
        kept = {
            bytes(one)
            for one in Event.objects.filter(hash__in=after).values_list("hash", flat=True)
        }
        yield from (one for one in after if one not in kept)
