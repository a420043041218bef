"""Places of which there are so many are granted in the order of acceptance (行政许可法 §57)."""

import datetime
from typing import Any

import orjson
import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from approvals import actions
from approvals.models import Application, Decision, QuotaPlace
from approvals.records.replay import fault
from approvals.states import State
from certificates import actions as certificates
from certificates.models import Certificate
from ledger.clock import city_date, now
from people import identity
from people.actors import CLOCK, ENGINE, Actor, officer
from people.errors import ActionRejected
from people.models import User
from tests.approvals.cases import (
    answer_checks,
    audited,
    citizen,
    decide,
    graduate_answers,
    graduates,
    person,
    places,
    submit,
)
from tests.approvals.quotas import limited
from tests.approvals.returns import BACKEND
from tests.factories import UserFactory

pytestmark = pytest.mark.usefixtures("furnished")


def who(place: int) -> actions.Applicant:
    person = graduates()[place]
    return actions.Applicant("person", person.number, person.name)


def enter(place: int, **more: Any) -> Application:
    return submit(applicant=who(place), **more)


def again(case: Application) -> Application:
    return Application.objects.get(id=case.id)


def answered(case: Application) -> Application:
    answer_checks(case)
    return decide(case)[0]


def clerk(case: Application, name: str = "clerk-one") -> Actor:
    return officer(
        UserFactory(username=name, role="clerk", is_staff=True, office_id=case.office_id)
    )


def quota_of(case: Application) -> dict[str, str]:
    """What the newest receipt says of the place."""
    newest = Decision.objects.filter(application=case).latest("at", "id")
    found: dict[str, str] = orjson.loads(bytes(newest.receipt))["quota"]
    return found


def move_up() -> int:
    return actions.move_up(by=CLOCK, now=now())


def test_who_was_accepted_first_is_first_though_the_registry_answers_later() -> None:
    limited(1)
    first, second = enter(0), enter(1)
    assert answered(second).handover == "quota_full"
    assert (quota_of(second)["position"], quota_of(second)["places"]) == ("2", "1")
    assert answered(first).state == State.APPROVED
    assert quota_of(first)["position"] == "1"
    assert audited() == []
    assert {fault(d) for d in Decision.objects.all()} == {""}


def test_a_later_one_is_granted_where_enough_places_remain_for_all_before_it() -> None:
    limited(2)
    first, second, third = enter(0), enter(1), enter(2)
    assert answered(third).handover == "quota_full"
    assert answered(second).state == State.APPROVED
    assert again(first).state == State.SUBMITTED
    assert answered(first).state == State.APPROVED


def test_a_place_that_is_freed_passes_on_in_order() -> None:
    limited(1)
    first, second, third = enter(0), enter(1), enter(2)
    for case in (third, second):
        assert answered(case).handover == "quota_full"
    assert move_up() == 0
    waiting = submit(applicant=who(3), by_person=True)  # behind them, for another reason
    assert answered(waiting).handover == "person_requested,quota_full"
    first = answered(first)
    assert first.state == State.APPROVED
    revoke(first)
    assert move_up() == 1
    assert again(second).state == State.SUBMITTED and again(third).state == State.REVIEW
    assert answered(again(second)).state == State.APPROVED
    assert quota_of(second)["position"] == "1"
    assert move_up() == 0
    assert audited() == []


def revoke(case: Application) -> None:
    """Two officers revoke what a case was granted."""
    issued = Certificate.objects.get(application=case.number)
    one, two = clerk(case, "revokes-one"), clerk(case, "revokes-two")
    made = certificates.propose(
        public_id=issued.public_id, ground="unqualified", reason="查明不符", by=one, now=now()
    )
    certificates.confirm(revocation=made.pk, by=two, now=now())
    assert Certificate.objects.get(application=case.number).state == "revoked"


def taken(case: Application, by: Actor) -> Application:
    actions.take(number=case.number, by=by, now=now())
    return again(case)


def test_an_officer_grants_no_place_that_there_is_not_and_refuses_by_name() -> None:
    limited(1)
    first, second = enter(0), enter(1)
    assert answered(second).state == State.REVIEW
    by = clerk(second)
    taken(second, by)
    with pytest.raises(ActionRejected) as caught:
        actions.approve(number=second.number, reason="材料齐全", by=by, now=now())
    assert caught.value.code == "quota_full" and "第2位" in caught.value.zh
    assert answered(first).state == State.APPROVED
    actions.refuse(number=second.number, reason="本年度名额已用完", by=by, now=now())
    assert (quota_of(second)["position"], quota_of(second)["places"]) == ("2", "1")
    assert QuotaPlace.objects.get(application=second).freed_at is not None
    assert audited() == []


