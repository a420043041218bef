"""The desk's first page: what there is to do, by role; each number leads to its cases.

One aggregate over the partial index of cases in review, so the page costs the same at a million
settled cases. Nothing here widens what an officer sees: the counts are of ``queries.visible_to``.
"""

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from axes.models import AccessLog
from django.conf import settings
from django.db.models import CharField, Count, Exists, Func, Max, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext

from approvals import queries, words
from approvals.admin.escalated import Escalated, escalated
from approvals.admin.filters import (
    AGES,
    CLOSED,
    is_undelivered,
    of_age,
    reason_codes,
    second_officer_wanted,
    second_return_asked,
    tonight,
)
from approvals.admin.tiles import Tile, editions_later, editions_to_review, proposals
from approvals.models import Application, Inspection, LegalReview, SampleFinding, SampleReview
from approvals.states import State
from entitlements import policies as entitled
from exchange.models import ReusedId, WebhookDelivery
from ledger.clock import city_date
from ledger.models import Event
from people import actors, roles
from people.language import in_language
from people.models import OfficerChange, Reading, User
from services import catalogue
from services.models import ClauseTask, Edition
from services.regressions import desk as regressions
from services.states import ProposalState

REASONS = 10  # ranked; the rest are in the queue
CHANGES = 12
UNMASKED_DAYS = 30
REUSED_DAYS = 30


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a supervisor's table: a name, how many cases, how many of them are overdue."""

    name: str
    count: int
    overdue: int
    link: str


@dataclass(frozen=True, slots=True)
class Change:
    number: str
    link: str
    word: str
    by: str
    at: datetime.datetime


@dataclass(frozen=True, slots=True)
class Front:
    """What the page shows. ``since``: the officer's log-in before this one, if there was any."""

    tiles: Sequence[Tile] = ()
    since: datetime.datetime | None = None
    changes: Sequence[Change] = ()
    escalated: Sequence[Escalated] = ()  # the term of the law is over, or soon so
    ages: Sequence[Row] = ()
    officers: Sequence[Row] = ()
    reasons: Sequence[Row] = ()
    is_overview: bool = False  # with the three tables of a supervisor


def front(user: User, now: datetime.datetime) -> Front:
    """Return the first page of an officer, by role."""
    makers: dict[str, Callable[[User, datetime.datetime], Front]] = {
        User.Role.CLERK: _clerk,
        User.Role.SUPERVISOR: _supervisor,
        User.Role.HEAD: _supervisor,
        User.Role.LEGAL: _legal,
        User.Role.POLICY: _policy,
        User.Role.OPERATOR: _operator,
        User.Role.ADMINISTRATOR: _administrator,
        User.Role.TECHNICAL: _technical,
        User.Role.AUDITOR: _auditor,
    }
    return makers[user.role](user, now)


def queue(**filters: str) -> str:
    """Return the address of the queue, narrowed by its filters (``approvals.admin.filters``)."""
    return f"{reverse('admin:approvals_application_changelist')}?{urlencode(filters)}"


def _clerk(user: User, now: datetime.datetime) -> Front:
    since = _last_visit(user)
    undelivered = queries.visible_to(actors.officer(user)).filter(is_undelivered()).count()
    link = queue(state=CLOSED, delivery="open")
    tiles = [*standing(user, now), Tile(gettext("To be delivered"), undelivered, link)]
    tiles.append(_reviews(user))
    tiles += [_inspections(user, now), _entitlements(user)]
    return Front(tiles, since, _changes(user, since) if since else ())


def _reviews(user: User) -> Tile:
    """Return how many drawn cases the officer has to look at again (双随机抽查)."""
    mine = SampleReview.objects.filter(reviewer=user, answered_at=None)
    count = mine.filter(application__office=user.office_id).count()
    address = reverse("admin:approvals_samplereview_changelist")
    return Tile(gettext("To look at again, drawn for me"), count, address, "wait" * bool(count))


def _inspections(user: User, now: datetime.datetime) -> Tile:
    """Return how many approvals of the office are still to be inspected; red: one is overdue."""
    seen = queries.visible_to(actors.officer(user))
    rows = Inspection.objects.filter(done_at=None, application__in=seen)
    counts = rows.aggregate(all=Count("pk"), late=Count("pk", filter=Q(due_at__lte=now)))
    address = reverse("admin:approvals_inspection_changelist")
    tone = "bad" if counts["late"] else ""
    return Tile(gettext("To inspect after approval"), counts["all"], address, tone)


def _entitlements(user: User) -> Tile:
    """Return how many entitlements of the office wait for an officer."""
    count = entitled.waiting(user)
    address = reverse("admin:entitlements_entitlement_changelist")
    return Tile(gettext("Entitlements to look into"), count, address, "wait" * bool(count))


