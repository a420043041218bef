"""Calls at the same moment: the limit holds, and an end and a use never cross."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from approvals.actions import assistant_mandates
from approvals.models import Application, AssistantMandate, AssistantSubmission
from ledger.clock import now
from people.errors import ActionRejected
from tests.approvals.cases import citizen, graduate_answers, person, trader_answers
from tests.assistants.helping import SERVICE, hand_in, mandated, registered

pytestmark = pytest.mark.usefixtures("furnished_committed")
FORMS: list[tuple[str, Any]] = [
    (SERVICE, graduate_answers),
    ("sole_trader", trader_answers),
]


def attempt(mandate: AssistantMandate, place: int, both: Barrier) -> str:
    service, answers = FORMS[place]
    both.wait()
    try:
        hand_in(mandate, key=str(place) * 32, service=service, answers=answers())
    except ActionRejected as error:
        return error.code
    finally:
        connection.close()
    return "made"


def test_two_at_once_under_a_limit_of_one_are_exactly_one() -> None:
    """Of two services, so that nothing else stands between them but the mandate."""
    registered()
    mandate, _key = mandated(services=[SERVICE, "sole_trader"])
    both = Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda place: attempt(mandate, place, both), (0, 1)))
    assert sorted(results) == ["made", "submissions_used_up"]
    assert Application.objects.count() == AssistantSubmission.objects.count() == 1


def test_an_end_and_a_use_never_cross() -> None:
    registered()
    mandate, _key = mandated()
    both = Barrier(2)

    def end() -> str:
        both.wait()
        try:
            assistant_mandates.end(key=mandate.pk, by=citizen(person("graduate")), now=now())
        finally:
            connection.close()
        return "ended"

    with ThreadPoolExecutor(2) as pool:
        used, ended = pool.submit(attempt, mandate, 0, both), pool.submit(end)
        results = used.result(), ended.result()
    found = AssistantMandate.objects.get()
    made = Application.objects.filter(channel="assistant")
    assert results[1] == "ended" and found.ended_at is not None
    if results[0] == "made":  # then it was first
        assert made.get().created_at <= found.ended_at
    else:
        assert results[0] == "no_mandate" and not made.exists()
