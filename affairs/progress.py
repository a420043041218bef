"""How far an application is, without a log-in: by its number and a code sent to its phone.

1. Somebody gives a number and a phone; the answer is the same whatever we know.
2. A worker makes the code and sends it, if the phone is one that its applicant gave for this.
3. The code is good once, for ten minutes and five attempts; PostgreSQL counts them.

Requests for one number are counted too, whether there is such a case or not: nobody tries out all
codes of one, and nobody's phone rings all day.
"""

import datetime
import hmac
import logging
import secrets
import uuid

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import translation
from django.utils.translation import get_language, gettext

from affairs import channels, messages, protection
from affairs.models import Contact, ProgressCode
from affairs.rows.progress import MOST_ATTEMPTS
from approvals.models import Application
from approvals.numbers import plausible
from approvals.progress import wake
from approvals.rows.assistants import ASSISTANT
from approvals.states import State
from people import identity, rates
from people.errors import ActionRejected
from people.language import in_language

log = logging.getLogger(__name__)
GOOD_FOR = datetime.timedelta(minutes=10)
KEPT_FOR = datetime.timedelta(days=1)
MOST = 5  # codes that are asked for of one number in a day
BATCH = 20


def ask(*, number: str, phone: str, now: datetime.datetime) -> uuid.UUID:
    """Ask for a code; returns the key of the request, whether there is such a case or not.

    Raises ``ActionRejected`` (429 where this number was asked for too often).
    """
    number, phone = number.strip().upper(), phone.strip()
    case = identity.index(f"progress:{number}")
    with transaction.atomic():
        with connection.cursor() as cursor:  # two at once would each count the other out
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [case])
        ProgressCode.objects.filter(expires_at__lt=now - KEPT_FOR).delete()
        if ProgressCode.objects.filter(case=case, asked_at__gt=now - KEPT_FOR).count() >= MOST:
            raise rates.too_many()
        found = _application(number, phone)
        row = ProgressCode.objects.create(
            case=case,
            application=found,
            language=get_language() or settings.LANGUAGE_CODE,
            asked_at=now,
            expires_at=now + GOOD_FOR,
            phone=protection.encrypt("phone", phone.encode(), found.applicant) if found else None,
        )
        transaction.on_commit(lambda: wake.tasks("affairs.codes"))
    return row.pk


def _application(number: str, phone: str) -> Application | None:
    """Return the case of a number whose applicant gave this phone, in it or for messages."""
    found = None
    if plausible(number):
        rows = Application.objects.exclude(state=State.DRAFT).filter(applicant_kind="person")
        found = rows.filter(number=number).first()
    contact = Contact.objects.filter(subject=found.applicant if found else "").first()
    # what an assistant filled in may be its own number
    is_theirs = found is not None and found.channel != ASSISTANT
    known = [str(found.answers.get("phone", ""))] if found and is_theirs else []
    known += [messages.wishes_of(contact).phone] if contact else []
    fits = [hmac.compare_digest(one.encode(), phone.encode()) for one in known if one]
    return found if any(fits) else None


def is_due(now: datetime.datetime) -> bool:
    """Is there a code to be sent?"""
    return _due(now).exists()


def _due(now: datetime.datetime) -> QuerySet[ProgressCode]:
    rows = ProgressCode.objects.filter(phone__isnull=False, sent_at=None, expires_at__gt=now)
    return rows.select_related("application").order_by("asked_at")


def send(*, now: datetime.datetime) -> int:
    """Make and send the codes that are due, each once; returns how many were tried."""
    tried = 0
    for row in list(_due(now)[:BATCH]):
        code = f"{secrets.randbelow(10**6):06}"
        mine = ProgressCode.objects.filter(pk=row.pk, sent_at=None)
        if not mine.update(sent_at=now, phone=None, code=_hash(row.pk, code)):
            continue  # another worker was faster
        tried += 1
        assert row.phone is not None and row.application is not None  # of what is due
        phone = protection.decrypt("phone", row.phone, row.application.applicant).decode()
        with translation.override(row.language):
            text = gettext(
                "[%(city)s] %(code)s is the code to see how far your application is. It is good for"
                " ten minutes. We never ask you for it."
            ) % {"city": in_language(settings.CITY), "code": code}
        try:
            channels.send_sms(phone, text, f"code-{row.pk.hex}")
        except Exception as error:  # it may have left us: whoever waits asks for another
            log.error("a code was not sent: %s", type(error).__name__)
    return tried


def read(*, key: str, code: str, now: datetime.datetime) -> Application:
    """Return the case of a request whose code this is; each attempt is counted before it is tried.

    Raises ``ActionRejected`` (422) for a wrong code, one that is over, and for what never was.
    """
    row = _tried(key, now)
    if row is not None and row.code and hmac.compare_digest(row.code, _hash(row.pk, code.strip())):
        once = ProgressCode.objects.filter(pk=row.pk, used_at=None)
        if row.application is not None and once.update(used_at=now):
            return row.application
    raise ActionRejected(
        "wrong_code",
        "验证码不正确或已失效。每个验证码十分钟内有效、只能使用一次、最多可试五次，可重新获取",
        "That code is wrong or no longer good. Each is good for ten minutes, once, and for five"
        " attempts; you may ask for another.",
        status=422,
        field="/code",
    )


def _tried(key: str, now: datetime.datetime) -> ProgressCode | None:
    """Count an attempt; None where none is left, or there is nothing to try."""
    try:
        pk = uuid.UUID(key)
    except ValueError:
        return None
    rows = ProgressCode.objects.filter(pk=pk, used_at=None, expires_at__gt=now)
    if not rows.filter(attempts__lt=MOST_ATTEMPTS).update(attempts=F("attempts") + 1):
        return None
    return ProgressCode.objects.select_related("application__office").get(pk=pk)


def _hash(key: uuid.UUID, code: str) -> str:
    return identity.index(f"{key.hex}:{code}")
