"""What a changed edition would do to past cases: SQL finds them, the judge has the last word.

Nothing is written. A case counts with the facts of the decision that stands, on its own day of
receipt; both editions are judged anew, whatever was decided then and by whom. Cases are gone
through in the order of their decisions, a slice at a time, so that it can be taken up again.
"""

import datetime
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import DataError, connection, transaction
from psycopg import sql

from approvals import statements
from approvals.models import Decision
from approvals.records.grouping import Grouping, Names
from dmn.sql import SETTINGS
from services import catalogue, comparison
from services.comparison import OnlyTheJudge, Plan
from services.inputs import read_inputs
from services.rulebook import Rulebook
from services.verdict import Verdict, judge

CHUNK = 500  # cases that are judged at a time
SLICE, SLICE_ALONE = 20_000, 2_000  # cases of a slice, where SQL finds and where the judge is alone
SAMPLE, EXAMPLES = 200, 5
FIRST, LAST = UUID(int=0), UUID(int=2**128 - 1)  # before and after every decision
_LONG = "SET LOCAL statement_timeout = '10min'"  # requests have half a minute
_HASHES = 1 << 20  # a share of the unchanged is drawn by this many values of a hash of the key

Row = tuple[UUID, tuple[str, str] | None]  # a decision, and what SQL says by (live, draft)


class TooMany(Exception):
    """More cases than whoever asked can wait for."""

    def __init__(self, cases: int) -> None:
        super().__init__(cases)
        self.cases = cases


@dataclass(frozen=True, slots=True)
class Period:
    """Days of receipt, both included, and the moment by which a case was decided."""

    first: datetime.date = datetime.date.min
    last: datetime.date = datetime.date.max
    decided_by: datetime.datetime = datetime.datetime(9999, 1, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True, slots=True)
class Flip:
    """One case that changes: its decision, and condition -> (live, draft) of what is behind it."""

    decision: UUID
    number: str
    live: str
    draft: str
    changes: dict[str, tuple[str, str]]
    groups: Names


@dataclass(slots=True)
class Move:
    """All cases that go from one outcome to another; the first of them as examples."""

    cases: int = 0
    conditions: Counter[str] = field(default_factory=Counter)
    examples: list[Flip] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """``cases``: all; ``judged``: those of them that the judge saw as well, or alone.

    ``moves`` by (live outcome, draft outcome). ``alone``: why the judge was alone, for how many
    cases. ``left``: requirements the same in both editions that SQL left out, with the reason.
    ``unheld``: facts of the draft that some cases do not hold. ``wrong``: SQL and judge disagree.
    ``groups``: all cases by district, age group and legal kind.
    """

    cases: int = 0
    judged: int = 0
    moves: dict[tuple[str, str], Move] = field(default_factory=dict)
    alone: Counter[str] = field(default_factory=Counter)
    left: dict[str, str] = field(default_factory=dict)
    unheld: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    groups: Counter[Names] = field(default_factory=Counter)

    @property
    def changed(self) -> int:
        return sum(move.cases for move in self.moves.values())

    def add(self, flip: Flip, examples: int) -> None:
        move = self.moves.setdefault((flip.live, flip.draft), Move())
        move.cases += 1
        move.conditions.update(flip.changes.keys())
        if len(move.examples) < examples:
            move.examples.append(flip)


@dataclass(frozen=True, slots=True)
class Group:
    """Cases decided under one edition, of days on which the same parameters hold."""

    edition: int
    first: datetime.date
    last: datetime.date
    cases: int

    def bounds(self, period: Period) -> list[Any]:
        return [self.edition, self.first, self.last, period.decided_by]


