"""Handing a case to another office of the city that is competent for it (移送)."""

import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from approvals import policies
from approvals.actions import steps
from approvals.documents import issuing
from approvals.errors import illegal
from approvals.models import Absence, Application
from approvals.records import binding
from approvals.states import State
from certificates.queries import live_for
from ledger.clock import city_date
from people.actors import Actor
from people.errors import ActionRejected
from people.models import Office, User

FIELDS = ("office", "taken_by", "taken_at")


def transfer(
    *,
    number: str,
    to: str,
    reason: str,
    by: Actor,
    now: datetime.datetime,
    version: int | None = None,
) -> Application:
    """Give a case in one's hands to another office (its code); the applicant reads why.

    Its clerks see it from then on, those of the former office do not; what they have read stays in
    the traces. The terms go on with the days left: they run from the receipt, whoever decides.
    """
    with transaction.atomic():
        application = steps.lock(number, version=version)
        policies.require_officer(by, application)
        if application.state != State.REVIEW:
            raise illegal("transfer", application.state)
        policies.require_taken(by, application)
        office = _target(application, to, now)
        data = {"from": application.office_id, "to": office.code}
        data["reason"] = steps.require_reason(reason)
        application.office = office
        application.taken_by = application.taken_at = None
        data["case"] = binding.case_hash(application)
        event = steps.event_in_place(application, "transferred", by=by, now=now, data=data)
        steps.write([application], [application.state], [event], FIELDS)
        issuing.of_event(application, event)
        steps.announce([application])
    return application


def targets(application: Application, now: datetime.datetime) -> list[Office]:
    """Return the offices that a case can be given to: those with a present clerk who may see it."""
    region = Q(region=None) | Q(region=application.region_id)
    clerks = User.objects.filter(region, role=User.Role.CLERK, is_active=True)
    away = Absence.objects.filter(ended_at=None, until__gte=city_date(now))
    clerks = clerks.exclude(pk__in=away.values("officer"))
    found = Office.objects.filter(code__in=clerks.values("office"))
    here = found.filter(code__in=settings.CITY.offices).exclude(code=application.office_id)
    return list(here.order_by("code"))


def _target(application: Application, to: str, now: datetime.datetime) -> Office:
    found = targets(application, now)
    office = next((office for office in found if office.code == to), None)
    if office is None:
        raise ActionRejected(
            "no_such_office",
            "不能移送该部门：须为本市其他部门，且有可办理本件的在岗人员",
            "It cannot go there: name another office of the city with a clerk who may handle it.",
            status=422,
            field="/to",
        )
    if live_for(application.number) is not None:
        raise ActionRejected(
            "has_certificate",
            "该办件已核发证照，须由原部门复核，不能移送",
            "A certificate came of it, so the office that issued it decides again.",
        )
    return office
