"""Idempotency keys: one key, one application, whoever repeats it and however often."""

import datetime
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from approvals.models import Application
from approvals.workers.reconciler import forget_keys
from ledger.clock import now
from tests.approvals.program import Program, Reply, assert_problem, body, rows

pytestmark = pytest.mark.usefixtures("furnished_committed")
KEY = "a-key-of-ours-1"


def at_once(count: int, call: Callable[[int], Reply]) -> list[Reply]:
    """Call from ``count`` threads that all begin together."""
    start = Barrier(count)

    def one(turn: int) -> Reply:
        start.wait()
        try:
            return call(turn)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_ten_at_once_with_one_key_make_one_application() -> None:
    window, what = Program(), body()
    replies = at_once(10, lambda turn: window.post(what, Idempotency_Key=KEY))
    assert {r.status for r in replies} == {202}
    assert len({r.json["number"] for r in replies}) == 1
    assert Application.objects.count() == 1
    assert rows()["ledger_event"] >= 1


def test_ten_at_once_with_ten_bodies_leave_one_and_refuse_the_rest() -> None:
    window = Program()
    replies = at_once(
        10, lambda turn: window.post(body(by_person=turn % 2 == 0), Idempotency_Key=KEY)
    )
    taken = [r for r in replies if r.status == 202]
    assert len({r.json["number"] for r in taken}) == 1
    for refused in [r for r in replies if r.status != 202]:
        assert_problem(refused, 422, "key_reused", "Idempotency-Key")
    assert len(taken) == 5
    assert Application.objects.count() == 1


def test_the_same_key_again_gives_the_same_application_and_writes_nothing() -> None:
    first = Program().post(body(), Idempotency_Key=KEY)
    before = rows()
    again = Program().post(body(), Idempotency_Key=KEY)
    assert again.json["number"] == first.json["number"]
    assert rows() == before


def test_another_body_even_the_same_one_written_otherwise_is_refused() -> None:
    Program().post(body(), Idempotency_Key=KEY)
    before = rows()
    for other in (json.dumps(body(), indent=1).encode(), body("trader"), body(by_person=True)):
        assert_problem(
            Program().post(other, Idempotency_Key=KEY), 422, "key_reused", "Idempotency-Key"
        )
    assert rows() == before


def test_a_refused_body_does_not_use_up_its_key() -> None:
    assert_problem(Program().post(body(answers={}), Idempotency_Key=KEY), 422)
    assert Program().post(body(), Idempotency_Key=KEY).status == 202


def test_each_agency_has_keys_of_its_own() -> None:
    ours = Program("window").post(body(), Idempotency_Key=KEY).json["number"]
    another = Program("university").post(body("criminal"), Idempotency_Key=KEY)
    assert another.status == 202 and another.json["number"] != ours


def test_a_key_is_forgotten_after_a_day_and_not_before() -> None:
    first = Program().post(body(), Idempotency_Key=KEY).json["number"]
    forget_keys(now() + datetime.timedelta(hours=23))
    assert Program().post(body(), Idempotency_Key=KEY).json["number"] == first
    forget_keys(now() + datetime.timedelta(hours=25))
    again = Program().post(body(), Idempotency_Key=KEY)  # judged anew: and that is in hand already
    assert (again.status, again.json["code"]) == (409, "duplicate")
    assert first in again.json["detail"]


def test_one_who_repeats_an_undecided_application_and_waits_gets_it_as_it_is() -> None:
    window = Program()
    first = window.post(body(), Idempotency_Key=KEY)
    again = window.post(body(), Idempotency_Key=KEY, Prefer="wait=1")
    assert (first.status, again.status) == (202, 202)
    assert again.json["number"] == first.json["number"]
    assert Application.objects.count() == 1
