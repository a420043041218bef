"""What follows from disputes: the keeper is notified, the record is read again, the case is judged.

The record alone settles a dispute, whoever says what: once it is read and says something else than
before, the machine judges as it always does, in a new round, and the receipt names both versions.
"""

import datetime
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import orjson
from django.conf import settings
from django.db import transaction

import bulk
from approvals import policies
from approvals.actions import checks, clock, steps
from approvals.actions.notices import place
from approvals.models import Application, Dispute, Evidence, Procedure
from approvals.progress import wake
from approvals.records import disputes
from approvals.review import handover
from approvals.rows.disputes import CHANGING, LIVE
from approvals.rows.disputes import DisputeState as Is
from approvals.states import OPEN, State
from exchange.models import Notice
from exchange.outbox import notice
from ledger.clock import city_date
from ledger.events import instant
from people.actors import CHECKER, Actor
from services import catalogue

if TYPE_CHECKING:
    from approvals.actions.evidence import File


def bring_up_to_date(file: "File", now: datetime.datetime) -> list[Notice]:
    """Bring the disputes of a case up to what was read in this round, in memory.

    Returns the notices to the keepers that were not notified yet, unsaved.
    """
    read = {row.registry: row for row in file.evidence if not row.subject}
    for row in file.disputes:
        evidence = read.get(row.registry)
        value = disputes.value_in(evidence, row.field) if evidence and row.is_live else None
        if evidence is None or value is None:
            continue
        if row.record_hash is None:
            keep_reading(row, evidence, value)
            is_changed = row.value == value  # it says by now what is claimed
        else:
            is_changed = row.record_value != value
        if is_changed:
            row.state, row.ended_at = Is.CORRECTED, now
            row.corrected_value, row.corrected_version = value, evidence.version
            row.corrected_hash, row.corrected_read_at = bytes(evidence.hash), evidence.read_at
    return notify(file.application, [row for row in file.disputes if row.state == Is.OPEN], now)


def keep_reading(row: Dispute, evidence: Evidence, value: str) -> None:
    """Keep what the record says while it is disputed, with its version and hash."""
    row.record_value, row.record_version = value, evidence.version
    row.record_hash, row.record_read_at = bytes(evidence.hash), evidence.read_at


def notify(
    application: Application, rows: Iterable[Dispute], now: datetime.datetime
) -> list[Notice]:
    """Mark disputes as notified to the keepers of the records; returns the notices, unsaved.

    A registry whose keeper is not connected stays open: the officer asks in another way.
    """
    found = []
    for row in rows:
        if row.partner_id is not None and row.record_hash is not None:
            days = settings.CITY.disputes.days
            row.state, row.notified_at = Is.NOTIFIED, now
            row.due_at = clock.answer_by(application, days, city_date(now))
            found.append(_notice("dispute.opened", application, row, now))
    return found


def end(
    rows: Sequence[Dispute], state: Is, application: Application, now: datetime.datetime
) -> list[Notice]:
    """End live disputes in memory; returns the notices to who need not answer any more."""
    found = [row for row in rows if row.state == Is.NOTIFIED]
    for row in rows:
        row.state, row.ended_at = state, now
    return [_notice("dispute.withdrawn", application, row, now) for row in found]


def write(rows: Sequence[Dispute], batch: bulk.Writer = bulk.IMMEDIATE) -> None:
    """Write what has become of disputes; their hashes stand in the event of the same statement."""
    batch.update(Dispute, rows, CHANGING)


def send(found: Sequence[Notice]) -> None:
    """Write notices to keepers, and wake the deliverer after the commit."""
    if bulk.insert(Notice, found):
        transaction.on_commit(lambda: wake.tasks("exchange.deliver"))


def judge_again(application: Application, now: datetime.datetime) -> bool:
    """Give a locked case back to the machine, in a new round, if disputes alone are in the way.

    Not where an officer has it for what the machine would not see, or a special procedure was held.
    Returns whether it went.
    """
    if (
        application.state != State.REVIEW
        or application.contested
        or not handover.may_be_judged_again(application.handover)
        or Procedure.objects.filter(application=application).exists()
    ):
        return False
    before = application.state
    data = {"reasons": [str(reason) for reason in handover.parse(application.handover)]}
    book = catalogue.rulebook(application.edition_id)
    round_checks = checks.begin_round(application, book, now)
    event = steps.move(
        application, "check_again", by=CHECKER, now=now, kind="checked_again", data=data
    )
    steps.write([application], [before], [event], checks.FIELDS)
    checks.save(round_checks)
    return True


def look_again(
    changed: Iterable[tuple[str, str]], *, by: Actor, now: datetime.datetime
) -> list[str]:
    """Judge cases again that dispute one of the changed (registry, subject) records.

    Each is a transaction of its own. Returns the numbers of those that went to the machine.
    """
    policies.require_machine(by)
    subjects: dict[str, set[str]] = {}
    for registry, subject in changed:
        subjects.setdefault(registry, set()).add(subject)
    numbers = [
        number
        for registry, whom in sorted(subjects.items())
        for number in Dispute.objects.filter(
            registry=registry,
            state__in=LIVE,
            application__applicant__in=whom,
            application__state=State.REVIEW,
        ).values_list("application__number", flat=True)
    ]
    gone = []
    for number in dict.fromkeys(numbers):
        with transaction.atomic():
            application = steps.lock(number)
            if judge_again(application, now):
                steps.announce([application])
                gone.append(number)
    return gone


def remind(*, by: Actor, now: datetime.datetime, limit: int = 200) -> int:
    """Remind keepers, once, whose day to answer is over; returns how many.

    The case is with an officer all the while, who decides within the term of the law.
    """
    policies.require_machine(by)
    with transaction.atomic():
        late = list(
            Dispute.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("application")
            .filter(
                state=Is.NOTIFIED, reminded_at=None, due_at__lte=now, application__state__in=OPEN
            )
            .order_by("due_at")[:limit]
        )
        for row in late:
            row.reminded_at = now
        bulk.update(Dispute, late, ("reminded_at",))
        send([_notice("dispute.reminded", row.application, row, now) for row in late])
    return len(late)


def _notice(kind: str, application: Application, row: Dispute, now: datetime.datetime) -> Notice:
    """Return what the keeper of a registry learns: its own record, and what is said against it."""
    assert row.partner_id is not None, "no agency to be notified"
    data: dict[str, Any] = {
        "dispute": str(row.id),
        "application": application.number,
        **place(application),
        "registry": row.registry,
        "field": row.field,
    }
    if kind != "dispute.withdrawn":
        data |= {
            "applicant": application.applicant_name,
            "record_value": orjson.loads(row.record_value),
            "version": row.record_version,
            "claim": row.claim,
            "value": orjson.loads(row.value) if row.value else None,
            "reason": row.reason,
            "files": row.digests,
            "law": "个人信息保护法 §46",
            "due_at": instant(row.due_at) if row.due_at else "",
        }
    return notice(row.partner_id, kind, application.subject, data, now)
