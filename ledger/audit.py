"""Finding what was done to history by somebody who may do everything in the database.

Four readings, each of which finds what the others cannot: the chain of every subject (edits,
gaps, wrong order), the tree against its signed heads (whole chains rewritten), both against
heads that were exported (a cut-off end, forged heads), and every subject's row against its
chain (states and events that belong to nobody).
"""

import datetime
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from psycopg import sql

from ledger import heads, keys, merkle, signatures
from ledger.events import digest
from ledger.models import Event, TreeHead

LAG = datetime.timedelta(minutes=10)  # longer than this no event waits for a head


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that does not fit. ``subject`` is an event's, or ``tree``; ``seq`` the place."""

    subject: str
    seq: int
    what: str

    def __str__(self) -> str:
        return f"{self.subject} #{self.seq}: {self.what}"


@dataclass(frozen=True, slots=True)
class Subjects:
    """A table of chained subjects: its event subjects are ``prefix`` + the column ``name``.

    ``state`` is the column that the events' ``after`` must lead to; empty when there is none.
    """

    table: str
    prefix: str
    name: str
    state: str = "state"


def faults(
    *,
    subjects: Sequence[Subjects] = (),
    exported: Iterable[heads.ExportedHead] = (),
    now: datetime.datetime | None = None,
) -> Iterator[Fault]:
    """Yield everything that is wrong, reading one consistent moment of the database.

    ``exported`` are heads from outside (``heads.read``): without them an end that was cut off
    and a history that was rewritten since the last head cannot be told from a shorter one.
    With ``now``, events that have been in no tree for more than ``LAG`` are named too.
    """
    with _snapshot():
        yield from _chains()
        yield from _tree(list(exported))
        yield from _left_out(now)
        for table in subjects:
            yield from _rows(table)


@contextmanager
def _snapshot() -> Iterator[None]:
    """One moment for all readings, however long they take."""
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield


