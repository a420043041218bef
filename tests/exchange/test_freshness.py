"""What a decision rests on while a registry is silent: a former answer, an officer, or later.

The registry is the demo's real server over HTTP; what asks, decides, confirms and takes back is the
production code, its clock given.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest

from approvals import actions
from approvals.actions import confirming, freshness, questions
from approvals.models import Application, Confirmation, Decision, Evidence
from approvals.progress import liveness
from approvals.records import audit, replay
from approvals.workers import checks, confirmations, reconciler
from certificates.models import Certificate
from city.freshness import Confirming, Freshness, WhenUnanswered
from exchange import changes
from exchange.models import Lookup
from exchange.queries import Answer
from ledger import heads
from ledger.clock import now
from ledger.identifiers import uuid7
from ledger.models import Event
from people import identity
from people.actors import CLOCK, Actor, officer
from people.errors import ActionRejected
from services import catalogue
from tests import officers
from tests.approvals.cases import citizen, graduate_answers, person, submit
from tests.exchange.conftest import Registry
from tests.exchange.food import again, filed, work

DAY, MINUTE = dt.timedelta(days=1), dt.timedelta(minutes=1)
PATIENCE = 5.0


@pytest.fixture(autouse=True)
def _city(
    furnished: None, registry: Registry, close_breakers: Callable[[], None], settings: Any
) -> None:
    settings.CHECK_PATIENCE_SECONDS = PATIENCE
    close_breakers()


@pytest.fixture
def clerk() -> Actor:
    user = officers.enrol(username="clerk-m", name="李敏", role="clerk", office="market")
    return officer(user)


def receipt(case: Application) -> dict[str, Any]:
    decision = Decision.objects.filter(application=case).order_by("-at", "-id").first()
    assert decision is not None
    found: dict[str, Any] = orjson.loads(bytes(decision.receipt))
    return found


def papers(case: Application) -> list[tuple[str, bool]]:
    """Return state, and whether it is marked, of each version of a certificate."""
    rows = Certificate.objects.filter(application=case.number).order_by("version")
    return [(str(c.state), "provisional" in orjson.loads(bytes(c.payload))) for c in rows]


def audited() -> list[str]:
    heads.sequence(now())
    return [*audit.faults(), *(wrong for _, wrong in replay.differences() if wrong)]


@pytest.fixture
def granted(registry: Registry) -> tuple[dt.datetime, Application]:
    """A filing that was granted provisionally, because the list of violations is silent."""
    begin = now()
    case = filed(begin)
    registry.go_wrong("unavailable", registry="violations")
    at = work(begin, PATIENCE + 3)
    return at, again(case)


def test_granted_provisionally_and_confirmed_by_the_answer(
    granted: tuple[dt.datetime, Application],
    registry: Registry,
    close_breakers: Callable[[], None],
) -> None:
    at, case = granted
    assert case.state == "approved", (case.handover, receipt(case)["reasons"])
    first = receipt(case)
    assert first["reasons"] == ["not_listed:unconfirmed"]
    assert first["provisional"]["registries"] == ["violations"]
    assert first["facts"]["unanswered"] == ["listed"]
    (row,) = Confirmation.objects.filter(application=case)
    assert (row.state, row.until.isoformat()) == ("due", first["provisional"]["until"])
    assert papers(case) == [("valid", True)]
    assert audited() == []
    registry.recover()
    close_breakers()
    work(at + dt.timedelta(seconds=60), 1)
    row.refresh_from_db()
    assert (row.state, again(case).state) == ("confirmed", "approved")
    assert papers(case) == [("superseded", True), ("valid", False)]
    second = receipt(case)
    assert second["confirms"]["decision"] == str(row.decision_id)
    assert "provisional" not in second and second["reasons"] == []
    assert {f["id"]: f["result"] for f in second["verdict"]["requirements"]}["not_listed"] == "met"
    kinds = (
        Event.objects.filter(subject=case.subject).order_by("seq").values_list("kind", flat=True)
    )
    assert list(kinds) == ["submitted", "approved", "confirmed"]
    assert Decision.objects.filter(application=case, live=True).count() == 1
    assert audited() == []


def listed(registry: Registry, case: Application) -> None:
    """Let the list of violations answer again, and name the business of a case."""
    said = {"listed": True, "ground": "food", "listed_on": "2026-05-01"}
    registry.plant("violations", identity.decrypt(case.applicant_number), said)


def test_contradicted_it_is_suspended_and_an_officer_decides(
    granted: tuple[dt.datetime, Application],
    registry: Registry,
    close_breakers: Callable[[], None],
    clerk: Actor,
) -> None:
    at, case = granted
    listed(registry, case)
    registry.recover()
    close_breakers()
    at = work(at + dt.timedelta(seconds=60), 1)
    case = again(case)
    assert (case.state, case.round) == ("review", 2)
    assert case.handover == "not_confirmed:violations,not_listed:unmet"
    assert papers(case) == [("suspended", True)]
    assert Confirmation.objects.get(application=case).state == "contradicted"
    assert not Decision.objects.filter(application=case, live=True).exists()
    evidence = Evidence.objects.get(application=case, registry="violations", round=2)
    assert orjson.loads(evidence.facts)["listed"] is True
    assert checks.probe(registry="violations", now=at) == 0  # nothing brings it back
    assert checks.unanswered() == []
    assert audited() == []
    actions.take(number=case.number, by=clerk, now=at)
    with pytest.raises(ActionRejected) as caught:
        actions.approve(number=case.number, reason="已核", by=clerk, now=at)
    assert caught.value.code == "second_officer_required"
    actions.refuse(number=case.number, reason="已列入严重违法失信名单", by=clerk, now=at)
    paper = Certificate.objects.get(application=case.number)
    assert (paper.state, paper.revocations.count()) == ("suspended", 1)  # a second one revokes it
    assert audited() == []


@pytest.mark.parametrize(("otherwise", "paper"), [("suspend", "suspended"), ("lapse", "expired")])
def test_not_confirmed_in_time_it_goes_to_an_officer(
    registry: Registry, settings: Any, clerk: Actor, otherwise: str, paper: str
) -> None:
    allow(settings, "violations", otherwise=otherwise)
    begin = now()
    case = filed(begin)
    registry.go_wrong("unavailable", registry="violations")
    work(begin, PATIENCE + 3)
    row = Confirmation.objects.get(application=case)
    assert actions.overdue(by=CLOCK, now=row.due_at - dt.timedelta(seconds=1)) == 0
    reconciler.end_provisional(row.due_at)
    row.refresh_from_db()
    case = again(case)
    assert (row.state, case.state) == ("overdue", "review")
    assert case.handover == "confirmation_overdue:violations"
    assert [state for state, _ in papers(case)] == [paper]
    assert audited() == []
    at = row.due_at + DAY
    actions.take(number=case.number, by=clerk, now=at)
    actions.approve(number=case.number, reason="电话核实未列入名单", by=clerk, now=at)
    assert papers(case)[-1] == ("valid", False)
    assert audited() == []


def test_one_that_cannot_be_handed_over_stops_no_other_and_is_shown(
    registry: Registry, settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    begin = now()
    cases = [filed(begin, place) for place in range(3)]
    registry.go_wrong("unavailable", registry="violations")
    work(begin, PATIENCE + 3)
    first, second, third = (Confirmation.objects.get(application=case) for case in cases)
    late = max(row.due_at for row in (first, second, third)) + dt.timedelta(minutes=6)
    whole = confirming.reopening.reopen_unconfirmed

    def broken(application: Application, *args: Any) -> Any:
        made = whole(application, *args)  # it has written already when it fails
        if application.id == second.application_id:
            raise KeyError("a fault in one case")
        return made

    monkeypatch.setattr(confirming.reopening, "reopen_unconfirmed", broken)
    assert liveness.confirmations(late) == "late"
    assert actions.overdue(by=CLOCK, now=late) == 2
    states = [again(case).state for case in cases]
    assert states == ["review", "approved", "review"]
    second.refresh_from_db()
    assert (second.state, second.reason) == ("due", confirming.SWEEP_FAILED)
    assert [state for state, _ in papers(cases[1])] == ["valid"]  # nothing half done
    assert f"ALARM: confirmation {second.id}" in caplog.text
    assert liveness.confirmations(late) == "late"
    monkeypatch.undo()
    settings.CHECK_PATIENCE_SECONDS = PATIENCE
    assert actions.overdue(by=CLOCK, now=late) == 1  # tried again, whatever is before it
    assert liveness.confirmations(late) == "ok"
    assert audited() == []


def test_one_that_nobody_can_be_asked_for_stops_no_other(
    registry: Registry, close_breakers: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = now()
    cases = [filed(begin, place) for place in range(3)]
    registry.go_wrong("unavailable", registry="violations")
    at = work(begin, PATIENCE + 3)
    registry.recover()
    close_breakers()
    ask, bad = questions.query, cases[1].id

    def broken(application: Application, *args: Any) -> Any:
        if application.id == bad:
            raise KeyError("a fault in one case")
        return ask(application, *args)

    monkeypatch.setattr(confirmations.questions, "query", broken)
    work(at + dt.timedelta(seconds=60), 1)
    rows = [Confirmation.objects.get(application=case) for case in cases]
    assert [row.state for row in rows] == ["confirmed", "due", "confirmed"]
    assert rows[1].reason == "engine_failed" and rows[1].leased_until is None


def allow(settings: Any, code: str, **changes: Any) -> None:
    """Let the city's data say something else of a registry's silence, for one test."""
    registry = settings.CITY.registries[code]
    if "otherwise" in changes:
        when = WhenUnanswered(provisional=Confirming(5, "working", changes["otherwise"]))
    else:
        when = WhenUnanswered(**changes)
    registries = {**settings.CITY.registries}
    registries[code] = replace(registry, freshness=Freshness(when))
    settings.CITY = replace(settings.CITY, registries=registries)


def test_where_the_city_says_refer_an_officer_has_it(registry: Registry, settings: Any) -> None:
    allow(settings, "violations")
    begin = now()
    case = filed(begin)
    registry.go_wrong("unavailable", registry="violations")
    work(begin, PATIENCE + 3)
    assert (again(case).state, again(case).handover.split(",")[0]) == (
        "review",
        "unanswered:violations",
    )
    assert not Confirmation.objects.exists()


@pytest.mark.parametrize("fault", ["malformed", "twice", "missing"])
def test_a_wrong_answer_about_the_business_grants_nothing(registry: Registry, fault: str) -> None:
    begin = now()
    case = filed(begin)
    registry.go_wrong(fault, registry="violations")
    work(begin, PATIENCE + 3)
    assert again(case).state == "review"
    assert not Confirmation.objects.exists()


def test_whoever_wants_a_person_gets_one_and_nothing_provisional(registry: Registry) -> None:
    begin = now()
    case = filed(begin, by_person=True)
    registry.go_wrong("unavailable", registry="violations")
    work(begin, PATIENCE + 3)
    assert again(case).handover.split(",") == ["person_requested", "unanswered:violations"]
    assert not Confirmation.objects.exists()


def test_reopened_otherwise_there_is_nothing_to_confirm(
    granted: tuple[dt.datetime, Application],
    registry: Registry,
    close_breakers: Callable[[], None],
    clerk: Actor,
) -> None:
    at, case = granted
    actions.reopen(number=case.number, reason="录入有误，重新核查", by=clerk, now=at)
    assert Confirmation.objects.get(application=case).state == "ended"
    registry.recover()
    close_breakers()
    work(at + dt.timedelta(seconds=60), 1)
    assert (again(case).state, papers(case)) == ("review", [("suspended", True)])
    assert audited() == []


GRADUATE = "graduate_23"


@pytest.fixture
def degree_read() -> tuple[dt.datetime, Application]:
    """A graduate's case that was withdrawn from an officer, and a moment a minute after."""
    begin = now()
    case = submit(GRADUATE, now=begin, by_person=True)
    work(begin, 1)
    assert again(case).state == "review"
    actions.withdraw(number=case.number, by=citizen(person(GRADUATE)), now=begin + MINUTE)
    return begin + MINUTE, again(case)


