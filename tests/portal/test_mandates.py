"""Applying online for a principal by a mandate, and every way round it."""

import datetime as dt

import pytest

from affairs import drafts, messages
from affairs.models import Message
from approvals import actions
from approvals.actions import NewApplication, Represents, mandates
from approvals.actions.submission import Key
from approvals.models import Application, Mandate
from ledger.clock import city_date, now
from people import identity
from people.errors import ActionRejected
from services import catalogue
from tests.approvals.cases import (
    answer_checks,
    audited,
    citizen,
    decide,
    graduate_answers,
    person,
    trader_answers,
)
from tests.counter.conftest import nobody_waits as nobody_waits
from tests.counter.desk import enter
from tests.portal.acting import (
    FOR,
    GUARDIAN,
    SERVICE,
    STRANGER,
    WARD,
    Walk,
    by_action,
    handed_in,
    mandate,
)

pytestmark = pytest.mark.usefixtures("furnished")


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
    assert mandates.of_agent(citizen(person(STRANGER)), now()) == []


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
