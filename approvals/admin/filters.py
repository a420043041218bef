"""What a clerk narrows the queue by. Only values within the clerk's own sight are offered (I10)."""

import datetime
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from approvals.states import REACHABLE, State
from ledger.clock import now
from people.language import in_language
from people.models import Region

SOON = datetime.timedelta(days=2)


class StateFilter(SimpleListFilter):
    """The queue is what is in review; the rest is a tap away."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [("all", _("All")), *[(s.value, s.label) for s in REACHABLE]]

    def choices(self, changelist: Any) -> Iterator[Any]:  # dicts, of a type private to the stubs
        for value, label in self.lookup_choices:
            yield {
                "selected": (self.value() or State.REVIEW.value) == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": label,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        wanted = self.value() or State.REVIEW.value
        return queryset if wanted == "all" else queryset.filter(state=wanted)


class HandFilter(SimpleListFilter):
    title = _("in whose hands")
    parameter_name = "hand"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [("mine", _("mine")), ("free", _("nobody's")), ("others", _("a colleague's"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "mine":
                return queryset.filter(taken_by=request.user)
            case "free":
                return queryset.filter(taken_by=None)
            case "others":
                return queryset.exclude(taken_by=None).exclude(taken_by=request.user)
        return queryset


class UrgencyFilter(SimpleListFilter):
    title = _("deadline")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [("over", _("overdue")), ("soon", _("within two days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "over":
                return queryset.filter(due_at__lte=now())
            case "soon":
                moment = now()
                return queryset.filter(due_at__gt=moment, due_at__lte=moment + SOON)
        return queryset


class RegionFilter(SimpleListFilter):
    title = _("region")
    parameter_name = "region"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        seen = model_admin.get_queryset(request).order_by().values("region")
        return [
            (region.code, in_language(region))
            for region in Region.objects.filter(code__in=seen.distinct()).order_by("code")
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(region_id=self.value()) if self.value() else queryset
