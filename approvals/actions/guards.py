"""What may exist once: the keys of a case, and who was first.

The promise is a partial unique index (``guard_once``); what is here fills it, and says what stands
in the way when PostgreSQL refuses.
"""

import datetime
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any, TypeVar

from django.db import IntegrityError, connection, transaction

import bulk
from approvals.actions import changing
from approvals.models import Application, GuardKey
from approvals.states import State
from certificates.actions import expire
from certificates.models import Certificate
from certificates.states import LIVE as LIVE_STATES
from ledger.clock import city_date
from people.actors import CLOCK
from people.errors import ActionRejected
from services import catalogue
from services.inputs import Inputs
from services.outputs import guard_keys
from services.rulebook import Rulebook

OPEN, LIVE = "open", "live"
CONSTRAINT = "guard_once"
IN_HAND, STANDS, OTHERS = "in_hand", "stands", "others"
ZH = {
    IN_HAND: "您已有{service}办件 {number} 在办，请先查看其进度，补正或撤回后再提交",
    STANDS: "您的{service}办件 {number} 已获批准且证照有效，请先办理变更或注销后再提交",
    OTHERS: "已被他人登记、保留或正在申请，请更换后再提交",
}
EN = {
    IN_HAND: "your application {number}{service} is in hand; see how it stands, and correct or"
    " withdraw it before you apply again",
    STANDS: "your application {number}{service} was approved and its certificate stands; change it"
    " or give it up before you apply again",
    OTHERS: "Somebody else has it, or is applying for it: choose another and hand it in again",
}
T = TypeVar("T")
Claimant = tuple[Sequence[GuardKey], Application, Rulebook]  # keys, unsaved, of a case


def rows_of(application: Application, book: Rulebook, inputs: Inputs) -> list[GuardKey]:
    """Return what an application claims by its answers, unsaved.

    ``inputs``: what these say by themselves.
    """
    found = {one.key: one.guard for one in guard_keys(book, inputs, application.applicant)}
    return [
        bulk.new(
            GuardKey,
            application_id=application.id,
            guard=guard.id,
            key=key,
            while_open=OPEN in guard.periods,
            while_live=LIVE in guard.periods,
            held=OPEN in guard.periods,
        )
        for key, guard in found.items()
    ]


def is_conflict(error: IntegrityError) -> bool:
    """Whether PostgreSQL refused a second holder of a key."""
    diagnosis: Any = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", "") == CONSTRAINT


def rejection(
    first: GuardKey | None, keys: Sequence[GuardKey], application: Application, book: Rulebook
) -> ActionRejected:
    """Return what the second is told: the number of the first, if that is their own.

    And its service, where services exclude one another by a scope that they share; their guards
    may have other ids, so the second's own ``keys`` say which of its guards it is. Of another's
    case nothing is told but that it is there. ``first``: None where it is gone by now. ``members``
    has the number for whoever makes a link of it.
    """
    id_ = next((row.guard for row in keys if first is not None and row.key == first.key), "")
    guard = next((g for g in book.pack.guards if g.id == id_), book.pack.guards[0])
    if first is None or first.application.applicant != application.applicant:
        zh, en = (words[OTHERS] for words in (ZH, EN))
        return ActionRejected("duplicate", f"{guard.zh}。{zh}", f"{guard.en}. {en}")
    number = first.application.number
    whose = STANDS if first.application.state == State.APPROVED else IN_HAND
    service_zh = service_en = ""
    if first.application.service_id != book.code:
        name = catalogue.rulebook(first.application.edition_id).pack.name
        service_zh, service_en = f"“{name['zh']}”", f" ({name['en']})"
    zh = ZH[whose].format(number=number, service=service_zh)
    en = EN[whose].format(number=number, service=service_en)
    rejected = ActionRejected("duplicate", f"{guard.zh}：{zh}", f"{guard.en}: {en}")
    rejected.members["application"] = number
    return rejected


def claim(cases: Sequence[Claimant], now: datetime.datetime, write: Callable[[], T]) -> T:
    """Write cases with their keys by ``write``, and turn PostgreSQL's refusal into a sentence.

    Only where somebody else holds a key is more asked: whether that is a certificate which the
    case changes or uses up, whose hold it then inherits, or one whose last day has passed. Raises
    ``ActionRejected`` where neither is so.
    """
    try:
        return _attempt(write)
    except IntegrityError as error:
        if not is_conflict(error):
            raise
        with transaction.atomic():
            for keys, application, book in cases:
                if keys and (first := in_the_way(keys, application, book, now)):
                    raise rejection(first, keys, application, book) from error
            try:
                return _attempt(write)
            except IntegrityError as again:
                if not is_conflict(again):
                    raise
                keys, application, book = next(case for case in cases if case[0])
                raise rejection(None, keys, application, book) from again


def hold(application: Application, book: Rulebook, write: Callable[[], T]) -> T:
    """Write an officer's approval, which takes what its case has claimed, in a savepoint.

    Raises ``ActionRejected`` (409) where another case has it by now: nobody approves both.
    """
    try:
        return _attempt(write)
    except IntegrityError as error:
        if not is_conflict(error):
            raise
        mine = dict(GuardKey.objects.filter(application=application).values_list("key", "guard"))
        others = GuardKey.objects.filter(key__in=mine, held=True).exclude(application=application)
        first = others.select_related("application").order_by("id").first()
        if first is None:
            raise
        guard = next(g for g in book.pack.guards if g.id == mine[first.key])
        number = first.application.number
        raise ActionRejected(
            "duplicate",
            f"{guard.zh}：办件 {number} 已占用，不能再批准；请退回申请人更正，或者不予批准",
            f"{guard.en}: application {number} has it by now, so this one cannot be granted. Return"
            " it for correction, or refuse it.",
        ) from error


def _attempt(write: Callable[[], T]) -> T:
    """Write in a savepoint of an open transaction, which goes on to say who was first."""
    with transaction.atomic() if connection.in_atomic_block else nullcontext():
        return write()


def in_the_way(
    keys: Sequence[GuardKey], application: Application, rulebook: Rulebook, now: datetime.datetime
) -> GuardKey | None:
    """Return who holds a key in their own right, locked, the earliest; None: the way is free.

    What the case takes over from others is marked in ``keys``.
    """
    held = GuardKey.objects.filter(key__in=[row.key for row in keys if row.held], held=True)
    held = held.exclude(application=application.id).select_related("application")
    firsts = list(held.select_for_update(of=("self",)).order_by("application__created_at", "id"))
    mine = {row.key: row for row in keys}
    for first in firsts:
        if changing.yields(first.application, application, rulebook, city_date(now)):
            row = mine[first.key]
            row.held, row.heir_of = False, first.application_id
        elif not _has_lapsed(first.application, now):
            return first
    return None


def _has_lapsed(first: Application, now: datetime.datetime) -> bool:
    """Whether a certificate's last day has passed though nobody has said so yet; it ends then."""
    live = Certificate.objects.filter(application=first.number, state__in=LIVE_STATES)
    if first.state != State.APPROVED or not live.filter(expires_on__lt=city_date(now)).exists():
        return False
    expire(by=CLOCK, now=now)
    return not live.exists()
