"""Messages besides the inbox: where a person wants them, retried, and never twice."""

import datetime as dt
import smtplib
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.core import mail
from django.test import override_settings
from django.utils import translation

from affairs import channels, delivery, duties, messages
from affairs.messages import Wishes
from affairs.models import Contact, MessageDelivery
from ledger.clock import now
from people.errors import ActionRejected
from tests.affairs.people import of, refused
from tests.approvals.cases import graduate_answers, settled
from tests.counter.desk import enter

pytestmark = pytest.mark.usefixtures("furnished")
BOTH = Wishes("graduate@example.com", "13800138000")


@pytest.fixture(autouse=True)
def folders(tmp_path: Path) -> Any:
    with override_settings(SMS_DIR=tmp_path / "sms", EMAIL_FILE_PATH=tmp_path / "mail"):
        yield


def choose(username: str = "graduate", wishes: Wishes = BOTH) -> None:
    messages.choose(wishes=wishes, by=of(username), now=now())


def texts(tmp_path: Path) -> list[dict[str, str]]:
    return [orjson.loads(path.read_bytes()) for path in (tmp_path / "sms").glob("*.json")]


def states() -> list[tuple[str, str]]:
    rows = MessageDelivery.objects.order_by("channel").values_list("channel", "state")
    return list(rows)


def test_nothing_is_sent_to_whoever_chose_nothing() -> None:
    settled("graduate")
    assert states() == [] and not delivery.is_due(now())


def test_what_is_chosen_is_sent_once_and_names_nobody(tmp_path: Path) -> None:
    choose()
    case = settled("graduate")
    assert states() == [("email", "due"), ("sms", "due")]
    assert delivery.is_due(now())
    assert delivery.run(now=now()) == 2 and delivery.run(now=now()) == 0
    assert states() == [("email", "sent"), ("sms", "sent")]
    (sent,) = mail.outbox
    assert sent.to == ["graduate@example.com"] and sent.subject == "您的办件已作出决定"
    (text,) = texts(tmp_path)
    assert text["to"] == "13800138000" and case.number in text["text"]
    for written in (sent.body, sent.subject, text["text"]):
        assert case.applicant_name not in written
        assert "批准" not in written  # what was decided is said after the log-in
    assert case.number in sent.body and f"/messages/{messages.inbox(of('graduate')).get().pk}/" in (
        sent.body
    )


def test_a_message_has_the_language_of_its_reader(tmp_path: Path) -> None:
    with translation.override("en"):
        choose()
    settled("graduate")
    delivery.run(now=now())
    assert mail.outbox[0].subject == "Your application is decided"
    assert "Log in to read more" in texts(tmp_path)[0]["text"]


def test_what_surely_was_not_sent_is_tried_again_and_given_up_in_the_end(monkeypatch: Any) -> None:
    choose(wishes=Wishes("graduate@example.com"))
    settled("graduate")

    def refuse(*_args: Any) -> None:
        raise channels.NotSent("SMTPConnectError")

    monkeypatch.setattr(channels, "send_email", refuse)
    at = now()
    for attempt in range(1, len(delivery.BACK_OFF) + 2):
        assert delivery.run(now=at) == 1
        row = MessageDelivery.objects.get()
        assert row.attempts == attempt
        assert delivery.run(now=at) == 0  # not before its time
        at = row.next_at
    assert row.state == "dead" and row.last_fault == "SMTPConnectError"
    assert messages.unread(of("graduate")) == 1  # it is in the inbox all the same


def test_what_may_have_been_sent_is_never_sent_again(monkeypatch: Any) -> None:
    choose(wishes=Wishes("graduate@example.com"))
    settled("graduate")

    def cut(*_args: Any) -> None:
        raise smtplib.SMTPServerDisconnected("in the middle")

    monkeypatch.setattr(channels, "send_email", cut)
    delivery.run(now=now())
    assert states() == [("email", "unconfirmed")]
    assert delivery.run(now=now() + dt.timedelta(days=30)) == 0
    refused("UPDATE affairs_messagedelivery SET state = 'due'")


def test_what_a_dead_worker_was_sending_is_never_sent_again() -> None:
    choose(wishes=Wishes("graduate@example.com"))
    settled("graduate")
    at = now()
    MessageDelivery.objects.update(state="sending", attempts=1, leased_until=at)
    later = at + dt.timedelta(seconds=1)
    assert delivery.is_due(later)
    delivery.run(now=later)
    assert states() == [("email", "unconfirmed")] and mail.outbox == []


