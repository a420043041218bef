"""An offer as its citizen has it: found, read, agreed to by one tap, or declined."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import Client
from lxml import html

from affairs import accesses, messages
from affairs import words as message_words
from approvals.actions import Applicant
from approvals.models import Application
from approvals.progress import waiting
from entitlements.models import Entitlement
from exchange.models import Lookup, Record
from ledger import clock
from offers.actions import answering, ending
from offers.models import Offer
from people import identity
from people.errors import ActionRejected
from tests.affairs.people import of
from tests.approvals.cases import answer_checks, decide, person, submit
from tests.offers.city import SERVICE, WHO, enter, offer, scan

pytestmark = pytest.mark.usefixtures("furnished")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No engine runs here, so a page waits for none."""
    monkeypatch.setattr(waiting.Waiter, "wait", lambda self, seconds: None)


def page(client: Client, one: Offer) -> html.HtmlElement:
    response = client.get(f"/offers/{one.pk}/")
    assert response.status_code == 200
    return html.fromstring(response.content.decode())


def tap(client: Client, one: Offer, answer: str) -> object:
    shown = page(client, one)
    (edition,) = shown.xpath("//input[@name='edition']/@value")
    return client.post(f"/offers/{one.pk}/", {"edition": edition, "answer": answer})


def accept(one: Offer, now: dt.datetime | None = None) -> Application:
    return answering.accept(
        key=one.pk, applicant=person(WHO), edition=1, by=of(WHO), now=now or clock.now()
    )


def test_the_first_page_and_the_inbox_say_it() -> None:
    scan()
    client = enter(WHO)
    for address in ("/", "/cases/"):
        text = html.fromstring(client.get(address).content.decode())
        (link,) = text.xpath(f"//a[@href='/offers/{offer().pk}/' and not(ancestor::*[@id='news'])]")
        assert "高龄老人津贴" in link.text_content()
    message = messages.inbox(of(WHO)).get()
    assert message_words.page(message) == f"/offers/{offer().pk}/"
    assert identity.index(person(WHO).number) not in message_words.full(message)


def test_the_page_says_what_it_is_how_they_were_found_and_what_was_read() -> None:
    made = scan()
    text = " ".join(page(enter(WHO), offer()).text_content().split())
    assert "每月 200 元" in text and "年满 80 周岁" in text
    for registry in ("人口基础信息库", "死亡信息库", "社会救助与福利发放信息库"):
        assert registry in text
    assert "老年人权益保障法" in text and str(made.records) in text
    assert person(WHO).number not in text
    english = " ".join(page(enter(WHO, "en"), offer()).text_content().split())
    assert "200 yuan a month" in english and "conditions are met" in english


def test_one_tap_hands_in_an_application_and_the_machine_approves() -> None:
    scan()
    client, one = enter(WHO), offer()
    response = tap(client, one, "agree")
    case = Application.objects.get(service=SERVICE)
    assert response["Location"] == f"/cases/{case.number}/"
    one.refresh_from_db()
    assert (one.state, one.application) == ("accepted", case.number)
    assert case.answers == {"consent": True} and case.applicant_name == person(WHO).name
    answer_checks(case)
    (case,) = decide(case)
    assert case.state == "approved"
    read = Lookup.objects.filter(purpose=f"offer:{SERVICE}")
    assert {row.registry for row in read} == {"population", "death", "assistance"}


def test_a_second_tap_makes_no_second_case() -> None:
    scan()
    client, one = enter(WHO), offer()
    shown = page(client, one)
    (edition,) = shown.xpath("//input[@name='edition']/@value")
    sent = {"edition": edition, "answer": "agree"}
    first = client.post(f"/offers/{one.pk}/", sent)
    second = client.post(f"/offers/{one.pk}/", sent)
    assert first["Location"] == second["Location"]
    assert Application.objects.filter(service=SERVICE).count() == 1
    assert accept(one).number in first["Location"]


