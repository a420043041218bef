"""A faulty answer about somebody whom the applicant lists, over HTTP: never an approval.

The registry is the demo's real server; it goes wrong where one director is named, in each way that
it knows. The case reaches an officer with the reason that is true.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from approvals.models import Application, Check, Evidence
from demo.registry.faults import FAULTS, ITEMS
from ledger.clock import now
from people import identity
from tests.approvals.test_persons import FOUNDER, PARTNER, company
from tests.exchange.conftest import Registry, forget_registries
from tests.exchange.test_outages import work
from tests.exchange.test_registry import EXPECTED

REASONS = {
    **EXPECTED,
    "missing": {"silent"},
    "twice": {"contradiction"},
    "malformed": {"malformed"},
}
OFTEN = (*ITEMS, "forged", "stale", "deep", "delay")  # the others with --full


@pytest.fixture(autouse=True)
def _city(
    furnished: None, registry: Registry, close_breakers: Callable[[], None], settings: Any
) -> None:
    for name in ("criminal", "credit"):
        settings.REGISTRIES[name] = {**settings.REGISTRIES[name], "timeout": 0.4}
    settings.CHECK_PATIENCE_SECONDS = settings.CHECK_FAULTY_SECONDS = 2
    forget_registries()
    close_breakers()


def test_every_mode_of_the_registry_has_its_reason_here() -> None:
    assert REASONS.keys() == FAULTS.keys()


def test_who_is_listed_is_answered_for_when_nothing_is_wrong() -> None:
    begin = now()
    case = company(directors=(FOUNDER, PARTNER), now=begin)
    work(begin, 0.5)
    assert Application.objects.get(pk=case.pk).state == "approved"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_answer_about_a_director_is_an_officers(
    registry: Registry, close_breakers: Callable[[], None], fault: str, pytestconfig: pytest.Config
) -> None:
    if fault not in OFTEN and not pytestconfig.getoption("--full"):
        pytest.skip("--full")
    begin = now()
    case = company(directors=(FOUNDER, PARTNER), now=begin)
    seconds = 0.05 if fault.startswith("drip") else 1
    registry.go_wrong(fault, registry="credit", number=PARTNER.number, seconds=seconds)
    for second in range(4):
        close_breakers()  # its pauses are of another clock
        work(begin + dt.timedelta(seconds=second), 0.0)
    case = Application.objects.get(pk=case.pk)
    assert case.state == "review"
    director = identity.index(PARTNER.number)
    check = Check.objects.get(application=case, registry="credit", subject=director)
    assert check.reason in REASONS[fault]
    row = Evidence.objects.get(application=case, registry="credit", subject=director)
    assert (row.outcome, row.facts) == ("failed", "{}")
    assert "directors_credit:unknown" in case.handover
    away = fault not in ITEMS  # the registry gave no usable answer at all
    assert case.handover.startswith("unanswered:credit") is away
