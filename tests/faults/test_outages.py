"""PostgreSQL is restarted under running processes: all of them work on at once, as they are."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from benchmarks.cases import Drawn
from benchmarks.load import Client
from tests.exchange.receiver import Receiver
from tests.faults.clients import Clients
from tests.faults.injection import Injection
from tests.faults.invariants import NOTICES_DUE
from tests.waiting import eventually

pytestmark = [pytest.mark.fault, pytest.mark.slow]  # in one worker: plugins/schedule.py
COUNT = 20
SECONDS = 30.0  # generous on a busy machine; without a new connection it takes minutes
PROCESSES = ("engine", "worker", "web")


def graduates(injection: Injection, count: int) -> list[Drawn]:
    """Their checks are asked of other agencies by Celery."""
    return injection.draw(count, seed=31, service="graduate_settlement")


@pytest.fixture
def receiver(injection: Injection) -> Iterator[Receiver]:
    """The service hall's webhook."""
    made = Receiver()
    injection.stack.step("url", "partners", "url", "window", made.url)
    yield made
    injection.stack.step("url", "partners", "url", "window", "")
    made.stop()


def decide_all(injection: Injection, client: Client, cases: list[Drawn]) -> list[str]:
    """Submit, and wait until nothing is undecided; the numbers."""
    clients = Clients(client, cases)
    clients.start()
    clients.wait(60)
    assert not clients.rejected
    assert eventually(lambda: injection.undecided() == 0, SECONDS), injection.undecided()
    return list(clients.numbers.values())


def crash(injection: Injection) -> None:
    injection.servers.postgres.kill()
    time.sleep(1.0)
    injection.servers.postgres.start_and_wait()


def end_sessions(injection: Injection) -> None:
    """What a failover or a firewall does: every session ends at the server's side."""
    with injection.view() as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE usename = 'miaopi_app'"
        )


def absent_for_long(injection: Injection) -> None:
    """So long that pauses which double have become long."""
    injection.servers.postgres.stop_immediately()
    time.sleep(20.0)
    injection.servers.postgres.start_and_wait()


@pytest.mark.parametrize(
    "fault",
    [
        crash,
        pytest.param(end_sessions, marks=pytest.mark.full),
        pytest.param(absent_for_long, marks=pytest.mark.full),
    ],
)
def test_the_same_processes_decide_and_deliver_afterwards(
    injection: Injection,
    client: Client,
    receiver: Receiver,
    fault: Callable[[Injection], Any],
) -> None:
    decide_all(injection, client, graduates(injection, COUNT))
    assert eventually(lambda: notices_due(injection) == 0, SECONDS)
    before = {name: injection.stack.pids(name) for name in PROCESSES}

    fault(injection)

    numbers = decide_all(injection, client, graduates(injection, COUNT))
    assert {name: injection.stack.pids(name) for name in PROCESSES} == before
    assert eventually(lambda: notices_due(injection) == 0, SECONDS)
    received = b"".join(one.body for one in receiver.got)
    assert [n for n in numbers if n.encode() not in received] == []
    assert eventually(lambda: client.ask("GET", "/ready/")[1]["status"] == "ok", SECONDS)


def notices_due(injection: Injection) -> int:
    with injection.view() as admin:
        row = admin.execute(f"SELECT {NOTICES_DUE}").fetchone()
    return int(row[0]) if row else 0


def test_ready_names_the_worker_that_does_nothing(injection: Injection, client: Client) -> None:
    injection.stack.suspend("worker")
    try:
        clients = Clients(client, graduates(injection, 1))
        clients.start()
        clients.wait(60)
        with injection.view() as admin:
            due = "SELECT count(*) FROM approvals_check WHERE state = 'due'"
            assert admin.execute(due).fetchone() != (0,)
            age(admin)
        status, parts = client.ask("GET", "/ready/")
        assert (status, parts["status"]) == (200, "degraded")
        assert (parts["checker"], parts["engine"]) == ("late", "ok")
    finally:
        injection.stack.resume("worker")
    assert eventually(lambda: client.ask("GET", "/ready/")[1]["status"] == "ok", SECONDS)


def age(admin: psycopg.Connection) -> None:
    """As if a minute had gone by."""
    admin.execute(
        "UPDATE approvals_check SET next_at = next_at - interval '1 minute',"
        " leased_until = leased_until - interval '1 minute' WHERE state = 'due'"
    )
