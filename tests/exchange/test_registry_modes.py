"""Registries that fail in each way that they know, under many cases, and then answer again.

By the end nothing was granted that should not be, every case is decided or with an officer for the
true reason, and whatever was granted provisionally is confirmed or recalled. One line a mode.
"""

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pytest

from approvals import actions
from approvals.models import Application, Confirmation, Decision
from approvals.records import audit, replay
from approvals.review import handover
from approvals.workers import checks
from demo.registry.faults import FAULTS
from exchange.adapters import agency
from exchange.breaker import Breaker
from ledger import heads
from ledger.clock import now
from people import identity
from tests.approvals.cases import CITY, submit
from tests.exchange.conftest import Registry
from tests.exchange.food import again, businesses, filed, work

PATIENCE = 6.0
CALLS = 10  # within which a breaker opens
CLOSES = 30.0  # real seconds within which it closes again, and all is asked
# of one subject, so that no registry is taken for silent: nothing opens, nothing is provisional
OF_ITEMS = ("missing", "malformed", "twice")
FEW = ("unavailable", "garbage", "forged", "stale", "malformed")
LONGER = ("garbage", "malformed")  # with --full


@dataclass
class Calls:
    """What is sent to each registry, and how much of it before its breaker first stopped one."""

    sent: Counter[str] = field(default_factory=Counter)
    opened: dict[str, int] = field(default_factory=dict)

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        post, allowed = agency.wire.post, Breaker.allowed

        def counted(session: Any, url: str, *args: Any, **more: Any) -> Any:
            self.sent[url.split("/")[-2]] += 1
            return post(session, url, *args, **more)

        def asked(breaker: Breaker) -> bool:
            passes = allowed(breaker)
            name = breaker.failures_key.split(":")[1]
            if not passes and name not in self.opened:
                self.opened[name] = self.sent[name]
            return passes

        monkeypatch.setattr(agency.wire, "post", counted)
        monkeypatch.setattr(Breaker, "allowed", asked)


@pytest.fixture
def calls(
    furnished: None,
    registry: Registry,
    close_breakers: Callable[[], None],
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Calls:
    settings.CHECK_PATIENCE_SECONDS = PATIENCE
    close_breakers()
    found = Calls()
    found.watch(monkeypatch)
    return found


def handed_in(at: dt.datetime, graduates: int) -> dict[Application, bool]:
    """Return cases with whether they may be granted: every business, and graduates of all kinds."""
    found = {filed(at, place): True for place in range(len(businesses()))}
    for person in map(CITY.person, islice(CITY.members("graduate"), 40, 40 + graduates)):
        applicant = actions.Applicant("person", person.number, person.name)
        case = submit(applicant=applicant, now=at)
        found[case] = not person.fault and not person.silent
    return found


def states(cases: dict[Application, bool]) -> Counter[str]:
    return Counter(str(again(case).state) for case in cases)


def wrong(cases: dict[Application, bool]) -> list[str]:
    """Return what was granted for good and may not be."""
    kept = Decision.objects.filter(application__in=list(cases), live=True, outcome="approve")
    later = set(Confirmation.objects.filter(state="due").values_list("decision", flat=True))
    may = {case.id for case, is_fit in cases.items() if is_fit}
    return [str(d) for d in kept if d.id not in later and d.application_id not in may]


def run(mode: str, registry: Registry, calls: Calls, graduates: int) -> None:
    begin = now()
    cases = handed_in(begin, graduates)
    registry.go_wrong(mode, seconds=2.0)
    at = work(begin, PATIENCE + 6, step=1.0)
    while states(cases)["submitted"] and at < begin + dt.timedelta(seconds=60):
        at = work(at, 2.0)
    during = states(cases)
    due = Confirmation.objects.filter(state="due").count()
    assert set(during) <= {"approved", "review", "returned"}, during
    assert wrong(cases) == []
    for case in map(again, cases):
        reasons = [reason.code for reason in handover.parse(case.handover)]
        assert case.state != "review" or reasons, f"{case.number} has no reason"
    if mode in OF_ITEMS:
        assert due == 0 and not calls.opened
    else:
        assert due == len(businesses())
        assert calls.opened.keys() == {"education", "criminal", "credit", "violations"}
        assert max(calls.opened.values()) <= CALLS, calls.opened
    # one business was entered on the list meanwhile
    listed = next(iter(cases))
    said = {"listed": True, "ground": "food", "listed_on": "2026-05-01"}
    registry.plant("violations", identity.decrypt(listed.applicant_number), said)
    registry.recover()
    mended = time.monotonic()
    at = max(at + dt.timedelta(seconds=5), now())
    while time.monotonic() < mended + CLOSES:  # the breakers' clock is the real one
        for name in checks.unanswered():
            checks.probe(registry=name, now=at)
        at = work(at, 2.0, step=1.0)
        if not checks.unanswered() and not Confirmation.objects.filter(state="due").exists():
            break
        time.sleep(0.2)
    ended = Counter(Confirmation.objects.values_list("state", flat=True))
    after = states(cases)
    seconds = time.monotonic() - mended
    assert wrong({case: is_fit and case is not listed for case, is_fit in cases.items()}) == []
    assert set(after) <= {"approved", "review", "returned"}, after
    if mode not in OF_ITEMS:
        assert ended == {"confirmed": due - 1, "contradicted": 1}
        fit = [case for case, is_fit in cases.items() if is_fit and case is not listed]
        assert [case.number for case in fit if again(case).state != "approved"] == []
        assert again(listed).handover.startswith("not_confirmed:violations")
    heads.sequence(now())
    assert [*audit.faults(), *(fault for _, fault in replay.differences() if fault)] == []
    print(
        f"{mode:13} {len(cases)} cases: {due} granted provisionally, {during['review']} with"
        f" officers; opened after {max(calls.opened.values(), default=0)} calls; then"
        f" {ended['confirmed']} confirmed, {ended['contradicted']} recalled,"
        f" {after['approved']} granted, {after['review']} with officers, in {seconds:.0f} s"
    )


@pytest.mark.parametrize(
    "mode", [pytest.param(m, marks=[pytest.mark.full] if m in LONGER else []) for m in FEW]
)
def test_no_failing_registry_grants_what_it_should_not(
    mode: str, registry: Registry, calls: Calls
) -> None:
    run(mode, registry, calls, graduates=12)


@pytest.mark.full
@pytest.mark.parametrize("mode", FAULTS)
def test_in_every_mode_of_many_cases(mode: str, registry: Registry, calls: Calls) -> None:
    run(mode, registry, calls, graduates=100)


@pytest.mark.full
@pytest.mark.parametrize("mode", FEW)
def test_under_five_hundred_cases(mode: str, registry: Registry, calls: Calls) -> None:
    run(mode, registry, calls, graduates=500)
