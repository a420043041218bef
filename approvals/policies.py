"""Who may do what to which application. Actions ask here after they have locked."""

import calendar
import datetime
from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat, Now

from approvals.errors import not_found
from approvals.models import Absence, Application, Decision, SampleReview
from approvals.rows.intakes import FIRST, WINDOW, Acting
from approvals.rows.representations import REPRESENTED, Representation
from approvals.states import FINAL, may_take
from exchange.models import Partner
from ledger.clock import city_date
from ledger.models import Event
from people import roles
from people.actors import Actor, Kind
from people.errors import ActionRejected
from people.models import User

HANDLERS = tuple(roles.HANDLERS)  # see the cases of their office


def is_applicant(by: Actor, application: Application) -> bool:
    """The citizen, or of an enterprise whoever represents it (``actions.capacities``)."""
    if by.kind is not Kind.CITIZEN or by.code == "" or by.is_agent:
        return False
    return bool(by.applicant == application.applicant)


def is_client(by: Actor, application: Application) -> bool:
    own = by.kind is Kind.AGENCY and by.code == application.client_id
    return own and by.covers(application.service_id)


def parties(application: Application) -> set[str]:
    """Return the applicant and who acted for them, by keyed index.

    One query where it came to a counter, was corrected, or was handed in by another, else none.
    """
    if application.channel in REPRESENTED:
        rows = Representation.objects.filter(application=application)
        acting_online = set(rows.values_list("representative", flat=True))
    else:
        acting_online = set()
    if application.channel != WINDOW and application.round <= FIRST:
        return {application.applicant, *acting_online}
    acting = application.intakes.values_list("representative", flat=True)
    return {application.applicant, *acting_online, *acting} - {""}


def is_party(by: Actor, application: Application) -> bool:
    return by.person != "" and by.person in parties(application)


def is_own_officer(by: Actor, application: Application) -> bool:
    """An officer's sight ends at the office and, where one is set, the region.

    Nobody sees or handles at the desk what they applied for, themselves or for another (回避,
    公务员法 §76).
    """
    return (
        by.kind is Kind.OFFICER
        and by.role in HANDLERS
        and by.office == application.office_id
        and (not by.region or by.region == application.region_id)
        and not is_party(by, application)
    )


def may_see(by: Actor, application: Application) -> bool:
    return (
        by.kind is Kind.MACHINE
        or is_applicant(by, application)
        or is_client(by, application)
        or is_own_officer(by, application)
    )


def acting_for(by: Actor, application: Application, now: datetime.datetime) -> str:
    """Return as what a citizen acts online for the applicant of a case (``Acting``), or nothing.

    An agent's mandate has to be in force. For an enterprise that is the capacity in which they act
    now, whoever handed the case in.
    """
    if by.kind is not Kind.CITIZEN or not by.code:
        return ""
    if by.enterprise:
        is_theirs = by.enterprise == application.applicant and by.covers(application.service_id)
        return Acting.AGENT.value if is_theirs and by.is_agent else ""
    if application.channel not in REPRESENTED:
        return ""
    rows = Representation.objects.filter(application=application, representative=by.code)
    return rows.filter(in_force(now)).values_list("acting", flat=True).first() or ""


def in_force(now: datetime.datetime | Now) -> Q:
    """Return what a representation is that still gives a right: a guardian's, a live mandate's.

    Of an enterprise it gives none: only who may act for it now does, by their capacity.
    """
    live = Q(mandate__enterprise=None, mandate__ended_at=None, mandate__ends_at__gt=now)
    return Q(acting=Acting.GUARDIAN) | Q(acting=Acting.AGENT) & live


def is_on_both_sides(by: Actor, application: Application) -> bool:
    """Whether a citizen handed it in as a guardian or an agent, and so signs for nobody else.

    A legal representative is the enterprise's organ, and signs for themselves beside (民法典 §61).
    """
    if application.channel not in REPRESENTED:
        return False
    rows = Representation.objects.filter(application=application, representative=by.code)
    return rows.exclude(acting=Acting.STATUTORY).exists()


