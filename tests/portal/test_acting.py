"""Applying online for a child, a ward or a principal, and every way round it."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from affairs import drafts, messages
from affairs.models import Message
from approvals import actions, policies, queries
from approvals.actions import NewApplication, Represents, mandates
from approvals.actions.submission import Key
from approvals.models import Application, Cosignature, Decision, Evidence, Mandate, Representation
from approvals.records import binding
from approvals.records.binding import answers_digest
from approvals.records.replay import fault
from certificates.models import Certificate
from exchange import kinship
from exchange.models import Lookup, Record
from ledger.clock import city_date, now
from people import actors, identity
from people.errors import ActionRejected
from people.models import User
from services import catalogue
from tests.approvals.cases import (
    answer_checks,
    audited,
    citizen,
    decide,
    graduate_answers,
    person,
    submit,
    trader_answers,
)
from tests.counter.conftest import nobody_waits as nobody_waits
from tests.counter.desk import enter, hidden

pytestmark = pytest.mark.usefixtures("furnished")
WARD, GUARDIAN, STRANGER = "graduate", "elder", "trader"
SERVICE = "graduate_settlement"
FOR, FORM = f"/services/{SERVICE}/for/", f"/services/{SERVICE}/for/form/"


def related(ward: str, guardian: str | None, relation: str = "grandparent") -> None:
    """Let the registry of kinship have this guardian, or none."""
    index = identity.index(person(guardian).number) if guardian else ""
    found = [{"person": index, "relation": relation}]
    Record.objects.update_or_create(
        subject=identity.index(person(ward).number),
        registry=kinship.REGISTRY,
        defaults={"data": {"guardians": found if guardian else []}, "updated_at": now()},
    )


def mandate(principal: str = WARD, agent: str = STRANGER, service: str = SERVICE) -> Mandate:
    named = person(agent)
    return actions.give_mandate(
        number=named.number,
        name=named.name,
        service=service,
        until=city_date(now()) + dt.timedelta(days=30),
        by=citizen(person(principal)),
        now=now(),
    )


class Walk:
    """Somebody's pages from for whom to the end, as a browser posts them."""

    def __init__(self, who: str) -> None:
        self.client, self.page = enter(who), ""

    def begin(self, **chosen: str) -> Any:
        return self._keep(self.client.post(FOR, chosen))

    def for_ward(self, ward: str = WARD) -> Any:
        who = person(ward)
        return self.begin(**{"/name": who.name, "/number": who.number, "/agreed": "true"})

    def check(self) -> Any:
        answers = {f"/{k}": v for k, v in graduate_answers().items() if k != "consent"}
        return self._keep(self.client.post(FORM, {**hidden(self.page), **answers, "step": "check"}))

    def submit(self, **more: str) -> Any:
        sent = {**hidden(self.page), "/consent": "true", "step": "submit", **more}
        return self._keep(self.client.post(FORM, sent))

    def _keep(self, answer: Any) -> Any:
        self.page = answer.content.decode()
        return answer


def handed_in(walk: Walk) -> Application:
    for answer in (walk.check(), walk.submit()):
        assert answer.status_code in (200, 302), walk.page[:3000]
    return Application.objects.get()


def by_action(who: str, ward: str, represents: Represents, service: str = SERVICE) -> Application:
    new = NewApplication(
        service=service,
        applicant=person(ward),
        answers=graduate_answers(),
        channel=represents.acting,
        key=Key("k" * 32, b"0" * 32),
        represents=represents,
    )
    return actions.submit(new=new, by=citizen(person(who)), now=now())


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
    assert other.check().status_code == 302  # to the choice of for whom
    other.page = walk.page.replace('name="represented" value="', 'name="represented" value="x')
    assert other.check().status_code == 302
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


def test_an_agent_applies_by_a_mandate_and_the_principal_follows_and_may_stop_it() -> None:
    given = mandate()
    walk = Walk(STRANGER)
    assert person(WARD).name in walk.client.get(FOR).content.decode()
    assert walk.begin(mandate=str(given.pk)).status_code == 200
    case = handed_in(walk)
    assert case.applicant == identity.index(person(WARD).number) and case.channel == "agent"
    principal = enter(WARD)
    assert case.number in principal.get("/cases/").content.decode()
    page = principal.get(f"/cases/{case.number}/").content.decode()
    assert person(STRANGER).name in page and "依申请人本人登录后作出的委托" in page
    assert case.number in principal.get("/mandates/").content.decode()
    assert "有人代您提交了申请" in principal.get("/messages/").content.decode()
    for deed in ("withdraw", "contest", "deliver"):
        posted = walk.client.post(f"/cases/{case.number}/{deed}/", {"version": 1, "reason": "x"})
        assert posted.status_code in (403, 404), deed
    assert walk.client.get(f"/cases/{case.number}/").status_code == 200
    assert principal.post(f"/mandates/{given.pk}/end/").status_code == 302
    assert walk.client.get(f"/cases/{case.number}/").status_code == 404
    kinds = Message.objects.filter(subject=identity.index(person(STRANGER).number))
    assert {"mandate_given", "mandate_ended"} <= set(kinds.values_list("kind", flat=True))
    assert audited() == []


