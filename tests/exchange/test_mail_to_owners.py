"""The engineers of a failing endpoint have an e-mail from a real SMTP conversation, once a day."""

import datetime as dt
import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest

import bulk
from exchange import outbox, owners, partners
from exchange.models import Endpoint, Notice, Partner, WebhookDelivery
from ledger import clock
from tests.endpoints import deliver
from tests.exchange.conftest import add_partner
from tests.exchange.receiver import Receiver

HOUR = dt.timedelta(hours=1)


class MailServer(socketserver.ThreadingTCPServer):
    """Takes what RFC 5321 says that a client sends; ``is_full``: says 452 to every letter."""

    allow_reuse_address = daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.letters: list[tuple[list[str], EmailMessage]] = []
        self.is_full = False
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say("220 mail.example ESMTP")
        to: list[str] = []
        while line := self.rfile.readline():
            word = line.decode().strip()
            match word[:4].upper():
                case "RCPT":
                    to.append(word.partition("<")[2].partition(">")[0])
                    self._say("250 OK")
                case "DATA" if self.server.is_full:
                    self._say("452 4.2.2 no room")
                case "DATA":
                    self._say("354 go on")
                    self._letter(to)
                    to = []
                case "QUIT":
                    self._say("221 bye")
                    return
                case _:
                    self._say("250 OK")

    def _letter(self, to: list[str]) -> None:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        read = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
        self.server.letters.append((to, read))  # type: ignore[arg-type]
        self._say("250 taken")

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


@pytest.fixture
def mail(settings: Any) -> Iterator[MailServer]:
    server = MailServer()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
def failing(keys: None, receiver: Receiver) -> partners.Credentials:
    """An endpoint that has begun to fail."""
    credentials = add_partner("food", receiver.url)
    Partner.objects.update(contact="ops@food.example")
    receiver.answer = lambda got, n: (500, {})
    made = outbox.notice("food", "application.decided", "application:1", {}, clock.now())
    bulk.insert(Notice, [made])
    assert deliver("food") == 0
    return credentials


def test_a_letter_a_day_while_it_fails_and_none_after_it_is_mended(
    failing: partners.Credentials, mail: MailServer, receiver: Receiver
) -> None:
    begun = Endpoint.objects.get().failing_since
    assert begun is not None
    sent = [owners.tell(begun + n * HOUR / 2) for n in range(2 * 72)]  # three days
    assert [n / 2 for n, one in enumerate(sent) if one] == [1, 25, 49]  # hours
    assert len(mail.letters) == 3
    for to, letter in mail.letters:
        assert to == ["ops@food.example"]
        text = letter.get_content()
        assert receiver.url in text and begun.isoformat(timespec="minutes") in text
        assert "一个小时以上" in text and "Nothing was delivered for more than an hour" in text
        assert "whsec_" not in text
        assert letter["Subject"].strip().startswith("接收地址无法送达通知")
    receiver.answer = lambda got, n: (204, {})
    WebhookDelivery.objects.update(next_at=clock.now())
    assert deliver("food") == 1
    assert owners.tell(begun + 500 * HOUR) == 0 and len(mail.letters) == 3


def test_a_letter_that_was_not_taken_is_sent_the_next_time(
    failing: partners.Credentials, mail: MailServer
) -> None:
    now = clock.now() + 2 * HOUR
    mail.is_full = True
    assert owners.tell(now) == 0 and mail.letters == []
    mail.is_full = False
    assert owners.tell(now + HOUR / 6) == 1 and len(mail.letters) == 1


def test_a_gone_endpoint_is_told_of_at_once(
    failing: partners.Credentials, mail: MailServer, receiver: Receiver
) -> None:
    receiver.answer = lambda got, n: (410, {})
    WebhookDelivery.objects.update(next_at=clock.now())
    deliver("food")
    assert owners.tell(clock.now()) == 1
    assert "410 Gone" in mail.letters[0][1].get_content()