def _supervisor(user: User, now: datetime.datetime) -> Front:
    review = _review(user)
    return Front(
        tiles=[
            *(*standing(user, now), _inspections(user, now), _entitlements(user)),
            *_further(user, now),
        ],
        escalated=escalated(user, now),
        ages=_ages(review, now),
        officers=_officers(review, now),
        reasons=_reasons(review, now),
        is_overview=True,
    )


def _further(user: User, now: datetime.datetime) -> list[Tile]:
    """Return what the apps that use this one have for a supervisor (``settings.FRONT_TILES``)."""
    return [Tile(*import_string(path)(user, now)) for path in settings.FRONT_TILES]


def _review(user: User) -> QuerySet[Application]:
    return queries.visible_to(actors.officer(user)).filter(queries.in_states(State.REVIEW))


def standing(user: User, now: datetime.datetime) -> list[Tile]:
    """Return the filters that always stand, here and above the list, with their counts."""
    counts = _review(user).aggregate(
        mine=Count("pk", filter=Q(taken_by=user)),
        over=Count("pk", filter=Q(due_at__lte=now)),
        today=Count("pk", filter=Q(due_at__gt=now, due_at__lte=tonight(now))),
        free=Count("pk", filter=Q(taken_by=None)),
        second=Count("pk", filter=second_officer_wanted(user)),
        returns=Count("pk", filter=second_return_asked()),
    )
    over, today = "bad" * bool(counts["over"]), "wait" * bool(counts["today"])
    everybodys = [
        Tile(gettext("Overdue"), counts["over"], queue(due="over"), over),
        Tile(gettext("Due today"), counts["today"], queue(due="today"), today),
        Tile(gettext("Nobody's yet"), counts["free"], queue(hand="free")),
    ]
    if user.role != User.Role.CLERK:  # decides nothing, and takes nothing
        label = gettext("Second or late returns to permit")
        permissions = Tile(label, counts["returns"], queue(hand="returns"))
        return [*everybodys, permissions] if user.role in roles.OVERSEERS else everybodys
    return [
        Tile(gettext("Taken by me"), counts["mine"], queue(hand="mine")),
        *everybodys,
        Tile(gettext("To confirm as second officer"), counts["second"], queue(hand="second")),
    ]


def _last_visit(user: User) -> datetime.datetime | None:
    """Return when the officer logged in before the session that is open now."""
    visits = AccessLog.objects.filter(username=user.get_username()).order_by("-attempt_time")
    return visits.values_list("attempt_time", flat=True)[1:2].first()


def _changes(user: User, since: datetime.datetime) -> list[Change]:
    """Return what others did to the officer's cases since then, newest first."""
    cases = {case.subject: case for case in _review(user).filter(taken_by=user)}
    events = Event.objects.filter(subject__in=cases, at__gt=since)
    newest = events.exclude(by=str(actors.officer(user))).order_by("-at")[:CHANGES]
    return [
        Change(
            number=cases[event.subject].number,
            link=reverse("admin:approvals_application_change", args=[cases[event.subject].pk]),
            word=str(words.event(event)),
            by=words.by_whom(event, cases[event.subject]),
            at=event.at,
        )
        for event in newest
    ]


def _overdue(now: datetime.datetime) -> Count:
    return Count("pk", filter=Q(due_at__lte=now))


def _ages(review: QuerySet[Application], now: datetime.datetime) -> list[Row]:
    """Return the backlog by days since the latest submission, the oldest last."""
    bands = {f"band_{n}": of_age(label, now) for n, (label, _, _) in enumerate(AGES)}
    late = Q(due_at__lte=now)
    counts = review.aggregate(
        **{name: Count("pk", filter=band) for name, band in bands.items()},
        **{f"{name}_late": Count("pk", filter=band & late) for name, band in bands.items()},
    )
    return [
        Row(
            gettext("%(days)s days") % {"days": label},
            counts[f"band_{n}"],
            counts[f"band_{n}_late"],
            queue(age=label),
        )
        for n, (label, _, _) in enumerate(AGES)
    ]


def _officers(review: QuerySet[Application], now: datetime.datetime) -> list[Row]:
    found = (
        review.order_by()
        .values("taken_by", "taken_by__name", "taken_by__username")
        .annotate(count=Count("pk"), overdue=_overdue(now))
        .order_by("-count")
    )
    return [
        Row(
            name=row["taken_by__name"] or row["taken_by__username"] or gettext("Nobody's yet"),
            count=row["count"],
            overdue=row["overdue"],
            link=queue(officer=str(row["taken_by"])) if row["taken_by"] else queue(hand="free"),
        )
        for row in found
    ]


