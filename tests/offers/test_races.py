"""Many at once: an offer leads to one application, an order to one scan."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from approvals.models import Application
from ledger import clock
from offers.actions import answering, scanning
from offers.models import Offer, Scan, ScanOrder
from people.actors import CLOCK
from people.errors import ActionRejected
from tests.affairs.people import of
from tests.approvals.cases import person, submit
from tests.offers.city import SERVICE, WHO, offer, scan

pytestmark = pytest.mark.usefixtures("furnished_committed")


def at_once(what: Callable[[], Any], times: int) -> list[Any]:
    """Do something in as many threads, each with a connection of its own; what each came to."""

    def one(_: int) -> Any:
        try:
            return what()
        except ActionRejected as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def test_many_taps_at_once_make_one_application() -> None:
    scan()
    one, by, who = offer(), of(WHO), person(WHO)

    def tap() -> str:
        made = answering.accept(key=one.pk, applicant=who, edition=1, by=by, now=clock.now())
        return made.number

    (number,) = set(at_once(tap, 6))
    assert Application.objects.get(service=SERVICE).number == number


def test_the_offer_and_the_form_at_once_make_one_application() -> None:
    scan()
    one, by, who = offer(), of(WHO), person(WHO)
    turns = iter(range(6))

    def apply() -> str:
        if next(turns) % 2:
            return submit(service=SERVICE, applicant=who, answers={"consent": True}).number
        made = answering.accept(key=one.pk, applicant=who, edition=1, by=by, now=clock.now())
        return made.number

    (number,) = set(at_once(apply, 6)) - {"duplicate"}
    assert Application.objects.get(service=SERVICE).number == number
    one.refresh_from_db()
    assert (one.state, one.application) in (("accepted", number), ("open", ""))


def test_agreeing_and_declining_at_once_end_it_one_way() -> None:
    scan()
    one, by, who = offer(), of(WHO), person(WHO)
    turns = iter(range(6))

    def tap() -> str:
        if next(turns) % 2:
            answering.decline(key=one.pk, by=by, now=clock.now())
            return "declined"
        answering.accept(key=one.pk, applicant=who, edition=1, by=by, now=clock.now())
        return "accepted"

    answers = set(at_once(tap, 6)) - {"offer_ended"}
    one.refresh_from_db()
    assert answers == {one.state}
    cases = Application.objects.filter(service=SERVICE).count()
    assert cases == (1 if one.state == "accepted" else 0)


def test_one_order_is_run_once_by_many_workers() -> None:
    order = ScanOrder.objects.create(service_id=SERVICE, by=str(CLOCK), at=clock.now())

    def work() -> bool:
        return scanning.run(order=order.pk, by=CLOCK, now=clock.now()) is not None

    done = at_once(work, 4)
    assert sum(done) == 1 and Scan.objects.count() == 1
    people = Offer.objects.values_list("subject", flat=True)
    assert len(people) == len(set(people)) > 0