def test_postgresql_grants_no_place_out_of_order_nor_one_too_many() -> None:
    limited(1)
    first, second = enter(0), enter(1)
    answer_checks(second)
    edits = (
        ("UPDATE approvals_quotaplace SET granted_at = now(), places = 1", "too few places"),
        ("UPDATE approvals_quotaplace SET ordinal = ordinal + 7", "permission denied|only grows"),
        ("UPDATE approvals_quotaplace SET freed_at = now()", "in hand"),
        ("DELETE FROM approvals_quotaplace", "permission denied|only grows"),
    )
    assert decide(second)[0].state == State.REVIEW
    for statement, why in edits:
        with pytest.raises(DatabaseError, match=why), transaction.atomic():
            run(f"{statement} WHERE application_id = %s", second.id)
    assert again(first).state == State.SUBMITTED


def run(statement: str, *parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


@pytest.mark.parametrize("end", ["withdrawn", "lapsed", "refused"])
def test_what_ends_without_an_approval_frees_its_place(end: str) -> None:
    limited(1)
    first, second = enter(0, by_person=True), enter(1)
    first = answered(first)
    assert answered(second).handover == "quota_full"
    by = clerk(first)
    if end == "withdrawn":
        actions.withdraw(number=first.number, by=citizen(who(0)), now=now())
    else:
        taken(first, by)
    if end == "refused":
        actions.refuse(number=first.number, reason="不符合条件", by=by, now=now())
    if end == "lapsed":
        actions.return_(
            number=first.number, reason="请更正住址", by=by, now=now(), opened=["/address"]
        )
        assert move_up() == 0  # what is being corrected keeps its place
        later = again(first).correct_by
        assert later is not None
        actions.expire(by=CLOCK, now=later + datetime.timedelta(days=1))
    assert again(first).settled_at is not None
    assert move_up() == 1
    assert answered(again(second)).state == State.APPROVED
    assert audited() == []


def test_a_correction_keeps_its_place_by_the_first_acceptance() -> None:
    limited(1)
    first = answered(enter(0, by_person=True))
    by = clerk(first)
    taken(first, by)
    actions.return_(number=first.number, reason="请更正住址", by=by, now=now(), opened=["/address"])
    second = enter(1)
    actions.resubmit(number=first.number, answers=graduate_answers(), by=citizen(who(0)), now=now())
    assert answered(second).handover == "quota_full"
    first = answered(again(first))
    assert (quota_of(first)["ordinal"], quota_of(first)["position"]) == ("1", "1")


def test_a_refusal_that_is_opened_again_takes_a_place_anew_and_says_when_there_is_none() -> None:
    limited(1)
    first, second = answered(enter(0, by_person=True)), enter(1)
    by = clerk(first)
    taken(first, by)
    actions.refuse(number=first.number, reason="不符合条件", by=by, now=now())
    assert answered(second).state == State.APPROVED
    actions.reopen(number=first.number, reason="认定有误", by=citizen(who(0)), now=now())
    another = clerk(first, "clerk-another")
    taken(first, another)
    with pytest.raises(ActionRejected, match="number 2, and there are 1 places") as caught:
        actions.approve(number=first.number, reason="复核同意", by=another, now=now())
    assert caught.value.code == "quota_full"
    assert [
        p.ordinal for p in QuotaPlace.objects.filter(application=first).order_by("ordinal")
    ] == [
        1,
        3,
    ]
    assert audited() == []
    revoke(second)
    actions.approve(number=first.number, reason="复核同意", by=another, now=now())
    assert again(first).state == State.APPROVED
    assert audited() == []


def test_an_approval_that_is_looked_at_again_keeps_its_place() -> None:
    limited(1)
    first, second = enter(0), enter(1)
    assert answered(first).state == State.APPROVED
    assert answered(second).handover == "quota_full"
    by = clerk(first, "clerk-opener")
    actions.reopen(number=first.number, reason="复查", by=by, now=now())
    assert move_up() == 0
    another = clerk(first, "clerk-another")
    taken(first, another)
    actions.approve(number=first.number, reason="查实", by=another, now=now())
    assert QuotaPlace.objects.get(application=first).freed_at is None
    assert audited() == []


def test_a_year_has_its_own_places_and_its_own_number() -> None:
    year = city_date(now()).year
    limited(f"1\n    {year + 1}-01-01: 2")
    midnight = datetime.datetime(year + 1, 1, 1, tzinfo=now().tzinfo)
    eve, day = (midnight - datetime.timedelta(hours=h) for h in (9, 8))
    in_this = [enter(place, now=eve - datetime.timedelta(minutes=place)) for place in (0, 1)]
    in_next = [enter(place, now=day) for place in (2, 3)]
    periods = [QuotaPlace.objects.get(application=case).period for case in (*in_this, *in_next)]
    assert periods == [str(year)] * 2 + [str(year + 1)] * 2
    for case in (*in_this, *in_next):
        answer_checks(case)
    claimed = actions.claim(limit=200, again=False, by=ENGINE)
    actions.decide_claimed(claimed=claimed, by=ENGINE, now=day + datetime.timedelta(days=9))
    states = [again(case).state for case in (*in_this, *in_next)]
    assert states == [State.APPROVED, State.REVIEW, State.APPROVED, State.APPROVED]
    assert (quota_of(in_this[1])["places"], quota_of(in_next[1])["places"]) == (
        "1",
        "2",
    )


def test_a_greater_number_lets_those_who_wait_move_up() -> None:
    limited(1)
    cases = [enter(place) for place in range(3)]
    assert [answered(case).state for case in cases] == [State.APPROVED, State.REVIEW, State.REVIEW]
    limited(2)  # the next edition, in force today: those before it are judged by their own
    assert move_up() == 1
    second = answered(again(cases[1]))
    assert second.state == State.APPROVED and quota_of(second)["places"] == "2"
    assert second.edition.hash != quota_of(second)["edition"]
    assert {fault(d) for d in Decision.objects.all()} == {""}
    assert audited() == []


def test_each_group_is_a_queue_of_its_own() -> None:
    limited(1, more="  group: district\n")
    home = graduate_answers()
    other = next(p for p in places("residential") if p.region != home["district"])
    elsewhere = graduate_answers(district=other.region, address=other.code)
    first, second, third = enter(0), enter(1, answers=elsewhere), enter(2)
    assert answered(second).state == State.APPROVED
    assert answered(third).handover == "quota_full"
    assert answered(first).state == State.APPROVED
    assert {quota_of(case)["group"] for case in (first, second)} == {
        home["district"],
        other.region,
    }


def test_who_applied_before_the_quota_needs_no_place() -> None:
    tomorrow = city_date(now()) + datetime.timedelta(days=1)
    limited("0", since=str(tomorrow))
    assert answered(enter(0)).state == State.APPROVED
    assert not QuotaPlace.objects.exists()


def test_a_service_without_a_quota_is_not_asked_about_places() -> None:
    case = enter(0)
    with CaptureQueriesContext(connection) as made:
        assert answered(case).state == State.APPROVED
    assert not [q["sql"] for q in made if "quotaplace" in q["sql"]]
    assert not QuotaPlace.objects.exists()


def test_the_page_and_the_desk_say_where_it_stands() -> None:
    limited(2)
    first, second, third = enter(0), enter(1), submit("graduate")
    answered(second)
    assert answered(third).handover == "quota_full"
    client = Client(headers={"accept-language": "en"})
    applicant = person("graduate")
    client.force_login(User.objects.get(subject=identity.index(applicant.number)))
    year = city_date(now()).year
    page = client.get(f"/cases/{third.number}/").content.decode()
    assert f"number 3 in the order of acceptance, of 2 places of {year}" in page
    assert "There is no place left for it, in the order of acceptance" in page
    service = client.get("/services/graduate_settlement/").content.decode()
    assert f"2 places of {year}, 1 not granted yet" in service
    by = clerk(third)
    desk = Client(headers={"accept-language": "en"})
    desk.force_login(User.objects.get(username=by.code), BACKEND)
    page = desk.get(f"/desk/approvals/application/{third.pk}/change/").content.decode()
    assert "number 3 in the order of acceptance" in page and "2 places, 1 not granted yet" in page
    assert answered(first).state == State.APPROVED
