"""Of all who apply at the same moment so many are granted: those who were accepted first."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction

import bulk
from approvals import actions
from approvals.actions.submission import Key
from approvals.models import Application, Decision, QuotaPlace
from approvals.records.audit import faults
from approvals.records.replay import fault
from approvals.states import State
from approvals.workers.engine import Engine
from deploy.local.servers import with_database
from ledger.clock import now
from people.actors import CLOCK
from tests.approvals.cases import CITY, audited, citizen, submit
from tests.approvals.quotas import FIGURE, QUOTA
from tests.attacks.test_insiders import edit
from tests.services.editions import published
from tests.services.packs import changed

pytestmark = pytest.mark.usefixtures("furnished_committed")
ADULTS = [
    t
    for t in map(CITY.person, range(CITY.persons))
    if t.alive and t.group != "minor" and not t.fault
]


def small(places: int) -> None:
    """Publish a service that every adult is granted, as long as there are places."""
    source = changed("\nparameters:\n", FIGURE.format(places=places))
    quota = QUOTA.format(per="all", since="2026-01-01")
    published(changed("\nfacts:\n", quota, source), now())


def applicant(place: int) -> actions.Applicant:
    return actions.Applicant("person", ADULTS[place].number, ADULTS[place].name)


def enter(place: int) -> str:
    try:
        made = submit(
            service="bus_pass",
            applicant=applicant(place),
            answers={"consent": True},
            key=Key(f"key-number-{place}", bytes(32)),
        )
        return made.number
    finally:
        connection.close()


def drain() -> None:
    try:
        while Engine(batch=7).drain():
            pass
    finally:
        connection.close()


def granted() -> list[bool]:
    """Whether each was approved, in the order of acceptance."""
    rows = QuotaPlace.objects.order_by("accepted_at", "ordinal").select_related("application")
    assert [row.ordinal for row in rows] == list(range(1, len(rows) + 1))
    return [row.application.state == State.APPROVED for row in rows]


def race(count: int, places: int) -> None:
    """So many apply at once while two engines decide."""
    assert len(ADULTS) >= count
    small(places)
    with ThreadPoolExecutor(22) as pool:
        numbers = [pool.submit(enter, place) for place in range(count)]
        engines = [pool.submit(drain) for _ in range(2)]
        assert len({number.result() for number in numbers}) == count
        for engine in engines:
            engine.result()
    while Application.objects.filter(state=State.SUBMITTED).exists():
        drain()
    assert granted() == [True] * places + [False] * (count - places)
    others = Application.objects.exclude(state=State.APPROVED)
    assert {case.handover for case in others} == {"quota_full"}
    assert audited() == []
    assert {fault(decision) for decision in Decision.objects.all()} == {""}


def test_of_twenty_at_once_the_first_five_are_granted() -> None:
    race(20, 5)


@pytest.mark.full
def test_of_two_hundred_at_once_the_first_fifty_are_granted() -> None:
    race(200, 50)


def before(write: Callable[[Any], None], batch: bulk.Batch) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def inside(write: Callable[[Any], None], batch: bulk.Batch) -> None:
    with transaction.atomic():
        write(batch)
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize("where", [before, inside])
def test_an_engine_killed_before_it_grants_loses_no_place(
    where: Callable[[Callable[[Any], None], bulk.Batch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    small(2)
    monkeypatch.setattr(settings, "LEASE_SECONDS", 0)
    for place in range(3):
        enter(place)
    child = os.fork()
    if child == 0:  # an engine of its own, with a connection of its own
        write = bulk.Batch.write
        bulk.Batch.write = lambda batch: where(write, batch)  # type: ignore[method-assign]
        try:
            Engine().drain()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    assert granted() == [False] * 3
    assert QuotaPlace.objects.filter(freed_at=None, granted_at=None).count() == 3
    drain()
    assert granted() == [True, True, False]
    assert audited() == []


DECISIVE = {"ordinal", "places", "granted_at", "freed_at", "period", "application_id"}


@pytest.mark.skipif(
    not os.environ.get("DATABASE_ADMIN_URL"), reason="needs a superuser of PostgreSQL"
)
def test_an_edit_of_any_column_is_found(at_furnished: str, pytestconfig: pytest.Config) -> None:
    """The decisive ones in an ordinary run, all of them with ``--full``."""
    small(1)
    for place in range(3):
        enter(place)
    drain()
    freed = QuotaPlace.objects.get(ordinal=2).application
    actions.withdraw(number=freed.number, by=citizen(applicant(1)), now=now())
    assert actions.move_up(by=CLOCK, now=now()) == 0
    assert audited() == []
    url = with_database(os.environ["DATABASE_ADMIN_URL"], at_furnished)
    missed = []
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("SET session_replication_role = replica")
        columns = admin.execute(
            "SELECT column_name, udt_name FROM information_schema.columns"
            " WHERE table_name = 'approvals_quotaplace' AND table_schema = 'public'"
        ).fetchall()
        assert {name for name, _ in columns} > DECISIVE
        for name, kind in columns:
            if name not in DECISIVE and not pytestconfig.getoption("--full"):
                continue
            undo = edit(admin, "approvals_quotaplace", name, kind)
            assert undo is not None, name
            if next(iter(islice(faults(), 1)), None) is None:
                missed.append(name)
            undo()
    assert missed == []
    assert audited() == []
