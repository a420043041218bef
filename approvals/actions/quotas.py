"""Places of a service that has so many: who stands where, who is granted one, who moves up.

Each case has its place in the queue from its submission (``models.QuotaPlace``). It is granted if
there are enough places for it and all before it, so that nobody is overtaken whose registry, signer
or officer takes longer. Where there are too few nothing is refused: an officer has the case, and
the machine takes it back as soon as it has moved up.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

import bulk
from approvals import policies, statements
from approvals.actions import checks, steps
from approvals.models import Application, QuotaPlace
from approvals.records import places
from approvals.states import State
from ledger.clock import city_date
from people.actors import Actor
from people.errors import ActionRejected
from services import catalogue, quota
from services.quota import Queue
from services.rulebook import Rulebook


def rows_of(application: Application, book: Rulebook, now: datetime.datetime) -> list[QuotaPlace]:
    """Return the place that a case takes at the end of its queue, unsaved; mostly none."""
    found = quota.queue(book, application.answers, application.as_of)
    if found is None:
        return []
    return [
        bulk.new(
            QuotaPlace,
            application_id=application.id,
            service=application.service_id,
            period=found.period,
            group=found.group,
            accepted_at=now,
        )
    ]


def take_again(application: Application, book: Rulebook, now: datetime.datetime) -> None:
    """Let a case that is opened again stand in the queue anew, if its place was freed."""
    if book.pack.quota is None:
        return
    if not QuotaPlace.objects.filter(application=application, freed_at=None).exists():
        bulk.insert(QuotaPlace, rows_of(application, book, now))


def follow(application: Application, book: Rulebook, now: datetime.datetime) -> None:
    """Let a corrected case change to the queue of its answers, at its end; mostly it stays."""
    if book.pack.quota is None:
        return
    due = rows_of(application, book, now)
    held = QuotaPlace.objects.filter(application=application, freed_at=None)
    if {(row.period, row.group) for row in due} == {(row.period, row.group) for row in held}:
        return
    held.update(freed_at=now)
    bulk.insert(QuotaPlace, due)


@dataclass(frozen=True, slots=True)
class Standing:
    """The place of a case as it stands: ``position`` counts those who were not freed.

    ``given``: how many of the queue are granted.
    """

    row: QuotaPlace
    position: int
    given: int

    @property
    def queue(self) -> Queue:
        return Queue(self.row.period, self.row.group)


def standings(applications: Iterable[Application]) -> dict[UUID, Standing]:
    """Return where each of them stands now, by its id: of those that stand anywhere."""
    found = bulk.read(
        QuotaPlace, statements.QUOTA_STANDINGS, [[a.id for a in applications]], also=("at", "given")
    )
    return {
        row.application_id: Standing(row, row.__dict__.pop("at"), row.__dict__.pop("given"))
        for row in found
    }


def granted_places(service: str, one: Queue) -> int:
    """Return how many places of a queue are granted now."""
    rows = QuotaPlace.objects.filter(service=service, period=one.period, group=one.group)
    return rows.filter(freed_at=None, granted_at__isnull=False).count()


def number_in_force(one: Queue, book: Rulebook, on: datetime.date) -> tuple[int | None, str]:
    """Return how many places a queue has on a day, and the hash of the edition that says so.

    That is the edition in force, for whoever waits; the case's own where that speaks of none.
    """
    edition = catalogue.current(book.code, on)
    current = catalogue.rulebook(edition) if edition is not None else book
    if current.pack.quota is None:
        current = book
    return quota.places(current, one, on), current.hash


def payload(
    standing: Standing | None, book: Rulebook, application: Application, on: datetime.date
) -> dict[str, str] | None:
    """Return what a receipt says of the place of a case; None: it needs none."""
    if standing is None:
        wanted = quota.queue(book, application.answers, application.as_of)
        return None if wanted is None else places.missing(wanted)
    count, edition = number_in_force(standing.queue, book, on)
    return places.payload(standing.row, standing.position, count, edition)


def grant(standing: Standing | None, receipt: Mapping[str, Any], at: datetime.datetime) -> bool:
    """Grant the place of an approved case in memory, of as many as its receipt names.

    Returns whether that is new: a case that is approved again has its place already.
    """
    if standing is None or standing.row.granted_at is not None:
        return False
    standing.row.granted_at, standing.row.places = at, int(receipt["quota"]["places"])
    return True


def require(said: dict[str, str] | None) -> None:
    """Raise ``ActionRejected`` where an officer would grant what there is no place for.

    ``said``: what the receipt says.
    """
    fault = places.fault(said)
    if fault == places.FULL and said is not None:
        zh = "名额已满或须留给受理在先的申请：本件排第{position}位，名额{places}个"
        en = (
            "There is no place, or it is for those who were accepted before:"
            " this case is number {position}, and there are {places} places."
        )
        raise ActionRejected(fault, zh.format(**said), en.format(**said))
    if fault:
        zh, en = "无法确定名额数，不能批准", "How many places there are is not known: not approved."
        raise ActionRejected(fault, zh, en)


def move_up(*, by: Actor, now: datetime.datetime, limit: int = 200) -> int:
    """Return cases to the machine for which there is a place by now; returns how many.

    Those that an officer has for that reason alone, and that nobody has taken. They are judged
    anew, by what registries say then.
    """
    policies.require_machine(by)
    waiting = bulk.read(Application, statements.QUOTA_WAITING, [places.FULL, limit])
    if not waiting:
        return 0
    standing = standings(waiting)
    numbers: dict[tuple[str, Queue], int | None] = {}
    ids = []
    for case in waiting:
        if (one := standing.get(case.id)) is None:
            continue
        key = case.service_id, one.queue
        if key not in numbers:
            book = catalogue.rulebook(case.edition_id)
            numbers[key], _ = number_in_force(one.queue, book, city_date(now))
        if one.position <= (numbers[key] or 0):  # it stays so: a position only falls
            ids.append(case.id)
    with transaction.atomic():
        moved = [a for a in steps.lock_all(ids) if _waits(a)] if ids else []
        _enter(moved, by, now)
    return len(moved)


def _waits(case: Application) -> bool:
    alone = case.handover == places.FULL and case.taken_by_id is None
    return case.state == State.REVIEW and alone


def _enter(cases: Sequence[Application], by: Actor, now: datetime.datetime) -> None:
    before = [case.state for case in cases]
    events, due = [], []
    for case in cases:
        data = {"reasons": [case.handover]}
        due += checks.begin_round(case, catalogue.rulebook(case.edition_id), now)
        events.append(steps.move(case, "check_again", by=by, now=now, kind="moved_up", data=data))
    if cases:
        steps.write(cases, before, events, checks.FIELDS)
        checks.save(due)
