"""Rating a case (好差评): once, by its applicant; the office answers the two lowest grades."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Avg, Count, QuerySet
from django.urls import reverse
from django.utils.translation import gettext

from affairs.models import Rating
from affairs.rows.ratings import ANSWER_LONGEST, LONGEST, WORST, Grade, Point
from approvals import policies, queries
from approvals.models import Application
from approvals.states import SETTLED
from ledger.clock import city_date
from people import actors, text
from people.actors import Actor, Kind
from people.errors import ActionRejected
from people.models import User


@dataclass(frozen=True, slots=True)
class Opinion:
    """``grade`` 1 to 5; ``points``: values of ``Point``; ``words`` may be empty."""

    grade: int
    points: Sequence[str] = ()
    words: str = ""


@dataclass(frozen=True, slots=True)
class Average:
    """Of a service: how many have rated it, and with what on average."""

    count: int
    grade: float


def of_case(application: Application, by: Actor) -> Rating | None:
    """Return what ``by`` has said of their own case."""
    rows = Rating.objects.filter(application=application, subject=by.applicant)
    return rows.first() if by.kind is Kind.CITIZEN and by.code else None


def is_open(application: Application, by: Actor) -> bool:
    """Whether the case may be rated: it is settled, and one's own."""
    return application.state in SETTLED and policies.is_applicant(by, application)


def rate(*, number: str, opinion: Opinion, by: Actor, now: datetime.datetime) -> Rating:
    """Rate a settled case of one's own, once.

    Raises ``ActionRejected`` (404 another's, 409 not settled or rated before, 422 no such grade).
    """
    application = queries.visible_to(by).filter(number=number).first()
    if application is None or not policies.is_applicant(by, application):
        raise ActionRejected(
            "not_found", "没有找到该办件", "There is no such application.", status=404
        )
    if application.state not in SETTLED:
        raise ActionRejected("not_settled", "办结后才能评价", "It can be rated once it is settled.")
    if opinion.grade not in Grade.values:
        raise ActionRejected(
            "no_grade", "请选择满意程度", "Choose how satisfied you are.", status=422,
            field="/grade",
        )  # fmt: skip
    row = Rating(
        application=application,
        service_id=application.service_id,
        subject=by.applicant,
        grade=opinion.grade,
        points=[point for point in Point.values if point in opinion.points],
        words=text.clean(opinion.words, longest=LONGEST, field="/words", lines=True),
        at=now,
        answer_by=_answer_by(now) if opinion.grade <= WORST else None,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if "application_id" not in str(error):
            raise
        raise ActionRejected(
            "rated_before", "您已评价过该办件", "You have rated this application before."
        ) from error
    return row


def _answer_by(now: datetime.datetime) -> datetime.datetime:
    days = settings.CITY.ratings.days
    at: datetime.datetime = settings.CITY.calendar.deadline(city_date(now), days, "working").at
    return at


def owed(by: Actor) -> QuerySet[Rating]:
    """Return the bad ratings that an officer sees: of cases of their office and region.

    An auditor sees all; nobody sees at the desk what is of their own case (回避).
    """
    rows = Rating.objects.filter(answer_by__isnull=False).select_related(
        "application", "answered_by"
    )
    if by.person:
        rows = rows.exclude(subject=by.person)
    if by.kind is Kind.OFFICER and by.role == User.Role.AUDITOR:
        return rows
    if by.kind is not Kind.OFFICER or by.role not in OVERSEERS or not by.office:
        return rows.none()
    rows = rows.filter(application__office=by.office)
    return rows.filter(application__region=by.region) if by.region else rows


OVERSEERS = (User.Role.SUPERVISOR, User.Role.HEAD)


def to_answer(user: User, now: datetime.datetime) -> tuple[str, int, str, str]:
    """Return the tile of a supervisor's first page: label, count, address, tone."""
    rows = owed(actors.officer(user)).filter(answered_at=None)
    tone = "bad" if rows.filter(answer_by__lte=now).exists() else ""
    address = reverse("admin:affairs_rating_changelist")
    return gettext("Bad ratings to answer"), rows.count(), address, tone


def answer(*, rating: uuid.UUID, words: str, by: Actor, now: datetime.datetime) -> Rating:
    """Say what came of a bad rating; its applicant reads it and has a message of it.

    By a supervisor of the case's office, once. Raises ``ActionRejected`` (404, 409, 422).
    """
    with transaction.atomic():
        row = owed(by).select_for_update(of=("self",)).filter(pk=rating).first()
        if row is None or by.role != User.Role.SUPERVISOR:
            raise ActionRejected(
                "not_found", "没有这条评价", "There is no such rating.", status=404
            )
        if row.answered_at is not None:
            raise ActionRejected("answered", "该评价已答复", "It was answered before.")
        row.answer = text.reason(words, longest=ANSWER_LONGEST)
        row.answered_at, row.answered_by = now, User.objects.get(username=by.code)
        row.save(update_fields=["answer", "answered_at", "answered_by"])
    return row


def average(service: str) -> Average | None:
    """Return the public average of a service; None under the city's smallest number."""
    found = Rating.objects.filter(service=service).aggregate(count=Count("pk"), grade=Avg("grade"))
    if found["count"] < settings.CITY.ratings.shown_from:
        return None
    return Average(found["count"], float(found["grade"]))
