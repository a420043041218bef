"""Ways out for messages: e-mail by Django's backend, text messages by an adapter of the settings.

An adapter raises ``NotSent`` only where nothing can have left us; after any other fault it may
have, and the message is not sent again.
"""

import datetime
import logging
import smtplib
from functools import lru_cache
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import orjson
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils.module_loading import import_string

from affairs.kinds import Channel
from people.identity import mask_phone

log = logging.getLogger(__name__)
# what the server answered: it has taken nothing
_NOT_TAKEN = (
    smtplib.SMTPResponseException,
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPNotSupportedError,
)


class NotSent(Exception):
    """Nothing left us: it may be tried again. The text says why, without whom it was for."""


class Sms(Protocol):
    """Sends a text message. ``reference`` is the same for each attempt of one message."""

    def send(self, phone: str, text: str, reference: str) -> None: ...


class Console:
    """Prints that one would be sent; for a city that has no provider yet."""

    def send(self, phone: str, text: str, reference: str) -> None:
        log.info("text message %s to %s: %s", reference, mask_phone(phone), text)


class ToFile:
    """Writes each to a file of ``SMS_DIR``; the demo shows them on a page of its own."""

    def send(self, phone: str, text: str, reference: str) -> None:
        folder = Path(settings.SMS_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        line = {"to": phone, "text": text, "at": datetime.datetime.now(datetime.UTC).isoformat()}
        partial = folder / f".{reference}"
        try:
            partial.write_bytes(orjson.dumps(line))
            partial.rename(folder / f"{reference}.json")
        except OSError as error:
            raise NotSent(type(error).__name__) from error


@lru_cache(maxsize=1)
def _sms() -> Sms:
    adapter: Sms = import_string(settings.SMS_ADAPTER)()
    return adapter


def available() -> frozenset[Channel]:
    """Return the ways that this installation offers besides the inbox."""
    ways = {Channel.EMAIL} if settings.EMAIL_OFFERED else set()
    return frozenset(ways | ({Channel.SMS} if settings.SMS_ADAPTER else set()))


def send_sms(phone: str, text: str, reference: str) -> None:
    """Send one text message; raises ``NotSent``."""
    _sms().send(phone, text, reference)


def send_email(address: str, title: str, text: str, reference: str) -> None:
    """Send one e-mail, whose Message-ID is the same for each attempt; raises ``NotSent``."""
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    header = {"Message-ID": f"<message-{reference}@{host}>"}
    backend = get_connection()
    try:
        backend.open()  # whoever is not reached has taken nothing
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(type(error).__name__) from error
    try:
        EmailMessage(title, text, to=[address], headers=header, connection=backend).send()
    except _NOT_TAKEN as error:
        raise NotSent(type(error).__name__) from error
    finally:
        backend.close()