def require_applicant(by: Actor, application: Application, now: datetime.datetime) -> None:
    """The citizen concerned, their guardian, or the agency's program that submitted for them."""
    if is_applicant(by, application) or is_client(by, application):
        return
    if acting_for(by, application, now) != Acting.GUARDIAN:
        raise not_found()


def require_corrector(by: Actor, application: Application, now: datetime.datetime) -> None:
    """As ``require_applicant``, and the agent who handed it in, by a mandate in force."""
    if acting_for(by, application, now) != Acting.AGENT:
        require_applicant(by, application, now)


def require_officer(by: Actor, application: Application) -> None:
    """Only a clerk of the case's office and region handles it."""
    if by.role != User.Role.CLERK or not is_own_officer(by, application):
        raise not_found()


def has_decided(by: Actor, application: Application) -> bool:
    """Whether this officer made, proposed or reopened a decision of the case, standing or not.

    As ``approvals_may_handle`` in PostgreSQL.
    """
    return bool(decided_by(by, [application]))


def decided_by(by: Actor, applications: Sequence[Application]) -> set[UUID]:
    """Return which of the cases this officer has decided (``has_decided``): two queries at most."""
    mine = Q(officer__username=by.code) | Q(proposed_by__username=by.code)
    final = Decision.objects.filter(mine, application__in=applications, outcome__in=FINAL)
    found = set(final.values_list("application", flat=True))
    subjects = {a.subject: a.pk for a in applications if a.pk not in found}
    if subjects:
        events = Event.objects.filter(subject__in=subjects, kind="reopened", by=str(by))
        found |= {subjects[subject] for subject in events.values_list("subject", flat=True)}
    return found


def has_reopened(by: Actor, application: Application) -> bool:
    reopened = Event.objects.filter(subject=application.subject, kind="reopened")
    return reopened.filter(by=str(by)).exists()


def require_supervisor(by: Actor, application: Application) -> None:
    """A supervisor of the case's office and region: releases and reassigns, decides nothing."""
    if by.role != User.Role.SUPERVISOR or not is_own_officer(by, application):
        raise not_found()


def require_overseer(by: Actor, application: Application) -> None:
    """A supervisor or the head of the case's office: permits a second return, or does not."""
    if by.role not in roles.OVERSEERS or not is_own_officer(by, application):
        raise not_found()


def require_legal(by: Actor, application: Application) -> None:
    """A legal officer of the case's office and region: reviews, decides nothing."""
    if (
        by.role != User.Role.LEGAL
        or is_party(by, application)
        or by.office != application.office_id
        or by.region not in ("", application.region_id)
    ):
        raise not_found()


def require_head(by: Actor, application: Application) -> None:
    """The head of the case's office (in their region or all): extends and orders, decides none."""
    if by.role != User.Role.HEAD or not is_own_officer(by, application):
        raise not_found()


def may_handle(by: Actor, application: Application) -> bool:
    """Whether this is a clerk of the case's office and region who has not decided it before."""
    if by.role != User.Role.CLERK or not is_own_officer(by, application):
        return False
    return not has_decided(by, application)


def handlers(application: Application) -> QuerySet[User]:
    """Return who may handle the case, as ``may_handle`` says of one officer: one query.

    Where it came to a counter, one more.
    """
    region = Q(region=None) | Q(region=application.region_id)
    clerks = User.objects.filter(
        region, role=User.Role.CLERK, office=application.office_id, is_active=True
    )
    decided = Decision.objects.filter(
        Q(officer=OuterRef("pk")) | Q(proposed_by=OuterRef("pk")),
        application=application,
        outcome__in=FINAL,
    )
    name = Concat(Value(f"{Kind.OFFICER}:"), OuterRef("username"))
    reopened = Event.objects.filter(subject=application.subject, kind="reopened", by=name)
    others = clerks.exclude(person__in=parties(application))
    return others.exclude(Exists(decided)).exclude(Exists(reopened))


def open_reviews(application: Application) -> QuerySet[SampleReview]:
    """Re-reviews that are not answered: until then their officers do not see the case."""
    found = SampleReview.objects.filter(application=application, answered_at=None)
    return found.exclude(reviewer=None)


