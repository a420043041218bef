"""Drawing a month's automatic approvals, and giving each drawn case to an officer at random."""

import datetime
from collections import Counter

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef

import bulk
from approvals import policies
from approvals.models import Decision, SampleDraw, SampleReview
from approvals.sampling import plan, population
from approvals.states import Outcome
from ledger.clock import city_date
from people.actors import Actor
from people.models import User
from services.models import Edition

LOCK = 0x6D69_616F_7069_0003  # advisory lock: one draw at a time
MONTHS = 3  # that are drawn afterwards, if nothing ran at their end


def is_due(now: datetime.datetime) -> bool:
    """Whether a month is to be drawn, or a review to be given to somebody else."""
    if due(now) is not None:
        return True
    return bool(population.to_reassign(now, limit=1))


def due(now: datetime.datetime) -> datetime.date | None:
    """Return the earliest month that has ended, is not drawn and has something to draw, if any."""
    months = []
    month = city_date(now).replace(day=1)
    for _ in range(MONTHS):
        month = (month - datetime.timedelta(days=1)).replace(day=1)
        months.append(month)
    drawn = set(SampleDraw.objects.filter(month__in=months).values_list("month", flat=True))
    for month in reversed(months):
        begins, ends = population.bounds(month)
        if month not in drawn and now >= ends + population.PAUSE and _has_any(begins, ends):
            return month
    return None


def _has_any(begins: datetime.datetime, ends: datetime.datetime) -> bool:
    """Asked edition by edition, for which decisions have an index."""
    approvals = Decision.objects.filter(
        edition=OuterRef("pk"), at__gte=begins, at__lt=ends,
        officer=None, outcome=Outcome.APPROVE,
    )  # fmt: skip
    return Edition.objects.filter(Exists(approvals)).exists()


def draw(*, month: datetime.date, by: Actor, now: datetime.datetime) -> SampleDraw | None:
    """Draw a month, once, and assign a reviewer to each case; returns what is drawn of it.

    None: the month has not ended, no tree head was signed since, or another process is at it.
    One transaction: a draw that was killed leaves nothing, and is the same the next time.
    """
    policies.require_machine(by)
    begins, ends = population.bounds(month)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
            if not cursor.fetchone()[0]:
                return None
        if known := SampleDraw.objects.filter(month=month).first():
            return known
        head = population.head_after(ends) if now >= ends + population.PAUSE else None
        if head is None:
            return None
        cases, late = population.cases(begins, ends, head.size)
        made = SampleDraw(
            month=month,
            begins_at=begins,
            ends_at=ends,
            drawn_at=now,
            head_size=head.size,
            head_root=bytes(head.root),
            population=sum(not case.is_control for case in cases),
            late=late,
            list_hash=plan.list_hash(cases),
            strata=plan.strata(cases, settings.CITY.sampling),
        )
        bulk.insert(SampleDraw, [made])
        bulk.insert(SampleReview, _reviews(made, cases, now))
    return made


def _reviews(
    made: SampleDraw, cases: list[plan.Case], now: datetime.datetime
) -> list[SampleReview]:
    root = bytes(made.head_root)
    drawn = plan.chosen(cases, made.strata, root)
    drawn += plan.controls(cases, drawn, root, settings.CITY.sampling.controls)
    drawn = plan.in_order(drawn, root)
    touched = population.touched([case.number for case in drawn])
    clerks = population.clerks(city_date(now))
    names = [plan.candidates(case, clerks, touched) for case in drawn]
    reviewers = plan.assign(zip((c.decision for c in drawn), names, strict=True), root)
    ids = dict(User.objects.filter(username__in=reviewers).values_list("username", "pk"))
    return [
        SampleReview(
            draw=made,
            place=place,
            decision_id=case.decision,
            application_id=case.application,
            is_control=case.is_control,
            candidates=candidates,
            reviewer_id=ids.get(reviewer),
            assigned_at=now,
        )
        for place, (case, candidates, reviewer) in enumerate(
            zip(drawn, names, reviewers, strict=True)
        )
    ]


def reassign(*, by: Actor, now: datetime.datetime, limit: int = 200) -> int:
    """Give reviews to others whose officer has left, or has none; returns how many were given.

    Where nobody is left who may look, the review is with nobody until there is somebody.
    Drawn as the first time, among who is there now: whoever has fewest open ones comes first.
    """
    policies.require_machine(by)
    with transaction.atomic():
        left = list(
            SampleReview.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(pk__in=population.to_reassign(now, limit), answered_at=None)
            .select_related("application", "reviewer", "draw")
            .order_by("draw", "place")
        )
        if not left:
            return 0
        load = _load(left)
        touched = population.touched([r.application.number for r in left])
        clerks = population.clerks(city_date(now))
        moved = []
        for review in left:
            names = plan.candidates(_case(review), clerks, touched)
            (name,) = plan.assign([(review.decision_id, names)], bytes(review.draw.head_root), load)
            reviewer = User.objects.filter(username=name).first()
            if reviewer != review.reviewer:
                review.reviewer, review.assigned_at = reviewer, now
                moved.append(review)
        bulk.update(SampleReview, moved, ["reviewer", "assigned_at"])
    return len(moved)


def _load(left: list[SampleReview]) -> Counter[str]:
    """Return how many open reviews each officer has beside those that are to be given."""
    open_ = SampleReview.objects.filter(answered_at=None, reviewer__isnull=False)
    open_ = open_.exclude(pk__in=[review.pk for review in left])
    return Counter(open_.values_list("reviewer__username", flat=True))


def _case(review: SampleReview) -> plan.Case:
    application = review.application
    return plan.Case(
        review.decision_id,
        application.pk,
        application.number,
        office=application.office_id,
        service=application.service_id,
        edition=application.edition_id,
        region=application.region_id or "",
        is_control=review.is_control,
    )
