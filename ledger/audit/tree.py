"""The tree over all events: its leaves, its signed heads, and those that were exported."""

import datetime
from collections.abc import Generator, Iterator

from ledger import heads, keys, merkle, signatures
from ledger.audit.fault import Fault, attempt, chunks, stream
from ledger.models import TreeHead

LAG = datetime.timedelta(minutes=10)  # longer than this no event waits for a head

_LEAVES = """
SELECT l.position, e.hash, e.subject, e.seq
FROM ledger_leaf l LEFT JOIN ledger_event e ON e.id = l.event_id ORDER BY l.position
"""


def faults(exported: list[heads.ExportedHead]) -> Iterator[Fault]:
    trusted = _trusted(exported)
    for line in exported:
        if attempt(_exported_wrong, line):
            yield Fault("tree", line.size, "the exported head does not verify: another file?")
    stored: dict[int, TreeHead] = {}
    for found, unreadable in chunks(TreeHead.objects.order_by("size")):
        stored |= {head.size: head for head in found}
        for size, why in unreadable:
            yield Fault("tree", size, why)
    for head in stored.values():
        if wrong := attempt(_unsigned, head, trusted):
            yield Fault("tree", head.size, wrong)
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
    for position, hash_, subject, seq in stream(_LEAVES):
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


def _trusted(exported: list[heads.ExportedHead]) -> dict[str, bytes]:
    """Keys that may sign heads, from outside the database, which may hold a false one.

    Those that our root signed, those in our key folder and those of exported heads.
    """
    known = {k.kid: bytes(k.public) for k in keys.published() if k.purpose == "head"}
    known.update(keys.public_in_folder("head"))
    known.update({head.kid: head.public for head in exported if not attempt(_exported_wrong, head)})
    return known


def _exported_wrong(head: heads.ExportedHead) -> str:
    return "" if head.verify() else "no"


def _unsigned(head: TreeHead, trusted: dict[str, bytes]) -> str:
    data = heads.statement(head.size, bytes(head.root), head.at)
    signature = bytes(head.signature)
    if not signatures.verify(head.kid, head.algorithm, data, signature, trusted, purpose="head"):
        return "this head is forged: no key of ours signed it"
    if merkle.frontier_root(heads.read_frontier(head.frontier)) != bytes(head.root):
        return "the frontier of this head does not lead to its root"
    return ""


# --- events that are in no tree


_LEFT_OUT = """
SELECT e.subject, e.seq, u.event IS NOT NULL, e.at < %s::timestamptz
FROM ledger_event e LEFT JOIN ledger_leaf l ON l.event_id = e.id
LEFT JOIN ledger_unsequenced u ON u.event = e.id
WHERE l.event_id IS NULL ORDER BY e.subject, e.seq
"""


def left_out(now: datetime.datetime | None) -> Iterator[Fault]:
    late = None if now is None else now - LAG
    for subject, seq, queued, is_late in stream(_LEFT_OUT, [late]):
        if not queued:
            yield Fault(subject, seq, "is in no tree and not on its way: put in with triggers off")
        elif is_late:
            yield Fault(subject, seq, "is still under no signed head: is the engine running?")