def test_a_former_answer_stands_in_up_to_its_age_and_everybody_can_read_that(
    degree_read: tuple[dt.datetime, Application], registry: Registry
) -> None:
    at, former = degree_read
    registry.go_wrong("unavailable", registry="education")
    case = submit(GRADUATE, now=at)
    work(at, PATIENCE + 3)
    case = again(case)
    assert case.state == "approved", case.handover
    kept = Evidence.objects.get(application=case, registry="education")
    read = Evidence.objects.get(application=former, registry="education")
    assert (kept.origin, kept.read_at, kept.facts) == (read.id, read.read_at, read.facts)
    (said,) = [e for e in receipt(case)["evidence"] if e["registry"] == "education"]
    assert said["reused"] == {"from": str(read.id), "because": kept.reason}
    assert kept.reason in ("status_503", "breaker")
    uses = Lookup.objects.filter(case=case.number, registry="education")
    assert uses.filter(reason="reused", outcome="found").count() == 1
    assert audited() == []


@pytest.mark.parametrize("why", ["too old", "changed since", "of another service"])
def test_a_former_answer_that_may_not_stand_in_does_not(
    degree_read: tuple[dt.datetime, Application], registry: Registry, settings: Any, why: str
) -> None:
    at, former = degree_read
    if why == "too old":
        allow(settings, "education", cached=MINUTE / 2)
    elif why == "changed since":
        changes.report(partner="education", registry="education", cases=[former.number])
    registry.go_wrong("unavailable", registry="education")
    if why == "of another service":
        answers = graduate_answers(family=False)
        case = submit(GRADUATE, "talent_settlement", answers=answers, now=at)
    else:
        case = submit(GRADUATE, now=at)
    work(at, PATIENCE + 3)
    assert "unanswered:education" in again(case).handover
    assert not Lookup.objects.filter(reason="reused").exists()


def test_the_latest_answer_counts_and_none_while_a_record_is_disputed(
    degree_read: tuple[dt.datetime, Application],
) -> None:
    at, before = degree_read
    book = catalogue.rulebook(before.edition_id)
    asked = questions.query(before, book, ("education", ""))
    silent = Answer("education", asked.subject, "failed", at=at, reason="timeout")
    one = freshness.Unanswered(before, asked, silent)
    [found] = freshness.former([one], now=at)
    assert found is not None and found.reused is not None
    row = Evidence.objects.get(pk=found.reused.evidence)
    for disputes in (1, 0):
        before.disputes = disputes
        assert bool(freshness.former([one], now=at)[0]) is (disputes == 0)
    row.pk, row.read_at, row.round = uuid7(), at, 2  # says no more what it said
    row.facts, row._state.adding = "{}", True
    row.save()
    assert freshness.former([one], now=at) == [None]
