"""What a changed edition would do to past cases: SQL finds them, the judge has the last word.

Nothing is written. A case counts with the facts of the decision that stands, on its own day of
receipt; both editions are judged anew, whatever was decided then and by whom.
"""

import datetime
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Any
from uuid import UUID

from django.db import DataError, connection, transaction

from approvals import statements
from approvals.models import Decision
from dmn.sql import SETTINGS
from services import catalogue, comparison
from services.comparison import OnlyTheJudge, Plan
from services.inputs import read_inputs
from services.pack.model import UNDERTAKINGS
from services.rulebook import Rulebook
from services.verdict import Verdict, judge

CHUNK = 500  # cases that are judged at a time
SAMPLE, EXAMPLES = 200, 5
_LONG = "SET LOCAL statement_timeout = '10min'"  # requests have half a minute

Row = tuple[UUID, tuple[str, str] | None]  # a decision, and what SQL says by (live, draft)


class TooMany(Exception):
    """More cases than whoever asked can wait for."""

    def __init__(self, cases: int) -> None:
        super().__init__(cases)
        self.cases = cases


@dataclass(slots=True)
class Example:
    """One case that changes, and the results behind it: condition -> (live, draft)."""

    number: str
    changes: dict[str, tuple[str, str]]


@dataclass(slots=True)
class Move:
    """All cases that go from one outcome to another."""

    cases: int = 0
    conditions: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """``cases``: all; ``judged``: those of them that the judge saw as well, or alone.

    ``moves`` by (live outcome, draft outcome). ``alone``: why the judge was alone, for how many
    cases. ``left``: requirements the same in both editions that SQL left out, with the reason.
    ``unheld``: facts of the draft that some cases do not hold. ``wrong``: SQL and judge disagree.
    """

    cases: int = 0
    judged: int = 0
    moves: dict[tuple[str, str], Move] = field(default_factory=dict)
    alone: Counter[str] = field(default_factory=Counter)
    left: dict[str, str] = field(default_factory=dict)
    unheld: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    @property
    def changed(self) -> int:
        return sum(move.cases for move in self.moves.values())


@dataclass(frozen=True, slots=True)
class Group:
    """Cases decided under one edition, of days on which the same parameters hold."""

    edition: int
    first: datetime.date
    last: datetime.date
    cases: int

    @property
    def bounds(self) -> list[Any]:
        return [self.edition, self.first, self.last]


@dataclass(frozen=True, slots=True)
class Pair:
    """The two editions."""

    live: Rulebook
    draft: Rulebook
    examples: int  # at most so many a move

    def verdicts(self, facts: dict[str, Any]) -> tuple[Verdict, Verdict]:
        live, draft = self.live, self.draft
        return judge(live, read_inputs(live, facts)), judge(draft, read_inputs(draft, facts))


def run(
    live: Rulebook,
    draft: Rulebook,
    *,
    since: datetime.date = datetime.date.min,
    sample: int = SAMPLE,
    examples: int = EXAMPLES,
    most: int | None = None,
) -> Report:
    """Judge the decided cases of a service, received ``since`` a day, by two of its editions.

    ``sample``: about how many unchanged cases the judge looks at too, beside every changed one.
    Raises ``TooMany`` before anything is judged when there are more cases than ``most``.
    """
    report, pair = Report(), Pair(live, draft, examples)
    groups = list(_groups(pair, since))
    report.cases = sum(group.cases for group in groups)
    if most is not None and report.cases > most:
        raise TooMany(report.cases)
    share = sample / report.cases if report.cases else 0.0
    for group in groups:
        for name in comparison.unheld(catalogue.rulebook(group.edition), draft):
            report.unheld[name] += group.cases
        plan, rows = _by_sql(report, pair, group, share)
        for chunk in _chunks(rows):
            _confirm(report, pair, plan, chunk)
    return report


def _groups(pair: Pair, since: datetime.date) -> Iterator[Group]:
    """The cases, so divided that a statement over each has one set of parameters."""
    dates = comparison.periods(pair.live, pair.draft)
    with connection.cursor() as cursor:
        cursor.execute(statements.DECIDED_BY_DAY, [pair.live.code, since])
        rows = cursor.fetchall()
    for (edition, _period), days in groupby(
        rows, lambda row: (row[0], bisect_right(dates, row[1]))
    ):
        found = list(days)
        yield Group(edition, found[0][1], found[-1][1], sum(cases for _e, _on, cases in found))


def _by_sql(
    report: Report, pair: Pair, group: Group, share: float
) -> tuple[Plan | None, Iterator[Row]]:
    """What SQL finds in a group; every case, without a plan, when SQL cannot tell."""
    try:
        plan = comparison.plan(
            catalogue.rulebook(group.edition), pair.live, pair.draft, group.first
        )
        rows = _judged_apart(plan, group, share)
    except (OnlyTheJudge, DataError) as reason:
        report.alone[str(reason).strip()] += group.cases
        return None, _every(group)
    report.left |= plan.left
    return plan, iter(rows)


def _judged_apart(plan: Plan, group: Group, share: float) -> list[Row]:
    """Cases that SQL takes for changed, and a share of the others."""
    with transaction.atomic(), connection.cursor() as cursor:
        for setting in (*SETTINGS, _LONG):
            cursor.execute(setting)
        cursor.execute(
            plan.statement(statements.DECIDED_UNDER), [*group.bounds, *group.bounds, share]
        )
        rows: list[Row] = [(id_, (live, draft)) for id_, live, draft in cursor.fetchall()]
    return [*rows, *_every(group, inputs__has_key=UNDERTAKINGS)]


def _every(group: Group, **more: str) -> Iterator[Row]:
    found = Decision.objects.filter(
        live=True, edition=group.edition, as_of__range=(group.first, group.last), **more
    )
    return ((id_, None) for id_ in found.values_list("id", flat=True).iterator(CHUNK))


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _confirm(report: Report, pair: Pair, plan: Plan | None, rows: list[Row]) -> None:
    """Let the judge see each case, count what changes, and note where SQL said something else."""
    by_sql = dict(rows)
    found = Decision.objects.filter(id__in=by_sql).values_list(
        "id", "application__number", "inputs"
    )
    for id_, number, facts in found.order_by("id"):
        live, draft = pair.verdicts(facts)
        report.judged += 1
        if plan is not None and by_sql[id_] is not None:
            held = comparison.weight(live, plan.live.ids), comparison.weight(draft, plan.draft.ids)
            if by_sql[id_] != held:
                report.wrong.append(f"{number}: SQL {by_sql[id_]}, judge {held}")
        if live.outcome != draft.outcome:
            move = report.moves.setdefault((live.outcome, draft.outcome), Move())
            results = comparison.changes(live, draft)
            move.cases += 1
            move.conditions.update(results.keys())
            if len(move.examples) < pair.examples:
                move.examples.append(Example(number, results))
