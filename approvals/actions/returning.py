"""Returning for correction: once by a clerk alone, again where a supervisor permits it (§32)."""

import datetime
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

import bulk
from approvals import policies
from approvals.actions import officer, steps
from approvals.errors import illegal
from approvals.models import Acceptance, Application, Decision, ReturnPermission
from approvals.records import correction
from approvals.states import Outcome, State
from people.actors import Actor
from people.errors import ActionRejected
from people.models import User
from services import catalogue


def return_(
    *,
    number: str,
    reason: str,
    by: Actor,
    now: datetime.datetime,
    version: int | None = None,
    opened: Sequence[str] | None = None,
) -> Application:
    """Send back for correction, with everything that is missing in one notice (一次性告知, §32).

    ``opened``: the parts of the answers that the applicant may change (``records.correction``);
    None opens all of them, an empty list none: then it is not the answers that are to be mended.
    Whoever was returned before, by the machine too, is returned again by a supervisor's permission;
    so is what counts as accepted, since nothing was called missing in five working days.
    """
    with transaction.atomic():
        application = officer.lock_taken(number, by, version, "return_")
        found = permission(application)
        if found is None and was_returned(application):
            raise ActionRejected(
                "supervisor_required",
                "该办件已退回补正过一次，再次退回须经督办人员或部门负责人同意，请先提出申请",
                "It was returned once before: a supervisor or the head of the office has to permit"
                " a second return. Ask for it first.",
            )
        if found is None and needs_permission(application):
            raise ActionRejected(
                "accepted",
                "五个工作日内未告知补正，该办件已视为受理，退回补正须经督办人员或部门负责人同意，请先提出申请",
                "Nothing was called missing within five working days, so it counts as accepted: a"
                " supervisor or the head of the office has to permit a return. Ask for it first.",
            )
        resolution = officer.Resolution(
            Outcome.RETURN, reason, opened=require_parts(application, opened), permission=found
        )
        officer.decide(application, resolution, by, now)
    return application


def ask_second_return(
    *, number: str, reason: str, by: Actor, now: datetime.datetime, version: int | None = None
) -> ReturnPermission:
    """Ask the supervisor to permit a second return of a case in one's hands."""
    with transaction.atomic():
        application = officer.lock_taken(number, by, version, "return_")
        if not needs_permission(application):
            raise ActionRejected(
                "no_permission_needed",
                "该办件尚未退回过，且未视为受理，可以直接退回补正",
                "It was not returned before, and does not count as accepted; return it yourself.",
            )
        reason = steps.require_reason(reason)
        request = ReturnPermission(
            application=application,
            office_id=application.office_id,
            round=application.round,
            reason=reason,
            asked_by=User.objects.get(username=by.code),
            asked_at=now,
        )
        try:
            with transaction.atomic():
                bulk.insert(ReturnPermission, [request])
        except IntegrityError as error:
            if "return_permission_once" not in str(error):
                raise
            raise ActionRejected(
                "asked_before",
                "已提出过再次退回的申请",
                "The supervisor was asked before, or has permitted it.",
            ) from None
        _note(application, "second_return_asked", reason, by, now)
    return request


def permit_second_return(
    *, number: str, reason: str, by: Actor, now: datetime.datetime, version: int | None = None
) -> Application:
    """Permit a second return, as a supervisor or head; the applicant reads who did, and why."""
    return _settle(number, reason, True, by, now, version)


def deny_second_return(
    *, number: str, reason: str, by: Actor, now: datetime.datetime, version: int | None = None
) -> Application:
    """Say no to a second return, as a supervisor or head: the clerk decides on what is there."""
    return _settle(number, reason, False, by, now, version)


def was_returned(application: Application) -> bool:
    """Whether the application was returned before, by the machine or an officer."""
    return Decision.objects.filter(application=application, outcome=Outcome.RETURN).exists()


def needs_permission(application: Application) -> bool:
    """Whether a supervisor permits the next return: it is a second one, or late (§32).

    PostgreSQL asks the same two (``move_guards``).
    """
    is_late = Acceptance.objects.filter(application=application).exists()
    return is_late or was_returned(application)


def permission(application: Application) -> ReturnPermission | None:
    """Return a supervisor's permission to return the case in its present round and office."""
    return _of_round(application).filter(permitted=True).select_related("settled_by").first()


def open_request(application: Application) -> ReturnPermission | None:
    """Return what a clerk has asked the supervisor in this round, if it is not settled."""
    if application.state != State.REVIEW:
        return None
    return _of_round(application).filter(settled_at=None).select_related("asked_by").first()


def _of_round(application: Application) -> QuerySet[ReturnPermission]:
    office = Q(office=application.office_id) | Q(office=None)
    return ReturnPermission.objects.filter(office, application=application, round=application.round)


def _settle(
    number: str,
    reason: str,
    permitted: bool,
    by: Actor,
    now: datetime.datetime,
    version: int | None,
) -> Application:
    with transaction.atomic():
        application = steps.lock(number, version=version)
        policies.require_overseer(by, application)
        if application.state != State.REVIEW:
            raise illegal("return_", application.state)
        request = open_request(application)
        if request is None:
            raise ActionRejected(
                "not_asked", "没有待处理的再次退回申请", "No second return is asked for."
            )
        request.answer = steps.require_reason(reason)
        request.settled_by, request.settled_at = User.objects.get(username=by.code), now
        request.permitted = permitted
        bulk.update(
            ReturnPermission, [request], ["settled_by", "settled_at", "permitted", "answer"]
        )
        kind = "second_return_permitted" if permitted else "second_return_denied"
        _note(application, kind, request.answer, by, now)
    return application


def _note(
    application: Application, kind: str, reason: str, by: Actor, now: datetime.datetime
) -> None:
    event = steps.event_in_place(application, kind, by=by, now=now, data={"reason": reason})
    steps.write([application], [application.state], [event])


def require_parts(application: Application, opened: Sequence[str] | None) -> correction.Opened:
    """Return the parts in the form's order; raises ``ActionRejected`` (422) for one it lacks."""
    if opened is None:
        return None
    book = catalogue.rulebook(application.edition_id)
    known = [part.pointer for part in correction.parts(book.form)]
    if unknown := sorted(set(opened) - set(known)):
        raise ActionRejected(
            "no_such_field",
            f"表单中没有该项：{unknown[0][:60]}",
            f"The form has no such field: {unknown[0][:60]}",
            status=422,
            field="/opened",
        )
    # whoever may hand in a file again may as well sign in its place, or take back what is signed
    boxes = {f"/{s.name}" for s in book.program.stand_ins if f"/{s.question}" in opened}
    return tuple(pointer for pointer in known if pointer in boxes | set(opened))
