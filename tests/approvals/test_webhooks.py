"""Our webhook as another agency meets it: what is not authentic, fresh and meant has no effect."""

import datetime
import json
from typing import Any

import pytest
from django.test import Client

from approvals.models import Application, Consent
from benchmarks.cases import FOOD_SCOPE
from exchange import webhook_client
from exchange.models import Message, Partner, ReusedId
from ledger.clock import now
from tests.approvals.cases import settled, trader_answers
from tests.approvals.program import Reply, assert_problem, rows, secret

pytestmark = pytest.mark.usefixtures("furnished")
PATH = "/webhooks/food/"


@pytest.fixture
def waiting(furnished: None) -> Application:
    """A restaurant that waits for the food office."""
    case = settled("trader_food", "sole_trader", answers=trader_answers(scope=[FOOD_SCOPE]))
    assert case.state == "waiting"
    return case


def answer(case: Application, granted: Any = True, **more: Any) -> bytes:
    data = {"application": case.number, "item": "food", "granted": granted, **more}
    return json.dumps({"type": "approval.answered", "data": data}).encode()


def signed(raw: bytes, message_id: str = "m-1", partner: str = "food", **ago: float) -> Any:
    at = now() - datetime.timedelta(**ago)
    return webhook_client.sign(secret(partner), message_id, raw, at=at)


def send(raw: bytes, headers: Any = None, path: str = PATH, method: str = "POST") -> Reply:
    given = signed(raw) if headers is None else headers
    response = Client(headers=given).generic(method, path, raw, content_type="application/json")
    return Reply(response.status_code, response.headers, response.content)


def state(case: Application) -> str:
    return str(Application.objects.values_list("state", flat=True).get(id=case.id))


def assert_nothing(case: Application, before: dict[str, int]) -> None:
    assert state(case) == "waiting"
    assert rows() == before
    assert Consent.objects.get(application=case).state == "asked"


def test_a_granted_part_lets_the_case_go_on(waiting: Application) -> None:
    assert send(answer(waiting)).status == 204
    assert state(waiting) == "submitted"  # the machine judges again


def test_a_denied_part_goes_to_an_officer_with_its_reason(waiting: Application) -> None:
    assert send(answer(waiting, granted=False, reason="后厨面积不足")).status == 204
    assert state(waiting) == "review"
    assert Consent.objects.get(application=waiting).reason == "后厨面积不足"
    assert Application.objects.get(id=waiting.id).handover == "consent_denied:food"


def test_the_address_without_its_last_stroke_takes_the_same_message(waiting: Application) -> None:
    assert send(answer(waiting), path="/webhooks/food").status == 204


def test_the_same_message_again_is_fine_and_has_no_effect(waiting: Application) -> None:
    raw = answer(waiting)
    assert send(raw).status == 204
    before = rows()
    assert send(raw).status == 204
    assert send(raw, signed(raw, minutes=-1)).status == 204
    assert rows() == before


def test_the_same_id_with_another_body_is_refused(waiting: Application) -> None:
    assert send(answer(waiting)).status == 204
    before = rows()
    other = answer(waiting, granted=False, reason="x")
    for _ in range(2):
        assert_problem(send(other), 409, "message_id_reused")
    assert Consent.objects.get(application=waiting).state == "granted"
    kept = ReusedId.objects.get()  # and the event of its row, nothing else
    assert (kept.message.message_id, kept.kind) == ("m-1", "approval.answered")
    assert rows() == {**before, "ledger_event": before["ledger_event"] + 1}


def test_a_second_answer_under_another_id_does_not_change_the_first(waiting: Application) -> None:
    send(answer(waiting, granted=False, reason="x"))
    raw = answer(waiting)
    assert_problem(send(raw, signed(raw, "m-2")), 409, "answered")
    assert state(waiting) == "review"


@pytest.mark.parametrize("ago", [{"minutes": 6}, {"days": 30}, {"minutes": -6}])
def test_a_stale_or_early_message_has_no_effect(waiting: Application, ago: Any) -> None:
    before, raw = rows(), answer(waiting)
    assert_problem(send(raw, signed(raw, **ago)), 401, "stale_webhook")
    assert_nothing(waiting, before)


