"""A company gets another representative: what the former one loses, and what stays its own."""

from typing import Any

import pytest
from django.core import mail

from affairs import delivery, messages
from affairs.models import MessageDelivery
from approvals.models import Application, Cosignature, Decision
from approvals.records.replay import fault
from certificates.models import Certificate
from exchange.models import Record
from ledger.clock import city_date, now
from people.errors import ActionRejected
from tests.approvals.cases import audited, person
from tests.counter.conftest import nobody_waits as nobody_waits
from tests.portal.enterprises import (
    APPLY,
    COMPANY,
    Walk,
    actor,
    agent,
    mandate,
    of_person,
    owned,
    publish,
    replace,
    subject,
)
from tests.portal.test_entity_services import applied, clear, settled

pytestmark = pytest.mark.usefixtures("furnished", "nobody_waits", "services")
NEW = "trader"  # the persona who takes office
AGENT = "graduate"
OWN = ("/", "/cases/", "/messages/", "/wallet/", "/mandates/", "/accesses/", "/qualify/")


@pytest.fixture
def services(furnished: None) -> None:
    publish()
    clear(COMPANY)


def change(walk: Walk, name: str = "", number: str = "", **more: Any) -> Application:
    """The form as a browser posts it, filled in from the registry but for who takes office."""
    record = Record.objects.get(subject=subject(COMPANY), registry="enterprise").data
    answers = {
        "_slash_entity_kind": "company",
        "_slash_trade_name": record["trade_name"],
        "_slash_scope": record["scope"],
        "_slash_premises": record["premises"],
        "_slash_decided_on": city_date(now()).isoformat(),
        **more,
    }
    if number:
        answers["_slash_representatives_slash_0_slash_name"] = name
        answers["_slash_representatives_slash_0_slash_number"] = number
    return applied(walk, "entity_change", **answers)


def named(walk: Walk, kind: str = NEW) -> Application:
    one = person(kind)
    return change(walk, one.name, one.number)


def sign(case: Application, kind: str = NEW, answer: str = "yes", **more: str) -> Any:
    client = Walk(kind).client
    page = client.get(f"/cases/{case.number}/sign/")
    assert page.status_code == 200 and owned(COMPANY).name in page.content.decode()
    return client.post(f"/cases/{case.number}/sign/", {"answer": answer, **more})


def fresh(case: Application) -> Application:
    return Application.objects.get(pk=case.pk)


def test_a_new_representative_has_all_of_the_company_and_the_old_one_nothing() -> None:
    old, name = Walk(COMPANY, COMPANY), owned(COMPANY).name
    first = settled(change(old))
    assert first.state == "approved", first.handover
    licence = Certificate.objects.get(application=first.number)
    in_hand = old.apply("春风")  # not decided when the representative changes
    old.fill("秋月")  # and a draft
    helper = agent(who=AGENT)
    assert helper.get(f"/cases/{in_hand.number}/").status_code == 200

    case = settled(named(old))
    assert case.state == "waiting", case.handover
    assert [c.signer for c in Cosignature.objects.all()] == [of_person(NEW)]
    assert Walk(NEW).act_for(COMPANY).status_code == 404  # not yet
    assert sign(case).status_code == 302
    assert old.get(f"/cases/{case.number}/").status_code == 200  # still theirs
    case = settled(fresh(case))
    assert case.state == "approved", case.handover

    over = old.get("/cases/")
    assert over.status_code == 403 and f"您已不能代表{name}办事" in old.page
    assert helper.get(f"/cases/{in_hand.number}/").status_code == 403
    paper = Certificate.objects.get(application=case.number)
    numbers = (first.number, case.number, in_hand.number)
    for walk in (old, helper):
        assert {walk.get(f"/cases/{number}/").status_code for number in numbers} == {404}
        assert walk.get(f"/cases/{in_hand.number}/receipt/").status_code == 404
        assert walk.get(f"/certificates/{paper.public_id}/").status_code == 404
        for path in (*OWN, APPLY):
            walk.get(path)
            is_theirs = walk is helper and path == "/mandates/"  # what they were named for
            for secret in (*numbers, "秋月", paper.public_id, *(() if is_theirs else (name,))):
                assert secret not in walk.page, (walk.who, path, secret)
        assert walk.act_for(COMPANY).status_code == 404
    with pytest.raises(ActionRejected, match="Neither the registry"):
        actor(COMPANY)

    new = Walk(NEW, COMPANY)
    assert {new.get(f"/cases/{number}/").status_code for number in numbers} == {200}
    assert all(number in new.get("/cases/").content.decode() for number in numbers)
    assert 'value="秋月"' in new.get(APPLY).content.decode()
    assert paper.public_id in new.get("/wallet/").content.decode()
    assert new.get(f"/certificates/{paper.public_id}/").status_code == 200
    assert case.number in new.get("/messages/").content.decode()
    assert person(AGENT).name in new.get("/mandates/").content.decode()

    versions = Certificate.objects.filter(number=licence.number).order_by("version")
    assert list(versions.values_list("state", flat=True)) == ["superseded", "valid"]
    assert paper.number == owned(COMPANY).uscc and paper.previous_id == licence.pk
    assert paper.holder == subject(COMPANY)

    # what the former one handed in goes on as the company's, and the new one may take it back
    in_hand = settled(in_hand)
    assert in_hand.state == "approved", in_hand.handover
    assert all(fault(decision) == "" for decision in Decision.objects.all())
    assert audited() == []