def test_after_the_end_of_a_mandate_nothing_is_handed_in_by_it() -> None:
    given = mandate()
    walk = Walk(STRANGER)
    walk.begin(mandate=str(given.pk))
    walk.check()
    actions.end_mandate(key=given.pk, by=citizen(person(WARD)), now=now())
    assert walk.submit().status_code == 404 and "没有有效的委托" in walk.page
    assert Walk(STRANGER).begin(mandate=str(given.pk)).status_code == 404
    assert not Application.objects.exists()
    with pytest.raises(ActionRejected, match="over already"):
        actions.end_mandate(key=given.pk, by=citizen(person(STRANGER)), now=now())


@pytest.mark.parametrize("what", ["service", "principal", "agent", "term"])
def test_a_mandate_is_for_one_service_principal_and_agent_and_a_term(what: str) -> None:
    given = mandate(service="sole_trader" if what == "service" else SERVICE)
    who, ward = ("elder" if what == "agent" else STRANGER), WARD
    if what == "principal":
        ward = "credit_hit"
    moment = now() + dt.timedelta(days=40 if what == "term" else 0)
    with pytest.raises(ActionRejected) as refused:
        mandates.usable(
            given.pk, SERVICE, identity.index(person(ward).number), citizen(person(who)), moment
        )
    assert refused.value.code == "no_mandate"
    if what != "term":
        with pytest.raises(ActionRejected):
            by_action(who, ward, Represents("agent", given.pk))
    assert not Application.objects.exists()


def test_a_mandate_is_given_on_its_page_and_bad_input_is_named() -> None:
    client, agent = enter(WARD), person(STRANGER)
    good = {
        "/service": SERVICE,
        "/name": agent.name,
        "/number": agent.number.lower(),
        "/until": (city_date(now()) + dt.timedelta(days=9)).isoformat(),
    }
    wrong = [
        {"/number": person(WARD).number},
        {"/number": "110105194912310021"},
        {"/name": "<b>"},
        {"/until": "2020-01-01"},
        {"/until": "9999-12-31"},
        {"/service": "limited_company"},
        {"/name": ""},
    ]
    for change in wrong:
        answer = client.post("/mandates/", {**good, **change})
        assert answer.status_code == 422, change
        assert 'id="problems"' in answer.content.decode()
    assert not Mandate.objects.exists()
    assert client.post("/mandates/", good).status_code == 302
    page = client.get("/mandates/").content.decode()
    assert agent.name in page and agent.number not in page
    assert client.post("/mandates/", good).status_code == 422  # it is given already
    assert enter("elder").post(f"/mandates/{Mandate.objects.get().pk}/end/").status_code == 404


def test_a_name_that_is_not_the_agents_gives_them_nothing() -> None:
    actions.give_mandate(
        number=person(STRANGER).number,
        name="别人",
        service=SERVICE,
        until=city_date(now()),
        by=citizen(person(WARD)),
        now=now(),
    )
    assert mandates.given_to(citizen(person(STRANGER)), now()) == []


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


def test_a_draft_of_the_principal_stays_and_the_agents_phone_is_not_offered_to_them() -> None:
    book = catalogue.rulebook(catalogue.current(SERVICE, city_date(now())))
    principal = citizen(person(WARD))
    drafts.save(book=book, answers=graduate_answers(), by=principal, now=now())
    new = NewApplication(
        service=SERVICE,
        applicant=person(WARD),
        answers=graduate_answers(phone="13800000000"),
        channel="agent",
        key=Key("k" * 32, b"0" * 32),
        represents=Represents("agent", mandate().pk),
    )
    actions.submit(new=new, by=citizen(person(STRANGER)), now=now())
    assert drafts.find(SERVICE, principal, now()) is not None
    assert messages.phone_in_answers(principal) == ""


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


def test_an_agent_corrects_what_was_returned_as_long_as_the_mandate_lasts() -> None:
    given = mandate("trader_unknown_address", GUARDIAN, "sole_trader")
    agent = citizen(person(GUARDIAN))
    new = NewApplication(
        service="sole_trader",
        applicant=person("trader_unknown_address"),
        answers=trader_answers(premises="440305-0000000"),
        channel="agent",
        key=Key("k" * 32, b"0" * 32),
        represents=Represents("agent", given.pk),
    )
    case = actions.submit(new=new, by=agent, now=now())
    answer_checks(case)
    assert decide(case)[0].state == "returned"
    page = enter(GUARDIAN).get(f"/cases/{case.number}/correct/")
    assert page.status_code == 200
    stranger = citizen(person(STRANGER))
    with pytest.raises(ActionRejected) as refused:
        actions.resubmit(number=case.number, answers=trader_answers(), by=stranger, now=now())
    assert refused.value.status == 404
    actions.resubmit(number=case.number, answers=trader_answers(), by=agent, now=now())
    assert Application.objects.get().round == 2
    actions.end_mandate(key=given.pk, by=agent, now=now())
    with pytest.raises(ActionRejected) as refused:
        actions.resubmit(number=case.number, answers=trader_answers(), by=agent, now=now())
    assert refused.value.status == 404
    assert audited() == []
