"""A registry that fails for a while, or for one person: nobody else, and no officer, pays for it.

The registry is the demo's real server over HTTP; the checks, the engine's decision and the way back
from an officer are the production code, its clock given.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from approvals import actions
from approvals.actions.changes import recheck
from approvals.models import Application, Check
from approvals.workers import checks
from exchange import registries
from exchange.adapters.store import Store
from exchange.queries import Answer, Query
from ledger.clock import now
from ledger.models import Event
from people import identity
from people.actors import CHECKER, ENGINE, Actor, officer
from portal.results import result
from tests import officers
from tests.approvals.cases import submit
from tests.exchange.conftest import Registry

# an eligible one each time: their own cases, approved when everything answers
PEOPLE = tuple(f"graduate_{n}" for n in (23, 25, 27, 29, 31, 33))


@pytest.fixture(autouse=True)
def _city(furnished: None, registry: Registry, close_breakers: Callable[[], None]) -> None:
    close_breakers()


@pytest.fixture
def clerk() -> Actor:
    user = officers.enrol(username="clerk-a", name="李敏", role="clerk", office="hrss")
    return officer(user)


def work(begin: dt.datetime, seconds: float, step: float = 0.5) -> None:
    """Let the workers do what they do for so long, by a clock that is given."""
    passed = 0.0
    while passed <= seconds:
        at = begin + dt.timedelta(seconds=passed)
        for name in checks.waiting(at):
            checks.run(registry=name, now=at)
        if claimed := actions.claim(limit=200, again=False, by=ENGINE):
            actions.decide_claimed(claimed=claimed, by=ENGINE, now=at)
        passed += step


def state(case: Application) -> str:
    return str(Application.objects.get(id=case.id).state)


def cases(at: dt.datetime) -> list[Application]:
    return [submit(kind, now=at) for kind in PEOPLE]


@pytest.mark.parametrize("seconds", [2, 10])
def test_a_registry_that_is_away_for_seconds_sends_nobody_to_an_officer(
    registry: Registry, close_breakers: Callable[[], None], seconds: int
) -> None:
    begin = now()
    sent = cases(begin)
    registry.go_wrong("unavailable")
    work(begin, seconds)
    assert {state(c) for c in sent} == {"submitted"}
    registry.recover()
    close_breakers()  # its ten seconds are of another clock
    work(begin + dt.timedelta(seconds=seconds), 12.0)
    assert [state(c) for c in sent] == ["approved"] * len(sent)
    kinds = Event.objects.filter(subject__in=[c.subject for c in sent]).values_list("kind")
    assert ("handed_over",) not in kinds


@pytest.fixture
def silent(registry: Registry, settings: Any) -> tuple[dt.datetime, Application, Application]:
    """Two cases that officers have because the registry was away longer than its bound."""
    settings.CHECK_PATIENCE_SECONDS = 20
    begin = now()
    one, other = (submit(kind, now=begin) for kind in PEOPLE[:2])
    registry.go_wrong("unavailable", registry="education")
    work(begin, 40.0)
    return begin + dt.timedelta(seconds=40), again(one), again(other)


def again(case: Application) -> Application:
    return Application.objects.get(id=case.id)


def test_after_the_bound_an_officer_has_the_true_reason_and_the_applicant_is_told(
    silent: tuple[dt.datetime, Application, Application],
) -> None:
    at, one, _ = silent
    assert one.state == "review"
    assert one.handover.split(",")[0] == "unanswered:education"
    page = result(one, now=at)
    assert any("学历" in text for text in page.notices), page.notices
    assert any("学历" in reason for reason in page.why), page.why
    assert checks.unanswered() == ["education"]
    assert checks.probe(registry="education", now=at) == 0  # still away
    assert state(one) == "review"


def test_when_it_answers_again_the_case_goes_on_by_itself_unless_an_officer_has_taken_it(
    silent: tuple[dt.datetime, Application, Application],
    registry: Registry,
    close_breakers: Callable[[], None],
    clerk: Actor,
) -> None:
    at, one, other = silent
    actions.take(number=other.number, by=clerk, now=at)
    registry.recover()
    close_breakers()
    assert checks.probe(registry="education", now=at) == 1
    assert state(one) == "submitted"
    work(at, 3.0)
    assert state(one) == "approved"
    assert again(one).round == 2
    kinds = list(Event.objects.filter(subject=one.subject).order_by("seq").values_list("kind"))
    assert [k for (k,) in kinds] == ["submitted", "handed_over", "checked_again", "approved"]
    assert state(other) == "review"
    assert checks.probe(registry="education", now=at) == 0
    assert state(other) == "review"
    assert checks.unanswered() == ["education"]  # it may be put back (tests/attacks/test_outage.py)
    actions.approve(number=other.number, reason="已核验学历证书原件", by=clerk, now=at)
    assert checks.probe(registry="education", now=at) == 0
    assert checks.unanswered() == []


def test_a_case_with_another_reason_beside_the_silence_stays_with_the_officer(
    registry: Registry, settings: Any, close_breakers: Callable[[], None]
) -> None:
    settings.CHECK_PATIENCE_SECONDS = 5
    begin = now()
    wish = submit(PEOPLE[0], now=begin, by_person=True)
    registry.go_wrong("unavailable", registry="education")
    work(begin, 12.0)
    assert (state(wish), again(wish).handover.split(",")[0]) == ("review", "person_requested")
    registry.recover()
    close_breakers()
    assert checks.probe(registry="education", now=begin + dt.timedelta(seconds=12)) == 0
    assert state(wish) == "review"


@pytest.mark.parametrize("fault", ["missing", "twice", "other", "malformed"])
def test_a_faulty_answer_about_one_of_six_sends_that_one_alone_to_an_officer(
    registry: Registry, fault: str
) -> None:
    begin = now()
    sent = cases(begin)
    number = identity.decrypt(sent[3].applicant_number)
    registry.go_wrong(fault, registry="education", number=number)
    work(begin, 8.0)
    states = [state(c) for c in sent]
    assert states == ["approved"] * 3 + ["review"] + ["approved"] * 2
    assert not again(sent[3]).handover.startswith("unanswered:")


@pytest.mark.parametrize("fault", ["error", "garbage", "old_nonce", "stale", "truncated"])
def test_one_subject_that_spoils_every_answer_keeps_nobody_else_waiting(
    registry: Registry, fault: str
) -> None:
    begin = now()
    sent = cases(begin)
    number = identity.decrypt(sent[3].applicant_number)
    registry.go_wrong(fault, registry="education", number=number)
    work(begin, 15.0)
    states = [state(c) for c in sent]
    assert states == ["approved"] * 3 + ["submitted"] + ["approved"] * 2


def test_two_cases_of_one_person_at_once_are_approved_with_all_others(registry: Registry) -> None:
    begin = now()
    sent = cases(begin)
    second = submit(PEOPLE[0], "sole_trader", now=begin)
    work(begin, 1.0)
    assert [state(c) for c in [*sent, second]] == ["approved"] * 7


def test_a_check_whose_worker_died_each_time_is_given_up(registry: Registry, settings: Any) -> None:
    begin = now()
    case = submit(PEOPLE[0], now=begin)
    Check.objects.filter(application=case, registry="education").update(
        attempts=settings.ENGINE_ATTEMPTS
    )
    work(begin, 1.0)
    assert state(case) == "review"
    assert Check.objects.get(application=case, registry="education").reason == "worker_died"


def test_a_changed_record_that_spoils_every_answer_keeps_no_other_from_being_judged(
    registry: Registry,
) -> None:
    begin = now()
    sent = cases(begin)
    work(begin, 1.0)
    assert {state(c) for c in sent} == {"approved"}
    registry.go_wrong("error", number=identity.decrypt(sent[3].applicant_number))
    left, judged = {case.number: case.applicant for case in sent}, set()
    for _turn in range(20):  # each leaves out the few that were asked about together with it
        rechecked = recheck([("education", s) for s in left.values()], by=CHECKER, now=begin)
        assert rechecked.reopened == []
        judged |= set(rechecked.unaffected)
        left = {number: left[number] for number in rechecked.unanswered}
        if len(left) == 1:
            break
    assert judged == {case.number for case in sent if case is not sent[3]}
    assert set(left) == {sent[3].number}


class RemoteNames:
    """The registry of names as another agency's: silent, or what the city's own store has."""

    remote, is_silent = True, True

    def __init__(self, registry: str, config: dict[str, Any]) -> None:
        self.group = registry
        self.store = Store(registry, config)

    def read(
        self, queries: list[Query], *, now: dt.datetime, seconds: float | None = None
    ) -> list[Answer]:
        if self.is_silent:
            return [
                Answer(q.registry, q.subject, "failed", at=now, reason="timeout") for q in queries
            ]
        return self.store.read(queries, now=now)


@pytest.fixture
def remote_names(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[RemoteNames]]:
    adapter = f"{RemoteNames.__module__}.{RemoteNames.__name__}"
    named = {**settings.REGISTRIES["population"], "adapter": adapter}
    settings.REGISTRIES = {**settings.REGISTRIES, "population": named}
    settings.CHECK_PATIENCE_SECONDS = 20
    monkeypatch.setattr(RemoteNames, "is_silent", True)
    registries._adapter.cache_clear()
    yield RemoteNames
    registries._adapter.cache_clear()


def test_a_case_with_an_officer_for_the_name_alone_goes_on_when_the_register_answers(
    remote_names: type[RemoteNames], clerk: Actor
) -> None:
    begin = now()
    one, other = (submit(kind, now=begin) for kind in PEOPLE[:2])
    work(begin, 40.0)
    at = begin + dt.timedelta(seconds=40)
    assert again(one).state == "review"
    assert again(one).handover.startswith("unanswered:population,name_unknown")
    actions.take(number=other.number, by=clerk, now=at)
    assert checks.probe(registry="population", now=at) == 0  # still silent
    remote_names.is_silent = False
    assert checks.probe(registry="population", now=at) == 1
    work(at, 3.0)
    assert (state(one), state(other)) == ("approved", "review")
