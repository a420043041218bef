"""What is done with regression cases: proposed with the decision, settled by a legal officer."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from people import text as texts
from people.actors import Actor, Kind
from people.errors import ActionRejected
from people.masking import masked as without_numbers
from people.models import User
from services import catalogue
from services.models import Edition, Regression, Service
from services.pack.model import AS_OF
from services.publish import record
from services.regressions import masking

State, Cause, Expected = Regression.State, Regression.Cause, Regression.Expected
ASKERS = frozenset({User.Role.LEGAL, User.Role.POLICY})  # who may ask that one is retired
LONGEST = 400


@dataclass(frozen=True, slots=True)
class Overturned:
    """An approval of the machine's that officers found wrong. Not masked yet.

    ``facts``: the inputs that it should not have been approved with, in stored form. ``hidden``:
    further texts that stand in no fact and identify somebody. The rest as ``Regression``.
    """

    edition: Edition
    decision: UUID
    origin: str
    cause: str
    facts: Mapping[str, Any]
    words: str
    involved: Sequence[str]
    hidden: Sequence[str] = ()
    conditions: Sequence[str] = ()
    changed: Sequence[str] = ()


def propose(*, found: Overturned, by: Actor, now: datetime.datetime) -> Regression | None:
    """Keep an overturned approval as a regression case, masked, for a legal officer to accept.

    To be called in the transaction that overturns it. Where the facts were wrong and not the rule,
    or where no masking keeps every result, the row says so and is declined at once. None: this
    decision has one already.
    """
    if Regression.objects.filter(decision=found.decision).exists():
        return None
    book, cause = catalogue.rulebook(found.edition), found.cause
    try:
        masked = masking.masked(book, found.facts)
    except masking.NotMasked as error:
        masked = masking.Masked({AS_OF: found.facts[AS_OF]}, {})
        cause, found_conditions = Cause.NOT_MASKED, error.conditions
    else:
        found_conditions = tuple(found.conditions)
    hidden = {*found.hidden, *masking.identifying(book, dict(found.facts))}
    with transaction.atomic():
        service = Service.objects.select_for_update(no_key=True).get(pk=found.edition.service_id)
        last = service.regressions.aggregate(Max("number"))["number__max"] or 0
        is_open = cause == Cause.RULE
        regression = Regression(
            service=service,
            number=last + 1,
            edition=found.edition,
            decision=found.decision,
            origin=found.origin,
            cause=cause,
            facts=masked.facts,
            conditions=sorted(one for one in found_conditions if not one.startswith(":")),
            changed=sorted(found.changed),
            words=without_numbers(masked.words(found.words, hidden), ()),
            involved=sorted(set(found.involved)),
            proposed_at=now,
            proposed_by=str(by),
            state=State.PROPOSED if is_open else State.DECLINED,
            settled_at=None if is_open else now,
        )
        regression.save(force_insert=True)
        _record(regression, "regression_proposed", by, now, cause=cause, origin=found.origin)
    return regression


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What a legal officer accepts a case with: the law, why, and what has to follow."""

    law: str
    reason: str
    expected: str = Expected.NOT_APPROVE


def accept(
    *, regression: UUID, acceptance: Acceptance, by: Actor, now: datetime.datetime
) -> Regression:
    """Make a proposed case a test that every later edition has to pass.

    By a legal officer who has done nothing on the case itself. Raises ``ActionRejected``: not one,
    settled before, without law or reason, or where the edition that erred does not err by it.
    """
    with transaction.atomic():
        row = _to_settle(regression, by)
        law = texts.clean(acceptance.law, longest=LONGEST, field="/law")
        if not law:
            zh, en = "请写明依据的法律条款", "Name the law that it rests on."
            raise ActionRejected("law_missing", zh, en, status=422, field="/law")
        if acceptance.expected not in Expected.values:
            zh, en = "请选择应有的结果", "Choose what has to follow."
            raise ActionRejected("expected", zh, en, status=422, field="/expected")
        row.law, row.reason = law, texts.reason(acceptance.reason, longest=LONGEST)
        row.expected, row.state = acceptance.expected, State.ACCEPTED
        row.settled_by, row.settled_at = _user(by), now
        _save(row, "law", "reason", "expected", "state", "settled_by", "settled_at")
        _record(row, "regression_accepted", by, now, law=row.law, reason=row.reason)
    return row


def decline(*, regression: UUID, reason: str, by: Actor, now: datetime.datetime) -> Regression:
    """Say as a legal officer that a proposed case is no test of the rule, and why."""
    with transaction.atomic():
        row = _to_settle(regression, by)
        row.reason, row.state = texts.reason(reason, longest=LONGEST), State.DECLINED
        row.settled_by, row.settled_at = _user(by), now
        _save(row, "reason", "state", "settled_by", "settled_at")
        _record(row, "regression_declined", by, now, reason=row.reason)
    return row