def test_what_is_no_longer_wanted_is_not_sent() -> None:
    choose()
    settled("graduate")
    choose(wishes=Wishes())
    delivery.run(now=now())
    assert states() == [("email", "dead"), ("sms", "dead")] and mail.outbox == []


def test_the_server_that_says_no_has_taken_nothing(monkeypatch: Any) -> None:
    def busy(*_args: Any, **_named: Any) -> int:
        raise smtplib.SMTPDataError(451, b"try again later")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", busy)
    with pytest.raises(channels.NotSent):
        channels.send_email("a@example.com", "t", "b", "r")


def test_addresses_are_encrypted_and_of_their_own_person() -> None:
    choose()
    choose("criminal", Wishes("other@example.com", "13900139000"))
    row = Contact.objects.get(subject=of("graduate").code)
    assert b"graduate@example.com" not in bytes(row.email) and b"138" not in bytes(row.phone)
    assert messages.wishes(of("graduate")) == BOTH
    theirs = Contact.objects.get(subject=of("criminal").code)
    moved = "UPDATE affairs_contact SET {} = %s WHERE subject = %s"
    for column in ("email", "phone"):
        value = bytes(getattr(theirs, column))
        assert "of another person" in refused(moved.format(column), value, row.subject)
    nobody = "INSERT INTO affairs_contact SELECT repeat('0', 32), language, NULL, NULL, changed_at"
    assert "of another person" in refused(f"{nobody} FROM affairs_contact LIMIT 1")


@pytest.mark.parametrize(
    ("wishes", "code"),
    [
        (Wishes(email="nobody"), "no_email_address"),
        (Wishes(email="a@b\ncc: x@y.com"), "text_unsafe"),
        (Wishes(phone="12345"), "no_phone_number"),
        (Wishes(phone="23800138000"), "no_phone_number"),
    ],
)
def test_what_can_be_no_address_is_said(wishes: Wishes, code: str) -> None:
    with pytest.raises(ActionRejected) as refusal:
        choose(wishes=wishes)
    assert (refusal.value.code, refusal.value.status) == (code, 422)
    assert not Contact.objects.exists()


def test_the_number_of_the_application_is_offered_and_used_only_when_chosen() -> None:
    settled("graduate", answers=graduate_answers(phone="13700137000"))
    client = enter("graduate")
    page = client.get("/messages/choices/").content.decode()
    assert "137****7000" in page and not Contact.objects.exists()
    assert client.post("/messages/choices/", {"use": "1", "phone": ""}).status_code == 302
    assert messages.wishes(of("graduate")) == Wishes("", "13700137000")


def test_choices_read_what_people_type_and_say_what_is_wrong() -> None:
    client = enter("graduate")
    typed = {"email": " graduate@example.com ", "phone": "+86 138-0013 8000"}
    assert client.post("/messages/choices/", typed).status_code == 302
    assert messages.wishes(of("graduate")) == BOTH
    answer = client.post("/messages/choices/", {"email": "x", "phone": ""})
    page = answer.content.decode()
    assert answer.status_code == 422 and 'href="#email"' in page and "name@example.com" in page
    assert client.post("/messages/choices/", {"email": "", "phone": ""}).status_code == 302
    assert not Contact.objects.exists()


def test_where_nothing_is_offered_nothing_is_asked() -> None:
    with override_settings(EMAIL_OFFERED=False, SMS_ADAPTER=""):
        page = enter("graduate").get("/messages/choices/").content.decode()
        assert 'name="email"' not in page and 'name="phone"' not in page
        with pytest.raises(ActionRejected):
            choose()


def test_the_demo_shows_what_was_sent() -> None:
    choose()
    case = settled("graduate")
    backend = "django.core.mail.backends.filebased.EmailBackend"
    with override_settings(EMAIL_BACKEND=backend):
        delivery.run(now=now())
    page = enter("graduate").get("/demo/sent/").content.decode()
    assert page.count(case.number) == 2 and "graduate@example.com" in page


def test_the_clock_wakes_whoever_sends(monkeypatch: Any) -> None:
    woken: list[str] = []
    monkeypatch.setattr(duties.wake, "tasks", woken.append)
    duties.drive_messages(now())
    choose()
    settled("graduate")
    duties.drive_messages(now())
    assert woken == ["affairs.deliver"]
