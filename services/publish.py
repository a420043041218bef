"""Publishing an edition: proposed, published with its Events, never changed again.

Between the two it is reviewed (``services.reviews``) and tried (``services.trials``).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

import bulk
from ledger import events
from ledger.clock import city_date
from ledger.models import Event
from people import text as texts
from people.actors import Actor
from people.errors import ActionRejected
from people.models import User
from services import catalogue, shadows, trials
from services.edition import ENGINE
from services.finding import choices
from services.finding import current as finding
from services.models import Edition, Proposal, Review, Service, Trial
from services.publishable import Checked as Checked
from services.publishable import check as check
from services.publishable import publishable, read
from services.states import OPEN, ProposalState
from services.steps import lock, lock_service, nobody_known, require_role, settled, step


@dataclass(frozen=True, slots=True)
class Rollback:
    """The wish to put the text of an earlier edition in force again, and why."""

    reason: str
    in_force_from: datetime.date | None = None  # None: as soon as it can hold


@dataclass(frozen=True, slots=True)
class Terms:
    """What an author knows of the day on which an edition is to begin.

    ``until``: the day on which an edition that is published already takes over from it.
    ``may_be_past``: it corrects an error from a past day on, for which a head's order is needed.
    """

    until: datetime.date | None = None
    may_be_past: bool = False


PLAIN = Terms()


def propose(
    text: str,
    *,
    by: Actor,
    now: datetime.datetime,
    file: str = "pack.yaml",
    rollback: Rollback | None = None,
    terms: Terms = PLAIN,
) -> Proposal:
    """Propose a pack as the next edition of its service, or as its first; see ``publish``.

    Raises ``SourceError`` when the pack is not right, or the day on which another edition takes
    over is not named, and ``ActionRejected`` when ``by`` is no policy officer, the date is past,
    or the text is that of an edition already: of the latest, or of an earlier one without a
    ``rollback``.
    """
    require_role(by, User.Role.POLICY)
    if not by.person:
        raise nobody_known()
    pack = read(text, file)
    book = publishable(pack, file, city_date(now))
    with transaction.atomic():
        service = lock_service(book.code)
        latest = _latest(book.code)
        earlier = Edition.objects.filter(service=service, hash=book.hash).order_by("number").first()
        _text_may_be_proposed(latest, earlier, rollback)
        start = book.pack.in_force_from
        if rollback is not None:
            assert latest is not None  # there is an earlier one
            start = rollback.in_force_from or max(city_date(now), latest.in_force_from)
        if latest is not None and not terms.may_be_past:
            _not_past(start, now)
        after = _overtaking(service, start).first()
        if terms.until != (after.in_force_from if after else None):
            raise pack.source.error(("in_force_from",), *_overtaken(terms.until, after))
        _not_open(service, book.hash)
        proposal = Proposal(
            service=service,
            source=text,
            city=dict(pack.city),
            hash=book.hash,
            in_force_from=start,
            rollback_of=earlier if rollback else None,
            reason=texts.reason(rollback.reason, longest=400) if rollback else "",
            base=latest,
            proposed_at=now,
            proposed_by=str(by),
            author=by.person,
        )
        data = {"from": str(start), "reason": proposal.reason}
        step(service, proposal, "proposed", by=by, now=now, data=data)
        proposal.save(force_insert=True)
    return proposal


def publish(proposal: int, *, by: Actor, now: datetime.datetime) -> Edition:
    """Publish what was tried, and a legal and a technical officer have approved: the edition.

    Raises ``Proposal.DoesNotExist``, ``SourceError`` when the pack is no longer right, and
    ``ActionRejected`` when ``by`` is no policy officer or something is ``missing``: with several
    ``faults`` it names them all.
    """
    require_role(by, User.Role.POLICY)
    with transaction.atomic():
        service, found = lock(proposal)
        file = f"{found.service_id}.yaml"
        # under the lock: a regression case that is accepted meanwhile holds against this text
        book = publishable(read(found.source, file), file, city_date(now))
        lacking = list(missing(found, now))
        if book.hash != found.hash:
            lacking.append(_city_changed())
        if lacking:
            raise _all_of(lacking)
        trial = trials.standing(book.code, found.hash, now)
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
            is_first=latest is None,
            rollback_of_id=found.rollback_of_id,
            reason=found.reason,
            ordered_by=found.ordered_by,
            order_reason=found.order_reason,
            trial=trial,
        )
        edition.save(force_insert=True)
        found.edition = edition
        step(service, found, "published", by=by, now=now, data=_published(edition, trial))
        found.save(update_fields=["state", "events", "head", "edition"])
        transaction.on_commit(partial(_store_pinyin, edition))
    return edition


def missing(found: Proposal, now: datetime.datetime) -> Iterator[ActionRejected]:
    """Yield what keeps a proposal from being published now, besides faults of its pack."""
    if found.state == ProposalState.PUBLISHED:
        yield ActionRejected("already_published", "该版本已经发布", "It is published already.")
        return
    if found.state not in OPEN:
        yield settled(found)
        return
    approved = set(found.reviews.filter(approves=True, hash=found.hash).values_list("role"))
    for role in Review.Role:
        if (role.value,) not in approved:
            zh, en = _LACKING[role]
            yield ActionRejected(f"no_{role.value}_review", zh, en)
    latest = _latest(found.service_id)
    if found.base_id != (latest.pk if latest else None):
        zh = f"提出之后已发布 {latest}，须以其为基础重新提出"
        en = f"{latest} was published since: propose the draft again with it as its base."
        yield ActionRejected("base_changed", zh, en)
    if latest is not None and found.in_force_from < city_date(now) and not found.ordered_by:
        yield _past(found.in_force_from)
    if untried := trials.lacking(found.service_id, found.hash, now):
        yield untried
    if unseen := shadows.lacking(found, now):
        yield unseen


_LACKING = {
    Review.Role.LEGAL: (
        "尚缺法制审核人员同意",
        "No legal officer has approved this text.",
    ),
    Review.Role.TECHNICAL: (
        "尚缺技术审核人员同意",
        "No technical officer has approved this text.",
    ),
}


def _all_of(lacking: list[ActionRejected]) -> ActionRejected:
    """Return one refusal that says everything; its code is that of the first."""
    zh, en = "；".join(one.zh for one in lacking), " ".join(one.en for one in lacking)
    found = ActionRejected(lacking[0].code, zh, en, status=lacking[0].status)
    if len(lacking) > 1:
        found.faults = [{"pointer": "", "zh": one.zh, "en": one.en} for one in lacking]
    return found


def _published(edition: Edition, trial: Trial) -> dict[str, str]:
    return {
        "number": str(edition.number),
        "from": str(edition.in_force_from),
        "proposed_by": edition.proposed_by,
        "rollback_of": str(edition.rollback_of.number) if edition.rollback_of else "",
        "reason": edition.reason,
        "ordered_by": edition.ordered_by,
        "order_reason": edition.order_reason,
        **trials.words_of_event(trial),
    }


def _store_pinyin(edition: Edition) -> None:
    """Let the service be found by pinyin without the dictionary; the lock is over by then."""
    book = catalogue.rulebook(edition)
    finding.store([book])
    choices.store([book])


def _not_open(service: Service, digest: str) -> None:
    waiting = Proposal.objects.filter(service=service, hash=digest, state__in=OPEN).first()
    if waiting is not None:
        zh = f"该文本已提出，尚未办结：{waiting.pk}"
        raise ActionRejected("already_proposed", zh, f"It is proposed already: {waiting.pk}.")


def _latest(code: str) -> Edition | None:
    return Edition.objects.filter(service=code).order_by("-number").first()


def _city_changed() -> ActionRejected:
    zh, en = "城市数据已变更，请重新提出", "The city's data changed since; propose it again."
    return ActionRejected("city_changed", zh, en)


def _not_past(start: datetime.date, now: datetime.datetime) -> None:
    if start < city_date(now):
        raise _past(start)


def _past(start: datetime.date) -> ActionRejected:
    zh = f"生效日期 {start} 已过，不得溯及既往；更正须由部门负责人决定并说明理由"
    en = f"{start} is past; an edition begins in it only as a correction that a head has ordered."
    return ActionRejected("past_date", zh, en)


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
