"""Many who book the same time at one moment, over connections of their own."""

import datetime as dt
from collections import Counter as Tally
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.conf import settings
from django.db import connection

from counter import actions
from counter.models import Appointment
from ledger.clock import now
from people import actors
from people.actors import Actor
from people.errors import ActionRejected
from tests.approvals.cases import audited
from tests.factories import UserFactory

MANY, SERVICE = 50, "graduate_settlement"


def soon() -> dt.datetime:
    """Return the first time of the hall on the next working day."""
    days = actions.offered(settings.CITY.counters["hall"], now())
    return days[1].slots[0].starts_at


@pytest.mark.usefixtures("furnished_committed")
def test_of_fifty_who_book_at_once_each_gets_another_seat_or_none() -> None:
    people = [actors.citizen(UserFactory(citizen=True)) for _ in range(MANY)]
    start, ready, at = soon(), Barrier(10), now()

    def run(by: Actor) -> str:
        try:
            ready.wait(5)
            made = actions.book(counter="hall", starts_at=start, service=SERVICE, by=by, now=at)
            return f"seat {made.seat}"
        except ActionRejected as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        found = Tally(pool.map(run, people))
    assert found == {"seat 1": 1, "seat 2": 1, "seat 3": 1, "seat 4": 1, "full": MANY - 4}
    assert Appointment.objects.filter(starts_at=start).count() == 4
    assert audited() == []
