"""A longer term of the law, once and with a reason (行政许可法 §42)."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db import transaction

import bulk
from approvals import policies
from approvals.actions import clock, steps
from approvals.documents import issuing
from approvals.errors import illegal
from approvals.models import Application, TermExtension
from approvals.records import binding
from approvals.states import State
from ledger.clock import city_date
from ledger.events import instant
from people import text
from people.actors import Actor
from people.errors import ActionRejected
from people.models import User
from services import catalogue


@dataclass(frozen=True, slots=True)
class GovernmentApproval:
    """That the head of the government approved it: the document's number, and its day (ISO)."""

    number: str
    on: str


def extend(
    *,
    number: str,
    reason: str,
    by: Actor,
    now: datetime.datetime,
    version: int | None = None,
    approval: GovernmentApproval | None = None,
) -> Application:
    """Extend the term of the law of a case in review; its applicant reads both days and why.

    By the days of its pack. Only the head of its office does, once, and before the term is over;
    of a joint handling on the ``approval`` of the head of the government (§42 para 2), which is
    recorded here. PostgreSQL keeps all of it. Raises ``ActionRejected`` (404 for everybody else,
    409 before or too late, 422 no reason, or no approval where there has to be one).
    """
    with transaction.atomic():
        application = steps.lock(number, version=version)
        policies.require_head(by, application)
        if application.state != State.REVIEW:
            raise illegal("extend", application.state)
        reason = steps.require_reason(reason)
        was = _require_extensible(application, now)
        book = catalogue.rulebook(application.edition_id)
        row = TermExtension(
            application=application,
            version=application.version,
            days=book.pack.clock.extension,
            reason=reason,
            by=User.objects.get(username=by.code),
            at=now,
            was_due_at=was,
        )
        data: dict[str, Any] = {"reason": reason, "was_due_at": instant(was)}
        if book.pack.clock.joint:
            data["government"] = _approve(row, approval or GovernmentApproval("", ""), now)
        application.extended_days = row.days
        clock.reckon(application, book)
        assert application.due_at is not None
        row.due_at = application.due_at
        bulk.insert(TermExtension, [row])
        data |= binding.of_term(application)
        event = steps.event_in_place(application, "extended", by=by, now=now, data=data)
        steps.write([application], [application.state], [event], clock.FIELDS)
        issuing.of_event(application, event)
        steps.announce([application])
    return application


def _approve(
    row: TermExtension, approval: GovernmentApproval, now: datetime.datetime
) -> dict[str, str]:
    """Note the government's approval on the row; returns what the Event says of it."""
    number = text.clean(approval.number, longest=80, field="/document")
    if not number:
        raise ActionRejected(
            "government_required",
            "联合办理的延长须经本级人民政府负责人批准，请填写批准文件的文号",
            "Of a joint handling the head of the government approves the extension: name the"
            " number of that document.",
            status=422,
            field="/document",
        )
    try:
        day = datetime.date.fromisoformat(approval.on.strip())
    except ValueError:
        day = datetime.date.max
    if not row.application.as_of <= day <= city_date(now):
        raise ActionRejected(
            "approval_day_required",
            "请填写批准日期：不早于收到申请之日，不晚于今天",
            "Say on which day it was approved: not before the application came in, not after"
            " today.",
            status=422,
            field="/approved_on",
        )
    row.approval_number, row.approved_on = number, day
    return {"number": number, "on": day.isoformat()}


def is_extensible(application: Application, now: datetime.datetime) -> bool:
    """Whether the term of a case may (still) be extended; who may is asked elsewhere."""
    due = application.due_at
    return (
        application.state == State.REVIEW
        and not application.extended_days
        and due is not None
        and due > now
    )


def _require_extensible(application: Application, now: datetime.datetime) -> datetime.datetime:
    """Return by when the case was to be decided before."""
    if application.extended_days:
        raise ActionRejected(
            "extended_before",
            "办理期限只能延长一次",
            "The term was extended before; once is all.",
        )
    if application.due_at is None or application.due_at <= now:
        raise ActionRejected(
            "overdue", "法定期限已过，不能再延长", "The term is over and cannot be extended."
        )
    return application.due_at
