"""D22: a registry that blinks, again and again, costs nobody an officer; and what comes after."""

import datetime as dt
from collections.abc import Callable

import pytest

from ledger.clock import now
from portal.results import result
from tests.approvals.cases import citizen, person, submit
from tests.exchange.conftest import Registry
from tests.exchange.test_outages import again, cases, state, work


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
