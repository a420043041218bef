"""An agency minds its own webhooks by API: endpoints, what was sent, and sending it again."""

from typing import Any

import pytest

import bulk
from exchange import outbox, webhook_client
from exchange.models import Endpoint, Notice, WebhookDelivery
from ledger.clock import now
from tests import endpoints
from tests.approvals.program import Program, assert_problem
from tests.exchange.receiver import Receiver

pytestmark = pytest.mark.usefixtures("furnished")
HOOKS, DELIVERIES = "/api/v1/webhooks/endpoints", "/api/v1/webhooks/deliveries"
REPLAYS = "/api/v1/webhooks/replays"


def owe(count: int) -> None:
    at = now()
    made = [
        outbox.notice("window", "application.decided", f"application:{n}", {"n": str(n)}, at)
        for n in range(count)
    ]
    bulk.insert(Notice, made)


def test_an_endpoint_is_made_changed_and_switched_off_by_its_owner_alone() -> None:
    window, other = Program(), Program("university")
    wanted = {"url": "https://hall.example/hook", "kinds": ["application.decided"]}
    made = window.send("POST", HOOKS, wanted)
    assert made.status == 201 and made.json["secret"].startswith("whsec_")
    path = f"{HOOKS}/{made.json['id']}"
    [listed] = window.get(HOOKS).json["endpoints"]
    assert listed["id"] == made.json["id"] and "secret" not in listed
    assert other.get(HOOKS).json["endpoints"] == []
    assert_problem(other.send("PUT", path, {"url": "https://evil.example/"}), 404)
    assert_problem(other.send("DELETE", path), 404)
    assert_problem(other.send("POST", f"{path}/secret"), 404)
    new = {"url": "https://hall.example/new", "services": ["sole_trader"]}
    changed = window.send("PUT", path, new)
    assert changed.json["services"] == ["sole_trader"] and changed.json["kinds"] == ["*"]
    renewed = window.send("POST", f"{path}/secret")
    assert renewed.status == 201 and renewed.json["secret"] != made.json["secret"]
    assert window.send("DELETE", path).status == 204
    assert Endpoint.objects.get().ended == "owner"


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({}, "/url"),
        ({"url": "http://10.0.0.1@evil.example/"}, "/url"),
        ({"url": "https://a.example/", "kinds": ["x"]}, "/kinds"),
        ({"url": "https://a.example/", "kinds": "application.decided"}, "/kinds"),
        ({"url": "https://a.example/", "districts": [7]}, "/districts"),
        ({"url": "https://a.example/", "extra": 1}, "/extra"),
    ],
)
def test_what_may_not_be_kept_of_an_endpoint_is_named(given: Any, pointer: str) -> None:
    assert_problem(Program().send("POST", HOOKS, given), 422, "", pointer)
    assert not Endpoint.objects.exists()


def test_an_agency_sees_each_attempt_and_sends_again_what_it_lost() -> None:
    receiver = Receiver()
    try:
        endpoints.listen("window", receiver.url)
        owe(5)
        assert endpoints.deliver("window") == 5
    finally:
        receiver.stop()
    window, other = Program(), Program("university")
    found, query = [], ""
    while query is not None:
        page = window.get(f"{DELIVERIES}?limit=2{query}").json
        found += page["deliveries"]
        query = f"&cursor={page['next']}" if page["next"] else None
    inorder = WebhookDelivery.objects.order_by("place").values_list("notice", flat=True)
    assert [one["message"] for one in found] == [str(key) for key in inorder]
    assert all(one["state"] == "delivered" for one in found)
    assert [tried["status"] for one in found for tried in one["attempts"]] == ["204"] * 5
    ids = {"deliveries": [one["id"] for one in found]}
    assert other.send("POST", REPLAYS, ids).json == {"replayed": 0}
    assert window.send("POST", REPLAYS, ids).json == {"replayed": 5}
    assert window.get(f"{DELIVERIES}?state=due").json["deliveries"][0]["next_at"]
    assert other.get(DELIVERIES).json == {"deliveries": [], "next": None}


@pytest.mark.parametrize("given", [{}, {"deliveries": "x"}, {"deliveries": ["x"]}, {"d": []}, [1]])
def test_what_cannot_be_sent_again_is_named(given: Any) -> None:
    assert_problem(Program().send("POST", REPLAYS, given), 422)


def test_what_is_sent_to_an_endpoint_made_by_api_is_signed_with_the_secret_shown() -> None:
    receiver = Receiver()
    try:
        made = Program().send("POST", HOOKS, {"url": receiver.url})
        owe(1)
        assert endpoints.deliver("window") == 1
    finally:
        receiver.stop()
    [got] = receiver.got
    assert webhook_client.verify(made.json["secret"], got.headers, got.body, at=now())