def test_a_forged_message_has_no_effect(waiting: Application) -> None:
    before, raw = rows(), answer(waiting)
    own = signed(raw)
    forged = [
        (raw, {}),
        (raw, {**own, "webhook-signature": "v1," + "A" * 43 + "="}),
        (raw, {**own, "webhook-id": "m-2"}),
        (raw, {**own, "webhook-timestamp": str(int(own["webhook-timestamp"]) + 1)}),
        (raw, {**own, "webhook-timestamp": "1e9"}),
        (raw, signed(raw, partner="culture")),
        (raw + b" ", own),
        (raw.replace(b"true", b"true "), own),
        (json.dumps(json.loads(raw), sort_keys=True).encode(), own),
        (b"", own),
        (b"\xff\xfe", own),
    ]
    for body, headers in forged:
        reply = send(body, headers)
        assert reply.status in (400, 401)
        assert_problem(reply, reply.status)
    assert_nothing(waiting, before)


def test_another_agency_cannot_answer_and_does_not_learn_of_the_case(waiting: Application) -> None:
    before, raw = rows(), answer(waiting)
    theirs = send(raw, signed(raw, partner="culture"), "/webhooks/culture/")
    assert_problem(theirs, 404, "not_found")
    nothing = raw.replace(waiting.number.encode(), b"MP20260101AAAAAAAAA")
    assert theirs.raw == send(nothing, signed(nothing, partner="culture"), "/webhooks/culture/").raw
    assert_nothing(waiting, before)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"granted": "yes"}, "/data/granted"),
        ({"granted": None}, "/data/granted"),
        ({"granted": 1}, "/data/granted"),
        ({"granted": False}, "/data/reason"),
        ({"granted": False, "reason": " "}, "/data/reason"),
        ({"granted": False, "reason": {"a": 1}}, "/data/reason"),
        ({"granted": False, "reason": "x" * 401}, "/data/reason"),
        ({"application": 7}, "/data/application"),
        ({"application": ""}, "/data/application"),
        ({"item": ["food"]}, "/data/item"),
        ({"item": "x" * 121}, "/data/item"),
    ],
)
def test_an_authentic_message_of_another_shape_is_refused_by_field(
    waiting: Application, change: dict[str, Any], pointer: str
) -> None:
    before = rows()
    assert_problem(send(answer(waiting, **change)), 422, "bad_message", pointer)
    assert_nothing(waiting, before)


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"[]", 422),
        (b"null", 422),
        (b'"x"', 422),
        (b'{"type": "approval.answered"}', 422),
        (b'{"type": "approval.answered", "data": []}', 422),
        (b'{"type": "something.else", "data": {}}', 422),
        (b'{"type": null, "data": {}}', 422),
        (b'{"type": "filing.receipt", "data": {}}', 422),
        (b'{"type": "filing.receipt", "data": {"filing": {}, "outcome": []}}', 422),
        (b'{"type": "a", "type": "b", "data": {}}', 400),
        (b'{"type": "a\\u0000", "data": {}}', 400),
        (b'{"type": "\\ud800", "data": {}}', 400),
        (b'{"type": ' + b"9" * 40 + b"}", 400),
        (b"[" * 100_000, 400),
        (b"{", 400),
        (b'"' + b"x" * 1_000_000 + b'"', 413),
    ],
    ids=lambda value: repr(value[:30]) if isinstance(value, bytes) else "",
)
def test_an_authentic_message_that_says_nothing_is_refused(raw: bytes, status: int) -> None:
    before = rows()
    assert_problem(send(raw), status)
    assert rows() == before


def test_an_unknown_or_inactive_partner_has_no_webhook() -> None:
    raw = b'{"type": "approval.answered", "data": {}}'
    assert_problem(send(raw, path="/webhooks/nobody/"), 404, "no_such_partner")
    assert_problem(send(raw, path="/webhooks/f%C3%B6%C3%B6/"), 404, "not_found")
    Partner.objects.filter(code="food").update(active=False)
    assert_problem(send(raw), 404, "no_such_partner")
    assert not Message.objects.exists()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_posts_are_taken(method: str) -> None:
    reply = send(b"", {}, method=method)
    assert_problem(reply, 405, "method_not_allowed")
    assert reply.headers["Allow"] == "POST"
