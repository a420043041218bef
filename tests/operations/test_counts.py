"""Counts equal the rows, whatever happens to a case and whenever the reconciler is killed."""

import datetime as dt
import random
import uuid
from collections.abc import Callable
from typing import Any

import orjson
import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction

from approvals import actions
from approvals.models import Application, Decision
from exchange.models import Lookup
from ledger.clock import now
from operations.counts import adding, reading, statements
from operations.counts.percentiles import percentile
from operations.history import first_key
from operations.models import (
    ALL,
    AnswerCount,
    CaseCount,
    CountedUntil,
    Grain,
    HandoverCount,
    RowChange,
)
from people.actors import officer
from services.models import Edition
from tests.approvals.cases import citizen, person, settled
from tests.factories import ApplicationFactory, DecisionFactory, UserFactory

PLAIN = """
SELECT date_trunc(%(grain)s, at, %(zone)s), service, region, outcome, machine, count(*) FROM (
    SELECT created_at AS at, service_id AS service, coalesce(region_id, '') AS region,
        'received' AS outcome, false AS machine FROM approvals_application
    UNION ALL
    SELECT d.at, a.service_id, coalesce(a.region_id, ''), d.outcome, d.officer_id IS NULL
    FROM approvals_decision d JOIN approvals_application a ON a.id = d.application_id
    WHERE d.live OR d.outcome NOT IN ('approve', 'refuse')
) AS everything GROUP BY 1, 2, 3, 4, 5
"""
GRAINS = (Grain.HOUR, Grain.DAY, Grain.MONTH)
Found = dict[tuple[Any, ...], int]


def plain(grain: Grain) -> Found:
    """Count all rows anew, with SQL of the test's own."""
    with connection.cursor() as cursor:
        cursor.execute(PLAIN, {"grain": str(grain), "zone": settings.CITY.time_zone})
        return {tuple(row[:-1]): row[-1] for row in cursor.fetchall()}


def counted(grain: Grain) -> Found:
    rows = CaseCount.objects.filter(grain=grain).exclude(cases=0).exclude(service=ALL)
    return {(r.start, r.service, r.region, r.outcome, r.machine): r.cases for r in rows}


def added(found: Found, *places: int) -> Found:
    """Add up what is alike at these places of the key."""
    sums: Found = {}
    for key, number in found.items():
        short = tuple(key[place] for place in places)
        sums[short] = sums.get(short, 0) + number
    return sums


def shown(span: str, read: reading.Read) -> Found:
    return {tuple(row[1:-1]): row[-1] for row in read.parts["cases"] if row[0] == span and row[-1]}


def all_time(grain: Grain = Grain.HOUR) -> reading.Span:
    far = dt.timedelta(days=4000)
    return reading.Span(grain, now() - far, now() + far)


def require_equal() -> None:
    """What is shown now equals the rows, in each of its parts."""
    rows, read = plain(Grain.DAY), reading.read(all_time(Grain.DAY))
    assert read.behind is None
    day = reading.day_of(read.at)[0]
    today = {(0, *key[1:]): number for key, number in rows.items() if key[0] == day}
    assert shown("day", read) == today
    everything = added(rows, 3, 4)
    assert shown("all", read) == {(0, "", "", *key): n for key, n in everything.items()}
    past = added(rows, 0, 3, 4)
    assert shown("past", read) == {(s.timestamp(), "", "", *k): n for (s, *k), n in past.items()}


def add_all(**options: int) -> None:
    while adding.add(**options):
        pass


def key_at(at: dt.datetime, drawn: random.Random) -> uuid.UUID:
    """Return a key as a process would have made it then."""
    return uuid.UUID(int=first_key(at).int + drawn.getrandbits(74))


