"""Every write by API counts once under its key, and is answered the same."""

import datetime as dt
import json
from typing import Any

import pytest

from approvals.api import idempotency
from approvals.models import Dispute, KeyedAnswer, Submission
from approvals.workers.reconciler import forget_keys
from exchange.models import Endpoint, WebhookSecret
from ledger import clock
from tests.approvals.hall import returned
from tests.approvals.program import PATH, Program, another_body, assert_problem
from tests.approvals.test_api_endpoints import HOOKS, REPLAYS
from tests.exchange.oauth import program as client_program

KEY = "once-and-only-once"
HOOK = {"url": "https://hall.example/hook"}

pytestmark = pytest.mark.usefixtures("furnished")


def test_an_endpoint_is_made_once_and_its_secret_shown_again_for_ten_minutes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window = Program()
    first = window.send("POST", HOOKS, HOOK, Idempotency_Key=KEY)
    second = window.send("POST", HOOKS, HOOK, Idempotency_Key=KEY)
    assert first.status == second.status == 201
    assert first.raw == second.raw and first.json["secret"].startswith("whsec_")
    assert Endpoint.objects.count() == 1
    secret = first.json["secret"].encode()
    kept = bytes(KeyedAnswer.objects.get().answer)
    assert secret not in kept and first.json["url"].encode() not in kept
    at = clock.now() + dt.timedelta(minutes=10, seconds=1)
    monkeypatch.setattr(idempotency, "now", lambda: at)
    late = window.send("POST", HOOKS, HOOK, Idempotency_Key=KEY)
    assert_problem(late, 409, "secret_forgotten", "Idempotency-Key")
    forget_keys(at)
    assert bytes(KeyedAnswer.objects.get().answer) == b""
    late = window.send("POST", HOOKS, HOOK, Idempotency_Key=KEY)
    assert_problem(late, 409, "secret_forgotten")
    assert Endpoint.objects.count() == 1


def test_a_secret_is_renewed_once() -> None:
    window = Program()
    made = window.send("POST", HOOKS, HOOK).json
    path = f"{HOOKS}/{made['id']}/secret"
    before = WebhookSecret.objects.count()
    first = window.send("POST", path, Idempotency_Key=KEY)
    assert first.raw == window.send("POST", path, Idempotency_Key=KEY).raw
    assert WebhookSecret.objects.count() == before + 1
    assert window.send("POST", path, Idempotency_Key=KEY + "2").raw != first.raw


def test_another_body_or_address_under_the_same_key_is_refused() -> None:
    window = Program()
    made = window.send("POST", HOOKS, HOOK, Idempotency_Key=KEY).json
    other = window.send("POST", HOOKS, {**HOOK, "description": "x"}, Idempotency_Key=KEY)
    assert_problem(other, 422, "key_reused", "Idempotency-Key")
    path = f"{HOOKS}/{made['id']}/secret"
    assert_problem(window.send("POST", path, Idempotency_Key=KEY), 422, "key_reused")
    replay = window.send("POST", REPLAYS, {"deliveries": []}, Idempotency_Key=KEY)
    assert_problem(replay, 422, "key_reused")
    assert Endpoint.objects.count() == 1


def test_a_key_is_its_agencys_own() -> None:
    first = Program().send("POST", HOOKS, HOOK, Idempotency_Key=KEY)
    second = Program("university").send("POST", HOOKS, HOOK, Idempotency_Key=KEY)
    assert second.status == 201 and second.json["id"] != first.json["id"]


def test_what_was_refused_leaves_its_key_free() -> None:
    window = Program()
    bad = window.send("POST", HOOKS, {**HOOK, "kinds": ["x"]}, Idempotency_Key=KEY)
    assert bad.status == 422
    assert not KeyedAnswer.objects.exists()
    assert window.send("POST", HOOKS, HOOK, Idempotency_Key=KEY).status == 201


def test_keys_are_kept_for_a_day() -> None:
    window = Program()
    replay: dict[str, Any] = {"deliveries": []}
    first = window.send("POST", REPLAYS, replay, Idempotency_Key=KEY)
    assert first.json == {"replayed": 0}
    forget_keys(clock.now() + dt.timedelta(hours=23))
    assert KeyedAnswer.objects.count() == 1
    forget_keys(clock.now() + dt.timedelta(hours=25))
    assert not KeyedAnswer.objects.exists()


@pytest.mark.parametrize("key", ["short", "x" * 121, "with space", "schlüssel-1"])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    reply = Program().send("POST", HOOKS, HOOK, Idempotency_Key=key)
    assert_problem(reply, 400, "key_required", "Idempotency-Key")


def test_a_number_of_a_person_is_no_key() -> None:
    reply = Program().send("POST", HOOKS, HOOK, Idempotency_Key="110101199003070134")
    assert_problem(reply, 422, "", "Idempotency-Key")


def test_a_dispute_is_opened_once_and_answered_the_same() -> None:
    case, window = returned(), Program()
    claim = {"fact": "school", "claim": "鹏湾理工大学", "reason": "学校名称登记有误"}
    raw, path = json.dumps(claim).encode(), f"{PATH}/{case.number}/disputes"
    first = window.ask("POST", path, raw, Idempotency_Key=KEY)
    second = window.ask("POST", path, raw, Idempotency_Key=KEY)
    assert first.status == 201 and first.raw == second.raw
    assert Dispute.objects.count() == 1
    assert_problem(window.ask("POST", path, raw), 409, "disputed_before")


def test_an_answer_in_another_row_is_not_given_out() -> None:
    window = Program()
    window.send("POST", HOOKS, HOOK, Idempotency_Key=KEY)
    moved = KeyedAnswer.objects.get()
    KeyedAnswer.objects.filter(pk=moved.pk).update(client="agency:university")
    reply = Program("university").send("POST", HOOKS, HOOK, Idempotency_Key=KEY)
    assert reply.status == 500 and b"whsec" not in reply.raw


def test_two_programs_of_one_agency_have_keys_of_their_own() -> None:
    """The same key, and even the same body: neither is answered with what the other did."""
    one, two = (Program.with_token(client_program(name=name).token()) for name in "ab")
    first = one.send("POST", HOOKS, HOOK, Idempotency_Key=KEY)
    second = two.send("POST", HOOKS, HOOK, Idempotency_Key=KEY)
    assert first.status == second.status == 201
    assert first.json["id"] != second.json["id"] and first.json["secret"] != second.json["secret"]
    for program, reply in ((one, first), (two, second)):
        assert program.send("POST", HOOKS, HOOK, Idempotency_Key=KEY).raw == reply.raw
    third = Program().send("POST", HOOKS, HOOK, Idempotency_Key=KEY)  # the agency's own token
    assert third.json["id"] not in {first.json["id"], second.json["id"]}


def test_two_programs_with_one_key_hand_in_two_applications() -> None:
    one, two = (Program.with_token(client_program(name=name).token()) for name in "ab")
    what = another_body()
    first = one.post(what, Idempotency_Key=KEY)
    assert one.post(what, Idempotency_Key=KEY).json["number"] == first.json["number"]
    second = two.post(another_body(), Idempotency_Key=KEY)  # no 422: the key is new to it
    assert second.status == 202 and second.json["number"] != first.json["number"]
    assert_problem(two.post(what, Idempotency_Key=KEY), 422, "key_reused", "Idempotency-Key")
    assert first.json["number"].encode() not in two.post(what, Idempotency_Key=KEY).raw
    clients = set(Submission.objects.values_list("client", flat=True))
    assert len(clients) == 2 and all(one.startswith("agency:window/") for one in clients)
