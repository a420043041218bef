"""Messages: each with what it tells of, to one person, and nobody writes one by hand."""

import datetime as dt

import pytest
from django.db import connection

from affairs import messages, words
from affairs.kinds import NO_MESSAGE, OF_APPLICATION, MessageKind
from affairs.models import Message
from approvals import actions
from approvals.words import EVENTS
from certificates.actions import lifecycle
from certificates.models import Certificate
from counter import actions as counter
from ledger.clock import now
from people.errors import ActionRejected
from tests.affairs.people import of, refused
from tests.approvals.cases import answer_checks, citizen, decide, person, settled, submit
from tests.approvals.test_signing import company
from tests.counter.desk import enter
from tests.counter.test_appointments import book, slot

pytestmark = pytest.mark.usefixtures("furnished")


def kinds(username: str) -> list[str]:
    return [message.kind for message in messages.inbox(of(username)).order_by("at", "id")]


def test_every_kind_of_event_brings_a_message_or_says_why_not() -> None:
    assert OF_APPLICATION.keys() | NO_MESSAGE.keys() == EVENTS.keys()
    assert not OF_APPLICATION.keys() & NO_MESSAGE.keys()


def test_every_kind_has_its_words_and_names_nobody() -> None:
    assert words.SENTENCES.keys() == set(MessageKind)


def test_a_decision_of_the_machine_brings_one_message_to_the_applicant_alone() -> None:
    case = settled("graduate")
    assert case.state == "approved"
    assert kinds("graduate") == ["decided"]
    message = messages.inbox(of("graduate")).get()
    assert (message.case, message.topic) == (case.number, case.subject)
    assert message.at == case.settled_at
    assert kinds("criminal") == []


def test_a_case_with_an_officer_brings_its_messages_in_order() -> None:
    case = settled("credit_hit")
    clerk = of("clerk-hrss")
    actions.take(number=case.number, by=clerk, now=now())
    actions.refuse(number=case.number, reason="列入失信名单", by=clerk, now=now())
    assert kinds("credit_hit") == ["with_officer", "decided"]


def test_whoever_must_sign_has_a_message_and_the_applicant_of_each_answer() -> None:
    one, other = person("trader"), person("trader_ban_over")
    case = submit("trader", "limited_company", answers=company((one, other)))
    answer_checks(case)
    decide(case)
    asked = Message.objects.get(kind="signature_asked")
    assert (asked.subject, asked.case) == (citizen(other).code, case.number)
    actions.cosign(number=case.number, granted=True, by=citizen(other), now=now())
    signed = Message.objects.get(kind="signed")
    assert (signed.subject, signed.case) == (citizen(one).code, case.number)


def test_an_appointment_brings_a_message_when_booked_moved_and_cancelled() -> None:
    row = book(of("graduate"))
    by = of("graduate")
    counter.move(appointment=row.pk, counter="hrss", starts_at=slot(2).starts_at, by=by, now=now())
    counter.cancel(appointment=row.pk, by=by, now=now())
    found = ["appointment_booked", "appointment_moved", "appointment_cancelled"]
    assert kinds("graduate") == found


def test_a_certificate_that_changes_or_ends_soon_brings_a_message_once() -> None:
    case = settled("graduate")
    paper = Certificate.objects.get(application=case.number)
    lifecycle.suspend(public_id=paper.public_id, reason="核实中", by=of("clerk-hrss"), now=now())
    assert kinds("graduate") == ["decided", "certificate_changed"]
    later = now() + dt.timedelta(days=3650)
    with connection.cursor() as cursor:
        for _twice in range(2):
            cursor.execute(
                "SELECT affairs_note_certificates(%s, %s, %s)",
                [paper.issued_at.date(), dt.date(9998, 1, 1), later],
            )
    assert kinds("graduate").count("certificate_ending") == (1 if paper.expires_on else 0)


def test_nobody_writes_changes_or_deletes_a_message_not_even_past_django() -> None:
    settled("graduate")
    copy = "INSERT INTO affairs_message SELECT gen_random_uuid(), subject, kind, topic, 'x', at"
    assert "permission denied" in refused(f"{copy} FROM affairs_message")
    for change in ("subject = repeat('0', 32)", "kind = 'returned'", "topic = 'x'", "at = now()"):
        refused(f"UPDATE affairs_message SET {change}")
    refused("DELETE FROM affairs_message")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE affairs_message SET read_at = now()")
        assert cursor.rowcount == 1


def test_another_persons_message_is_not_there() -> None:
    settled("graduate")
    key = messages.inbox(of("graduate")).get().pk
    with pytest.raises(ActionRejected) as refusal:
        messages.read(key=key, by=of("criminal"), now=now())
    assert refusal.value.status == 404
    assert enter("criminal").get(f"/messages/{key}/").status_code == 404
    assert messages.inbox(of("graduate")).get().read_at is None


def test_the_header_counts_what_is_not_read_and_a_page_reads_it() -> None:
    case = settled("graduate")
    client = enter("graduate")
    assert 'class="count"' in client.get("/").content.decode()
    listed = client.get("/messages/").content.decode()
    assert "您的办件已作出决定" in listed and case.number in listed
    key = messages.inbox(of("graduate")).get().pk
    page = client.get(f"/messages/{key}/")
    assert f"/cases/{case.number}/" in page.content.decode()
    assert page["Cache-Control"] == "no-store"
    assert 'class="count"' not in client.get("/").content.decode()
    english = client.get(f"/messages/{key}/", headers={"Accept-Language": "en"}).content.decode()
    assert "Your application is decided" in english


def test_all_are_read_at_once() -> None:
    settled("graduate")
    client = enter("graduate")
    assert client.post("/messages/").status_code == 302
    assert messages.unread(of("graduate")) == 0
