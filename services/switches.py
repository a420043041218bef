"""Suspending automatic approval, and releasing it: one officer stops it, two let it go on.

The statement that writes an automatic approval asks again whether it is suspended
(``approvals.guards.suspensions``), under a lock that is shared by all that approve and that a
suspension takes alone. So whoever suspends waits for the approvals that are being written, which
takes milliseconds, and none is written after the commit.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import connection, transaction

import bulk
from ledger import events
from ledger.models import Event
from people import text as texts
from people.actors import Actor, Kind
from people.errors import ActionRejected
from people.models import User
from people.roles import RELEASERS, SUSPENDERS
from services.models import Rate, Service, Suspension
from services.models.switches import Cause, Scope

LOCK = 0x6D6961_73757370  # "mia susp": shared by whoever approves, alone of whoever suspends

# For statements that ask by themselves: whether the service whose code is in a column is suspended,
# and an array of the registries that are.
SERVICE_IS_SUSPENDED = (
    "EXISTS (SELECT FROM services_suspension x WHERE x.released_at IS NULL"
    " AND x.scope = 'service' AND x.code = {service})"
)
SUSPENDED_REGISTRIES = (
    "ARRAY(SELECT x.code::text FROM services_suspension x WHERE x.released_at IS NULL"
    " AND x.scope = 'registry' ORDER BY x.code)"
)


def suspend(*, scope: str, code: str, reason: str, by: Actor, now: datetime.datetime) -> Suspension:
    """Suspend automatic approval of a service, or of whatever rests on a registry, at once.

    When it returns and its transaction is committed, nothing more is approved automatically.
    Raises ``ActionRejected``: no reason (422), not an officer who may (403), no such service or
    registry (404), suspended already (409).
    """
    _require(by, SUSPENDERS)
    row = Suspension(
        scope=scope,
        code=code,
        cause=Cause.PERSON,
        reason=texts.reason(reason, longest=400),
        by=str(by),
        at=now,
    )
    return _suspend(row, by=by, now=now)


def suspend_measured(
    *, scope: str, code: str, reason: str, measured: Mapping[str, Any], by: Actor,
    now: datetime.datetime,
) -> Suspension | None:  # fmt: skip
    """Suspend by itself what left its band; None where it is suspended already."""
    row = Suspension(
        scope=scope, code=code, cause=Cause.BAND, measured=dict(measured), reason=reason,
        by=str(by), at=now,
    )  # fmt: skip
    try:
        return _suspend(row, by=by, now=now)
    except ActionRejected as error:
        if error.code != "suspended_already":
            raise
        return None


def propose_release(
    *, suspension: int, reason: str, by: Actor, now: datetime.datetime
) -> Suspension:
    """Propose that automatic approval goes on; another officer has to ``release`` it.

    A later proposal takes the place of an earlier one. Raises ``Suspension.DoesNotExist``, and
    ``ActionRejected`` for no reason, the wrong officer, an account of nobody known, or what is
    released already.
    """
    _require(by, SUSPENDERS)
    _require_known_person(by)
    reason = texts.reason(reason, longest=400)
    with transaction.atomic():
        row = _locked(suspension)
        row.release_reason, row.release_proposed_by, row.release_proposed_at = reason, str(by), now
        _record(row, "release_proposed", by=by, now=now, data={"reason": reason})
        row.save(update_fields=["release_reason", "release_proposed_by", "release_proposed_at"])
    return row


def release(*, suspension: int, by: Actor, now: datetime.datetime) -> Suspension:
    """Let new cases be approved automatically again, as another officer has proposed.

    What officers have by then stays with them. Raises as ``propose_release``, and
    ``ActionRejected`` where nobody has proposed it, or who confirms it did, under any account.
    """
    _require(by, RELEASERS)
    _require_known_person(by)
    with transaction.atomic():
        row = _locked(suspension)
        if row.release_proposed_at is None:
            zh, en = "须先由一名人员提出恢复", "Somebody has to propose the release first."
            raise ActionRejected("not_proposed", zh, en)
        if row.release_proposed_by == str(by) or _person(row.release_proposed_by) in (
            "",
            by.person,
        ):
            zh = "提出人不能自己确认，换用其他账号也不行"
            en = "Whoever proposed it cannot confirm it, under no account."
            raise ActionRejected("same_officer", zh, en, status=403)
        row.released_by, row.released_at = str(by), now
        data = {"proposed_by": row.release_proposed_by, "reason": row.release_reason}
        _record(row, "released", by=by, now=now, data=data)
        row.save(update_fields=["released_by", "released_at"])
    return row


def live(scope: str, codes: Iterable[str]) -> set[str]:
    """Return those of the services, or registries, that are suspended now."""
    found = Suspension.objects.filter(scope=scope, code__in=set(codes), released_at=None)
    return set(found.values_list("code", flat=True))


def hold(*, service: str, registries: Iterable[str]) -> bool:
    """Hold off every suspension until the transaction ends; is this service's not suspended now?

    Nor any of the registries that an approval of it rests on.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK])
    return not (live(Scope.SERVICE, [service]) or live(Scope.REGISTRY, registries))


