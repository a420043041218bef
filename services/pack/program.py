"""A pack's expressions, compiled: what the rulebook runs and what analysis reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from city.source import Path
from dmn import Node, Table, Type
from services.pack.entitlement import EntitlementRun
from services.pack.model import FilingItem, Guard, Words
from services.pack.quota import QuotaRun

Run = Callable[[Mapping[str, object]], object]
FailedItems = Callable[[Mapping[str, object]], list[Any]]
Take = Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Condition:
    """One requirement, compiled. ``uses``: names of ``applies`` and ``must``, in that order, but
    for ``withheld``: facts about other persons, whose values stand in no verdict.

    ``take``: these names from what is known; ``KeyError`` when one is not. ``failed_items``: the
    keys of the list items because of which an ``every`` failed; None where that is withheld.
    """

    id: str
    applies: Run | None
    must: Run
    uses: tuple[str, ...]
    take: Take
    unmet: str
    failed_items: FailedItems | None
    withheld: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableRun:
    """One decision table, compiled. ``reads``: the names that its columns and outputs use."""

    name: str
    run: Run
    reads: tuple[str, ...]
    table: Table
    line: int  # of its text in the pack


@dataclass(frozen=True, slots=True)
class FilingColumn:
    run: Run
    met: Words
    unmet: Words


@dataclass(frozen=True, slots=True)
class FilingRow:
    """One filing: a test a column (None: any value), and what the row says."""

    item: FilingItem
    tests: tuple[Run | None, ...]
    level: str  # mandatory, optional
    only_if: Run | None
    typed: Callable[[Mapping[str, Any]], dict[str, object]]  # of the block's answers


@dataclass(frozen=True, slots=True)
class FilingTable:
    columns: tuple[FilingColumn, ...]
    rows: tuple[FilingRow, ...]
    reads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GuardRun:
    """One guard, compiled: what its key's parts are computed by."""

    guard: Guard
    parts: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class EntryItem:
    """A record in a list that is entered; ``each``: one for every item of that list."""

    each: Run | None
    parts: tuple[tuple[str, Run], ...]


@dataclass(frozen=True, slots=True)
class EntryRun:
    """One entry of a certificate in a registry, compiled; no ``subject``: the holder."""

    registry: str
    subject: Run | None
    record: tuple[tuple[str, Run | tuple[EntryItem, ...]], ...]
    is_person: bool = False  # the subject is the index of a person
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class StandIn:
    """What may be signed in place of files: ``name`` of its box, ``question`` that has the files.

    ``facts``: they count as true where it is signed and no file is there. ``asked``: only where
    this surely holds (None: always), and where ``barred`` surely does not. ``result``: what a
    condition is that is met by it; ``waits``: nothing is granted on it yet.
    """

    name: str
    question: str
    facts: tuple[str, ...]
    result: str
    waits: bool
    asked: Run | None
    barred: Run | None


@dataclass(frozen=True, slots=True)
class Program:
    """A pack's expressions. ``trees`` keeps them by their path in the pack."""

    conditions: tuple[Condition, ...]
    table_runs: tuple[TableRun, ...]
    consents: tuple[tuple[str, Run], ...]
    printed: tuple[tuple[str, Run], ...]
    cosigners: Run | None
    guards: tuple[GuardRun, ...]
    entries: tuple[EntryRun, ...]
    entitlements: tuple[EntitlementRun, ...]
    district: Run | None
    filings: FilingTable | None
    materials: tuple[tuple[str, Run | None], ...]  # question: when it is asked; None: always
    stand_ins: tuple[StandIn, ...]  # commitments and promises; mostly none
    asked: tuple[tuple[str, Run], ...]  # entry of registries: when it is asked; mostly none
    tapped: tuple[tuple[str, Run], ...]  # answer: what a tap of consent answers (``proactive``)
    names: Mapping[str, Type]
    trees: Mapping[Path, Node]
    fee: Run | None = None  # yuan, from answers and parameters
    endorsement: Run | None = None  # how long one lasts
    validity: Run | None = None  # of the certificate: its last day, or how long from its issue
    quota: QuotaRun | None = None  # how many places there are, and for which queue

    @property
    def entitlement(self) -> EntitlementRun | None:
        """The only one, or the first of several."""
        return self.entitlements[0] if self.entitlements else None

    @property
    def tables(self) -> tuple[str, ...]:
        return tuple(table.name for table in self.table_runs)
