"""Publishing an edition: checked first, then written with its Event, never changed again."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

import bulk
from city.errors import SourceError, first_of
from ledger import events
from ledger.clock import city_date
from ledger.models import Event
from people import text as texts
from people.actors import Actor, Kind
from people.errors import ActionRejected
from services import bundles, catalogue, city_tests, claims, regressions, scanning
from services.edition import ENGINE, Draft, draft
from services.finding import choices
from services.finding import current as finding
from services.models import Edition, Proposal, Service
from services.pack import city_check, contradictions, lint, proactive, provisional
from services.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Checked:
    """A pack that may be published, and what its author should still know."""

    rulebook: Rulebook
    warnings: tuple[SourceError, ...]


def check(text: str, file: str = "pack.yaml") -> Checked:
    """Everything that publishing demands: shape, types, form, lint, the pack's own tests.

    And that the city has what the pack names: registries with their fields, offices, partners.

    Raises ``SourceError`` (with ``.all()``) when anything is wrong.
    """
    read = draft(text, file, city=settings.CITY)
    checked = _checked(read, file)
    if found := list(claims.unissued(read.source, read.pack, settings.CITY)):
        raise first_of(found)
    return checked


def _checked(read: Draft, file: str) -> Checked:
    book = read.rulebook()
    results = list(lint.findings(read.source, read.pack, read.program))
    found = [fault for is_fault, fault in results if is_fault]
    found += contradictions.faults(read.source, read.pack, read.program)
    found += city_check.faults(read.source, read.pack, settings.CITY)
    found += city_tests.faults(read, settings.CITY, file)[0]
    found += proactive.faults(read.source, read.pack, settings.CITY)
    found += provisional.city_faults(read.source, read.pack, read.program, settings.CITY)
    found += scanning.faults(read.source, book)
    if found:
        raise first_of(found)
    return Checked(book, tuple(remark for is_fault, remark in results if not is_fault))


def _publishable(read: Draft, file: str, on: datetime.date) -> Rulebook:
    """Check a pack beside the services that are offered.

    The bundles (一件事) it belongs to still have one form with it, and no two claim otherwise.
    """
    book = _checked(read, file).rulebook
    offered = catalogue.all_current(on)
    found = list(claims.faults(read.source, read.pack, offered))
    found += claims.unissued(read.source, read.pack, settings.CITY, offered)
    found += regressions.faults(read)
    for bundle in settings.CITY.bundles.values():
        services = {step.service for step in bundle.steps.values()}
        if book.code in services:
            current = {one: catalogue.current(one, on) for one in services - {book.code}}
            there = {one: catalogue.rulebook(row) for one, row in current.items() if row}
            found += bundles.faults(bundle, {**there, book.code: book})
    if found:
        raise first_of(found)
    return book


def publish_first(
    text: str, *, by: object, now: datetime.datetime, file: str = "pack.yaml"
) -> Edition:
    """Publish the first edition of a service, when a city begins with it; returns the edition.

    One person may do it, because nothing was decided by another edition; the pack's date may lie
    in the past, and pages show the day of publication then. The text that is in force already
    gives its edition. Raises ``ActionRejected`` when there are other editions, ``SourceError``
    when the pack is not right. ``now`` is aware.
    """
    read = draft(text, file, city=settings.CITY)
    latest = _latest(read.pack.service)
    if latest is not None and latest.hash == read.digest():
        return latest
    if latest is not None:
        raise _second_officer(latest)
    book = _publishable(read, file, city_date(now))
    with transaction.atomic():
        service = _locked(book.code)
        latest = _latest(book.code)
        if latest is not None:  # somebody published while we checked
            if latest.hash == book.hash:
                return latest
            raise _second_officer(latest)
        edition = Edition(
            service=service,
            number=1,
            source=text,
            city=dict(read.city),
            hash=book.hash,
            legal_review=sorted(book.pack.legal_review),
            extension=book.pack.clock.extension,
            engine=ENGINE,
            in_force_from=book.pack.in_force_from,
            proposed_by=str(by),
            published_at=now,
            published_by=str(by),
            is_first=True,
        )
        _save(edition, by=by, now=now)
    return edition


@dataclass(frozen=True, slots=True)
class Rollback:
    """The wish to put the text of an earlier edition in force again, and why."""

    reason: str
    in_force_from: datetime.date | None = None  # None: as soon as it can hold


def propose(
    text: str,
    *,
    by: Actor,
    now: datetime.datetime,
    file: str = "pack.yaml",
    rollback: Rollback | None = None,
    until: datetime.date | None = None,
) -> Proposal:
    """Propose a pack as the next edition of its service; another officer has to ``confirm`` it.

    ``until``: the day on which an edition that is published already takes over from this one, as
    its author knows. Raises ``SourceError`` when the pack is not right, or such a day is not named,
    and ``ActionRejected`` when nobody is an officer, the date is past, or the text is that of an
    edition already: of the latest, or of an earlier one without a ``rollback``.
    """
    _officer(by)
    read = draft(text, file, city=settings.CITY)
    book = _publishable(read, file, city_date(now))
    with transaction.atomic():
        service = _locked(book.code)
        latest = _latest(book.code)
        earlier = Edition.objects.filter(service=service, hash=book.hash).order_by("number").first()
        _text_may_be_proposed(latest, earlier, rollback)
        start = book.pack.in_force_from
        if rollback is not None:
            assert latest is not None  # there is an earlier one
            start = rollback.in_force_from or max(city_date(now), latest.in_force_from)
        _not_past(start, now)
        after = _overtaking(service, start).first()
        if until != (after.in_force_from if after else None):
            raise read.source.error(("in_force_from",), *_overtaken(until, after))
        proposal = Proposal(
            service=service,
            source=text,
            city=dict(read.city),
            hash=book.hash,
            in_force_from=start,
            rollback_of=earlier if rollback else None,
            reason=texts.reason(rollback.reason, longest=400) if rollback else "",
            proposed_at=now,
            proposed_by=str(by),
        )
        data = {"edition": book.hash, "from": str(start), "reason": proposal.reason}
        record(service, "proposed", by=by, now=now, data=data)
        _save_once(proposal)
    return proposal


def confirm(proposal: int, *, by: Actor, now: datetime.datetime) -> Edition:
    """Publish what another officer has proposed; returns the edition.

    Raises ``Proposal.DoesNotExist``, ``SourceError`` when the pack is no longer right, and
    ``ActionRejected`` when it was published, is one's own, or begins in the past by now.
    """
    _officer(by)
    found = Proposal.objects.get(pk=proposal)
    read = draft(found.source, f"{found.service_id}.yaml", city=settings.CITY)
    book = _publishable(read, f"{found.service_id}.yaml", city_date(now))
    with transaction.atomic():
        service = _locked(book.code)
        found = Proposal.objects.select_for_update().get(pk=proposal)
        if found.edition_id is not None:
            raise ActionRejected("already_published", "该版本已经发布", "It is published already.")
        if found.proposed_by == str(by):
            zh, en = "提出人不能自己确认", "Whoever proposed it cannot confirm it."
            raise ActionRejected("same_officer", zh, en, status=403)
        if book.hash != found.hash:
            zh, en = (
                "城市数据已变更，请重新提出",
                "The city's data changed since; propose it again.",
            )
            raise ActionRejected("city_changed", zh, en)
        _not_past(found.in_force_from, now)
        since = _overtaking(service, found.in_force_from).filter(published_at__gt=found.proposed_at)
        if since.exists():
            zh = "提出之后已发布生效日期更晚的版本，请重新提出"
            en = "An edition that begins later was published since; propose it again."
            raise ActionRejected("overtaken", zh, en)
        latest = _latest(book.code)
        edition = Edition(
            service=service,
            number=latest.number + 1 if latest else 1,
            source=found.source,
            city=found.city,
            hash=found.hash,
            legal_review=sorted(book.pack.legal_review),
            extension=book.pack.clock.extension,
            engine=ENGINE,
            in_force_from=found.in_force_from,
            proposed_by=found.proposed_by,
            published_at=now,
            published_by=str(by),
            rollback_of_id=found.rollback_of_id,
            reason=found.reason,
        )
        _save(edition, by=by, now=now)
        found.edition = edition
        found.save(update_fields=["edition"])
    return edition


def _save(edition: Edition, *, by: object, now: datetime.datetime) -> None:
    data = {
        "edition": edition.hash,
        "number": str(edition.number),
        "from": str(edition.in_force_from),
        "proposed_by": edition.proposed_by,
        "rollback_of": str(edition.rollback_of.number) if edition.rollback_of else "",
        "reason": edition.reason,
    }
    record(edition.service, "published", by=by, now=now, data=data)
    edition.save(force_insert=True)
    transaction.on_commit(partial(_store_pinyin, edition))


def _store_pinyin(edition: Edition) -> None:
    """Let the service be found by pinyin without the dictionary; the lock is over by then."""
    book = catalogue.rulebook(edition)
    finding.store([book])
    choices.store([book])


def _save_once(proposal: Proposal) -> None:
    pending = Proposal.objects.filter(
        service=proposal.service, hash=proposal.hash, edition__isnull=True
    ).first()
    if pending is not None:
        zh, en = f"已提出，等待确认：{pending.pk}", f"It is proposed already: {pending.pk}."
        raise ActionRejected("already_proposed", zh, en)
    proposal.save(force_insert=True)


def _latest(code: str) -> Edition | None:
    return Edition.objects.filter(service=code).order_by("-number").first()


def _officer(by: Actor) -> None:
    if by.kind != Kind.OFFICER:
        zh, en = "版本由政策人员提出和确认", "Editions are proposed and confirmed by officers."
        raise ActionRejected("not_an_officer", zh, en, status=403)


def _second_officer(latest: Edition) -> ActionRejected:
    zh = f"{latest} 已发布；新版本须由一人提出、另一人确认（pack propose、pack confirm）"
    en = f"{latest} is published; a new one is proposed by one officer and confirmed by another"
    return ActionRejected("needs_second_officer", zh, f"{en} (pack propose, pack confirm).")


def _not_past(start: datetime.date, now: datetime.datetime) -> None:
    if start < city_date(now):
        zh = f"生效日期 {start} 已过，不得溯及既往"
        raise ActionRejected("past_date", zh, f"{start} is past; an edition never begins in it.")


def _overtaking(service: Service, start: datetime.date) -> QuerySet[Edition]:
    """The editions that are published and begin after a day, the first of them first."""
    later = Edition.objects.filter(service=service, in_force_from__gt=start)
    return later.order_by("in_force_from", "-number")


def _overtaken(until: datetime.date | None, after: Edition | None) -> tuple[str, str]:
    """Two editions would be meant for the same days: say which of them counts."""
    if after is None:
        return f"没有在 {until} 生效的后续版本", f"no edition takes over on {until}"
    day = after.in_force_from
    zh = f"{after} 已定于 {day} 生效，届时取代本版；请自该日起生效，或写明 --until {day}"
    en = f"{after} begins on {day} and takes over then: begin then or later, or say --until {day}"
    return zh, en


def _text_may_be_proposed(
    latest: Edition | None, earlier: Edition | None, rollback: Rollback | None
) -> None:
    if rollback is not None and not rollback.reason.strip():
        raise ActionRejected("reason_missing", "回退须写明理由", "A roll-back needs a reason.")
    if latest is not None and earlier is not None and latest.hash == earlier.hash:
        raise ActionRejected("unchanged", f"与 {latest} 相同", f"It is the text of {latest}.")
    if earlier is not None and rollback is None:
        zh = f"与较早的 {earlier} 相同，现行为 {latest}；恢复旧版须写明回退及理由（--rollback）"
        en = f"It is the text of {earlier}, and {latest} is the latest: say --rollback, and why."
        raise ActionRejected("needs_rollback", zh, en)
    if earlier is None and rollback is not None:
        zh, en = "没有相同的旧版，不是回退", "No earlier edition has this text: it is no roll-back."
        raise ActionRejected("no_rollback", zh, en)


def retire(service: str, *, by: object, now: datetime.datetime, reason: str) -> Service:
    """Take a service out of the catalogue: no new applications; those in hand go on."""
    return _offer(service, False, by=by, now=now, reason=reason)


def resume(service: str, *, by: object, now: datetime.datetime, reason: str) -> Service:
    """Offer a retired service again."""
    return _offer(service, True, by=by, now=now, reason=reason)


def _offer(
    service: str, enabled: bool, *, by: object, now: datetime.datetime, reason: str
) -> Service:
    if not reason.strip():
        raise ActionRejected("reason_missing", "须写明理由", "A reason is needed.")
    reason = texts.reason(reason, longest=400)
    with transaction.atomic():
        found = Service.objects.select_for_update().get(pk=service)
        if found.enabled == enabled:
            zh, en = ("该事项已在办理", "It is offered already.") if enabled else (
                "该事项已停办", "It is retired already.",
            )  # fmt: skip
            raise ActionRejected("unchanged", zh, en)
        found.enabled = enabled
        kind = "resumed" if enabled else "retired"
        record(found, kind, by=by, now=now, data={"enabled": enabled, "reason": reason})
    return found


def switch(
    service: str,
    *,
    by: object,
    now: datetime.datetime,
    enabled: bool,
    reason: str = "",
) -> Service:
    """Open or close a service for applications.

    Writes the Event that the guard of the table asks for. Raises ``Service.DoesNotExist``, and
    ``ActionRejected`` for a change without a reason.
    """
    with transaction.atomic():
        found = Service.objects.select_for_update().get(pk=service)
        if found.enabled != enabled:
            found.enabled = enabled
            reason = texts.reason(reason, longest=400)
            data = {"enabled": enabled, "reason": reason}
            record(found, "switched", by=by, now=now, data=data)
    return found


def record(
    service: Service, kind: str, *, by: object, now: datetime.datetime, data: dict[str, Any]
) -> None:
    """Write an Event of a locked service, and the service with it."""
    event = events.append(service, f"service:{service.code}", kind, by=by, now=now, data=data)
    bulk.insert(Event, [event])
    bulk.update(Service, [service], ["enabled", "events", "head"])


def _locked(code: str) -> Service:
    Service.objects.bulk_create([Service(code=code)], ignore_conflicts=True)
    return Service.objects.select_for_update().get(pk=code)