def _suspend(row: Suspension, *, by: Actor, now: datetime.datetime) -> Suspension:
    with transaction.atomic():
        # what spoke for a rate out of its band is forgotten; first, as whoever adds up has the
        # rates before it suspends, and no two wait for each other
        Rate.objects.filter(scope=row.scope, code=row.code).delete()
        _lock()
        _require_known(row)
        if live(row.scope, [row.code]):
            zh, en = "自动审批已经暂停", "Automatic approval is suspended already."
            raise ActionRejected("suspended_already", zh, en)
        data = {"cause": str(row.cause), "reason": row.reason, "measured": row.measured}
        _record(row, "suspended", by=by, now=now, data=data)
        row.save(force_insert=True)
    return row


def _require(by: Actor, roles: frozenset[User.Role]) -> None:
    if by.kind != Kind.OFFICER or by.role not in roles:
        zh, en = "您的岗位不能暂停或者恢复自动审批", "Your role does not switch automatic approval."
        raise ActionRejected("not_permitted", zh, en, status=403)


def _require_known_person(by: Actor) -> None:
    """Two accounts are two officers only where it is known whose they are."""
    if not by.person:
        zh = "该账号未登记本人身份，不能恢复自动审批；请系统管理员补登"
        en = "It is not known whose account this is; an administrator has to say so first."
        raise ActionRejected("no_person", zh, en, status=403)


def _person(who: str) -> str:
    """Return whose account it is, by keyed index; empty: nobody known."""
    found = User.objects.filter(username=who.partition(":")[2]).values_list("person", flat=True)
    return found.first() or ""


def _require_known(row: Suspension) -> None:
    if row.scope == Scope.SERVICE:
        is_known = Service.objects.filter(pk=row.code).exists()
    else:
        is_known = row.scope == Scope.REGISTRY and row.code in settings.CITY.registries
    if not is_known:
        zh, en = "没有该事项或者登记库", "There is no such service or registry."
        raise ActionRejected("unknown_code", zh, en, status=404)


def _lock() -> None:
    """Wait for the approvals that are being written, and hold off all others till the commit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _locked(suspension: int) -> Suspension:
    _lock()
    row = Suspension.objects.select_for_update().get(pk=suspension)
    if row.released_at is not None:
        zh, en = "自动审批已经恢复", "Automatic approval goes on already."
        raise ActionRejected("released_already", zh, en)
    return row


def _record(
    row: Suspension, kind: str, *, by: Actor, now: datetime.datetime, data: Mapping[str, Any]
) -> None:
    """Write the next event of what is suspended; the lock keeps its chain in order."""
    name = f"suspension:{row.scope}:{row.code}"
    event = events.append(events.Rowless.named(name), name, kind, by=by, now=now, data=dict(data))
    bulk.insert(Event, [event])