def test_who_declines_is_not_asked_again_for_a_year() -> None:
    at = clock.now()
    scan(at)
    client, one = enter(WHO), offer()
    tap(client, one, "decline")
    one.refresh_from_db()
    assert one.state == "declined" and not Application.objects.filter(service=SERVICE).exists()
    assert "不需要" in page(client, one).text_content()
    again = scan(at + dt.timedelta(days=364))
    assert again.counts["answered"] == 1
    assert not Offer.objects.filter(subject=one.subject, state="open").exists()
    scan(at + dt.timedelta(days=367))
    assert Offer.objects.filter(subject=one.subject, state="open").exists()


def test_who_has_it_or_has_applied_has_no_offer() -> None:
    at = clock.now()
    scan(at)
    case = accept(offer(), at)
    later = scan(at + dt.timedelta(days=400))
    assert later.counts["in_hand"] == 1
    answer_checks(case)
    decide(Application.objects.get(pk=case.pk))
    later = scan(at + dt.timedelta(days=401))
    assert later.counts["holds"] == 1 and "in_hand" not in later.counts
    mine = Offer.objects.filter(subject=of(WHO).code).order_by("-made_at").first()
    assert mine is not None and mine.state == "accepted"


@pytest.mark.parametrize("answer", ["agree", "decline"])
def test_an_offer_is_nobody_elses(answer: str) -> None:
    scan()
    one = offer()
    for client, status in ((enter("graduate"), 404), (Client(), 302)):
        assert client.get(f"/offers/{one.pk}/").status_code == status
        assert client.post(f"/offers/{one.pk}/", {"answer": answer}).status_code == status
    with pytest.raises(ActionRejected):
        answering.decline(key=one.pk, by=of("graduate"), now=clock.now())
    with pytest.raises(ActionRejected):
        answering.accept(
            key=one.pk, applicant=person("graduate"), edition=1, by=of("graduate"), now=clock.now()
        )
    one.refresh_from_db()
    assert one.state == "open"


def test_nobody_agrees_in_anothers_name() -> None:
    scan()
    other = Applicant("person", person("graduate").number, person("graduate").name)
    with pytest.raises(ActionRejected):
        answering.accept(key=offer().pk, applicant=other, edition=1, by=of(WHO), now=clock.now())
    assert offer().state == "open" and not Application.objects.filter(service=SERVICE).exists()


def test_what_was_read_stays_logged_where_nothing_comes_of_it() -> None:
    scan()
    with pytest.raises(ActionRejected):
        answering.accept(
            key=offer().pk, applicant=person(WHO), edition=9, by=of(WHO), now=clock.now()
        )
    read = Lookup.objects.filter(purpose=f"offer:{SERVICE}")
    assert {row.registry for row in read} == {"population", "death", "assistance"}
    assert offer().state == "open" and not Application.objects.filter(service=SERVICE).exists()


def test_what_has_ended_is_not_taken_and_says_why() -> None:
    at = clock.now()
    scan(at)
    client, one = enter(WHO), offer()
    shown = page(client, one)
    (edition,) = shown.xpath("//input[@name='edition']/@value")
    ending.expire(now=at + dt.timedelta(days=91))
    response = client.post(f"/offers/{one.pk}/", {"edition": edition, "answer": "agree"})
    assert response.status_code == 409
    text = response.content.decode()
    assert "推荐已结束" in text and f"/services/{SERVICE}/" in text
    assert client.post(f"/offers/{one.pk}/", {"answer": "decline"}).status_code == 409


@pytest.mark.parametrize(
    ("registry", "changes", "reason"),
    [
        ("population", {"alive": False}, "living:unmet"),
        ("death", {"date": "2026-11-01"}, "no_death_record:unmet"),
        ("population", {"hukou_city": "4401"}, "local:unmet"),
    ],
)
def test_what_changed_after_the_scan_is_judged_anew_and_not_approved(
    registry: str, changes: dict[str, object], reason: str
) -> None:
    """Before anybody has looked again: the offer is open still, and its facts no longer hold."""
    scan()
    client, one = enter(WHO), offer()
    record(registry, changes)
    response = tap(client, one, "agree")
    case = Application.objects.get(service=SERVICE)
    assert response["Location"] == f"/cases/{case.number}/"
    answer_checks(case)
    (case,) = decide(case)
    assert case.state == "review" and reason in (case.handover or ""), case.handover
    assert not Entitlement.objects.exists()
    assert tap_again(client, one) == f"/cases/{case.number}/"
    assert Application.objects.filter(service=SERVICE).count() == 1


