"""PostgreSQL stops under a running web process: programs are told to come again, and may."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.servers import Servers
from deploy.local.stack import Stack
from exchange import webhook_client
from ledger.clock import now
from tests.approvals.program import Program, Reply, another_body, assert_problem, body
from tests.plugins.templates import ENTERPRISES, PERSONS, SEED

pytestmark = [pytest.mark.slow, pytest.mark.fault]


@pytest.fixture
def web(open_folder: Path) -> Iterator[tuple[Servers, Stack]]:
    """A web process alone on a PostgreSQL and a Redis of its own."""
    with Servers(open_folder / "own", durable=False) as servers:
        servers.postgres.ensure_database("miaopi")
        stack = Stack(
            servers.env("miaopi"),
            open_folder,
            persons=PERSONS,
            enterprises=ENTERPRISES,
            seed=SEED,
        )
        stack.prepare()
        stack.start("web")
        yield servers, stack
        stack.stop("web")


def program(stack: Stack, partner: str) -> tuple[Program, dict[str, str]]:
    """Return the partner's program at this site, and its credentials there."""
    file = Path(stack.env["KEYS_DIR"]) / "partners" / f"{partner}.json"
    known: dict[str, str] = json.loads(file.read_text())
    made = Program("", stack.url)
    made.bearer = f"Bearer {known['token']}"
    return made, known


def in_time(reply: Reply, began: float) -> Reply:
    assert time.monotonic() - began < 25  # the pool gives up after ten seconds
    return reply


def test_everything_is_503_until_it_is_back_and_nothing_is_doubled(
    db: None, web: tuple[Servers, Stack]
) -> None:
    servers, stack = web
    window, _ = program(stack, "window")
    food, known = program(stack, "food")
    what, other, at = body(), another_body(), now()
    first = window.post(what, Idempotency_Key="before-the-fall")
    assert first.status == 202

    servers.postgres.stop_immediately()
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

    servers.postgres.start_and_wait()
    ends = time.monotonic() + 60
    while (again := window.post(other, Idempotency_Key="during-the-fall")).status == 503:
        assert time.monotonic() < ends
        time.sleep(0.5)
    assert again.status == 202
    repeated = window.post(what, Idempotency_Key="before-the-fall")
    assert repeated.json["number"] == first.json["number"]
    with servers.postgres.connect("miaopi") as connection:
        assert connection.execute("SELECT count(*) FROM approvals_application").fetchone() == (2,)