def _stream(query: str, parameters: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
    """Rows of a query through a server-side cursor: memory does not grow with history."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(query, parameters)
        while batch := cursor.fetchmany(2000):
            yield from batch


# --- chains


def _chains() -> Iterator[Fault]:
    subject, seq, head, state = "", 0, None, ""
    for event in Event.objects.order_by("subject", "seq").iterator(2000):
        if event.subject != subject:
            subject, seq, head, state = event.subject, 0, None, ""
        if event.seq > seq + 1:
            yield Fault(
                subject, seq + 1, f"is missing: deleted, or moved; the next is #{event.seq}"
            )
        if digest(event) != bytes(event.hash):
            yield Fault(subject, event.seq, "was edited: its hash is not that of its content")
        gap = event.seq != seq + 1
        if not gap and _bytes(event.previous) != head:
            yield Fault(
                subject,
                event.seq,
                "does not follow the one before it: put in, swapped or rewritten",
            )
        if not gap and seq and event.before and event.before != state:
            yield Fault(subject, event.seq, f"leaves state {event.before}, but it was {state!r}")
        seq, head, state = event.seq, bytes(event.hash), event.after or state


def _bytes(value: Any) -> bytes | None:
    return None if value is None else bytes(value)


# --- the tree


_LEAVES = """
SELECT l.position, e.hash, e.subject, e.seq
FROM ledger_leaf l LEFT JOIN ledger_event e ON e.id = l.event_id ORDER BY l.position
"""


def _tree(exported: list[heads.ExportedHead]) -> Iterator[Fault]:
    trusted = _trusted(exported)
    for line in exported:
        if not line.verify():
            yield Fault("tree", line.size, "the exported head does not verify: another file?")
    stored = {head.size: head for head in TreeHead.objects.order_by("size")}
    for head in stored.values():
        yield from _signature(head, trusted)
    outside = {head.size: head for head in exported}
    for size in sorted(outside.keys() - stored.keys()):
        yield Fault("tree", size, "the head of this size was exported, but is gone")

    size = yield from _leaves(stored, outside)
    last = max([*stored, 0])
    if size > last:
        yield Fault("tree", last, f"{size - last} leaves were added without a signed head")


def _leaves(
    stored: dict[int, TreeHead], outside: dict[int, heads.ExportedHead]
) -> Generator[Fault, None, int]:
    """Walk all leaves and compare with every head on the way; returns how many there are."""
    remembered = _ExportedHashes(outside)
    frontier: list[bytes] = []
    size = good = 0  # leaves so far; size of the last head that fitted
    whole = True  # no leaf is missing and no head has failed so far
    for position, hash_, subject, seq in _stream(_LEAVES):
        if position != size:
            yield Fault("tree", size, f"leaves {size} to {position - 1} are missing")
            whole, size = False, position
        if hash_ is None:
            yield Fault("tree", position, "the event of this leaf was deleted")
            whole, hash_ = False, b""
        elif remembered.at(position) not in (None, bytes(hash_)):
            yield Fault(subject, seq, f"is not the event that was exported as leaf {position}")
        size += 1
        if not whole:
            continue
        merkle.append(frontier, position, merkle.leaf(bytes(hash_)))
        for head in (stored.get(size), outside.get(size)):
            if head is not None and bytes(head.root) != merkle.frontier_root(frontier):
                yield Fault(
                    "tree",
                    size,
                    f"events under leaves {good} to {size - 1} are not those signed for",
                )
                whole = False
                break
        good = size if whole and size in stored else good
    if (most := max([*stored, *outside, 0])) > size:
        yield Fault(
            "tree", size, f"the end was cut off: {most} events were signed for, {size} left"
        )
    return size


class _ExportedHashes:
    """Event hashes by position, as the exported file has them."""

    def __init__(self, outside: dict[int, heads.ExportedHead]) -> None:
        self.runs = [
            (size - len(head.added) // 32, size, head.added) for size, head in outside.items()
        ]

    def at(self, position: int) -> bytes | None:
        while self.runs and position >= self.runs[0][1]:
            self.runs.pop(0)  # positions only rise
        if not self.runs or position < self.runs[0][0]:
            return None
        start = (position - self.runs[0][0]) * 32
        return self.runs[0][2][start : start + 32]


def _trusted(exported: list[heads.ExportedHead]) -> dict[str, bytes] | None:
    """Keys that may sign heads, from outside the database, which may hold a false one.

    Those in our key folder and those of exported heads; None (the published ones) without any.
    """
    known = keys.public_in_folder("head")
    known.update({head.kid: head.public for head in exported if head.verify()})
    return known or None


def _signature(head: TreeHead, trusted: dict[str, bytes] | None) -> Iterator[Fault]:
    data = heads.statement(head.size, bytes(head.root), head.at)
    signature = bytes(head.signature)
    if not signatures.verify(head.kid, head.algorithm, data, signature, trusted, purpose="head"):
        yield Fault("tree", head.size, "this head is forged: no key of ours signed it")
    if merkle.frontier_root(heads.read_frontier(head.frontier)) != bytes(head.root):
        yield Fault("tree", head.size, "the frontier of this head does not lead to its root")


# --- events that are in no tree, rows that are in no chain


_LEFT_OUT = """
SELECT e.subject, e.seq, u.event IS NOT NULL, e.at
FROM ledger_event e LEFT JOIN ledger_leaf l ON l.event_id = e.id
LEFT JOIN ledger_unsequenced u ON u.event = e.id
WHERE l.event_id IS NULL ORDER BY e.subject, e.seq
"""


def _left_out(now: datetime.datetime | None) -> Iterator[Fault]:
    for subject, seq, queued, at in _stream(_LEFT_OUT):
        if not queued:
            yield Fault(subject, seq, "is in no tree and not on its way: put in with triggers off")
        elif now is not None and at < now - LAG:
            yield Fault(subject, seq, "is still under no signed head: is the engine running?")


def _rows(table: Subjects) -> Iterator[Fault]:
    """Compare each subject's row with the end of its chain, in the database, in one reading."""
    state = sql.Identifier(table.state) if table.state else sql.SQL("NULL")
    query = sql.SQL(
        """
        SELECT {prefix} || t.{name}::text, coalesce(e.seq, 0), t.events, {state}::text, s.after,
            t.head IS NOT DISTINCT FROM e.hash AND t.events = coalesce(e.seq, 0)
        FROM {table} t
        LEFT JOIN LATERAL (SELECT seq, hash FROM ledger_event
            WHERE subject = {prefix} || t.{name}::text ORDER BY seq DESC LIMIT 1) e ON true
        LEFT JOIN LATERAL (SELECT after FROM ledger_event
            WHERE subject = {prefix} || t.{name}::text AND after <> ''
            ORDER BY seq DESC LIMIT 1) s ON true
        WHERE t.head IS DISTINCT FROM e.hash OR t.events <> coalesce(e.seq, 0)
            OR ({state} IS NOT NULL AND s.after IS NOT NULL AND {state}::text <> s.after)
        ORDER BY 1
        """
    ).format(
        prefix=sql.Literal(table.prefix),
        name=sql.Identifier(table.name),
        state=state,
        table=sql.Identifier(table.table),
    )
    for subject, seq, events, now_in, last, fits in _stream(query.as_string(None)):
        if not fits:
            yield Fault(subject, seq, f"the row counts {events} events, its chain ends here")
        if last is not None and now_in is not None and now_in != last:
            yield Fault(subject, seq, f"the row is in state {now_in}, its chain leads to {last}")
