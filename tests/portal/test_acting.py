"""Applying online for a child or a ward, and every way round it."""

import datetime as dt
import html
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
from django.core import signing
from django.db import DatabaseError, connection, transaction

from affairs.models import Message
from approvals import actions, policies, queries
from approvals.actions import Represents
from approvals.models import Application, Cosignature, Decision, Evidence, Representation
from approvals.records import binding
from approvals.records.binding import answers_digest
from approvals.records.replay import fault
from certificates.models import Certificate
from exchange import kinship
from exchange.models import Lookup
from ledger.clock import now
from people import actors, identity
from people.errors import ActionRejected
from people.models import User
from tests.approvals.cases import (
    answer_checks,
    audited,
    citizen,
    decide,
    graduate_answers,
    person,
    submit,
)
from tests.counter.conftest import nobody_waits as nobody_waits
from tests.counter.desk import enter, hidden
from tests.portal.acting import (
    FOR,
    FORM,
    GUARDIAN,
    SERVICE,
    STRANGER,
    WARD,
    Walk,
    by_action,
    handed_in,
    mandate,
    related,
)

pytestmark = pytest.mark.usefixtures("furnished")


def test_a_guardian_applies_and_the_case_is_the_wards() -> None:
    related(WARD, GUARDIAN)
    walk = Walk(GUARDIAN)
    assert walk.for_ward().status_code == 200 and person(WARD).name in walk.page
    assert person(WARD).number not in walk.page
    looked = Lookup.objects.filter(registry=kinship.REGISTRY).get()
    assert (looked.subject, looked.purpose) == (
        identity.index(person(WARD).number),
        f"guardian:{SERVICE}",
    )
    case = handed_in(walk)
    assert case.applicant == identity.index(person(WARD).number) and case.channel == "guardian"
    row = Representation.objects.get()
    assert (row.acting, row.relation) == ("guardian", "grandparent")
    answer_checks(case)
    case = decide(case)[0]
    assert case.state == "approved"
    receipt = Decision.objects.get().receipt
    assert b'"acting":"guardian"' in bytes(receipt) and b'"result":"met"' in bytes(receipt)
    assert Certificate.objects.get().holder == case.applicant
    assert Evidence.objects.filter(registry=kinship.REGISTRY).count() == 1
    page = walk.client.get(f"/cases/{case.number}/").content.decode()
    assert "监护人" in page and "亲属关系库" in page
    assert case.number in walk.client.get("/cases/").content.decode()
    paper = Certificate.objects.get().public_id
    assert walk.client.get(f"/certificates/{paper}/").status_code == 200
    assert enter(STRANGER).get(f"/certificates/{paper}/").status_code == 404
    told = Message.objects.filter(kind="decided").values_list("subject", flat=True)
    assert set(told) == {case.applicant, identity.index(person(GUARDIAN).number)}
    assert audited() == []


def test_a_relation_that_has_ended_meanwhile_leads_to_an_officer_who_reads_why() -> None:
    related(WARD, GUARDIAN)
    walk = Walk(GUARDIAN)
    walk.for_ward()
    case = handed_in(walk)
    related(WARD, None)
    answer_checks(case)
    case = decide(case)[0]
    assert case.state == "review" and "guardian_ended" in case.handover
    assert fault(Decision.objects.get()) == ""
    page = enter("clerk-hrss").get(f"/desk/approvals/application/{case.pk}/change/")
    text = page.content.decode()
    assert "亲属关系库中提交人已不是申请人的监护人" in text and person(GUARDIAN).name in text


