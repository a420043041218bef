"""PostgreSQL stops under running processes: programs are told to come again, and may."""

import json
import time
from pathlib import Path

import pytest

from exchange import webhook_client
from ledger.clock import now
from tests.approvals.program import Program, Reply, assert_problem
from tests.faults.injection import Injection

pytestmark = [
    pytest.mark.full,
    pytest.mark.slow,
    pytest.mark.fault,  # in one worker: plugins/schedule.py
]


def program(injection: Injection, partner: str) -> tuple[Program, dict[str, str]]:
    """Return the partner's program at this site, and its credentials there."""
    file = Path(injection.stack.env["KEYS_DIR"]) / "partners" / f"{partner}.json"
    known: dict[str, str] = json.loads(file.read_text())
    made = Program("", injection.stack.url)
    made.bearer = f"Bearer {known['token']}"
    return made, known


def in_time(reply: Reply, began: float) -> Reply:
    assert time.monotonic() - began < 25  # the pool gives up after ten seconds
    return reply


def applications(injection: Injection) -> int:
    with injection.view() as watcher:
        row = watcher.execute("SELECT count(*) FROM approvals_application").fetchone()
    return int(row[0]) if row else 0


def test_everything_is_503_until_it_is_back_and_nothing_is_doubled(
    db: None, injection: Injection
) -> None:
    window, _ = program(injection, "window")
    food, known = program(injection, "food")
    what, other = (drawn.body() for drawn in injection.draw(2, seed=41))
    before, at = applications(injection), now()
    first = window.post(what, Idempotency_Key="before-the-fall")
    assert first.status == 202

    injection.servers.postgres.stop_immediately()
    raw = b'{"type":"approval.answered","data":{}}'
    signed = webhook_client.sign(known["inbound_secret"], "m-1", raw, at=at)
    for call in (
        lambda: window.post(other, Idempotency_Key="during-the-fall"),
        lambda: food.ask("POST", "/webhooks/food/", raw, **signed),
    ):
        reply = in_time(call(), time.monotonic())
        assert_problem(reply, 503, "unavailable")
        assert reply.headers["Retry-After"] == "5"
    assert window.get("/health/").status == 200
    ready = in_time(window.get("/ready/"), time.monotonic())
    assert (ready.status, ready.json["postgresql"]) == (503, "away")

    injection.servers.postgres.start_and_wait()
    ends = time.monotonic() + 60
    while (again := window.post(other, Idempotency_Key="during-the-fall")).status == 503:
        assert time.monotonic() < ends
        time.sleep(0.5)
    assert again.status == 202
    repeated = window.post(what, Idempotency_Key="before-the-fall")
    assert repeated.json["number"] == first.json["number"]
    assert applications(injection) == before + 2
