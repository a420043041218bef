"""An agency minds its own webhooks by API: endpoints, what was sent, and sending it again."""

import datetime
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

import bulk
from approvals.api import deliveries
from exchange import outbox, routing, webhook_client
from exchange.models import Endpoint, Notice, WebhookDelivery
from ledger.clock import now
from tests import endpoints
from tests.approvals.program import Program, assert_problem
from tests.exchange.oauth import program as client
from tests.exchange.receiver import Receiver

pytestmark = pytest.mark.usefixtures("furnished")
HOOKS, DELIVERIES = "/api/v1/webhooks/endpoints", "/api/v1/webhooks/deliveries"
REPLAYS = "/api/v1/webhooks/replays"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


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


def test_a_client_of_some_services_minds_webhooks_of_these_alone() -> None:
    window = Program()
    narrow = Program.with_token(client("window", services=["sole_trader"]).token())
    wide = window.send("POST", HOOKS, {"url": "https://hall.example/all"}).json["id"]
    owe(1)
    routing.route("window", now=now())
    [owed] = window.get(DELIVERIES).json["deliveries"]
    assert narrow.get(HOOKS).json["endpoints"] == narrow.get(DELIVERIES).json["deliveries"] == []
    wanted = {"url": "https://trader.example/hook", "services": ["sole_trader"]}
    for method, path in (("PUT", ""), ("DELETE", ""), ("POST", "/secret")):
        assert_problem(narrow.send(method, f"{HOOKS}/{wide}{path}", wanted), 404)
    WebhookDelivery.objects.update(state="dead")
    replayed = narrow.send("POST", REPLAYS, {"deliveries": [owed["id"]]})
    assert replayed.json == {"replayed": 0}
    for services in (["*"], ["sole_trader", "graduate_settlement"]):
        given = {**wanted, "services": services}
        assert_problem(narrow.send("POST", HOOKS, given), 422, "beyond_grant", "/services")
    own = f"{HOOKS}/{narrow.send('POST', HOOKS, wanted).json['id']}"
    given = {"url": wanted["url"]}  # of all, which is what is left out
    assert_problem(narrow.send("PUT", own, given), 422, "beyond_grant", "/services")
    assert narrow.send("PUT", own, wanted).status == 200
    assert len(narrow.get(HOOKS).json["endpoints"]) == 1
    assert len(window.get(HOOKS).json["endpoints"]) == 2


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
        assert Program().send("POST", HOOKS, {"url": receiver.url}).status == 201
        owe(5)  # to both
        assert endpoints.deliver("window") == 10
    finally:
        receiver.stop()
    window, other = Program(), Program("university")
    found, query = [], ""
    while query is not None:
        page = window.get(f"{DELIVERIES}?limit=3{query}").json
        found += page["deliveries"]
        query = f"&cursor={page['next']}" if page["next"] else None
    inorder = WebhookDelivery.objects.order_by("place", "pk").values_list("pk", flat=True)
    assert [one["id"] for one in found] == [str(key) for key in inorder]
    assert [one["message"] for one in found[::2]] == [one["message"] for one in found[1::2]]
    assert all(one["state"] == "delivered" for one in found)
    assert [tried["status"] for one in found for tried in one["attempts"]] == ["204"] * 10
    ids = {"deliveries": [one["id"] for one in found]}
    assert other.send("POST", REPLAYS, ids).json == {"replayed": 0}
    assert window.send("POST", REPLAYS, ids).json == {"replayed": 10}
    assert window.get(f"{DELIVERIES}?state=due").json["deliveries"][0]["next_at"]
    assert other.get(DELIVERIES).json == {"deliveries": [], "next": None}


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({}, "/since"),
        ({"deliveries": "x"}, "/deliveries"),
        ({"deliveries": ["x"]}, "/deliveries/0"),
        ({"deliveries": [None]}, "/deliveries/0"),
        ({"d": []}, "/d"),
        ([1], "/"),
        ({"deliveries": [], "since": "2026-01-01T00:00:00Z"}, "/since"),
        ({"since": "2026-01-01"}, "/since"),
        ({"since": "2026-01-01T00:00:00"}, "/since"),
        ({"since": "2026-13-01T00:00:00Z"}, "/since"),
        ({"since": 7}, "/since"),
        ({"since": "2026-01-01T00:00:00Z", "until": "soon"}, "/until"),
        ({"since": "2026-01-01T00:00:00Z", "state": "gone"}, "/state"),
        ({"since": "2026-01-01T00:00:00Z", "kind": ["filing.pushed"]}, "/kind"),
        ({"since": "2026-01-01T00:00:00Z", "endpoint": "x"}, "/endpoint"),
    ],
)
def test_what_cannot_be_sent_again_is_named(given: Any, pointer: str) -> None:
    assert_problem(Program().send("POST", REPLAYS, given), 422, "", pointer)


