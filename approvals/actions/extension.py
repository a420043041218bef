"""A longer term of the law, once and with a reason (行政许可法 §42)."""

import datetime

from django.db import transaction

import bulk
from approvals import policies
from approvals.actions import clock, steps
from approvals.documents import issuing
from approvals.errors import illegal
from approvals.models import Application, TermExtension
from approvals.records import binding
from approvals.states import State
from ledger.events import instant
from people.actors import Actor
from people.errors import ActionRejected
from people.models import User
from services import catalogue
from services.pack.model import OF_OFFICE


def extend(
    *, number: str, reason: str, by: Actor, now: datetime.datetime, version: int | None = None
) -> Application:
    """Extend the term of the law of a case in review; its applicant reads both days and why.

    By ten days. Only the head of its office does, once, and before the term is over; PostgreSQL
    keeps all three. The fifteen days of a joint handling are not the office's to approve but the
    government's (§42 para 2), which nothing here records. Raises ``ActionRejected`` (404 for
    everybody else, 409 before, too late or by fifteen days, 422 no reason).
    """
    with transaction.atomic():
        application = steps.lock(number, version=version)
        policies.require_head(by, application)
        if application.state != State.REVIEW:
            raise illegal("extend", application.state)
        reason = steps.require_reason(reason)
        was = _require_extensible(application, now)
        book = catalogue.rulebook(application.edition_id)
        if book.pack.clock.extension != OF_OFFICE:
            raise ActionRejected(
                "government_required",
                "联合办理的延长须经本级人民政府负责人批准，系统尚不能记录该批准",
                "Of a joint handling the head of the government approves the extension, which"
                " cannot be recorded yet.",
            )
        application.extended_days = book.pack.clock.extension
        clock.reckon(application, book)
        assert application.due_at is not None
        row = TermExtension(
            application=application,
            version=application.events,
            days=application.extended_days,
            reason=reason,
            by=User.objects.get(username=by.code),
            at=now,
            was_due_at=was,
            due_at=application.due_at,
        )
        bulk.insert(TermExtension, [row])
        data = {"reason": reason, "was_due_at": instant(was), **binding.of_term(application)}
        event = steps.event_in_place(application, "extended", by=by, now=now, data=data)
        steps.write([application], [application.state], [event], clock.FIELDS)
        issuing.of_event(application, event)
        steps.announce([application])
    return application


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