def opened(walk: Walk, hours: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the form for the ward have been opened some hours ago."""
    then = time.time() - hours * 3600
    with monkeypatch.context() as patched:
        patched.setattr(signing, "time", SimpleNamespace(time=lambda: then))
        assert walk.for_ward().status_code == 200


def test_a_form_for_a_ward_goes_on_as_long_as_a_log_in_may_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    related(WARD, GUARDIAN)
    walk = Walk(GUARDIAN)
    opened(walk, 7, monkeypatch)
    assert walk.check().status_code == 200 and "consent" in walk.page


@pytest.mark.parametrize("why", ["old", "no_answer"])
def test_a_form_for_a_ward_that_cannot_go_on_asks_again_and_keeps_the_answers(
    why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    related(WARD, GUARDIAN)
    walk, answers = Walk(GUARDIAN), graduate_answers()
    opened(walk, 9 if why == "old" else 1, monkeypatch)
    if why == "no_answer":
        related(WARD, None)
    assert walk.check().status_code == 422 and hidden(walk.page)["filled_in"]
    related(WARD, GUARDIAN)
    who = person(WARD)
    kept = html.unescape(hidden(walk.page)["filled_in"][0])
    typed = {"/name": who.name, "/number": who.number, "/agreed": "true"}
    # another language, and a mistake, on the way: nothing of either page is lost
    page = walk.begin(**typed, filled_in=kept, switch="en").content.decode()
    assert 'lang="en"' in page and who.number in page and hidden(page)["filled_in"]
    assert walk.begin(**{**typed, "/number": "1"}, filled_in=kept).status_code == 422
    assert html.unescape(hidden(walk.page)["filled_in"][0]) == kept
    assert walk.begin(**typed, filled_in=kept).status_code == 200
    assert f'value="{answers["address"]}"' in walk.page
    assert walk.check().status_code == 200
    assert not Application.objects.exists()


@pytest.mark.parametrize("left", ["x", "7", "[1]", '[["/x"]]', '{"a": 1}', '[["/phone", {}]]'])
def test_a_form_that_nobody_left_is_shown_empty(left: str) -> None:
    related(WARD, GUARDIAN)
    who = person(WARD)
    typed = {"/name": who.name, "/number": who.number, "/agreed": "true"}
    assert Walk(GUARDIAN).begin(**typed, filled_in=left).status_code in (200, 422)


@pytest.mark.parametrize("who", [STRANGER, "trader_food"])
def test_nobody_applies_for_somebody_elses_child(who: str) -> None:
    related(WARD, GUARDIAN)
    walk = Walk(who)
    assert walk.for_ward().status_code == 422 and "没有查到您是此人的监护人" in walk.page
    assert not Lookup.objects.exclude(registry=kinship.REGISTRY).exists()
    with pytest.raises(ActionRejected) as refused:
        by_action(who, WARD, Represents("guardian"))
    assert refused.value.code == "no_guardian"
    assert not Application.objects.exists()


def test_what_a_page_carries_is_good_for_its_person_alone_and_cannot_be_made() -> None:
    related(WARD, GUARDIAN)
    walk = Walk(GUARDIAN)
    walk.for_ward()
    other = Walk(STRANGER)
    other.page = walk.page
    for page in (
        walk.page,
        walk.page.replace('name="represented" value="', 'name="represented" value="x'),
    ):
        other.page = page
        assert other.check().status_code == 422  # asked for whom
        assert person(WARD).name not in other.page and person(WARD).number not in other.page
    assert other.client.post(FORM, {"represented": "x"})["Location"] == FOR  # nothing to keep
    related(WARD, None)  # and asked anew at every step
    assert walk.check().status_code == 422
    assert not Application.objects.exists()


def test_a_minor_acts_for_nobody_and_nobody_as_their_own_guardian() -> None:
    related(WARD, "trader_minor")
    assert Walk("trader_minor").for_ward().status_code == 403
    related(WARD, WARD)
    assert Walk(WARD).for_ward().status_code == 422
    assert not Application.objects.exists()


def test_a_service_that_does_not_say_so_is_not_applied_for_for_others() -> None:
    related(WARD, GUARDIAN)
    assert enter(GUARDIAN).get("/services/limited_company/for/").status_code == 404
    with pytest.raises(ActionRejected) as refused:
        by_action(GUARDIAN, WARD, Represents("guardian"), "sole_trader")
    assert refused.value.code == "not_for_others"


def test_who_handed_it_in_does_not_sign_as_the_other_side() -> None:
    agent = citizen(person(STRANGER))
    case = by_action(STRANGER, WARD, Represents("agent", mandate().pk))
    asked = Cosignature.objects.create(
        application=case,
        signer=agent.code,
        answers_hash=answers_digest(case.answers),
        asked_at=now(),
        due_at=now() + dt.timedelta(days=5),
    )
    with pytest.raises(ActionRejected) as refused:
        actions.cosign(number=case.number, granted=True, by=agent, now=now())
    assert refused.value.code == "both_sides"
    asked.refresh_from_db()
    assert asked.state == "asked"
    with pytest.raises(DatabaseError), transaction.atomic():
        Cosignature.objects.filter(pk=asked.pk).update(state="granted", answered_at=now())


def test_postgresql_refuses_what_no_action_would_write() -> None:
    related(WARD, GUARDIAN)
    given = mandate()
    case = by_action(STRANGER, WARD, Represents("agent", given.pk))
    plain = submit("credit_hit")
    for statement in (
        "UPDATE approvals_application SET channel = 'agent' WHERE id = %(plain)s",
        "UPDATE approvals_representation SET representative_name = '别人'",
        "DELETE FROM approvals_representation",
        "UPDATE approvals_mandate SET service_id = 'sole_trader'",
        "INSERT INTO approvals_representation SELECT gen_random_uuid(), at, acting, representative,"
        " representative_number, representative_name, relation, %(plain)s, mandate_id"
        " FROM approvals_representation",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, {"plain": plain.pk, "case": case.pk})
    actions.end_mandate(key=given.pk, by=citizen(person(WARD)), now=now())
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE approvals_mandate SET ended_at = NULL, ended_by = ''")


def test_no_address_or_page_holds_a_number() -> None:
    related(WARD, GUARDIAN)
    walk = Walk(GUARDIAN)
    walk.for_ward()
    case = handed_in(walk)
    numbers = [person(who).number for who in (WARD, GUARDIAN)]
    for place in ("/cases/", f"/cases/{case.number}/", "/mandates/", FOR):
        text = walk.client.get(place).content.decode()
        assert not [n for n in numbers if n in text], place


def test_the_audit_says_where_who_acted_is_not_what_history_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    by_action(STRANGER, WARD, Represents("agent", mandate().pk))
    monkeypatch.setattr(binding, "representation_hash", lambda row: "0" * 64)
    (said,) = audited()
    assert "who acted for its applicant is not what its history says" in said


def test_a_guardian_whose_ward_an_officer_decides_on_need_not_come() -> None:
    ward, guardian = "capacity_limited", "elder"
    related(ward, guardian)
    walk = Walk(guardian)
    walk.for_ward(ward)
    case = handed_in(walk)
    answer_checks(case)
    assert decide(case)[0].state == "review"
    page = walk.client.get(f"/cases/{case.number}/").content.decode()
    assert "请到窗口办理" not in page and "具有完全民事行为能力" in page


def test_a_guardian_may_withdraw_and_an_officer_who_acted_sees_nothing_of_it() -> None:
    related(WARD, GUARDIAN)
    case = by_action(GUARDIAN, WARD, Represents("guardian"))
    clerk = actors.officer(User.objects.get(username="clerk-hrss"))
    assert queries.visible_to(clerk).filter(pk=case.pk).exists()
    acted = replace(clerk, person=identity.index(person(GUARDIAN).number))
    assert not queries.visible_to(acted).filter(pk=case.pk).exists()
    assert policies.is_party(acted, case) and not policies.is_party(clerk, case)
    answer_checks(case)
    related(WARD, None)
    case = decide(case)[0]
    actions.withdraw(number=case.number, by=citizen(person(GUARDIAN)), now=now())
    assert Application.objects.get().state == "withdrawn"
