"""What left a demo for nobody: e-mails and text messages, which it writes to files."""

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
from django.conf import settings

MOST = 50  # of each kind, the newest
_END = b"-" * 79  # after each mail of Django's file backend


@dataclass(frozen=True, slots=True)
class Sent:
    """One that was sent: ``to`` whom, its title (a text message has none) and its text."""

    at: float  # seconds, of the file
    to: str
    title: str
    text: str


def sent() -> list[Sent]:
    """Return what was sent, the newest first."""
    return sorted([*_mails(), *_texts()], key=lambda one: -one.at)[:MOST]


def _newest(folder: Path, pattern: str) -> list[tuple[float, Path]]:
    found = [(path.stat().st_mtime, path) for path in folder.glob(pattern)]
    return sorted(found, reverse=True)[:MOST]


def _mails() -> Iterator[Sent]:
    for at, path in _newest(Path(settings.EMAIL_FILE_PATH), "*.log"):
        for raw in path.read_bytes().split(_END):
            if not raw.strip():
                continue
            mail = email.message_from_bytes(raw.lstrip(), policy=email.policy.default)
            body = mail.get_body(("plain",))
            text = body.get_content() if body else ""
            yield Sent(at, str(mail["To"]), str(mail["Subject"]), text.strip())


def _texts() -> Iterator[Sent]:
    for at, path in _newest(Path(settings.SMS_DIR), "*.json"):
        line = orjson.loads(path.read_bytes())
        yield Sent(at, str(line["to"]), "", str(line["text"]))
