"""Special procedures (特别程序): a hearing, expert review, inspection or test before a decision.

Their time does not count into the term of the law, and the applicant is told in writing how much
is needed (行政许可法 §45). An inspection on site is not in the list of §45 (it is of §34): its time
counts unless a law of its own, which has to be named, says otherwise.
"""

import datetime
import re
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

import bulk
from approvals import policies
from approvals.actions import clock, steps
from approvals.actions.officer import lock_taken
from approvals.documents import issuing
from approvals.models import Application, Procedure
from approvals.records import binding
from approvals.rows.terms import ProcedureKind
from approvals.states import State
from ledger.clock import city_date
from people import text
from people.actors import Actor
from people.errors import ActionRejected
from people.models import User
from services import catalogue

LONGEST = 180  # working days
ENDED = ("ended_by", "ended_at", "result")
_OF_45 = re.compile(  # §45 of the law of licences, as officers write it
    r"(?:《?(?:中华人民共和国)?行政许可法》?)?\s*(?:§\s*45(?!\d)|第?\s*(?:45|四十五)\s*条)"
)


@dataclass(frozen=True, slots=True)
class ProcedurePlan:
    """What is held, as an officer's page sends it: ``days`` are working days, as digits."""

    kind: str
    days: str
    basis: str  # its law
    reason: str  # what the applicant reads


def open_procedure(
    *,
    number: str,
    plan: ProcedurePlan,
    by: Actor,
    now: datetime.datetime,
    version: int | None = None,
) -> Application:
    """Begin a special procedure of a case in one's hands; its clock stands still until the end.

    The applicant reads the kind, its law, by when it is expected to end, and the officer's words.
    Raises ``ActionRejected`` (404, 409 not taken or not in review, 422 what is missing).
    """
    with transaction.atomic():
        application = lock_taken(number, by, version, "open_procedure")
        before, on = application.state, city_date(now)
        row = _planned(application, plan, on)
        row.opened_by, row.opened_at = User.objects.get(username=by.code), now
        clock.pause(application, on)
        data = {
            "procedure": str(row.id),
            "what": row.kind,
            "law": row.law,
            "reason": row.words,
            "until": row.until.isoformat(),
            **binding.of_term(application),
        }
        event = steps.move(
            application, "open_procedure", by=by, now=now, kind="procedure_opened", data=data
        )
        bulk.insert(Procedure, [row])
        steps.write([application], [before], [event], clock.PAUSE_FIELDS)
        issuing.of_event(application, event)
        steps.announce([application])
    return application


def end_procedure(
    *, number: str, reason: str, by: Actor, now: datetime.datetime, version: int | None = None
) -> Application:
    """End the special procedure of a case with its result; the days that were left go on.

    By any clerk who may handle the case and is present, who has it from then on. The applicant
    reads the result.
    """
    with transaction.atomic():
        application = steps.lock(number, version=version)
        policies.require_officer(by, application)
        policies.require_another_officer(by, application)
        policies.require_present(by.code, now)
        before = application.state
        row = open_of(application)
        if row is None:
            raise ActionRejected(
                "no_procedure", "没有正在进行的特别程序", "No special procedure is open."
            )
        officer = User.objects.get(username=by.code)
        row.ended_by, row.ended_at, row.result = officer, now, steps.require_reason(reason)
        bulk.update(Procedure, [row], ENDED)
        if application.taken_by_id != officer.pk:
            application.taken_by, application.taken_at = officer, now
        book = catalogue.rulebook(application.edition_id)
        left = clock.days_left(application, book)
        clock.resume(application, book, city_date(now))
        data = {
            "procedure": str(row.id),
            "what": row.kind,
            "reason": row.result,
            "left": str(left),
            **binding.of_term(application),
        }
        event = steps.move(
            application, "end_procedure", by=by, now=now, kind="procedure_ended", data=data
        )
        steps.write([application], [before], [event], ("taken_by", "taken_at", *clock.FIELDS))
        steps.announce([application])
    return application


def open_of(application: Application) -> Procedure | None:
    """Return the special procedure that a case waits for, if it does."""
    if application.state != State.PROCEDURE:
        return None
    return Procedure.objects.filter(application=application, ended_at=None).first()


def give_up(application: Application, now: datetime.datetime) -> None:
    """End, without a result, the procedure of a case that its applicant takes back."""
    row = open_of(application)
    if row is not None:
        row.ended_at = now
        bulk.update(Procedure, [row], ENDED)


def _planned(application: Application, plan: ProcedurePlan, on: datetime.date) -> Procedure:
    if plan.kind not in ProcedureKind.values:
        raise ActionRejected(
            "no_such_kind",
            "请选择特别程序的种类",
            "Choose the kind of the procedure.",
            status=422,
            field="/kind",
        )
    law = text.clean(plan.basis, longest=200, field="/basis")
    if not law:
        raise ActionRejected(
            "law_required", "请填写法律依据", "Name the law.", status=422, field="/basis"
        )
    if plan.kind == ProcedureKind.INSPECTION and _OF_45.match(law):
        raise ActionRejected(
            "law_of_inspection",
            "现场勘验不属于行政许可法 §45 所列情形，请填写规定其时间不计入期限的法律、法规",
            "An inspection on site is not of §45: name the law by which its time does not count.",
            status=422,
            field="/basis",
        )
    is_number = plan.days.isascii() and plan.days.isdigit() and len(plan.days) < 5
    days = int(plan.days) if is_number else 0
    if not 1 <= days <= LONGEST:
        raise ActionRejected(
            "days_required",
            f"请填写所需的工作日数（1 至 {LONGEST}）",
            f"Say how many working days it takes: 1 to {LONGEST}.",
            status=422,
            field="/days",
        )
    until, _ = settings.CITY.calendar.last_day(on, days, "working")
    return Procedure(
        application=application,
        kind=plan.kind,
        law=law,
        words=steps.require_reason(plan.reason),
        until=until,
    )
