"""Rules to be looked at because a clause that they cite was amended: opened, and settled."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterator

from django.conf import settings
from django.db import transaction

from city import laws
from ledger.clock import city_date
from people import text as texts
from people.actors import Actor, Kind
from people.errors import ActionRejected
from services import catalogue, publish
from services.clauses import rules
from services.difference import Change, exact
from services.models import ClauseTask, Edition, Service

# parts that ``exact`` names as one, though several rules stand in each
_WHOLE = ("service", "term", "outcome", "endorsement", "change")


def follow(*, by: object, now: datetime.datetime) -> None:
    """Open what is due, and settle what a later edition has settled."""
    if any(one.amended_on for one in laws.clauses(settings.CITY.laws)):
        for edition in catalogue.current_editions(city_date(now)):
            open_due(edition, by=by, now=now)
    for code in (
        ClauseTask.objects.filter(settled_at=None).values_list("service", flat=True).distinct()
    ):
        settle_by_edition(code, by=by, now=now)


def open_due(edition: Edition, *, by: object, now: datetime.datetime) -> list[ClauseTask]:
    """Open a task for each rule whose clause was amended after the edition began; once each.

    An amendment that begins later opens its tasks at once, so that a new edition can be ready.
    """
    due = list(_due(edition))
    if not due:
        return []
    with transaction.atomic():
        service = Service.objects.select_for_update().get(pk=edition.service_id)
        known = set(
            ClauseTask.objects.filter(service=service).values_list("clause", "amended_on", "rule")
        )
        opened = [
            ClauseTask(
                service=service,
                clause=clause.id,
                citation=clause.citation[:220],
                amended_on=amended_on,
                rule=rule.key,
                edition=edition,
                opened_at=now,
            )
            for clause, amended_on, rule in due
            if (clause.id, amended_on, rule.key) not in known
        ]
        if opened:
            ClauseTask.objects.bulk_create(opened)
            for one in opened:
                data = {"clause": one.clause, "amended_on": str(one.amended_on), "rule": one.rule}
                publish.record(service, "clause_amended", by=by, now=now, data=data)
    return opened


def _due(edition: Edition) -> Iterator[tuple[laws.Clause, datetime.date, rules.Rule]]:
    book = catalogue.rulebook(edition)
    for clause, citing in rules.match(book, settings.CITY.laws).cited:
        if clause.amended_on is not None and edition.in_force_from < clause.amended_on:
            for rule in citing:
                yield clause, clause.amended_on, rule


def settle(task: uuid.UUID, *, by: Actor, now: datetime.datetime, reason: str) -> ClauseTask:
    """A policy officer says why a rule stays as it is although its clause was amended.

    Raises ``ClauseTask.DoesNotExist``, and ``ActionRejected`` without a reason, for nobody's
    officer, or when it is settled.
    """
    if by.kind != Kind.OFFICER:
        zh, en = "由政策人员处理", "A policy officer settles it."
        raise ActionRejected("not_an_officer", zh, en, status=403)
    if not reason.strip():
        zh, en = "须写明规则为何不变", "Say why the rule stays as it is."
        raise ActionRejected("reason_missing", zh, en, field="/reason")
    reason = texts.reason(reason, longest=400)
    found = ClauseTask.objects.get(pk=task)
    with transaction.atomic():
        service = Service.objects.select_for_update().get(pk=found.service_id)
        found = ClauseTask.objects.select_for_update(of=("self",)).get(pk=task)
        if found.settled_at is not None:
            raise ActionRejected("already_settled", "已经处理", "It is settled already.")
        found.settled_at, found.settled_by, found.reason = now, str(by), reason
        _save(service, found, by=by, now=now)
    return found


def settle_by_edition(code: str, *, by: object, now: datetime.datetime) -> int:
    """Settle the open tasks of a service whose rule is another in a later edition; how many."""
    latest = Edition.objects.filter(service=code).order_by("-number").first()
    settled = 0
    with transaction.atomic():
        service = Service.objects.select_for_update().get(pk=code)
        waiting = ClauseTask.objects.select_for_update(of=("self",)).filter(
            service=code, settled_at=None, edition__number__lt=latest.number if latest else 0
        )
        changes: dict[int, tuple[Change, ...]] = {}
        for one in waiting.select_related("edition"):
            assert latest is not None  # of which the number was asked
            if one.edition_id not in changes:
                before = catalogue.rulebook(one.edition_id)
                changes[one.edition_id] = exact(before, catalogue.rulebook(latest), settings.CITY)
            if is_changed(one.rule, changes[one.edition_id]):
                one.settled_at, one.settled_by = now, latest.published_by
                one.settled_by_edition = latest
                _save(service, one, by=by, now=now)
                settled += 1
    return settled


def is_changed(rule: str, changes: tuple[Change, ...]) -> bool:
    """Whether a rule, by its key, is among what differs, or rests on it."""
    part, _, id_ = rule.partition(":")
    for one in changes:
        if one.part == part and (part in _WHOLE or id_ == one.id or id_.startswith(f"{one.id}/")):
            return True
        if part == "condition" and any(resting.id == id_ for resting in one.affects):
            return True
    return False


def _save(service: Service, task: ClauseTask, *, by: object, now: datetime.datetime) -> None:
    task.save(update_fields=["settled_at", "settled_by", "reason", "settled_by_edition"])
    edition = task.settled_by_edition
    data = {
        "clause": task.clause,
        "amended_on": str(task.amended_on),
        "rule": task.rule,
        "reason": task.reason,
        "edition": str(edition.number) if edition else "",
    }
    publish.record(service, "clause_settled", by=by, now=now, data=data)