def require_another_officer(by: Actor, application: Application) -> None:
    """What was contested is decided by another officer (PostgreSQL refuses it otherwise)."""
    if has_reopened(by, application):
        raise ActionRejected(
            "reopened_by_you",
            "该办件由您提出纠正，须由其他工作人员办理",
            "You opened it again; another officer decides this time.",
        )
    if has_decided(by, application):
        raise ActionRejected(
            "decided_before",
            "该办件的原决定由您作出，复核须由其他工作人员办理",
            "You made the decision that is reviewed; another officer decides this time.",
        )


def may_mark_away(by: Actor, clerk: User) -> bool:
    """A clerk marks themself; a supervisor every clerk whose cases are within their own sight."""
    if by.kind is not Kind.OFFICER:
        return False
    if by.role == User.Role.SUPERVISOR:
        return by.office == clerk.office_id and by.region in ("", clerk.region_id)
    return by.role == User.Role.CLERK and by.code == clerk.username


def require_present(username: str, now: datetime.datetime) -> None:
    """Nobody takes a case, or is given one, while they are marked as away."""
    marked = Absence.objects.filter(
        officer__username=username, ended_at=None, until__gte=city_date(now)
    ).first()
    if marked is not None:
        raise ActionRejected(
            "away",
            f"该工作人员已标记离岗至 {marked.until}，请先标记返岗",
            f"That officer is marked as away until {marked.until}; mark them as back first.",
            field="/to",
        )


def require_taken(by: Actor, application: Application) -> None:
    """An officer decides only what is in their own hands: two clerks, one case, one winner."""
    require_officer(by, application)
    if application.taken_by is None or application.taken_by.username != by.code:
        raise ActionRejected(
            "not_taken", "请先领取该办件再办理", "Take the application before you decide it."
        )


def require_in_time(application: Application, now: datetime.datetime) -> None:
    """A correction comes before 24:00 of its last day, whether the machine has closed it or not."""
    if application.correct_by is not None and now >= application.correct_by:
        raise ActionRejected(
            "too_late",
            "补正期限已过，您可以重新申请",
            "The time for correcting it is over; you may apply again.",
        )


def is_reopenable(application: Application, now: datetime.datetime) -> bool:
    """An error of ours is corrected within six months of the decision (行政诉讼法 §46)."""
    settled = application.settled_at
    if settled is None:
        return True
    end: datetime.datetime = settings.CITY.calendar.end_of(_later(city_date(settled), 6))
    return now < end


def require_reopenable(application: Application, now: datetime.datetime) -> None:
    if not is_reopenable(application, now):
        raise ActionRejected(
            "too_late_to_reopen",
            "原决定作出已满六个月，不能重新办理；证照有误的，请提出撤销",
            "The decision is more than six months old. Where its certificate is wrong, propose to"
            " revoke it.",
        )


def is_contestable(application: Application, now: datetime.datetime) -> bool:
    """Whether an applicant may have a decision of the case looked at again (复核)."""
    return may_take("reopen", application.state) and is_reopenable(application, now)


def require_contestable(application: Application, now: datetime.datetime) -> None:
    """An applicant has a decision looked at again as long as the office may correct it."""
    if not is_reopenable(application, now):
        raise ActionRejected(
            "too_late_to_contest",
            "决定作出已满六个月，不再复核；情况有变化的，可以重新申请",
            "The decision is more than six months old and is not looked at again. Where things have"
            " changed, you may apply again.",
        )


def _later(day: datetime.date, months: int) -> datetime.date:
    """Return the same day so many months later, or the last one of that month (民法典 §202)."""
    years, month = divmod(day.month - 1 + months, 12)
    last = calendar.monthrange(day.year + years, month + 1)[1]
    return datetime.date(day.year + years, month + 1, min(day.day, last))


def require_service(partner: Partner, code: str) -> None:
    """Raise ``ActionRejected`` (403) where an agency may not apply for a service."""
    if not {"*", code} & set(partner.services):
        raise ActionRejected(
            "not_your_service",
            "贵单位未获授权代办此事项",
            "Your agency may not apply for this service.",
            status=403,
            field="/service",
        )


def require_machine(by: Actor) -> None:
    if by.kind is not Kind.MACHINE:
        raise ActionRejected(
            "machine_only", "该操作仅由系统执行", "Only the machine does this.", status=403
        )
