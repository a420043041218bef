"""Two engine processes under load, and a suspension: nothing is approved after its commit."""

import multiprocessing
import os
import signal
import time
from multiprocessing.synchronize import Event, Semaphore

import pytest
from django.db import connections

import bulk
from approvals.models import Application, Decision
from approvals.states import OPEN, State
from approvals.workers.engine import Engine
from ledger.clock import now
from people.actors import officer
from services import switches
from tests.approvals.bus_passes import first_edition, people, submit
from tests.approvals.cases import audited
from tests.factories import UserFactory

pytestmark = pytest.mark.usefixtures("furnished_committed")
FORK = multiprocessing.get_context("fork")
BATCH, CASES, BEFORE = 7, 140, 30


def approved() -> int:
    return Decision.objects.filter(outcome="approve", officer=None).count()


def engine(hold: Event, judged: Semaphore, go_on: Event) -> None:
    """Drain; once ``hold`` is set, stand still with a judged batch until told to go on."""
    write = bulk.Batch.write

    def held(batch: bulk.Batch) -> None:
        if hold.is_set() and not go_on.is_set():
            judged.release()
            assert go_on.wait(60)
        write(batch)

    bulk.Batch.write = held  # type: ignore[method-assign]
    try:
        while Engine(batch=BATCH).drain():
            pass
    finally:
        connections.close_all()
        os._exit(0)


@pytest.mark.parametrize(
    ("scope", "code", "reason"),
    [
        ("service", "bus_pass", "automatic_off"),
        ("registry", "population", "registry_suspended:population"),
    ],
)
def test_nothing_is_approved_after_the_commit(scope: str, code: str, reason: str) -> None:
    first_edition()
    adults = people(adult=True)
    submit([adults[place % len(adults)] for place in range(CASES)])
    by = officer(UserFactory(operator=True))
    hold, judged, go_on = FORK.Event(), FORK.Semaphore(0), FORK.Event()
    connections.close_all()
    engines = [FORK.Process(target=engine, args=(hold, judged, go_on)) for _ in range(2)]
    for one in engines:
        one.start()
    try:
        until = time.monotonic() + 60
        while approved() < BEFORE:
            assert time.monotonic() < until
        hold.set()
        for _ in engines:  # both have claimed and judged a batch, and are about to write it
            assert judged.acquire(timeout=60)
        began = time.monotonic()
        switches.suspend(scope=scope, code=code, reason="演练", by=by, now=now())
        took, then = time.monotonic() - began, approved()
        go_on.set()
        for one in engines:
            one.join(60)
            assert one.exitcode == 0
    finally:
        for one in engines:
            if one.is_alive():
                os.kill(one.pid, signal.SIGKILL)
    while Engine(batch=BATCH).drain():
        pass
    assert approved() == then >= BEFORE, "not one is written after the suspension's commit"
    assert took < 5
    states = Application.objects.values_list("state", "handover")
    assert not {state for state, _ in states} & (set(OPEN) - {State.REVIEW}), "nothing is lost"
    rest = [why for state, why in states if state == State.REVIEW]
    assert set(rest) == {reason} and len(rest) == CASES - then > 2 * BATCH - 1
    assert not audited()