class Walk:
    """Rows written, changed and counted in an order that is drawn; all as it really may happen.

    Some of the keys are of this moment, others far older than their rows: of a slow clock.
    """

    def __init__(self, seed: int) -> None:
        self.drawn, self.at = random.Random(seed), now()
        self.edition = Edition.objects.filter(service_id="graduate_settlement").latest("number")
        self.cases: list[Application] = []
        self.decisions: list[Decision] = []
        day, _ = reading.day_of(self.at)
        second = dt.timedelta(seconds=1)
        month = day.astimezone(settings.CITY.calendar.zone).replace(day=1)
        # the last moment before an hour, day and month of the city, and the first of it
        hour = self.at.replace(minute=0, second=0, microsecond=0)
        edges = [moment - step for moment in (hour, day, month) for step in (second, 0 * second)]
        self.moments = [*edges, self.at, self.at - dt.timedelta(days=40)]
        self.regions = ["440303", "440305", None]

    def key(self) -> uuid.UUID:
        ages = [0, 0, 12, 60, 3600, 90_000]
        return key_at(now() - dt.timedelta(seconds=self.drawn.choice(ages)), self.drawn)

    def receive(self) -> None:
        made = ApplicationFactory(
            id=self.key(),
            edition=self.edition,
            region_id=self.drawn.choice(self.regions),
            created_at=self.drawn.choice(self.moments),
        )
        self.cases.append(made)

    def decide(self) -> None:
        case = self.drawn.choice(self.cases)
        outcome = self.drawn.choice(["approve", "refer", "return"])
        stands = Decision.objects.filter(application=case, live=True).exists()
        is_final = outcome == "approve"
        if is_final and stands:
            return
        reasons = self.drawn.choice(['["degree:unknown"]', '["degree:unknown","person_requested"]'])
        self.decisions.append(
            DecisionFactory(
                id=self.key(),
                application=case,
                outcome=outcome,
                live=is_final,
                at=self.drawn.choice(self.moments),
                receipt=f'{{"reasons": {reasons}}}'.encode(),
            )
        )

    def reopen(self) -> None:
        standing = Decision.objects.filter(live=True, pk__in=[d.pk for d in self.decisions])
        if found := standing.order_by("?").first():
            Decision.objects.filter(pk=found.pk).update(live=False)

    def move(self) -> None:
        case = self.drawn.choice(self.cases)
        Application.objects.filter(pk=case.pk).update(region_id=self.drawn.choice(self.regions))

    def ask(self) -> None:
        Lookup.objects.create(
            id=self.key(),
            registry=self.drawn.choice(["education", "household"]),
            subject="0" * 32,
            outcome=self.drawn.choice(["found", "failed"]),
            milliseconds=self.drawn.choice([3, 30, 300, 30_000]),
            at=self.drawn.choice(self.moments),
        )

    def count(self) -> None:
        adding.add(step=self.drawn.choice([2, 7, 1000]))

    def count_and_die(self) -> None:
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            adding.add(step=1000)
            raise ZeroDivisionError  # a process that ends before its commit leaves this behind

    def run(self, steps: int) -> None:
        self.receive()
        doing: list[Callable[[], None]] = [
            *(3 * [self.receive, self.decide]),
            *(self.reopen, self.move, self.ask, self.count, self.count_and_die),
        ]
        for step in range(steps):
            self.drawn.choice(doing)()
            if step % 10 == 0:
                require_equal()