def lost(receiver: Receiver, count: int) -> list[datetime.datetime]:
    """Deliveries that were given up, made an hour apart; returns when."""
    endpoints.listen("window", receiver.url)
    owe(count)
    receiver.answer = lambda got, n: (500, {})
    endpoints.deliver("window")
    WebhookDelivery.objects.update(state="dead")
    made = []
    for hours, owed in enumerate(Notice.objects.order_by("webhookdelivery__place")):
        made.append(owed.created_at + datetime.timedelta(hours=hours))
        Notice.objects.filter(pk=owed.pk).update(created_at=made[-1])
    receiver.answer = lambda got, n: (204, {})
    receiver.got.clear()
    return made


def test_a_range_is_listed_and_sent_again_with_its_count(receiver: Receiver) -> None:
    made = lost(receiver, 6)
    window, other = Program(), Program("university")
    since, until = made[2].isoformat(), made[5].isoformat()
    query = urlencode({"since": since, "until": until, "state": "dead"})
    listed = window.get(f"{DELIVERIES}?{query}").json["deliveries"]
    assert [one["subject"] for one in listed] == [f"application:{n}" for n in (2, 3, 4)]
    assert listed[0]["attempts"][0]["url"] == receiver.url
    assert listed[0]["attempts"][0]["headers"]["webhook-signature"] == "1 x v1"
    wanted = {"since": since, "until": until, "state": "dead", "kind": "application.decided"}
    assert other.send("POST", REPLAYS, wanted).json == {"replayed": 0}
    nothing = {**wanted, "kind": "filing.pushed"}
    assert window.send("POST", REPLAYS, nothing).json == {"replayed": 0}
    assert window.send("POST", REPLAYS, wanted).json == {"replayed": 3}
    assert endpoints.deliver("window") == 3
    assert [json.loads(got.body)["data"]["n"] for got in receiver.got] == ["2", "3", "4"]
    assert window.send("POST", REPLAYS, wanted).json == {"replayed": 0}  # none of them is dead
    assert WebhookDelivery.objects.filter(state="dead").count() == 3


def test_one_endpoint_of_several_is_sent_its_range_again(receiver: Receiver) -> None:
    made = lost(receiver, 2)
    added = Program().send("POST", HOOKS, {"url": receiver.url}).json["id"]
    assert Program().get(f"{DELIVERIES}?endpoint={added}").json["deliveries"] == []
    first = str(endpoints.Endpoint.objects.exclude(pk=added).get().pk)
    wanted = {"since": made[0].isoformat(), "endpoint": added}
    assert Program().send("POST", REPLAYS, wanted).json == {"replayed": 0}
    assert Program().send("POST", REPLAYS, {**wanted, "endpoint": first}).json == {"replayed": 2}


def test_a_range_that_is_too_wide_is_refused_as_a_whole(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = lost(receiver, 4)
    monkeypatch.setattr(deliveries, "RANGE_MOST", 3)
    wide = {"since": made[0].isoformat()}
    assert_problem(Program().send("POST", REPLAYS, wide), 422, "range_too_wide", "/since")
    assert WebhookDelivery.objects.filter(state="dead").count() == 4
    assert Program().send("POST", REPLAYS, {"since": made[1].isoformat()}).json == {"replayed": 3}


@pytest.mark.parametrize(
    "query", ["since=yesterday", "until=2026-01-01", "kind=x", "endpoint=x", "state=x"]
)
def test_a_filter_that_cannot_be_read_is_named(query: str) -> None:
    name = query.partition("=")[0]
    assert_problem(Program().get(f"{DELIVERIES}?{query}"), 400, f"bad_{name}")


def test_what_failed_at_one_address_is_sent_to_the_next(receiver: Receiver) -> None:
    endpoints.listen("window", "http://127.0.0.1:9/hook")  # nobody there
    owe(1)
    assert endpoints.deliver("window") == 0
    [endpoint] = Program().get(HOOKS).json["endpoints"]
    moved = Program().send("PUT", f"{HOOKS}/{endpoint['id']}", {"url": receiver.url})
    assert moved.status == 200 and moved.json["failing_since"] is None
    WebhookDelivery.objects.update(next_at=now())
    assert endpoints.deliver("window") == 1
    [one] = Program().get(DELIVERIES).json["deliveries"]
    assert [(tried["url"], tried["status"]) for tried in one["attempts"]] == [
        ("http://127.0.0.1:9/hook", "connection"),
        (receiver.url, "204"),
    ]


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
