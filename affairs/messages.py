"""A person's inbox, and where else they want their messages."""

import datetime
import re
import uuid
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db.models import QuerySet
from django.utils.translation import get_language

from affairs import protection
from affairs.channels import available
from affairs.kinds import Channel
from affairs.models import Contact, Message
from approvals.actions import capacities
from approvals.models import Application
from approvals.queries import visible_to
from approvals.rows.assistants import ASSISTANT
from approvals.rows.representations import REPRESENTED
from people import text
from people.actors import CLOCK, Actor, Kind
from people.errors import ActionRejected

_PHONE = re.compile(r"1[3-9]\d{9}")  # of a mobile in mainland China
_EMAIL = EmailValidator()


@dataclass(frozen=True, slots=True)
class Wishes:
    """Where a person wants messages besides the inbox; empty: nowhere."""

    email: str = ""
    phone: str = ""


def inbox(by: Actor) -> QuerySet[Message]:
    """Return a citizen's messages, the newest first; nobody else has any.

    Of an enterprise they act for, its own; its agent has those of the cases that they see.
    """
    if by.kind is not Kind.CITIZEN or not by.code:
        return Message.objects.none()
    found = Message.objects.filter(subject=by.applicant).order_by("-at", "-id")
    if by.is_agent:
        found = found.filter(case__in=visible_to(by).values("number"))
    return found


def unread(by: Actor) -> int:
    return inbox(by).filter(read_at=None).count()


def read(*, key: uuid.UUID, by: Actor, now: datetime.datetime) -> Message:
    """Return one message of ``by``, which is read now; raises ``ActionRejected`` (404)."""
    found = inbox(by).filter(pk=key).first()
    if found is None:
        raise ActionRejected("not_found", "没有这条消息", "There is no such message.", status=404)
    if found.read_at is None:
        found.read_at = now
        inbox(by).filter(pk=key, read_at=None).update(read_at=now)
    return found


def read_all(*, by: Actor, now: datetime.datetime) -> int:
    """Mark all messages of ``by`` as read; returns how many were not."""
    return inbox(by).filter(read_at=None).update(read_at=now)


def wishes(by: Actor) -> Wishes:
    """Return what a citizen has chosen; of an enterprise, not what a former representative has."""
    mine = Contact.objects.filter(subject=by.applicant, chosen_by__in=["", by.code])
    row = mine.first() if by.code else None
    return Wishes() if row is None else wishes_of(row)


def wishes_of(row: Contact) -> Wishes:
    return Wishes(*(_clear(name, row) for name in ("email", "phone")))


def is_theirs(row: Contact, now: datetime.datetime) -> bool:
    """Whether whoever chose where an enterprise's messages go still represents it.

    Raises ``ActionRejected`` (503) where the registry does not answer.
    """
    if not row.chosen_by:
        return True
    return capacities.represents(row.chosen_by, row.subject, by=CLOCK, now=now)


def _clear(name: str, row: Contact) -> str:
    kept = getattr(row, name)
    return protection.decrypt(name, kept, row.subject).decode() if kept else ""


def choose(*, wishes: Wishes, by: Actor, now: datetime.datetime) -> None:
    """Keep where a citizen wants messages from now on; nothing chosen: in the inbox alone.

    Raises ``ActionRejected`` (422) for an address that cannot be one.
    """
    if by.kind is not Kind.CITIZEN or not by.code or by.is_agent:
        raise ActionRejected("not_found", "没有这条消息", "There is no such message.", status=404)
    email, phone = _email(wishes.email), _phone(wishes.phone)
    if not (email or phone):
        Contact.objects.filter(subject=by.applicant).delete()
        return
    values = {
        "language": get_language() or "zh-hans",
        "email": protection.encrypt("email", email.encode(), by.applicant) if email else None,
        "phone": protection.encrypt("phone", phone.encode(), by.applicant) if phone else None,
        "chosen_by": by.code if by.enterprise else "",
        "changed_at": now,
    }
    Contact.objects.update_or_create(subject=by.applicant, defaults=values)


def _email(typed: str) -> str:
    if not (typed := typed.strip()):
        return ""
    _require(Channel.EMAIL, "/email")
    address = text.clean(typed, longest=254, field="/email")
    try:
        _EMAIL(address)
    except ValidationError:
        raise ActionRejected(
            "no_email_address",
            "请输入正确的电子邮箱，如 name@example.com",
            "Give an e-mail address, such as name@example.com.",
            status=422,
            field="/email",
        ) from None
    return address


def _phone(typed: str) -> str:
    if not (typed := typed.strip()):
        return ""
    _require(Channel.SMS, "/phone")
    if not _PHONE.fullmatch(typed):
        raise ActionRejected(
            "no_phone_number",
            "请输入 11 位手机号码",
            "Give a mobile number of 11 digits.",
            status=422,
            field="/phone",
        )
    return typed


def _require(channel: Channel, field: str) -> None:
    if channel not in available():
        raise ActionRejected(
            "channel_unavailable",
            "本市暂未开通此方式",
            "This city does not offer that yet.",
            status=422,
            field=field,
        )


def phone_in_answers(by: Actor) -> str:
    """Return the mobile number that a citizen gave in their latest application, if one.

    It is offered where they choose text messages, and used for nothing without that choice.
    """
    rows = Application.objects.filter(applicant=by.applicant, answers__has_key="phone")
    rows = rows.exclude(channel__in=(*REPRESENTED, ASSISTANT))  # there it may be another's
    answers = rows.order_by("-created_at").values_list("answers", flat=True).first() or {}
    phone = str(answers.get("phone", ""))
    return phone if _PHONE.fullmatch(phone) else ""