def record(registry: str, changes: dict[str, object]) -> None:
    """What a registry's keeper delivers of whoever has the offer."""
    subject = identity.index(person(WHO).number)
    row = Record.objects.filter(registry=registry, subject=subject).first()
    if row is None:
        Record.objects.create(
            registry=registry, subject=subject, data=changes, updated_at=clock.now()
        )
    else:
        Record.objects.filter(pk=row.pk).update(data={**row.data, **changes})


def tap_again(client: Client, one: Offer) -> str:
    response = client.post(f"/offers/{one.pk}/", {"edition": "", "answer": "agree"})
    return str(response.headers.get("Location", ""))


def test_who_has_applied_by_the_form_makes_no_second_case_by_the_offer() -> None:
    scan()
    client, one = enter(WHO), offer()
    shown = page(client, one)
    (edition,) = shown.xpath("//input[@name='edition']/@value")
    first = submit(service=SERVICE, applicant=person(WHO), answers={"consent": True})
    response = client.post(f"/offers/{one.pk}/", {"edition": edition, "answer": "agree"})
    assert response.status_code == 409 and first.number in response.content.decode()
    assert Application.objects.get(service=SERVICE) == first


@pytest.mark.parametrize("edition", ["", "forged", "old_age_allowance:1:x:y"])
def test_a_page_that_showed_nothing_is_shown_again(edition: str) -> None:
    scan()
    client, one = enter(WHO), offer()
    response = client.post(f"/offers/{one.pk}/", {"edition": edition, "answer": "agree"})
    assert response.status_code == 409
    one.refresh_from_db()
    assert one.state == "open"
    assert client.post(f"/offers/{one.pk}/", {"answer": "perhaps"}).status_code == 200


def test_everybody_reads_that_the_city_was_gone_through_and_only_the_drawn_the_rest() -> None:
    made = scan()
    mine = [one for one in accesses.of(of(WHO)) if one.kind == "scan"]
    assert len(mine) == 3 and all("高龄老人津贴" in one.who for one in mine)
    young = [one for one in accesses.of(of("graduate")) if one.kind == "scan"]
    assert len(young) == 1 and "出生日期" in young[0].what
    assert str(made.records) in young[0].result
    assert "老年人权益保障法 §33" in young[0].law
    assert enter("graduate").get("/accesses/").status_code == 200
    assert accesses.export(of("graduate"), clock.now())["entries"]


REFUSED = [
    "UPDATE offers_offer SET state = 'accepted', ended_at = now(), application = 'GS1'",
    "UPDATE offers_offer SET subject = repeat('0', 32)",
    "UPDATE offers_offer SET inputs = '{}'",
    "UPDATE offers_offer SET expires_on = expires_on + 1",
    "DELETE FROM offers_offer",
    "UPDATE offers_scan SET missed = 0",
    "DELETE FROM offers_scan",
    "UPDATE offers_scanreading SET records = 1",
    "UPDATE offers_scanorder SET ended_at = now()",
    "INSERT INTO offers_offer (id, scan_id, service_id, subject, region, inputs, state, made_at,"
    " checked_at, expires_on, reason, application) SELECT gen_random_uuid(), id, service_id,"
    " repeat('ab', 16), '', '{}', 'open', now(), now(), current_date, '', '' FROM offers_scan",
    'INSERT INTO offers_scanorder (id, service_id, "by", at, attempts, fault) SELECT'
    " gen_random_uuid(), service_id, 'officer:clerk-hrss', now(), 0, '' FROM offers_scan",
]


@pytest.mark.parametrize("statement", REFUSED)
def test_postgresql_refuses(statement: str) -> None:
    scan()
    with connection.cursor() as cursor, pytest.raises(DatabaseError):  # noqa: SIM117
        with transaction.atomic():
            cursor.execute(statement)


def test_an_offer_ends_once() -> None:
    scan()
    answering.decline(key=offer().pk, by=of(WHO), now=clock.now())
    with pytest.raises(DatabaseError), transaction.atomic():
        Offer.objects.update(state="open", ended_at=None)
