"""Finding what was done to history by somebody who may do everything in the database.

Each reading finds what the others cannot: the chain of every subject (edits, gaps, wrong order),
the tree against its signed heads (whole chains rewritten), both against heads that were exported
(a cut-off end, forged heads), every subject's row against its chain (states and events that belong
to nobody), rows without a chain against their last row event, the published keys against the root
that signs them, and the guards in the database against those that the code installs. A row that
cannot even be read is named, and the others are read on.
"""

import datetime
from collections.abc import Iterable, Iterator, Sequence

from ledger import heads
from ledger.audit import chains, installed, published, rows, subjects, tree
from ledger.audit.fault import Fault, attempt, chunks, snapshot, stream
from ledger.audit.subjects import Subjects
from ledger.audit.tree import LAG

guards = installed.faults

__all__ = [
    "LAG",
    "Fault",
    "Subjects",
    "attempt",
    "chunks",
    "faults",
    "guards",
    "snapshot",
    "stream",
]


def faults(
    *,
    tables: Sequence[Subjects] = (),
    exported: Iterable[heads.ExportedHead] = (),
    now: datetime.datetime | None = None,
) -> Iterator[Fault]:
    """Yield everything that is wrong, reading one consistent moment of the database.

    ``exported`` are heads from outside (``heads.read``): without them an end that was cut off
    and a history that was rewritten since the last head cannot be told from a shorter one.
    With ``now``, events that have been in no tree for more than ``LAG`` are named too.
    """
    with snapshot():
        yield from chains.faults()
        yield from tree.faults(list(exported))
        yield from tree.left_out(now)
        for table in tables:
            yield from subjects.faults(table)
        yield from rows.faults()
        yield from published.faults()
