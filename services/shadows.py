"""A text in shadow: started and ended by an officer, judged beside the live edition by engines."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction

import bulk
from ledger import events
from ledger.models import Event
from people import text as texts
from people.actors import Actor, Kind
from people.errors import ActionRejected
from people.roles import POLICIES
from services.edition import draft, load
from services.models import Edition, Proposal, Service, Shadow
from services.rulebook import Rulebook
from services.states import OPEN
from services.steps import settled

log = logging.getLogger(__name__)
_KEPT = 32
_books: dict[int, tuple[str, Rulebook | None]] = {}

# For statements that ask by themselves: an array of the ids of all that run.
RUNNING_SHADOWS = "ARRAY(SELECT x.id FROM services_shadow x WHERE x.ended_at IS NULL)"


def start(
    text: str,
    *,
    reason: str,
    by: Actor,
    now: datetime.datetime,
    expected: Decimal | None = None,
    file: str = "pack.yaml",
) -> Shadow:
    """Let a text judge every case of its service from now on, beside the live edition.

    The text of an edition that is not the latest watches over the latest: where they diverge by
    more than is ``expected`` (a share; None: the city's band), the service is suspended. Any other
    is a draft. Raises ``SourceError`` where it is no pack, and ``ActionRejected``: not a policy
    officer (403), no reason (422), no such service (404), one runs already, the live text itself.
    """
    if by.kind != Kind.OFFICER or by.role not in POLICIES:
        zh, en = "影子运行由政策人员启动", "Policy officers start and end shadows."
        raise ActionRejected("not_permitted", zh, en, status=403)
    reason = texts.reason(reason, longest=400)
    if expected is not None and not 0 < expected < 1:
        zh, en = "预期分歧率须在 0 与 1 之间", "The share expected is between 0 and 1."
        raise ActionRejected("not_a_share", zh, en, status=422, field="/expected")
    read = draft(text, file, city=settings.CITY)
    code, digest = read.pack.service, read.digest()
    with transaction.atomic():
        service = _locked(code)
        editions = Edition.objects.filter(service=service).order_by("-number")
        latest = editions.first()
        if latest is None:
            zh, en = "该事项没有已发布的版本", "The service has no edition yet."
            raise ActionRejected("unknown_code", zh, en, status=404)
        if latest.hash == digest:
            raise ActionRejected("unchanged", f"与 {latest} 相同", f"It is the text of {latest}.")
        row = Shadow(
            service=service,
            edition=editions.filter(hash=digest).first(),
            source=text,
            city=dict(read.city),
            hash=digest,
            expected=expected,
            reason=reason,
            started_at=now,
            started_by=str(by),
        )
        data = {"edition": digest, "reason": reason, "expected": str(expected or "")}
        _record(code, "shadow_started", by=by, now=now, data=data)
        row.save(force_insert=True)
    return row


def start_proposed(
    proposal: int,
    *,
    reason: str,
    by: Actor,
    now: datetime.datetime,
    expected: Decimal | None = None,
) -> Shadow:
    """Let a proposed text run in shadow, byte for byte as it is reviewed; as ``start``.

    Raises ``Proposal.DoesNotExist``, and ``ActionRejected`` too for a proposal that is over, and
    where the city's data changed what the text takes from them.
    """
    found = Proposal.objects.get(pk=proposal)
    if found.state not in OPEN:
        raise settled(found)
    file = f"{found.service_id}.yaml"
    with transaction.atomic():
        row = start(found.source, reason=reason, by=by, now=now, expected=expected, file=file)
        if row.hash != found.hash:
            zh, en = (
                "城市数据已变更，请重新提出",
                "The city's data changed since; propose it again.",
            )
            raise ActionRejected("city_changed", zh, en)
    return row


def of_text(service: str, digest: str) -> Shadow | None:
    """Return the last shadow of just this text, by its ``digest`` as proposals have it."""
    return Shadow.objects.filter(service=service, hash=digest).order_by("-id").first()


def lacking(found: Proposal, now: datetime.datetime) -> ActionRejected | None:
    """Return what the city's data demand of a proposal's shadow and it has not; usually nothing.

    A first edition has none to diverge from, and a roll-back brings back what was live.
    """
    days = settings.CITY.governance.shadow_days
    if not days or found.base_id is None or found.rollback_of_id is not None:
        return None
    row = of_text(found.service_id, found.hash)
    if row is not None and row.found_at is not None:
        zh, en = "影子运行中分歧超出预期区间", "In shadow it diverged by more than its band."
        return ActionRejected("shadow_diverged", zh, en)
    if row is None or (row.ended_at or now) - row.started_at < datetime.timedelta(days=days):
        zh = f"须先影子运行满 {days} 天"
        return ActionRejected("no_shadow", zh, f"It has to run in shadow for {days} days first.")
    return None


def end(*, shadow: int, by: Actor, now: datetime.datetime) -> Shadow:
    """End a shadow; what it has counted stays.

    Raises ``Shadow.DoesNotExist`` and ``ActionRejected``.
    """
    if by.kind != Kind.OFFICER or by.role not in POLICIES:
        zh, en = "影子运行由政策人员结束", "Policy officers start and end shadows."
        raise ActionRejected("not_permitted", zh, en, status=403)
    with transaction.atomic():
        row = Shadow.objects.select_for_update().get(pk=shadow)
        if row.ended_at is not None:
            raise ActionRejected("ended_already", "影子运行已经结束", "It has ended already.")
        row.ended_at, row.ended_by = now, str(by)
        data = {"edition": row.hash, "cases": str(row.cases), "diverged": str(row.diverged)}
        _record(row.service_id, "shadow_ended", by=by, now=now, data=data)
        row.save(update_fields=["ended_at", "ended_by"])
    return row


def found(
    shadow: Shadow, *, measured: Mapping[str, str], by: Actor, now: datetime.datetime
) -> None:
    """Note that it diverges by more than its band; ``measured`` as ``services.watching`` counts."""
    shadow.found_at, shadow.measured = now, dict(measured)
    data = {"edition": shadow.hash, "measured": dict(measured)}
    _record(shadow.service_id, "shadow_diverged", by=by, now=now, data=data)
    shadow.save(update_fields=["found_at", "measured"])


def rulebook(shadow: int) -> tuple[str, Rulebook | None]:
    """The service of a shadow, and its text made ready to judge; once a process.

    None: the text cannot be read any more, which fails none of the cases beside it.
    """
    if shadow not in _books:
        row = Shadow.objects.get(pk=shadow)
        if len(_books) >= _KEPT:
            _books.clear()
        made = None
        try:
            made = load(row.source, f"{row.service_id}.yaml", city=row.city)
        except Exception:
            log.exception("shadow %s of %s cannot be read", shadow, row.service_id)
        _books[shadow] = row.service_id, made
    return _books[shadow]


def _locked(code: str) -> Service:
    try:
        service = Service.objects.select_for_update(no_key=True).get(pk=code)
    except Service.DoesNotExist:
        zh, en = f"没有事项 {code}", f"There is no service {code}."
        raise ActionRejected("unknown_code", zh, en, status=404) from None
    if Shadow.objects.filter(service=service, ended_at=None).exists():
        zh, en = "该事项已有影子运行，请先结束", "The service has a shadow already; end it first."
        raise ActionRejected("running_already", zh, en)
    return service


def _record(
    code: str, kind: str, *, by: Actor, now: datetime.datetime, data: dict[str, Any]
) -> None:
    service = Service.objects.select_for_update(no_key=True).get(pk=code)
    event = events.append(service, f"service:{code}", kind, by=by, now=now, data=data)
    bulk.insert(Event, [event])
    bulk.update(Service, [service], ["events", "head"])
