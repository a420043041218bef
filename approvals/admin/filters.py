"""What a clerk narrows the queue by. Only values within the clerk's own sight are offered (I10)."""

import datetime
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.contrib.admin import SimpleListFilter
from django.contrib.postgres.fields import ArrayField
from django.db.models import F, Func, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from approvals import queries, words
from approvals.admin.escalated import is_escalated
from approvals.rows.deliveries import Delivery
from approvals.rows.proposals import ApprovalProposal
from approvals.rows.return_permissions import ReturnPermission
from approvals.states import OPEN, REACHABLE, SETTLED, State
from ledger.clock import city_date, now
from people.language import in_language, mark
from people.models import Region, User
from services import catalogue
from services.models import Edition

SOON = datetime.timedelta(days=2)
ALL = "all"  # a search finds in every state, unless one is chosen
IN_HAND, CLOSED = "open", "settled"
# days since the latest submission: label, from, until (not included; None is without end)
AGES = (("0–1", 0, 2), ("2–3", 2, 4), ("4–7", 4, 8), ("8–15", 8, 16), ("16+", 16, None))


def tonight(at: datetime.datetime) -> datetime.datetime:
    """Return 24:00 of the city's day: what is due by then is due today."""
    return settings.CITY.calendar.end_of(city_date(at))


def of_age(label: str, at: datetime.datetime) -> Q:
    """Return which cases were last submitted so many days ago (``AGES``)."""
    for known, least, most in AGES:
        if known == label:
            day = datetime.timedelta(days=1)
            young = Q(submitted_at__lte=at - least * day)
            return young & Q(submitted_at__gt=at - most * day) if most else young
    return Q()


def second_officer_wanted(user: Any) -> Q:
    """Whether a colleague proposed to approve the case as it stands now.

    The few that stand are read once: asked for each case, they take most of a count's time.
    """
    version = F("application__events") - F("application__side_events")  # ``Application.version``
    standing = ApprovalProposal.objects.filter(
        settled_by=None, version=version, application__state=State.REVIEW
    )
    return Q(pk__in=standing.exclude(proposed_by=user).values("application"))


def second_return_asked() -> Q:
    """Whether a clerk asks the supervisor or head to permit another return of the case."""
    office = Q(office=F("application__office")) | Q(office=None)
    asked = ReturnPermission.objects.filter(
        office, permitted=None, round=F("application__round"), application__state=State.REVIEW
    )
    return Q(pk__in=asked.values("application"))


def reason_codes() -> Func:
    """Why a case is with an officer: ``Application.handover`` as an array of codes."""
    field = ArrayField(TextField())
    return Func(F("handover"), Value(","), function="string_to_array", output_field=field)


def with_reason(cases: QuerySet, code: str) -> QuerySet:
    return cases.annotate(codes=reason_codes()).filter(codes__contains=[code])


def chosen_state(request: HttpRequest) -> str:
    """Return which states are listed: what is with officers, unless something else is chosen.

    No list shows a million cases of every state at once; a search does look through all of them.
    """
    chosen = request.GET.get("state") or (ALL if request.GET.get("q") else State.REVIEW.value)
    return IN_HAND if chosen == ALL and not request.GET.get("q") else chosen


def is_settled_list(request: HttpRequest) -> bool:
    return chosen_state(request) in (CLOSED, *SETTLED)


