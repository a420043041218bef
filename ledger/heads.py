"""Signed tree heads over all events: what makes a consistent rewriting of history visible.

A chain proves itself only to somebody who remembers its head. So every second or so the engine
gives each new event a place under one Merkle tree (``Leaf``) and signs the tree's root with a key
that no database holds. Heads are exported to a file outside the database; whoever keeps one can
prove later that events were changed, removed or put in between.
"""

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from django.db import connection, transaction

import bulk
from ledger import canonical, keys, merkle, signatures
from ledger.events import instant
from ledger.models import Event, Leaf, TreeHead

LOCK = 0x6D69_616F_7069_0001  # advisory lock: one sequencer at a time
BATCH = 10_000  # events a call: bounded memory, and a lock that is soon free again

_TAKE = """
WITH taken AS (
    DELETE FROM ledger_unsequenced WHERE event IN (
        SELECT event FROM ledger_unsequenced ORDER BY event LIMIT %s)
    RETURNING event)
SELECT id, hash FROM ledger_event WHERE id = ANY(ARRAY(SELECT event FROM taken)) ORDER BY id
"""


def statement(size: int, root: bytes, at: datetime.datetime) -> bytes:
    """Return the canonical bytes that the signature of a tree head covers."""
    return canonical.dumps(
        {"type": "miaopi-tree-head", "size": str(size), "root": root.hex(), "at": instant(at)}
    )


def sequence(now: datetime.datetime, limit: int = BATCH) -> TreeHead | None:
    """Take up to ``limit`` events that no head covers yet under the tree and sign a new head.

    Returns the head, or ``None`` when there is nothing to do or another process is at it.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
            if not cursor.fetchone()[0]:
                return None
            cursor.execute(_TAKE, [limit])
            events = cursor.fetchall()
        if not events:
            return None
        last = TreeHead.objects.order_by("-size").first()
        size = last.size if last else 0
        frontier = read_frontier(last.frontier) if last else []
        leaves = []
        for event_id, hash_ in events:
            merkle.append(frontier, size, merkle.leaf(bytes(hash_)))
            leaves.append(bulk.new(Leaf, position=size, event_id=event_id))
            size += 1
        head = _signed(size, frontier, now)
        bulk.insert(Leaf, leaves)
        bulk.insert(TreeHead, [head])
        return head


def _signed(size: int, frontier: list[bytes], now: datetime.datetime) -> TreeHead:
    root = merkle.frontier_root(frontier)
    signature = signatures.sign("head", statement(size, root, now))
    return TreeHead(
        size=size,
        root=root,
        frontier=canonical.dumps([item.hex() for item in frontier]).decode(),
        at=now,
        kid=signature.kid,
        algorithm=signature.algorithm,
        signature=signature.signature,
    )


def read_frontier(frontier: str) -> list[bytes]:
    """Read the stored form of a frontier."""
    return [bytes.fromhex(item) for item in canonical.loads(frontier)]


def queue_missing() -> int:
    """Queue every event that is neither in the tree nor queued; returns how many.

    Never needed while the trigger does its work: for restored tables and after an audit.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_unsequenced (event) SELECT e.id FROM ledger_event e"
            " LEFT JOIN ledger_leaf l ON l.event_id = e.id WHERE l.event_id IS NULL"
            " ON CONFLICT DO NOTHING"
        )
        return int(cursor.rowcount)


# --- outside the database


@dataclass(frozen=True, slots=True)
class ExportedHead:
    """A head as it was written to a file, with the hashes of the events that it added."""

    size: int
    root: bytes
    at: str
    kid: str
    algorithm: str
    signature: bytes
    public: bytes
    added: bytes  # 32 bytes an event

    def verify(self) -> bool:
        """Is the signature by the key in the file itself, whose id is its thumbprint?"""
        at = datetime.datetime.fromisoformat(self.at)
        data = statement(self.size, self.root, at)
        known = {self.kid: self.public} if keys.thumbprint(self.public) == self.kid else {}
        return signatures.verify(self.kid, self.algorithm, data, self.signature, known)


def export(path: Path) -> int:
    """Append the newest head to a file of JSON lines, with the event hashes since the last line.

    ``path`` is such a file, or a folder, in which each day has a file of its own. Returns the
    number of events that the line adds (0: nothing new, no line). Keep it on another machine or
    in write-once storage; it needs no secrecy. Raises ``canonical.NotCanonical`` or ``KeyError``
    when a file is not such a file.
    """
    before = files(path)[-1:]  # the last line knows how far all of them go
    start = 0
    for file in before:
        for one in _read(file):
            start = one.size
    head = TreeHead.objects.order_by("-size").first()
    if head is None or head.size <= start:
        return 0
    day = f"heads-{head.at.astimezone(datetime.UTC):%Y-%m-%d}.jsonl"
    target = path / max([day, *(file.name for file in before)]) if path.is_dir() else path
    with target.open("ab") as out:
        out.write(canonical.dumps(line(head, start)) + b"\n")
    return int(head.size - start)


