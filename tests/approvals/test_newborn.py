"""A newborn is registered by the record of its birth; what else rests on that waits for it."""

import datetime
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test import Client

from approvals import actions, queries
from approvals.models import Application
from approvals.records import replay
from approvals.states import State
from approvals.workers.engine import Engine
from certificates.models import Certificate
from demo.city import families
from demo.city.people import Person
from demo.city.personas import index
from exchange.models import Lookup
from ledger.clock import city_date, now
from people import identity
from people.errors import ActionRejected
from people.models import User
from tests.approvals.cases import CITY, audited, citizen, decide, submit

pytestmark = pytest.mark.usefixtures("furnished")

MOTHER, FATHER = CITY.person(index("newborn")), CITY.person(34)
RECORD = next(one.record for one in families.births(CITY) if one.mother == MOTHER.index)


@pytest.fixture(autouse=True)
def _born_lately(furnished: None) -> None:
    """The store was written on some day; the child is five days old today."""
    record(born=born().isoformat())


def born() -> datetime.date:
    return city_date(now()) - datetime.timedelta(days=5)


def record(**fields: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE exchange_record SET data = data || %s::jsonb"
            " WHERE registry = 'birth' AND subject = %s",
            [orjson.dumps(fields).decode(), identity.index(RECORD)],
        )
        assert cursor.rowcount == 1


def applied(service: str = "newborn", by: Person = MOTHER, **changes: Any) -> Application:
    answers = {"birth_record": RECORD, "child_name": f"{FATHER.name[0]}安然", "consent": True}
    if service == "newborn":
        answers["household_of"] = "mother"
    applicant = actions.Applicant("person", by.number, by.name)
    return submit(service=service, applicant=applicant, answers={**answers, **changes})


def results(case: Application) -> dict[str, str]:
    decision = queries.latest_decision(case)
    assert decision is not None and replay.fault(decision) == ""
    verdict = orjson.loads(bytes(decision.receipt))["verdict"]
    return {found["id"]: found["result"] for found in verdict["requirements"]}


def test_a_newborn_is_registered_and_the_parents_are_asked_about_in_the_second_round() -> None:
    (case,) = decide(applied())
    assert case.state == State.APPROVED, results(case)
    looked = Lookup.objects.filter(case=case.number, registry="population")
    assert set(looked.values_list("subject", flat=True)) == {
        identity.index(one.number) for one in (MOTHER, FATHER)
    }
    mine = looked.filter(subject=identity.index(MOTHER.number))  # as who applies, and as mother
    assert sorted(mine.values_list("fields", "purpose")) == [
        ("alive,capacity,name", "核实申报人身份"),
        ("alive,hukou_city,name", "核实母亲的姓氏与户籍"),
    ]
    certified = bytes(Certificate.objects.get(application=case.number).payload).decode()
    assert f"{FATHER.name[0]}安然" in certified and "母亲户内" in certified
    assert audited() == []


def test_the_father_may_apply_as_well_and_nobody_else() -> None:
    (case,) = decide(applied(by=FATHER))
    assert case.state == State.APPROVED, results(case)
    stranger = CITY.person(index("graduate"))
    record(registrations=[])
    (other,) = decide(applied("newborn_medical", by=stranger))
    assert other.state == State.REVIEW and "parent:unmet" in other.handover


@pytest.mark.parametrize("service", ["newborn", "newborn_medical", "newborn_card"])
def test_a_stranger_who_types_the_number_of_a_birth_reads_nothing_of_it(service: str) -> None:
    """The numbers stand in a row: who finds a record by one need not be its parent."""
    number = "HK9900001"
    record(registrations=[{"number": number, "kind": "household", "since": "2026-01-02"}])
    stranger = CITY.person(index("graduate"))
    (case,) = decide(applied(service, by=stranger))
    assert case.state == State.REVIEW
    decision = queries.latest_decision(case)
    assert decision is not None and replay.fault(decision) == ""
    client = Client()
    client.force_login(User.objects.get(subject=case.applicant))
    pages = [f"/cases/{case.number}/", f"/cases/{case.number}/answers/", "/accesses/"]
    read = [client.get(page).content.decode() for page in pages]
    for text in (bytes(decision.receipt).decode(), *read):
        assert born().isoformat() not in text
        assert number not in text
        assert MOTHER.name not in text and f"{born():%Y年%-m月%-d日}" not in text
    assert audited() == []


def test_insurance_and_card_wait_for_the_household_registration() -> None:
    for service in ("newborn_medical", "newborn_card"):
        (case,) = decide(applied(service))
        assert case.state == State.RETURNED
        assert results(case)["registered"] == "unmet"
    (case,) = decide(applied())
    assert case.state == State.APPROVED
    me = citizen(actions.Applicant("person", MOTHER.number, MOTHER.name))
    for returned in Application.objects.filter(state=State.RETURNED):
        actions.resubmit(number=returned.number, answers=returned.answers, by=me, now=now())
    done = decide(*Application.objects.filter(state=State.SUBMITTED))
    assert [case.state for case in done] == [State.APPROVED] * 2, [results(c) for c in done]
    assert audited() == []


def test_who_applies_twice_reads_that_it_is_in_hand_and_one_parent_is_granted() -> None:
    first = applied()
    with pytest.raises(ActionRejected) as caught:
        applied()
    assert "您为这一新生儿提交的申请正在办理" in caught.value.zh
    second = applied(by=FATHER)
    Engine().drain()  # both at once
    first, second = Application.objects.get(pk=first.pk), Application.objects.get(pk=second.pk)
    assert (first.state, second.state) == (State.APPROVED, State.REVIEW)
    assert Certificate.objects.count() == 1
    assert audited() == []


def test_a_stranger_who_was_first_keeps_no_parent_from_applying() -> None:
    """The numbers stand in a row: anybody may type one."""
    (strange,) = decide(applied(by=CITY.person(index("graduate"))))
    assert strange.state == State.REVIEW
    (case,) = decide(applied())
    assert case.state == State.APPROVED, results(case)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"place": "home"}, "hospital:unmet"),
        ({"father": None}, "both:unmet"),
        ({"born": "2026-01-01"}, "in_time:unmet"),
    ],
)
def test_what_needs_a_person_is_an_officers(changes: dict[str, Any], why: str) -> None:
    record(**changes)
    (case,) = decide(applied())
    assert case.state == State.REVIEW and why in case.handover


def test_a_third_surname_is_an_officers_and_a_wrong_number_comes_back() -> None:
    (case,) = decide(applied(child_name="欧阳安然"))
    assert case.state == State.REVIEW and case.handover == "surname:unmet"
    (case,) = decide(applied(birth_record="B999999999"))
    assert case.state == State.RETURNED