class StateFilter(SimpleListFilter):
    """The queue is what is in review; the rest is a tap away."""

    title = _("state")
    parameter_name = "state"

    def __init__(self, request: HttpRequest, *more: Any) -> None:
        self.chosen = chosen_state(request)
        super().__init__(request, *more)

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [
            *([(ALL, _("All"))] if request.GET.get("q") else []),
            (IN_HAND, _("All in hand")),
            (CLOSED, _("All settled, newest first")),
            *[(s.value, s.label) for s in REACHABLE],
        ]

    def choices(self, changelist: Any) -> Iterator[Any]:  # dicts, of a type private to the stubs
        for value, label in self.lookup_choices:
            yield {
                "selected": self.chosen == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": label,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.chosen:
            case "all":
                return queryset
            case "open":
                return queryset.filter(queries.in_states(*OPEN))
            case "settled":
                return queryset.filter(queries.in_states(*SETTLED))
        if self.chosen not in REACHABLE:
            return queryset.none()
        return queryset.filter(queries.in_states(State(self.chosen)))


class FilterOfOpenCases(SimpleListFilter):
    """What narrows the cases that are in hand, and is not offered where settled ones are listed."""

    def __init__(self, request: HttpRequest, *more: Any) -> None:
        self.is_of_use = not is_settled_list(request)
        super().__init__(request, *more)

    def has_output(self) -> bool:
        return self.is_of_use and super().has_output()


class HandFilter(FilterOfOpenCases):
    title = _("in whose hands")
    parameter_name = "hand"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [
            ("mine", _("mine")),
            ("free", _("nobody's")),
            ("others", _("a colleague's")),
            ("second", _("for a second officer")),
            ("returns", _("a second or late return is to be permitted")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "mine":
                return queryset.filter(taken_by=request.user)
            case "free":
                return queryset.filter(taken_by=None)
            case "others":
                return queryset.exclude(taken_by=None).exclude(taken_by=request.user)
            case "returns":
                return queryset.filter(second_return_asked())
            case "second":
                return queryset.filter(second_officer_wanted(request.user))
        return queryset


class UrgencyFilter(FilterOfOpenCases):
    title = _("deadline")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [
            ("over", _("overdue")),
            ("today", _("today")),
            ("soon", _("within two days")),
            ("escalated", _("shown to supervisors")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "over":
                return queryset.filter(due_at__lte=now())
            case "today":
                moment = now()
                return queryset.filter(due_at__gt=moment, due_at__lte=tonight(moment))
            case "soon":
                moment = now()
                return queryset.filter(due_at__gt=moment, due_at__lte=moment + SOON)
            case "escalated":
                return queryset.filter(is_escalated())
        return queryset


def is_undelivered(*ends: Q) -> Q:
    """Whether the decision of a case stands and is still to be delivered."""
    rows = Delivery.objects.filter(*ends, recorded_at=None, decision__live=True)
    return Q(pk__in=rows.values("application"))


class DeliveryFilter(SimpleListFilter):
    """What was decided and is still to be delivered (行政许可法 §44), of whatever state."""

    title = _("delivery")
    parameter_name = "delivery"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [("open", _("to be delivered")), ("over", _("overdue"))]

    def has_output(self) -> bool:
        return self.is_of_use and super().has_output()

    def __init__(self, request: HttpRequest, *more: Any) -> None:
        self.is_of_use = is_settled_list(request)
        super().__init__(request, *more)

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() not in ("open", "over"):
            return queryset
        ends = [Q(due_at__lte=now())] if self.value() == "over" else []
        open_ = Delivery.objects.filter(application=OuterRef("pk"), recorded_at=None)
        day = Subquery(open_.filter(decision__live=True).values("due_at")[:1])
        return queryset.filter(is_undelivered(*ends)).annotate(deliver_by=day)


class RegionFilter(SimpleListFilter):
    title = _("district")
    parameter_name = "region"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        """The city's districts, which are no secret; who is of one district has that alone."""
        mine = getattr(request.user, "region_id", None)
        regions = Region.objects.filter(code=mine) if mine else Region.objects.all()
        return [(region.code, in_language(region)) for region in regions.order_by("code")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(region_id=self.value()) if self.value() else queryset


class AgeFilter(FilterOfOpenCases):
    title = _("days since it was submitted")
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [(label, label) for label, _least, _most in AGES]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(of_age(self.value() or "", now()))


class ServiceFilter(SimpleListFilter):
    title = _("service")
    parameter_name = "service"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        """Every service that is or was offered: their number is small and no secret."""
        newest = Edition.objects.order_by("service", "-number").distinct("service")
        return [
            (service, in_language(catalogue.rulebook(edition).pack.name))
            for service, edition in newest.values_list("service", "pk")
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(service=self.value()) if self.value() else queryset


class OfficerFilter(FilterOfOpenCases):
    """Whose case it is, among colleagues who have one in the officer's own sight (I10)."""

    title = _("officer")
    parameter_name = "officer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        seen = model_admin.get_queryset(request).filter(state=State.REVIEW)
        takers = seen.exclude(taken_by=None).order_by().values("taken_by").distinct()
        return [
            (str(user.pk), user.name or user.username)
            for user in User.objects.filter(pk__in=takers).order_by("username")
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value() or ""
        if not value:
            return queryset
        is_key = value.isascii() and value.isdigit() and len(value) < 10
        return queryset.filter(taken_by=int(value)) if is_key else queryset.none()


class ReasonFilter(FilterOfOpenCases):
    """One reason code; led to from the ranking of the first page, so only the chosen is listed."""

    title = _("reason")
    parameter_name = "reason"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        code = request.GET.get(self.parameter_name, "")
        seen = model_admin.get_queryset(request).filter(state=State.REVIEW)
        case = with_reason(seen, code).first() if code else None
        if case is None:
            return []
        book = catalogue.rulebook(case.edition_id)
        return [(code, mark(";").join(words.reasons(code, book, case.as_of)))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        code = self.value()
        return with_reason(queryset, code) if code else queryset