@dataclass(frozen=True, slots=True)
class Pair:
    """The two editions, and of which cases about how many unchanged ones are judged, too."""

    live: Rulebook
    draft: Rulebook
    period: Period = Period()
    sample: int = SAMPLE

    def verdicts(self, facts: dict[str, Any]) -> tuple[Verdict, Verdict]:
        live, draft = self.live, self.draft
        return judge(live, read_inputs(live, facts)), judge(draft, read_inputs(draft, facts))

    def plan(self, group: Group) -> Plan | OnlyTheJudge:
        """How SQL tells the two apart on the cases of a group, or why it cannot."""
        stored = catalogue.rulebook(group.edition)
        try:
            return comparison.plan(stored, self.live, self.draft, group.first)
        except OnlyTheJudge as reason:
            return reason


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
    report, pair = Report(), Pair(live, draft, Period(first=since), sample)
    found = groups(pair, SLICE)
    of = sum(group.cases for group in found)
    if most is not None and of > most:
        raise TooMany(of)
    for group in found:
        after: UUID | None = FIRST
        while after is not None:
            after, flips = advance(report, pair, group, after=after, of=of)
            for flip in flips:
                report.add(flip, examples)
    return report


def groups(pair: Pair, most: int | None = None) -> list[Group]:
    """The cases, so divided that a statement over each has one set of parameters.

    ``most``: a group of several days has no more cases than that.
    """
    dates, period = comparison.periods(pair.live, pair.draft), pair.period
    with connection.cursor() as cursor:
        cursor.execute(
            statements.DECIDED_BY_DAY,
            [pair.live.code, period.first, period.last, period.decided_by],
        )
        rows = cursor.fetchall()
    found: list[Group] = []
    before = None
    for edition, day, cases in rows:
        here, last = (edition, bisect_right(dates, day)), found[-1] if found else None
        if last and here == before and (most is None or last.cases + cases <= most):
            found[-1] = replace(last, last=day, cases=last.cases + cases)
        else:
            found.append(Group(edition, day, day, cases))
        before = here
    return found


def counts(pair: Pair, found: list[Group]) -> Counter[tuple[str, str]] | None:
    """How many cases change from which outcome to which, by SQL alone; None where it cannot tell.

    What was signed in place of a paper, and what SQL left out, only the judge knows.
    """
    total: Counter[tuple[str, str]] = Counter()
    for group in found:
        plan = pair.plan(group)
        if isinstance(plan, OnlyTheJudge):
            return None
        source = statements.DECIDED_BY_CONDITIONS
        try:
            rows = _fetched(plan.counting(source), group.bounds(pair.period))
        except DataError:
            return None
        total.update({(live, draft): cases for live, draft, cases in rows})
    return total


