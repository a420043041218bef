"""Of all who ask for one trade name at the same moment, one gets it."""

from concurrent.futures import ThreadPoolExecutor
from itertools import islice

import pytest
from django.db import connection

from approvals import actions
from approvals.actions.submission import Key
from approvals.models import Application, GuardKey
from people.errors import ActionRejected
from tests.approvals.cases import CITY, submit, trader_answers

pytestmark = pytest.mark.usefixtures("furnished_committed")
LIVING = [t for t in map(CITY.person, range(CITY.persons)) if t.alive and t.group != "minor"]
NAME = "鹤鸣"


def race(count: int) -> None:
    """So many applicants reserve the name, or register it, at the same moment."""
    people = [actions.Applicant("person", t.number, t.name) for t in islice(LIVING, count)]
    assert len(people) == count

    def post(place: int) -> str:
        key = Key(f"key-number-{place}", bytes(32))
        reserving = {"trade_name": NAME, "scope": ["F5299"], "consent": True}
        service, answers = (
            ("sole_trader", trader_answers(trade_name=NAME))
            if place % 2
            else ("name_reservation", reserving)
        )
        try:
            made = submit(service=service, applicant=people[place], answers=answers, key=key)
            return made.number
        except ActionRejected as error:
            assert not error.members
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(post, range(count)))
    assert [text for text in answers if text != "duplicate"] == [Application.objects.get().number]
    assert GuardKey.objects.filter(guard="trade_name", held=True).count() == 1


def test_of_twenty_at_once_one_gets_the_name() -> None:
    race(20)


@pytest.mark.full
def test_of_two_hundred_at_once_one_gets_the_name() -> None:
    race(200)