def test_what_a_former_representative_has_in_hand_the_new_one_takes_back() -> None:
    old = Walk(COMPANY, COMPANY)
    in_hand = settled(old.apply("春风", by_person="1"))
    assert in_hand.state == "review"
    case = settled(named(old))
    sign(case)
    assert settled(fresh(case)).state == "approved"
    new = Walk(NEW, COMPANY)
    new.get(f"/cases/{in_hand.number}/withdraw/")
    assert new.post(f"/cases/{in_hand.number}/withdraw/").status_code == 302
    assert fresh(in_hand).state == "withdrawn"
    assert audited() == []


def test_messages_go_no_more_where_a_former_representative_wanted_them() -> None:
    old = Walk(COMPANY, COMPANY)
    messages.choose(wishes=messages.Wishes("old@example.com"), by=actor(COMPANY), now=now())
    first = settled(old.apply("春风"))
    assert first.state == "approved" and delivery.run(now=now()) == 1
    assert [sent.to for sent in mail.outbox] == [["old@example.com"]]
    second = old.apply("秋月", by_person="1")
    replace(COMPANY, NEW)
    assert settled(second).state == "review"
    assert delivery.run(now=now()) == 1
    last = MessageDelivery.objects.latest("pk")
    assert (last.state, last.last_fault) == ("dead", "no longer wanted")
    assert len(mail.outbox) == 1
    new = Walk(NEW, COMPANY)
    assert "old@example.com" not in new.get("/messages/choices/").content.decode()
    messages.choose(wishes=messages.Wishes("new@example.com"), by=actor(NEW, COMPANY), now=now())
    new.get(f"/cases/{second.number}/withdraw/")
    assert new.post(f"/cases/{second.number}/withdraw/").status_code == 302
    third = settled(new.apply("冬雪"))
    assert third.state == "approved" and delivery.run(now=now()) >= 1
    assert {to for sent in mail.outbox[1:] for to in sent.to} == {"new@example.com"}


def test_nobody_is_made_representative_against_their_word() -> None:
    case = settled(named(Walk(COMPANY, COMPANY)))
    assert sign(case, answer="no", reason="我没有同意任职").status_code == 302
    case = fresh(case)
    assert case.state == "review" and "consent_denied" in case.handover
    assert Walk(NEW).act_for(COMPANY).status_code == 404
    assert not Certificate.objects.exists()


def test_who_is_dismissed_while_the_new_one_has_not_signed_names_nobody() -> None:
    """The registry has a third person meanwhile, by a court, say: an officer has the case."""
    case = settled(named(Walk(COMPANY, COMPANY)))
    replace(COMPANY, "elder")
    sign(case)
    case = settled(fresh(case))
    assert (case.state, case.handover) == ("review", "representative_changed")
    assert fault(Decision.objects.latest("at")) == ""
    record = Record.objects.get(subject=subject(COMPANY), registry="enterprise").data
    assert record["representative"] == of_person("elder")
    assert Walk(NEW).act_for(COMPANY).status_code == 404
    elder = Walk("elder", COMPANY)
    elder.get(f"/cases/{case.number}/withdraw/")
    assert elder.post(f"/cases/{case.number}/withdraw/").status_code == 302


def test_an_agent_who_names_themselves_has_not_signed_by_applying() -> None:
    mandate(agent=AGENT, service="entity_change")
    helper = Walk(AGENT, COMPANY)
    case = settled(named(helper, AGENT))
    assert case.state == "waiting", case.handover
    assert sign(case, AGENT).status_code == 422
    assert fresh(case).state == "waiting"
