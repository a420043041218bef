"""Enterprises apply in the portal: who may act for them, and every way round it."""

import pytest

from affairs import drafts, messages
from affairs.models import Draft, Message
from approvals.models import Application, Decision, Representation
from approvals.records.replay import fault
from certificates.models import Certificate
from exchange.models import Lookup
from ledger.clock import now
from ledger.models import Event
from people import identity
from people.models import Enterprise
from tests.approvals.cases import answer_checks, audited, decide, person
from tests.counter.conftest import nobody_waits as nobody_waits
from tests.counter.desk import enter
from tests.portal.enterprises import (
    APPLY,
    COMPANY,
    SERVICE,
    SHOP,
    STRANGER,
    Walk,
    actor,
    owned,
    publish,
    source,
    subject,
)
from tests.services.editions import published
from tests.services.packs import changed

LEGAL = "企业法定代表人"
pytestmark = pytest.mark.usefixtures("furnished", "nobody_waits", "services")


@pytest.fixture
def services(furnished: None) -> None:
    publish()


@pytest.mark.parametrize("who", [COMPANY, SHOP])
def test_a_representative_applies_and_the_case_is_the_enterprises(who: str) -> None:
    walk, one = Walk(who), owned(who)
    led = walk.get(APPLY)
    assert led.status_code == 302 and led["Location"] == f"/acting/?next={APPLY}"
    assert one.name in walk.get(led["Location"]).content.decode()
    assert one.uscc not in walk.page
    assert walk.act_for(who, onward=APPLY)["Location"] == APPLY
    assert one.name in walk.get(APPLY).content.decode() and "代表" in walk.page
    case = walk.apply()
    assert (case.applicant, case.applicant_kind) == (subject(who), "enterprise")
    assert (case.applicant_name, case.channel) == (one.name, "statutory")
    row = Representation.objects.get()
    assert (row.acting, row.representative) == ("statutory", identity.index(person(who).number))
    event = Event.objects.get(subject=case.subject, kind="submitted")
    assert event.by == f"citizen:{row.representative}" and '"acting":"statutory"' in event.data
    answer_checks(case)
    case = decide(case)[0]
    assert case.state == "approved"
    receipt = Decision.objects.get()
    assert b'"acting":"statutory"' in bytes(receipt.receipt) and fault(receipt) == ""
    paper = Certificate.objects.get()
    assert paper.holder == subject(who)
    assert case.number in walk.get("/cases/").content.decode()
    page = walk.get(f"/cases/{case.number}/").content.decode()
    assert LEGAL in page and person(who).name in page and "商事主体库" in page
    for path in ("/wallet/", f"/certificates/{paper.public_id}/", "/messages/", "/accesses/"):
        assert walk.get(path).status_code == 200, path
    assert paper.public_id in walk.get("/wallet/").content.decode()
    assert list(Message.objects.filter(case=case.number).values_list("subject", flat=True)) == [
        subject(who)
    ]
    assert audited() == []


def test_who_represents_an_enterprise_comes_online_as_anybody_does() -> None:
    code, old = "shop_window", "applicant: enterprise"
    text = changed(old, f"{old}\nchannels: [online]", source(code))
    published(text, now(), file=f"{code}.yaml")
    case = Walk(COMPANY, COMPANY).apply(path=f"/services/{code}/apply/")
    assert case.channel == "statutory"


def test_as_themselves_they_see_nothing_of_it_and_leaving_is_one_tap() -> None:
    walk = Walk(COMPANY, COMPANY)
    case = walk.apply()
    assert walk.leave().status_code == 302
    assert owned(COMPANY).name not in walk.get("/").content.decode()
    for path in (f"/cases/{case.number}/", f"/cases/{case.number}/state/"):
        assert walk.get(path).status_code == 404
    assert case.number not in walk.get("/cases/").content.decode()
    assert walk.get(APPLY).status_code == 302


def test_the_desk_names_person_and_capacity() -> None:
    case = Walk(COMPANY, COMPANY).apply(by_person="1")
    answer_checks(case)
    case = decide(case)[0]
    assert case.state == "review"
    page = enter("clerk-market").get(f"/desk/approvals/application/{case.pk}/change/")
    text = page.content.decode()
    assert person(COMPANY).name in text and LEGAL in text and "商事主体库" in text
    assert person(COMPANY).number not in text


def test_nobody_acts_for_what_is_not_theirs_and_nothing_is_enumerated() -> None:
    walk = Walk(STRANGER)
    answers = []
    for wanted in ("", "x" * 32, subject(COMPANY), owned(COMPANY).uscc, owned(COMPANY).name):
        answer = walk.client.post("/acting/", {"enterprise": wanted})
        answers.append((answer.status_code, owned(COMPANY).name in answer.content.decode()))
    assert set(answers) == {(404, False)}
    assert walk.act_for(COMPANY).status_code == 404  # the mark that is right for it and for them
    assert walk.get("/acting/").status_code == 200 and owned(COMPANY).name not in walk.page
    assert not Enterprise.objects.exists()


def test_each_look_up_is_there_for_the_person_and_the_enterprise() -> None:
    walk = Walk(COMPANY, COMPANY)
    walk.apply()
    mine = Lookup.objects.filter(subject=identity.index(person(COMPANY).number))
    assert {row.purpose for row in mine} == {"representative", f"representative:{SERVICE}"}
    page = walk.get("/accesses/").content.decode()
    assert "您本人" in page or "页面" in page
    walk.leave()
    assert "可以代表哪些企业" in walk.get("/accesses/").content.decode()


def test_while_nothing_has_changed_no_page_asks_the_registry_again() -> None:
    walk = Walk(COMPANY, COMPANY)
    asked = Lookup.objects.count()
    for path in ("/cases/", "/messages/", "/wallet/", "/"):
        assert walk.get(path).status_code == 200
    assert Lookup.objects.count() == asked


def test_drafts_messages_and_offers_are_the_enterprises() -> None:
    walk = Walk(COMPANY, COMPANY)
    walk.fill("春风")
    assert Draft.objects.get().subject == subject(COMPANY)
    assert drafts.find(SERVICE, actor(COMPANY), now()).answers == {"text": "春风"}
    assert 'value="春风"' in walk.get(APPLY).content.decode()
    assert "招牌" not in Walk(COMPANY).get("/cases/").content.decode()
    chosen = walk.get("/messages/choices/")
    assert chosen.status_code == 200
    assert walk.post("/messages/choices/", email="a@example.com").status_code == 302
    assert messages.wishes(actor(COMPANY)).email == "a@example.com"
    offered = walk.get("/qualify/").content.decode()
    assert "应届" not in offered
    assert "事项名称" in walk.post("/qualify/", agree="1").content.decode()
    case = walk.apply("春风")
    assert not Draft.objects.exists()
    assert Application.objects.get() == case