def advance(
    report: Report, pair: Pair, group: Group, *, after: UUID, of: int
) -> tuple[UUID | None, list[Flip]]:
    """Go through the next slice of a group, its decisions ``after`` one; what changes in it.

    Returns where the next slice begins, None after the last of the group, and the cases that
    change, as the judge has confirmed them. ``of``: all cases, of which the sample is drawn.
    """
    plan = pair.plan(group)
    alone = str(plan).strip() if isinstance(plan, OnlyTheJudge) else ""
    bounds = group.bounds(pair.period)
    last = _last_of_slice(group, bounds, after, SLICE_ALONE if alone else SLICE)
    upto = last or LAST
    among = [*bounds, after, upto]
    stored = catalogue.rulebook(group.edition)
    cases = _count_groups(report, Grouping.of(stored, settings.CITY.governance.groups), among)
    report.cases += cases
    for name in comparison.unheld(stored, pair.draft):
        report.unheld[name] += cases
    rows: Iterator[Row] | None = None
    if isinstance(plan, Plan):
        report.left |= plan.left
        try:
            share = min(_HASHES, -(-pair.sample * _HASHES // of)) if of else 0
            rows = iter(
                [
                    *_by_sql(plan, among, share),
                    *_every(among, inputs__has_any_keys=statements.JUDGE_ALONE),
                ]
            )
        except DataError as reason:
            alone = str(reason).strip()
    if rows is None:
        report.alone[alone] += cases
        rows, plan = _every(among), OnlyTheJudge({})
    flips: list[Flip] = []
    grouping = Grouping.of(stored, settings.CITY.governance.groups)
    for chunk in _chunks(rows):
        flips += _confirm(report, pair, plan, grouping, chunk)
    return last, flips


def _last_of_slice(group: Group, bounds: list[Any], after: UUID, size: int) -> UUID | None:
    """The decision with which a slice ends that begins ``after`` one; None for the group's end."""
    if group.cases <= size:
        return None
    with connection.cursor() as cursor:
        cursor.execute(statements.DECIDED_LATER, [*bounds, after, size - 1])
        row = cursor.fetchone()
    return row[0] if row else None


def _count_groups(report: Report, grouping: Grouping, among: list[Any]) -> int:
    rows = _fetched(
        sql.SQL(
            "SELECT region, age, legal_kind, count(*) FROM (SELECT {columns} FROM"
            " (SELECT * FROM {source} {among}) AS d"
            " JOIN approvals_application a ON a.id = d.application_id) AS grouped GROUP BY 1, 2, 3"
        ).format(
            columns=grouping.columns(),
            source=sql.SQL(statements.DECIDED_UNDER),
            among=sql.SQL(statements.AMONG),
        ),
        among,
    )
    for region, age, kind, cases in rows:
        report.groups[region, age, kind] += cases
    return sum(row[3] for row in rows)


def _by_sql(plan: Plan, among: list[Any], share: int) -> list[Row]:
    """Cases that SQL takes for changed, and a share of the others, always the same."""
    drawn = f"uuid_hash_extended(id, 0) & {_HASHES - 1} < {share}"
    source = f"{statements.DECIDED_BY_CONDITIONS} {statements.AMONG}"
    statement = plan.statement(source, sampled=drawn)
    return [(id_, (live, draft)) for id_, live, draft in _fetched(statement, among)]


def _fetched(statement: str | sql.Composed, parameters: list[Any]) -> list[Any]:
    with transaction.atomic(), connection.cursor() as cursor:
        for setting in (*SETTINGS, _LONG):
            cursor.execute(setting)
        cursor.execute(statement, parameters)
        found: list[Any] = cursor.fetchall()
    return found


def _every(among: list[Any], **more: Any) -> Iterator[Row]:
    edition, first, last, decided_by, after, upto = among
    found = Decision.objects.filter(
        live=True,
        edition=edition,
        as_of__range=(first, last),
        at__lte=decided_by,
        id__gt=after,
        id__lte=upto,
        **more,
    )
    return ((id_, None) for id_ in found.values_list("id", flat=True).iterator(CHUNK))


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def _confirm(
    report: Report, pair: Pair, plan: Plan | OnlyTheJudge, grouping: Grouping, rows: list[Row]
) -> Iterator[Flip]:
    """Let the judge see each case; what changes, and in the report where SQL said otherwise."""
    by_sql = dict(rows)
    found = _fetched(
        sql.SQL(
            "SELECT d.id, a.number, d.inputs, {columns} FROM approvals_decision d"
            " JOIN approvals_application a ON a.id = d.application_id"
            " WHERE d.id = ANY(%s) ORDER BY d.id"
        ).format(columns=grouping.columns()),
        [list(by_sql)],
    )
    for id_, number, facts, *names in found:
        live, draft = pair.verdicts(orjson.loads(facts))
        report.judged += 1
        if isinstance(plan, Plan) and by_sql[id_] is not None:
            held = comparison.weight(live, plan.live.ids), comparison.weight(draft, plan.draft.ids)
            if by_sql[id_] != held:
                report.wrong.append(f"{number}: SQL {by_sql[id_]}, judge {held}")
        if live.outcome != draft.outcome:
            changes = comparison.changes(live, draft)
            region, age, kind = names
            yield Flip(id_, number, live.outcome, draft.outcome, changes, (region, age, kind))