def ask_retirement(
    *, regression: UUID, reason: str, by: Actor, now: datetime.datetime
) -> Regression:
    """Ask that an accepted case no longer counts: the law has changed, or it tests nothing.

    By a legal or a policy officer; it counts until a legal officer, another person, confirms.
    """
    with transaction.atomic():
        row = _locked(regression, by, ASKERS)
        _require_accepted(row)
        if row.retirement_asked_by_id is not None:
            zh, en = "已有人提出停用，等待确认", "Retiring it was asked for already."
            raise ActionRejected("retirement_asked", zh, en)
        row.retirement_reason = texts.reason(reason, longest=LONGEST)
        row.retirement_asked_by, row.retirement_asked_at = _user(by), now
        _save(row, "retirement_reason", "retirement_asked_by", "retirement_asked_at")
        _record(row, "regression_retirement_asked", by, now, reason=row.retirement_reason)
    return row


def retire(*, regression: UUID, by: Actor, now: datetime.datetime) -> Regression:
    """Confirm as a legal officer what another person has asked for: the case counts no longer."""
    with transaction.atomic():
        row = _locked(regression, by, frozenset({User.Role.LEGAL}))
        _require_asked(row)
        if not may_retire(row, by):
            zh, en = "提出停用的人不能自己确认", "Whoever asked to retire it cannot confirm that."
            raise ActionRejected("same_officer", zh, en, status=403)
        row.state, row.retired_by, row.retired_at = State.RETIRED, _user(by), now
        _save(row, "state", "retired_by", "retired_at")
        _record(row, "regression_retired", by, now, reason=row.retirement_reason)
    return row


def keep(*, regression: UUID, reason: str, by: Actor, now: datetime.datetime) -> Regression:
    """Say no as a legal officer to what was asked for: the case goes on counting."""
    with transaction.atomic():
        row = _locked(regression, by, frozenset({User.Role.LEGAL}))
        _require_asked(row)
        reason = texts.reason(reason, longest=LONGEST)
        row.retirement_reason, row.retirement_asked_by, row.retirement_asked_at = "", None, None
        _save(row, "retirement_reason", "retirement_asked_by", "retirement_asked_at")
        _record(row, "regression_kept", by, now, reason=reason)
    return row


def may_settle(row: Regression, by: Actor) -> bool:
    """Whether somebody may accept or decline a proposed case: no one who acted on it."""
    is_legal = by.kind is Kind.OFFICER and by.role == User.Role.LEGAL
    return is_legal and row.state == State.PROPOSED and not _is_one_of(set(row.involved), by)


def may_retire(row: Regression, by: Actor) -> bool:
    """Whether somebody may confirm what another person has asked for."""
    asker = row.retirement_asked_by
    if row.state != State.ACCEPTED or asker is None:
        return False
    return by.role == User.Role.LEGAL and not _is_one_of({asker.username}, by)


def _to_settle(regression: UUID, by: Actor) -> Regression:
    row = _locked(regression, by, frozenset({User.Role.LEGAL}))
    if row.state != State.PROPOSED:
        raise ActionRejected("settled", "该回归案例已处理", "That regression case is settled.")
    if not may_settle(row, by):
        zh = "您办理或审核过该办件，须由其他法制审核人员处理"
        en = "You have acted on that application; another legal officer settles this."
        raise ActionRejected("acted_on_it", zh, en, status=403)
    return row


def _locked(regression: UUID, by: Actor, roles: frozenset[User.Role]) -> Regression:
    if by.kind is not Kind.OFFICER or by.role not in roles:
        zh, en = "您的岗位不能办理回归案例", "Your role does not do this with regression cases."
        raise ActionRejected("not_permitted", zh, en, status=403)
    found = (
        Regression.objects.select_for_update(of=("self",))
        .select_related("service", "retirement_asked_by")
        .filter(pk=regression)
        .first()
    )
    if found is None:
        zh, en = "没有这个回归案例", "There is no such regression case."
        raise ActionRejected("not_found", zh, en, status=404)
    return found


def _require_accepted(row: Regression) -> None:
    if row.state != State.ACCEPTED:
        zh, en = "只有已采纳的回归案例可以停用", "Only an accepted regression case is retired."
        raise ActionRejected("not_accepted", zh, en)


def _require_asked(row: Regression) -> None:
    _require_accepted(row)
    if row.retirement_asked_by is None:
        zh, en = "没有人提出停用", "Nobody has asked to retire it."
        raise ActionRejected("retirement_not_asked", zh, en)


def _is_one_of(usernames: set[str], by: Actor) -> bool:
    """Whether somebody is one of these officers, under this account or another of theirs."""
    own = User.objects.filter(username=by.code).values_list("person", flat=True).first()
    if by.code in usernames:
        return True
    others = User.objects.filter(username__in=usernames).exclude(person="")
    return bool(own) and others.filter(person=own).exists()


def _user(by: Actor) -> User:
    return User.objects.get(username=by.code)


def _save(row: Regression, *fields: str) -> None:
    row.save(update_fields=fields)


def _record(row: Regression, kind: str, by: Actor, now: datetime.datetime, **data: str) -> None:
    """Write an Event of the service, which is locked by it."""
    service = Service.objects.select_for_update(no_key=True).get(pk=row.service_id)
    said = {"regression": str(row), "id": str(row.pk), **{k: str(v) for k, v in data.items()}}
    record(service, kind, by=by, now=now, data=said)