def line(head: TreeHead, start: int) -> dict[str, Any]:
    """Return a head as it is exported, with the hashes of the events from ``start`` on."""
    hashes = Leaf.objects.filter(position__gte=start, position__lt=head.size)
    added = hashes.order_by("position").values_list("event__hash", flat=True)
    known = keys.cache.lookup(head.kid)
    return {
        "size": str(head.size),
        "root": bytes(head.root).hex(),
        "at": instant(head.at),
        "kid": head.kid,
        "algorithm": head.algorithm,
        "signature": bytes(head.signature).hex(),
        "public": known[1].hex() if known else "",
        "added": b"".join(bytes(item) for item in added.iterator(5000)).hex(),
    }


def files(path: Path) -> list[Path]:
    """Return the exported files at ``path``, a file or a folder, in order of their heads."""
    if path.is_dir():
        return sorted(path.glob("heads-*.jsonl"))
    return [path] if path.exists() else []


def lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of an exported file or folder as they are, oldest first."""
    for file in files(path):
        with file.open("rb") as opened:
            yield from opened


class Cut(Protocol):
    """Where exported heads stopped being what history goes on from: see ``restorations``."""

    @property
    def line(self) -> int:
        """The place of its line among all lines."""

    @property
    def size(self) -> int:
        """The size of the last head that still holds."""


def read(path: Path, cuts: Sequence[Cut] = ()) -> Iterator[ExportedHead]:
    """Read an exported file or folder, oldest head first; raises ``OSError`` when there is none.

    Heads that one of the ``cuts`` says are no more are left out. Raises
    ``canonical.NotCanonical`` or ``KeyError`` when it is no such file.
    """
    if not files(path):
        raise FileNotFoundError(f"{path} holds no exported heads")
    for place, one in enumerate(lines(path)):
        head = _head(one)
        if not any(place < cut.line and head.size > cut.size for cut in cuts):
            yield head


def _read(path: Path) -> Iterator[ExportedHead]:
    with path.open("rb") as file:
        yield from map(_head, file)


def _head(one: bytes) -> ExportedHead:
    item = canonical.loads(one.rstrip(b"\n"))
    return ExportedHead(
        size=int(item["size"]),
        root=bytes.fromhex(item["root"]),
        at=item["at"],
        kid=item["kid"],
        algorithm=item["algorithm"],
        signature=bytes.fromhex(item["signature"]),
        public=bytes.fromhex(item["public"]),
        added=bytes.fromhex(item["added"]),
    )


def prove(event: Event) -> dict[str, Any] | None:
    """Return the proof that ``event`` is under the newest head (RFC 6962); None: not yet.

    Reads all leaves: a second for a million.
    """
    leaf = Leaf.objects.filter(event=event).first()
    head = TreeHead.objects.order_by("-size").first()
    if leaf is None or head is None or leaf.position >= head.size:
        return None
    hashes = Leaf.objects.filter(position__lt=head.size).order_by("position")
    leaves = [merkle.leaf(bytes(h)) for h in hashes.values_list("event__hash", flat=True)]
    return _proof(event, leaf.position, merkle.inclusion(leaves, leaf.position), head)


PROVABLE = 2_000_000  # leaves whose paths are computed at once, in a few seconds


def prove_all(events: Sequence[Event]) -> dict[UUID, dict[str, Any]]:
    """Return proofs as ``prove`` does, by event; those that no head covers have none.

    The tree is walked once for all. Beyond ``PROVABLE`` leaves there are none: then the exported
    heads are compared (``manage.py audit --heads``).
    """
    head = TreeHead.objects.order_by("-size").first()
    if head is None or head.size > PROVABLE or not events:
        return {}
    leaves = Leaf.objects.filter(event__in=events, position__lt=head.size)
    places = dict(leaves.values_list("position", "event_id"))
    rows = Leaf.objects.filter(position__lt=head.size).order_by("position")
    hashes = [merkle.leaf(bytes(h)) for h in rows.values_list("event__hash", flat=True)]
    paths = merkle.inclusions(hashes, places)
    of = {event.pk: event for event in events}
    return {
        key: _proof(of[key], position, paths[position], head) for position, key in places.items()
    }


def _proof(event: Event, position: int, path: Sequence[bytes], head: TreeHead) -> dict[str, Any]:
    return {
        "event": bytes(event.hash).hex(),
        "position": str(position),
        "path": [item.hex() for item in path],
        "size": str(head.size),
        "root": bytes(head.root).hex(),
        "at": instant(head.at),
        "kid": head.kid,
        "algorithm": head.algorithm,
        "signature": bytes(head.signature).hex(),
    }
