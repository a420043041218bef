"""Mandates (委托): a person lets another hand in for them, from their own log-in, and ends it."""

import datetime
import uuid

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from approvals.actions.intakes import ADULT, age
from approvals.models import Mandate
from approvals.rows.intakes import Acting
from ledger.clock import city_date
from people import identity, names
from people import numbers as standard
from people.actors import Actor, Kind
from people.errors import ActionRejected
from people.models import User
from services import catalogue

LONGEST = 366  # days
MOST = 20  # in force, of one principal


def give(
    *, number: str, name: str, service: str, until: datetime.date | None, by: Actor,
    now: datetime.datetime,
) -> Mandate:  # fmt: skip
    """Let the person of a number and name hand in one service for ``by``, until the end of a day.

    For the enterprise that ``by`` represents, where they act for one. Raises ``ActionRejected``
    (404 no citizen, 409 it is given already, or too many are, 422 what is wrong with the agent, the
    service or the day).
    """
    principal = _citizen(by)
    today = city_date(now)
    agent, called = names.normal_number(number), names.normal(name)
    if not standard.id_number_ok(agent, today) or age(agent, today) < ADULT:
        raise _invalid(
            "/number",
            "请填写受托人的公民身份号码，受托人须年满十八周岁",
            "Give the agent's ID number; an agent is at least 18 years old.",
        )
    if identity.index(agent) == by.code:
        raise _invalid("/number", "受托人不能是您本人", "The agent is somebody else than you.")
    if not names.is_name(called, "person"):
        raise _invalid(
            "/name", "请按证件填写受托人姓名", "Give the agent's name as it stands on the card."
        )
    edition = catalogue.current(service, today)
    pack = catalogue.rulebook(edition).pack if edition else None
    if (
        pack is None
        or Acting.AGENT not in pack.represented_by
        or pack.applicant != ("enterprise" if by.enterprise else "person")
    ):
        raise _invalid(
            "/service", "请选择可以委托代办的事项", "Choose a service that an agent may hand in."
        )
    if until is None or until < today or (until - today).days > LONGEST:
        raise _invalid(
            "/until",
            "请填写委托截止日期：不早于今天，最长一年",
            "Give the last day: today at the earliest, a year from now at the latest.",
        )
    with transaction.atomic():
        User.objects.select_for_update().get(pk=principal.pk)  # one at a time are counted
        standing = of_principal(by, now)
        if standing.filter(agent=identity.index(agent), service=service).exists():
            raise ActionRejected(
                "given_before",
                "您已委托此人代办该事项；如需更改期限，请先终止原委托",
                "This person has your mandate for this service; to change its term, end it first.",
            )
        if standing.count() >= MOST:
            raise ActionRejected(
                "too_many_mandates",
                "您有效的委托过多，请先终止不再需要的委托",
                "Too many mandates of yours are in force; end those that you no longer need.",
            )
        return Mandate.objects.create(
            principal=principal,
            enterprise_id=by.enterprise or None,
            agent=identity.index(agent),
            agent_number=identity.encrypt(agent),
            agent_name=called,
            service_id=service,
            given_at=now,
            ends_at=settings.CITY.calendar.end_of(until),
        )


def end(*, key: uuid.UUID, by: Actor, now: datetime.datetime) -> Mandate:
    """End a mandate before its day, as its principal or its agent (民法典 §173); ended, it stays.

    Raises ``ActionRejected`` (404 for everybody else, 409 it is over already).
    """
    with transaction.atomic():
        mine = _of(by)
        found = Mandate.objects.select_for_update(of=("self",)).filter(mine, pk=key).first()
        if found is None:
            raise no_mandate()
        if found.ended_at is not None or found.ends_at <= now:
            raise ActionRejected("mandate_over", "该委托已经终止", "This mandate is over already.")
        found.ended_at, found.ended_by = now, str(by)
        found.save(update_fields=["ended_at", "ended_by"])
    return found


def of_principal(by: Actor, now: datetime.datetime) -> QuerySet[Mandate]:
    """Return a citizen's own mandates that are in force, or those of the enterprise they act for.

    An enterprise's are of all its representatives: the present one ends what a former one gave.
    """
    if by.enterprise:
        return _standing(now).filter(enterprise=by.enterprise)
    mine = _standing(now).filter(principal__subject=by.code, principal__role=User.Role.CITIZEN)
    return mine.filter(enterprise=None)


def of_agent(by: Actor, now: datetime.datetime) -> list[Mandate]:
    """Return the mandates in force that a citizen has from persons, of the name they go by."""
    return [one for one in _of_agent(by, now) if one.enterprise_id is None]


def of_enterprises(by: Actor, now: datetime.datetime) -> list[Mandate]:
    """Return those that a citizen has from enterprises, whoever represents them now."""
    return [one for one in _of_agent(by, now) if one.enterprise_id is not None]


def _of_agent(by: Actor, now: datetime.datetime) -> list[Mandate]:
    found = _standing(now).filter(agent=by.code).select_related("principal", "enterprise")
    return [one for one in found if names.same(one.agent_name, by.name)]


def usable(
    key: uuid.UUID | None, service: str, principal: str, by: Actor, now: datetime.datetime
) -> Mandate:
    """Return the mandate in force by which ``by`` hands in this service for this principal.

    ``principal``: keyed index. Raises ``ActionRejected`` (404).
    """
    for one in of_agent(by, now):
        if (one.pk, one.service_id, one.principal.subject) == (key, service, principal):
            return one
    raise no_mandate()


def no_mandate() -> ActionRejected:
    return ActionRejected(
        "no_mandate",
        "没有有效的委托：可能已终止、已到期，或不适用于该事项",
        "There is no mandate in force: it was ended, its term is over, or it is for another"
        " service.",
        status=404,
    )


def _standing(now: datetime.datetime) -> QuerySet[Mandate]:
    rows = Mandate.objects.filter(ended_at=None, ends_at__gt=now)
    return rows.select_related("service").order_by("-given_at")


def _of(by: Actor) -> Q:
    if by.kind is not Kind.CITIZEN or not by.code:
        raise no_mandate()
    if by.enterprise and not by.is_agent:
        return Q(enterprise=by.enterprise) | Q(agent=by.code)
    return Q(principal__subject=by.code, enterprise=None) | Q(agent=by.code)


def _citizen(by: Actor) -> User:
    found = User.objects.filter(subject=by.code, role=User.Role.CITIZEN).first()
    if by.kind is not Kind.CITIZEN or not by.code or found is None or by.is_agent:
        raise no_mandate()
    return found


def _invalid(field: str, zh: str, en: str) -> ActionRejected:
    return ActionRejected("invalid_mandate", zh, en, status=422, field=field)
