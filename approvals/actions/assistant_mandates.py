"""Assistants (智能助手): registered by an operator, let act by a citizen, ended at once by either.

A call is a registered assistant's (its secret) by a citizen's mandate (its key): neither alone does
anything. Both are random, shown once, and kept as SHA-256.
"""

import datetime
import re
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q, QuerySet

from approvals.actions.intakes import ADULT, age
from approvals.models import Assistant, AssistantCall, AssistantMandate
from approvals.rows.assistants import ASSISTANT, LONGEST, MOST_SUBMISSIONS, Reads
from ledger.clock import city_date
from people import actors, identity, program_secrets, text
from people.actors import Actor, Kind
from people.errors import ActionRejected
from people.models import User
from services import catalogue
from services.pack import supply
from services.rulebook import Rulebook

MOST = 10  # mandates in force, of one citizen
MOST_SERVICES = 10  # of one mandate
SECRET, KEY = "mpas_", "mpam_"  # what a secret, and a mandate's key, begins with
_CODE = re.compile(r"[a-z][a-z0-9-]{1,39}")


@dataclass(frozen=True, slots=True)
class Registration:
    """What an operator says of an assistant: its names, who runs it, whom to write to."""

    code: str
    zh: str
    en: str
    operator: str
    contact: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What a citizen lets an assistant do; ``reads`` of ``Reads``, ``until`` a whole day."""

    assistant: str
    services: Sequence[str]
    submissions: int
    reads: Sequence[str]
    until: datetime.date | None


def register(said: Registration, *, now: datetime.datetime) -> str:
    """Register an assistant; returns its secret, which is not kept.

    Raises ``ActionRejected`` (409 there is one of that code, 422 what is wrong).
    """
    if not _CODE.fullmatch(said.code):
        raise _invalid("/code", "代码只能用小写字母、数字和连字符", "A code is a-z, 0-9 and -.")
    names = {
        "name_zh": text.clean(said.zh, longest=80, field="/zh"),
        "name_en": text.clean(said.en, longest=120, field="/en"),
        "operator": text.clean(said.operator, longest=120, field="/operator"),
    }
    if not all(names.values()):
        raise _invalid("/zh", "请填写名称和运营者", "Give both names and who runs it.")
    try:
        validate_email(said.contact)
    except ValidationError:
        raise _invalid("/contact", "请填写有效的电子邮箱", "Give an e-mail address.") from None
    if Assistant.objects.filter(code=said.code).exists():
        raise ActionRejected("registered_before", "该代码已登记", "This code is registered.")
    secret = SECRET + secrets.token_urlsafe(32)
    Assistant.objects.create(
        code=said.code,
        contact=said.contact,
        secret_hash=program_secrets.hash_of(secret),
        registered_at=now,
        **names,
    )
    return secret


def renew(code: str) -> str:
    """Give an assistant another secret; the one before is worth nothing at once."""
    secret = SECRET + secrets.token_urlsafe(32)
    _change(code, secret_hash=program_secrets.hash_of(secret))
    return secret


def switch(code: str, *, active: bool) -> None:
    """Let an assistant work, or not: then none of its mandates does anything."""
    _change(code, active=active)


def _change(code: str, **values: object) -> None:
    if not (_CODE.fullmatch(code) and Assistant.objects.filter(code=code).update(**values)):
        raise no_assistant()


def require(terms: Terms, *, by: Actor, now: datetime.datetime) -> tuple[User, Assistant]:
    """Return whose mandate to which assistant it would be.

    Raises ``ActionRejected`` (403 under age, 404 no citizen, 422 what is wrong with the terms).
    """
    citizen = _citizen(by)
    today = city_date(now)
    assert citizen.number is not None  # encrypted beside the subject
    if age(identity.decrypt(bytes(citizen.number), by.code), today) < ADULT:
        raise ActionRejected(
            "under_age",
            "授权智能助手须年满十八周岁（民法典第十七条、第十八条）",
            "Whoever lets an assistant act is at least 18 years old (Civil Code arts. 17, 18).",
            status=403,
        )
    assistant = Assistant.objects.filter(code=terms.assistant, active=True).first()
    if assistant is None:
        raise _invalid("/assistant", "请选择已登记的智能助手", "Choose a registered assistant.")
    services = set(terms.services)
    if not 1 <= len(services) <= MOST_SERVICES or not all(
        is_offered(catalogue.current(code, today)) for code in services
    ):
        raise _invalid(
            "/services",
            f"请选择一至{MOST_SERVICES}个可以由智能助手办理的事项",
            f"Choose one to {MOST_SERVICES} services that an assistant may be let act in.",
        )
    if not 0 <= terms.submissions <= MOST_SUBMISSIONS:
        raise _invalid(
            "/submissions",
            f"提交次数为0至{MOST_SUBMISSIONS}",
            f"It may hand in 0 to {MOST_SUBMISSIONS} applications.",
        )
    if not set(terms.reads) <= set(Reads.values):
        raise _invalid("/reads", "请选择可以读取的内容", "Choose what it may read.")
    if terms.until is None or not 0 <= (terms.until - today).days <= LONGEST:
        raise _invalid(
            "/until",
            f"请填写授权截止日期：不早于今天，最长{LONGEST}天",
            f"Give the last day: today at the earliest, {LONGEST} days from now at the latest.",
        )
    return citizen, assistant


def give(terms: Terms, *, by: Actor, now: datetime.datetime) -> tuple[AssistantMandate, str]:
    """Let an assistant act for ``by``; returns the mandate and its key, which is not kept.

    Raises ``ActionRejected`` as ``require`` does, and 409 where too many are in force.
    """
    citizen, assistant = require(terms, by=by, now=now)
    assert terms.until is not None
    key = KEY + secrets.token_urlsafe(32)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=citizen.pk)  # one at a time are counted
        if of_citizen(by).filter(_standing(now)).count() >= MOST:
            raise ActionRejected(
                "too_many_mandates",
                "您有效的授权过多，请先终止不再需要的授权",
                "Too many mandates of yours are in force; end those that you no longer need.",
            )
        mandate = AssistantMandate.objects.create(
            citizen=citizen,
            assistant=assistant,
            services=sorted(set(terms.services)),
            submissions=terms.submissions,
            reads=sorted(set(terms.reads)),
            key_hash=program_secrets.hash_of(key),
            given_at=now,
            ends_at=settings.CITY.calendar.end_of(terms.until),
        )
    return mandate, key


def end(*, key: uuid.UUID, by: Actor, now: datetime.datetime) -> AssistantMandate:
    """End a mandate before its day; from the commit on it does nothing, whoever has its key.

    Raises ``ActionRejected`` (404 for everybody but its citizen, 409 it is over already).
    """
    _citizen(by)
    with transaction.atomic():
        found = of_citizen(by).select_for_update(of=("self",)).filter(pk=key).first()
        if found is None:
            raise no_mandate()
        if found.ended_at is not None or found.ends_at <= now:
            raise ActionRejected("mandate_over", "该授权已经终止", "This mandate is over already.")
        found.ended_at, found.ended_by = now, str(by)
        found.save(update_fields=["ended_at", "ended_by"])
    return found


def of_citizen(by: Actor) -> QuerySet[AssistantMandate]:
    """Return all mandates that a citizen has given to assistants, the newest first."""
    if by.kind is not Kind.CITIZEN or not by.code or by.enterprise or by.is_agent:
        return AssistantMandate.objects.none()
    mine = AssistantMandate.objects.filter(citizen__subject=by.code)
    return mine.select_related("assistant").order_by("-given_at")


def in_force(key: uuid.UUID, now: datetime.datetime) -> AssistantMandate | None:
    """Return a mandate that lets its assistant act now, with both of its sides; else None."""
    rows = AssistantMandate.objects.filter(_standing(now), pk=key, assistant__active=True)
    return rows.filter(citizen__is_active=True).select_related("assistant", "citizen").first()


def by_key(key: str, assistant: str, secret: str, now: datetime.datetime) -> AssistantMandate:
    """Return the mandate of a key for an assistant that proves itself by its secret.

    Raises ``ActionRejected``: 401 no such assistant or another secret, 400 no mandate of its own
    in force. Of another assistant's mandate nothing is told.
    """
    hashed = program_secrets.hash_of(secret)
    if not Assistant.objects.filter(code=assistant, active=True, secret_hash=hashed).exists():
        raise ActionRejected(
            "invalid_client", "助手代码或密钥不正确", "No such assistant and secret.", status=401
        )
    rows = AssistantMandate.objects.filter(
        _standing(now),
        key_hash=program_secrets.hash_of(key),
        assistant=assistant,
        citizen__is_active=True,
    )
    found = rows.select_related("assistant", "citizen").first()
    if found is None:
        raise no_mandate(status=400)
    return found


def actor(mandate: AssistantMandate) -> Actor:
    """Return who acts by a mandate: its assistant, for its citizen, in its services."""
    citizen, services = mandate.citizen, frozenset(mandate.services)
    return actors.for_assistant(citizen, mandate.assistant_id, services)


def is_offered(edition: object) -> bool:
    """Whether an assistant may be let act in a service: people apply for it, and online."""
    if edition is None:
        return False
    return is_offered_by(catalogue.rulebook(edition))  # type: ignore[arg-type]


def is_offered_by(book: Rulebook) -> bool:
    return book.pack.applicant == "person" and supply.is_open(book.pack, ASSISTANT)


def record_call(
    mandate: AssistantMandate,
    *,
    tool: str,
    service: str = "",
    case: str = "",
    outcome: str = "ok",
    now: datetime.datetime,
) -> AssistantCall:
    """Write that an assistant has called: a row, and by its trigger an Event, of its own."""
    return AssistantCall.objects.create(
        mandate=mandate,
        by=str(actor(mandate)),
        at=now,
        tool=tool,
        service=service,
        case=case,
        outcome=outcome,
    )


def no_mandate(status: int = 404) -> ActionRejected:
    return ActionRejected(
        "no_mandate",
        "没有有效的授权：可能已终止或已到期",
        "There is no mandate in force: it was ended, or its term is over.",
        status=status,
    )


def no_assistant() -> ActionRejected:
    return ActionRejected("no_assistant", "没有这个助手", "There is no such assistant.", status=404)


def _standing(now: datetime.datetime) -> Q:
    return Q(ended_at=None, given_at__lte=now, ends_at__gt=now)


def _citizen(by: Actor) -> User:
    """Return the account of a citizen who acts as themselves, from their own log-in."""
    found = User.objects.filter(subject=by.code, role=User.Role.CITIZEN).first()
    if by.kind is not Kind.CITIZEN or not by.code or found is None or by.is_agent or by.enterprise:
        raise no_mandate()
    return found


def _invalid(field: str, zh: str, en: str) -> ActionRejected:
    return ActionRejected("invalid_mandate", zh, en, status=422, field=field)
