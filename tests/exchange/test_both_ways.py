"""Another agency's approval, there and back, by real processes that share nothing but the wire."""

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from benchmarks.cases import FOOD_SCOPE
from demo.city import City
from demo.city.personas import index
from deploy.local.stack import Stack
from exchange.models import Message, WebhookDelivery
from exchange.partners import credentials_file
from tests import endpoints
from tests.exchange.conftest import ENTERPRISES, PERSONS

pytestmark = pytest.mark.slow


@pytest.fixture
def food(stack: Stack) -> Iterator[Callable[[str], None]]:
    """Starts the food office's own process, which behaves as it is told."""
    running: list[subprocess.Popen[str]] = []

    def begin(answer: str) -> None:
        command = [sys.executable, "manage.py", "partner", "serve", "food", "--answer", answer]
        own = {**stack.env, "DATABASE_URL": "postgresql://nobody@/none?host=/nowhere"}
        process = subprocess.Popen(
            [*command, "--site", stack.url], stdout=subprocess.PIPE, text=True, env=own
        )
        running.append(process)
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        endpoints.listen("food", url)

    yield begin
    for process in running:
        process.terminate()
        process.wait(5)
        assert process.stdout is not None
        process.stdout.close()


def open_a_restaurant(stack: Stack) -> Callable[[], dict[str, Any]]:
    """Submit as the service hall would; returns a look at the case."""
    city = City(persons=PERSONS, enterprises=ENTERPRISES)
    owner = city.person(index("trader_food"))
    shop = next(
        p
        for p in map(city.address, range(city.addresses))
        if p.exists and not p.disputed and p.use == "commercial"
    )
    session = requests.Session()
    token = json.loads(credentials_file("window").read_text())["token"]
    session.headers["Authorization"] = f"Bearer {token}"
    answer = session.post(
        f"{stack.url}/api/v1/applications",
        json={
            "service": "sole_trader",
            "edition": 1,
            "applicant": {"kind": "person", "number": owner.number, "name": owner.name},
            "answers": {
                "trade_name": "栖迟",
                "scope": [FOOD_SCOPE],
                "premises": shop.code,
                "employees": 2,
                "consent": True,
            },
        },
        headers={"Idempotency-Key": str(uuid.uuid4()), "Prefer": "wait=5"},
        timeout=10,
    )
    assert answer.status_code in (201, 202), answer.text
    number = answer.json()["number"]

    def look() -> dict[str, Any]:
        case: dict[str, Any] = session.get(
            f"{stack.url}/api/v1/applications/{number}", timeout=10
        ).json()
        return case

    return look


def settled(look: Callable[[], dict[str, Any]], state: str, seconds: float = 30.0) -> str:
    """Return the state of the case once it is the wanted one, or the time is over."""
    ends = time.monotonic() + seconds
    while (now := look()["state"]) != state and time.monotonic() < ends:
        time.sleep(0.1)
    return str(now)


def test_a_restaurant_is_licensed_once_the_food_office_has_granted(
    stack: Stack, food: Callable[[str], None]
) -> None:
    food("grant")
    look = open_a_restaurant(stack)
    assert settled(look, "approved") == "approved"
    asked = WebhookDelivery.objects.get(endpoint__partner="food", notice__kind="approval.requested")
    assert asked.state == "delivered"
    answered = Message.objects.get(partner="food")
    assert answered.kind == "approval.answered"


def test_a_denied_permit_goes_to_a_clerk_and_is_not_refused_by_the_machine(
    stack: Stack, food: Callable[[str], None]
) -> None:
    food("deny")
    assert settled(open_a_restaurant(stack), "review") == "review"


def test_an_office_that_never_answers_leaves_the_case_waiting(
    stack: Stack, food: Callable[[str], None]
) -> None:
    food("never")
    look = open_a_restaurant(stack)
    assert settled(look, "waiting") == "waiting"
    ends = time.monotonic() + 20
    delivered = WebhookDelivery.objects.filter(state="delivered")
    while not delivered.exists() and time.monotonic() < ends:
        time.sleep(0.1)
    assert endpoints.sent("food").state == "delivered"
    assert look()["state"] == "waiting"
