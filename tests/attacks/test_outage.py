"""D22: a registry that blinks, again and again, costs nobody an officer; and what comes after."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from approvals import actions
from approvals.workers import checks
from ledger.clock import now
from people.actors import Actor
from portal.results import result
from tests.approvals.cases import citizen, person, submit
from tests.exchange.conftest import Registry
from tests.exchange.test_outages import PEOPLE, again, cases, state, work


@pytest.fixture(autouse=True)
def _city(furnished: None, registry: Registry, close_breakers: Callable[[], None]) -> None:
    close_breakers()


FULL_ONLY = {
    "test_a_registry_that_blinks_five_times_sends_nobody_to_an_officer": {"garbage", "error"}
}


@pytest.mark.parametrize("fault", ["unavailable", "garbage", "error"])
def test_a_registry_that_blinks_five_times_sends_nobody_to_an_officer(
    fault: str, registry: Registry, close_breakers: Callable[[], None]
) -> None:
    begin = now()
    sent = cases(begin)
    for turn in range(5):
        at = begin + dt.timedelta(seconds=4 * turn)
        registry.go_wrong(fault)
        work(at, 2.0, step=1.0)
        assert not {"review"} & {state(c) for c in sent}
        registry.recover()
        if turn == 4:
            close_breakers()
    work(begin + dt.timedelta(seconds=20), 40.0, step=2.0)
    assert [state(c) for c in sent] == ["approved"] * len(sent)


def test_what_an_officer_put_back_is_checked_again_by_itself(
    registry: Registry, settings: Any, close_breakers: Callable[[], None], clerk: Actor
) -> None:
    """Taken while the registry was silent, then released: nobody has it, and it goes on."""
    settings.CHECK_PATIENCE_SECONDS = 5
    begin = now()
    case = submit(PEOPLE[0], now=begin)
    registry.go_wrong("unavailable", registry="education")
    work(begin, 12.0, step=1.0)
    at = begin + dt.timedelta(seconds=12)
    assert again(case).handover.startswith("unanswered:")
    actions.take(number=case.number, by=clerk, now=at)
    registry.recover()
    close_breakers()
    assert checks.probe(registry="education", now=at) == 0
    actions.release(number=case.number, by=clerk, now=at)
    assert checks.unanswered() == ["education"]
    assert checks.probe(registry="education", now=at) == 1
    work(at, 3.0)
    assert state(case) == "approved"


def test_while_it_is_silent_the_citizen_reads_what_is_awaited_and_may_withdraw(
    registry: Registry,
) -> None:
    begin = now()
    case = submit("graduate", now=begin)
    registry.go_wrong("unavailable", registry="education")
    work(begin, 14.0, step=2.0)
    page = result(again(case), now=begin + dt.timedelta(seconds=14))
    said = repr(page)
    assert "学历" in said or "教育" in said, said[:600]
    assert state(case) == "submitted"
    registry.recover()
    assert citizen(person("graduate")).code == again(case).applicant