def require_all_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once nothing more is written everything is counted, and the counts alone equal the rows."""
    monkeypatch.setattr(adding, "BEHIND", dt.timedelta(seconds=-1))
    add_all(step=13)
    assert not RowChange.objects.exists()
    for grain in GRAINS:
        assert counted(grain) == plain(grain)
        totals = CaseCount.objects.filter(grain=grain, service=ALL).exclude(cases=0)
        found = {(row.start, row.outcome, row.machine): row.cases for row in totals}
        assert found == added(plain(grain), 0, 3, 4)
    require_equal()
    for row in CaseCount.objects.all():  # each decision lies in a bucket, and none twice
        assert min(row.buckets) >= 0
        assert sum(row.buckets) == (0 if row.outcome == "received" else row.cases)


SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.full) for seed in range(2, 21))]


@pytest.mark.parametrize("seed", SEEDS)
def test_counts_equal_the_rows_after_any_history(
    furnished: None, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    walk = Walk(seed)
    walk.run(100)
    require_all_counted(monkeypatch)
    handed_over = HandoverCount.objects.filter(grain="all").values_list("reason", "cases")
    said: Found = {}
    for decision in (d for d in walk.decisions if d.outcome == "refer"):
        for reason in orjson.loads(decision.receipt)["reasons"]:
            said[reason] = said.get(reason, 0) + 1
    assert dict(handed_over) == said != {}
    asked = AnswerCount.objects.filter(grain="all").values_list("registry", "outcome", "answers")
    plainly: Found = {}
    for key in Lookup.objects.values_list("registry", "outcome"):
        plainly[key] = plainly.get(key, 0) + 1
    assert {(registry, outcome): n for registry, outcome, n in asked} == plainly != {}


def test_a_case_that_was_reopened_counts_by_what_stands(
    furnished: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the product's own actions: approved, contested, decided anew by an officer."""
    case = settled("graduate")
    require_equal()
    monkeypatch.setattr(adding, "BEHIND", dt.timedelta())
    add_all()
    decided = {("approve", True): 1, ("received", False): 1}
    assert added(counted(Grain.ALL), 3, 4) == decided
    applicant = citizen(person("graduate"))
    actions.reopen(number=case.number, reason="请人工复核", by=applicant, now=now())
    require_equal()
    assert added(shown("all", reading.read(all_time())), 3, 4) == {("received", False): 1}
    clerk = officer(UserFactory(clerk=True, office__code=case.office_id))
    actions.take(number=case.number, by=clerk, now=now())
    actions.approve(number=case.number, reason="复核无误", by=clerk, now=now())
    require_equal()
    shown_now = added(shown("all", reading.read(all_time())), 3, 4)
    assert shown_now == {("approve", False): 1, ("received", False): 1}


@pytest.mark.usefixtures("furnished_committed")
def test_of_two_reconcilers_one_counts() -> None:
    """Whoever comes second waits for nobody, and leaves the work to the first."""
    settled("graduate")
    adding.add()
    before = CountedUntil.objects.get()
    with psycopg.connect(connection.connection.info.dsn) as other:
        other.execute("SELECT FROM operations_counteduntil FOR UPDATE")
        assert adding.add() is False
        assert CountedUntil.objects.get().at == before.at
    assert adding.add() is False
    assert CountedUntil.objects.get().at > before.at
    require_equal()


@pytest.mark.usefixtures("furnished_committed")
def test_what_a_long_transaction_writes_is_counted_when_it_has_ended() -> None:
    edition = Edition.objects.filter(service_id="graduate_settlement").latest("number")
    with psycopg.connect(connection.connection.info.dsn) as slow:
        slow.execute("SELECT 1")  # it has begun
        row = slow.execute("SELECT LEAST(clock_timestamp(), xact_start) FROM pg_stat_activity"
                           " WHERE pid = pg_backend_pid()").fetchone()  # fmt: skip
        assert row is not None
        adding.add()
        assert reading.moment_of(CountedUntil.objects.get().key) < row[0]
        ApplicationFactory(edition=edition, created_at=now())
        require_equal()


def test_a_percentile_lies_in_its_bucket() -> None:
    cuts = (1.0, 2.0, 4.0)
    assert percentile({}, cuts, 0.5) is None
    assert percentile({0: 10}, cuts, 0.5) == 0.5
    assert percentile({1: 1, 2: 1}, cuts, 0.5) == 2.0
    assert percentile({1: 50, 2: 50}, cuts, 0.75) == 3.0
    assert percentile({3: 1}, cuts, 0.99) == 4.0  # at least


def test_percentiles_are_those_of_the_rows_but_for_a_bucket() -> None:
    drawn = random.Random(3)
    times = sorted(drawn.lognormvariate(0, 3) for _ in range(5_000))
    counts: dict[int, int] = {}
    for seconds in times:
        bucket = sum(1 for cut in statements.CUTS if cut <= seconds)  # as width_bucket does
        counts[bucket] = counts.get(bucket, 0) + 1
    for share in (0.5, 0.95, 0.99):
        exact = times[int(share * len(times)) - 1]
        found = percentile(counts, statements.CUTS, share)
        assert found is not None
        low = max((0.0, *(cut for cut in statements.CUTS if cut <= exact)))
        high = min(cut for cut in statements.CUTS if cut > exact)
        assert low <= found <= high
