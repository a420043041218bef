"""Looking at what was granted (事中事后监管): what was granted on a commitment, and a share.

An officer who did not decide the case records what is so: as committed, to be put right by a day,
or untrue. Untrue is proposed for revocation (行政许可法 §69): the holder is heard first, a second
officer confirms, and then the city's own credit record bars its signer from commitments.
"""

import datetime
import hashlib
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

import bulk
from approvals import policies
from approvals.actions import steps
from approvals.errors import not_found
from approvals.models import Application, CreditRecord, Inspection, Undertaking
from approvals.records import undertakings
from approvals.rows.undertakings import (
    Cause,
    InspectionResult,
    UndertakingKind,
    UndertakingState,
)
from certificates.actions import propose
from certificates.models import Revocation
from certificates.policies import REASON_LONGEST
from certificates.queries import revoked_for, stands_for
from dmn.values.temporal import YearsMonths, add_months, read_duration
from ledger.clock import city_date
from ledger.identifiers import uuid7
from people.actors import Actor
from people.errors import ActionRejected
from people.models import User
from services import catalogue
from services.rulebook import Rulebook
from services.verdict import COMMITTED, Verdict

RECTIFY_MOST = 90  # days that may be given to put something right
# working days in which a holder may be heard before a revocation (as 行政处罚法 §64 sets for a
# hearing; 行政许可法 sets none for a revocation: doubt)
HEARD = 5
LAPSE_WITHIN = 20  # working days to look at what was granted and whose promised file did not come


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an officer found; ``rectify_by``: the last day to put it right, of that result alone."""

    result: str
    reason: str
    rectify_by: datetime.date | None = None


def due(
    application: Application,
    book: Rulebook,
    verdict: Verdict,
    receipt: bytes,
    now: datetime.datetime,
) -> list[Inspection]:
    """Return the inspection that an approval brings, unsaved; of most none.

    What was granted on a commitment always, of the rest the edition's share. That is drawn by the
    hash of the receipt: nobody knows it before, and everybody can draw it again.
    """
    spec = book.pack.inspection
    if spec is None:
        return []
    if any(one.result == COMMITTED for one in verdict.signed.values()):
        return [opened(application, Cause.COMMITMENT, now)]
    drawn = int.from_bytes(hashlib.sha256(receipt).digest()[:4]) % 10_000 < spec.share * 100
    return [opened(application, Cause.DRAWN, now)] if drawn else []


def opened(
    application: Application,
    cause: Cause,
    now: datetime.datetime,
    last: datetime.date | None = None,
) -> Inspection:
    """Return an inspection that is due from now, unsaved; ``last``: its day, where it has one."""
    book = catalogue.rulebook(application.edition_id)
    spec, calendar = book.pack.inspection, settings.CITY.calendar
    if last is not None:
        at = calendar.end_of(last)
    elif spec is None or cause is Cause.LAPSE:
        at = calendar.deadline(city_date(now), LAPSE_WITHIN, "working").at
    else:
        at = calendar.deadline(city_date(now), spec.days, spec.unit).at
    return bulk.new(
        Inspection,
        id=uuid7(),
        application_id=application.id,
        cause=cause.value,
        opened_at=now,
        due_at=at,
        result="",
        reason="",
    )


def inspect(*, key: UUID, outcome: Outcome, by: Actor, now: datetime.datetime) -> Inspection:
    """Record what was found; what is untrue is proposed for revocation in the same transaction.

    Raises ``ActionRejected`` (404 not the officer's to see, 403 they decided the case, 409 done
    before, or its revocation is proposed already, 422 result, reason or day).
    """
    with transaction.atomic():
        known = Inspection.objects.select_related("application").filter(pk=key).first()
        if known is None:
            raise not_found()
        application = steps.lock(known.application.number)
        row = Inspection.objects.select_for_update().get(pk=key)
        policies.require_officer(by, application)
        policies.require_another_officer(by, application)
        if row.done_at is not None:
            raise ActionRejected("done", "该核查已经完成", "This inspection is done already.")
        checked = _checked(outcome, city_date(now))
        row.result, row.reason, row.rectify_by = checked.result, checked.reason, checked.rectify_by
        row.done_by, row.done_at = User.objects.get(username=by.code), now
        row.done_by_id = row.done_by.pk
        rows = [row]
        if row.rectify_by is not None:
            rows.append(opened(application, Cause.RECTIFIED, now, row.rectify_by))
        data = {"result": row.result, "reason": row.reason, **undertakings.of_inspections(rows)}
        if row.rectify_by is not None:
            data["rectify_by"] = row.rectify_by.isoformat()
        event = steps.event_in_place(application, "inspected", by=by, now=now, data=data)
        steps.write([application], [application.state], [event])
        fields = ("result", "reason", "rectify_by", "done_by", "done_at")
        bulk.update(Inspection, [row], fields)
        bulk.insert(Inspection, rows[1:])
        if row.result == InspectionResult.UNTRUE:
            _propose(application, row.reason, by, now)
        steps.announce([application])
    return row


def _propose(application: Application, reason: str, by: Actor, now: datetime.datetime) -> None:
    """Propose to revoke what came of it, changed since or not, once its holder has been heard."""
    issued = stands_for(application.number, application.applicant)
    if issued is None:
        return
    until = settings.CITY.calendar.deadline(city_date(now), HEARD, "working").at
    propose(
        public_id=issued.public_id,
        ground=Revocation.Ground.DECEPTION.value,
        reason=reason[:REASON_LONGEST],
        by=by,
        now=now,
        heard_until=until,
    )


def _checked(outcome: Outcome, today: datetime.date) -> Outcome:
    reason = steps.require_reason(outcome.reason)
    if outcome.result not in InspectionResult.values:
        raise ActionRejected(
            "result", "请选择核查结果", "Choose what was found.", status=422, field="/result"
        )
    if outcome.result != InspectionResult.RECTIFY:
        return Outcome(outcome.result, reason)
    day = outcome.rectify_by
    latest = today + datetime.timedelta(days=RECTIFY_MOST)
    if day is None or not today < day <= latest:
        raise ActionRejected(
            "rectify_by",
            f"请填写整改期限：明天至 {latest}",
            f"Give the last day to put it right: from tomorrow to {latest}.",
            status=422,
            field="/rectify_by",
        )
    return Outcome(outcome.result, reason, day)


def escalate(*, by: Actor, now: datetime.datetime, limit: int = 200) -> int:
    """Show supervisors and heads what is not inspected in time; returns how many there were."""
    policies.require_machine(by)
    late = Inspection.objects.filter(done_at=None, escalated_at=None, due_at__lte=now)
    keys = list(late.values_list("pk", flat=True)[:limit])
    return Inspection.objects.filter(pk__in=keys, escalated_at=None).update(escalated_at=now)


def enter_credit(*, by: Actor, now: datetime.datetime, limit: int = 200) -> int:
    """Write the credit record of what was found untrue and is revoked; returns how many.

    A commitment's alone, and one that stood: whoever took it back, or only handed a file in late,
    has told no untruth. What merely ended otherwise was confirmed by no second officer.
    """
    policies.require_machine(by)
    found = Inspection.objects.filter(result=InspectionResult.UNTRUE, credit=None)
    committed = Undertaking.objects.filter(
        application=OuterRef("application"),
        kind=UndertakingKind.COMMITMENT,
        state=UndertakingState.SIGNED,
    )
    ground = Revocation.Ground.DECEPTION
    revoked = revoked_for(OuterRef(OuterRef("application__number"))).filter(ground=ground)
    waiting = found.filter(Exists(committed), Exists(revoked)).order_by("done_at", "id")
    done = 0
    for row in waiting.select_related("application")[:limit]:
        with transaction.atomic():
            application = steps.lock(row.application.number)
            until = _barred_until(application, city_date(now))
            record = bulk.new(
                CreditRecord,
                id=uuid7(),
                person=application.applicant,
                inspection_id=row.pk,
                at=now,
                until=until,
            )
            data = {"credit": str(record.id), "until": until.isoformat()}
            event = steps.event_in_place(application, "credit_recorded", by=by, now=now, data=data)
            steps.write([application], [application.state], [event])
            bulk.insert(CreditRecord, [record])
            done += 1
    return done


def _barred_until(application: Application, today: datetime.date) -> datetime.date:
    """Return the last day on which the longest bar of the edition's commitments holds."""
    book = catalogue.rulebook(application.edition_id)
    lengths = [read_duration(one.bars) for one in book.pack.commitments.values()]
    months = max(one.months for one in lengths if isinstance(one, YearsMonths))
    last: datetime.date = add_months(today, months)
    return last