def _reasons(review: QuerySet[Application], now: datetime.datetime) -> list[Row]:
    """Return why cases are with officers, most frequent first: each a rule or registry to mend."""
    code = Func(reason_codes(), function="unnest", output_field=CharField())
    code.set_returning = True
    found = (
        review.order_by()
        .annotate(code=code)
        .values("service", "code")
        .annotate(count=Count("pk"), overdue=_overdue(now), edition=Max("edition__number"))
        .order_by("-count", "service", "code")[:REASONS]
    )
    editions = {
        (e.service_id, e.number): e.pk
        for e in Edition.objects.filter(service__in={row["service"] for row in found}).only(
            "pk", "service", "number"
        )
    }
    today = city_date(now)
    rows = []
    for row in found:
        book = catalogue.rulebook(editions[row["service"], row["edition"]])
        word = "; ".join(words.reasons(row["code"], book, today))
        rows.append(
            Row(
                name=f"{word or row['code']} · {in_language(book.pack.name)}",
                count=row["count"],
                overdue=row["overdue"],
                link=queue(reason=row["code"], service=row["service"]),
            )
        )
    return rows


def _policy(user: User, now: datetime.datetime) -> Front:
    amended = ClauseTask.objects.filter(settled_at=None).count()
    clauses = reverse("admin:services_clausetask_changelist") + "?settled_at__isempty=1"
    return Front(
        [
            proposals(gettext("Approved editions to publish"), ProposalState.APPROVED),
            proposals(gettext("Proposed editions"), ProposalState.PROPOSED, tone=""),
            Tile(gettext("Rules whose law was amended"), amended, clauses, "wait" * bool(amended)),
            editions_later(now),
        ]
    )


def _technical(user: User, now: datetime.datetime) -> Front:
    return Front([editions_to_review(user), editions_later(now)])


def _auditor(user: User, now: datetime.datetime) -> Front:
    """What an audit may begin with: late cases, masks lifted, errors found, who became officer."""
    since = tonight(now - datetime.timedelta(days=UNMASKED_DAYS + 1))  # 24:00 of that day
    over = _review(user).filter(due_at__lte=now).count()
    auditors = User.objects.filter(role__in=roles.MASKED)  # their traces are found by reader
    readings = Reading.objects.filter(
        by__in=[str(actors.officer(auditor)) for auditor in auditors],
        at__gte=since,
        purpose=Reading.Purpose.UNMASKING,
    )
    shown = {"purpose__exact": Reading.Purpose.UNMASKING, "at__gte": since.isoformat()}
    found = SampleFinding.objects.filter(confirmed=True).count()
    changes = OfficerChange.objects.filter(settled_at=None).count()
    page = {
        name: reverse(f"admin:{name}_changelist")
        for name in ("people_reading", "approvals_samplefinding", "people_officerchange")
    }
    return Front(
        [
            Tile(gettext("Overdue"), over, queue(due="over"), "bad" * bool(over)),
            Tile(
                gettext("Names shown in full, last %(n)d days") % {"n": UNMASKED_DAYS},
                readings.count(),
                f"{page['people_reading']}?{urlencode(shown)}",
            ),
            Tile(
                gettext("False approvals found"),
                found,
                f"{page['approvals_samplefinding']}?confirmed__exact=1",
                "wait" * bool(found),
            ),
            Tile(
                gettext("Changes of officers not settled"),
                changes,
                f"{page['people_officerchange']}?settled_at__isnull=True",
            ),
        ]
    )


def _legal(user: User, now: datetime.datetime) -> Front:
    version = OuterRef("events") - OuterRef("side_events")  # ``Application.version``
    waiting = LegalReview.objects.filter(
        application=OuterRef("pk"), version=version, settled_at=None
    )
    count = _review(user).filter(Exists(waiting)).count()
    tile = Tile(gettext("To review"), count, queue(), "wait" * bool(count))
    return Front([tile, editions_to_review(user), *(Tile(*one) for one in regressions.front(user))])


def _administrator(user: User, now: datetime.datetime) -> Front:
    waiting = OfficerChange.objects.filter(settled_at=None)
    others = waiting.exclude(proposed_by=user).exclude(username=user.username).count()
    changes = reverse("admin:people_officerchange_changelist")
    return Front(
        [Tile(gettext("Changes of officers to confirm"), others, changes, "wait" * bool(others))]
    )


def _operator(user: User, now: datetime.datetime) -> Front:
    """What went wrong with other agencies: notices they do not take, messages they sent wrongly."""
    in_state = f"{reverse('admin:exchange_webhookdelivery_changelist')}?state__exact="
    states = WebhookDelivery.State
    dead = WebhookDelivery.objects.filter(state=states.DEAD).count()
    late = WebhookDelivery.objects.filter(state=states.DUE, attempts__gt=0).count()
    since = tonight(now - datetime.timedelta(days=REUSED_DAYS + 1))  # 24:00 of that day
    reused = ReusedId.objects.filter(at__gte=since).count()
    twice = gettext("Message ids used twice, last %(n)d days") % {"n": REUSED_DAYS}
    page = reverse("admin:exchange_reusedid_changelist")
    return Front(
        [
            Tile(gettext("Notices given up"), dead, in_state + states.DEAD, "bad" * bool(dead)),
            Tile(gettext("Notices tried again"), late, in_state + states.DUE, "wait" * bool(late)),
            Tile(twice, reused, page, "bad" * bool(reused)),
        ]
    )
