"""Requests under one key at the same moment: one is done, the others are told to wait."""

import threading

from django.db import connection, transaction

from approvals.actions import keyed_answers
from exchange.models import Endpoint
from tests.approvals.program import Program, assert_problem
from tests.approvals.test_api_endpoints import HOOKS

KEY = "once-and-only-once"
HOOK = {"url": "https://hall.example/hook"}


def test_two_at_once_are_one_and_the_other_is_told_to_wait(furnished_committed: None) -> None:
    window = Program()
    begun, end = threading.Event(), threading.Event()

    def hold() -> None:
        """As a request under the same key that is under way."""
        from people.actors import Actor, Kind

        asked = keyed_answers.KeyedRequest(Actor(Kind.AGENCY, "window"), KEY, b"\0" * 32)
        try:
            with transaction.atomic():
                assert keyed_answers._is_alone(asked)
                begun.set()
                end.wait(20)
        finally:
            connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert begun.wait(20)
    try:
        assert_problem(window.send("POST", HOOKS, HOOK, Idempotency_Key=KEY), 409, "key_in_use")
    finally:
        end.set()
        holder.join()
    replies = []

    def post() -> None:
        try:
            replies.append(window.send("POST", HOOKS, HOOK, Idempotency_Key=KEY))
        finally:
            connection.close()

    callers = [threading.Thread(target=post) for _ in range(8)]
    for one in callers:
        one.start()
    for one in callers:
        one.join()
    assert {reply.status for reply in replies} <= {201, 409}
    assert len({reply.raw for reply in replies if reply.status == 201}) == 1
    assert Endpoint.objects.count() == 1
