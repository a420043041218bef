"""Who comes to a counter today and on the next days, and who has come."""

import datetime
from typing import Any, cast

from django.conf import settings
from django.contrib import admin
from django.db.models import Count, Q, QuerySet, Value
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.views import ChangeList

from counter import actions
from counter.admin.arriving import place
from counter.admin.intakes import TAKERS, name_for
from counter.models import UNMARKED, Appointment, AppointmentState
from ledger.clock import city_date, now
from people import actors, posted, roles
from people.errors import ActionRejected
from people.language import in_language
from people.models import User
from portal.templatetags.portal import minute
from services import catalogue

LIST = "admin:counter_appointment_changelist"


def _today() -> tuple[datetime.datetime, datetime.datetime]:
    """Return when the city's day begins and when it ends."""
    zone = settings.CITY.calendar.zone
    begin = datetime.datetime.combine(city_date(now()), datetime.time(), zone)
    return begin, begin + datetime.timedelta(days=1)


class DayFilter(admin.SimpleListFilter):
    """Today unless another day is chosen."""

    title = _("Day")
    parameter_name = "day"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("", _("Today")), ("next", _("Later")), ("past", _("Before today"))]

    def choices(self, changelist: Any) -> Any:
        for value, title in self.lookup_choices:
            yield {
                "selected": (self.value() or "") == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": title,
            }

    def queryset(self, request: HttpRequest, rows: QuerySet[Appointment]) -> QuerySet[Appointment]:
        begin, end = _today()
        match self.value():
            case "next":
                return rows.filter(starts_at__gte=end)
            case "past":
                return rows.filter(starts_at__lt=begin).order_by("-starts_at", "counter", "seat")
        return rows.filter(starts_at__gte=begin, starts_at__lt=end)


class AppointmentList(ChangeList):
    def url_for_result(self, result: Appointment) -> str:
        raise NoReverseMatch("all of an appointment stands in the list")


class AppointmentAdmin(ModelAdmin):
    """Read here; an officer's only action is to say who came."""

    list_display = (
        "shown_time",
        "shown_counter",
        "shown_citizen",
        "shown_service",
        "shown_case",
        "shown_state",
        "shown_actions",
    )
    list_display_links = ("shown_time",)
    change_list_template = "counter/appointments.html"
    list_filter = (DayFilter,)
    list_filter_sheet = False
    ordering = ("starts_at", "counter", "seat")
    actions = None
    list_per_page = 100
    show_full_result_count = False
    list_select_related = ("citizen", "application")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Appointment]:
        user = cast(User, request.user)
        rows = Appointment.objects.exclude(state=AppointmentState.CANCELLED)
        if user.person:  # nobody handles at the desk what is their own (回避)
            rows = rows.exclude(citizen__subject=user.person)
        if user.role != User.Role.AUDITOR:
            rows = rows.filter(counter__in=actions.of_officer(actors.officer(user)))
        is_masked, takes = roles.reads_masked(user.role), user.role in TAKERS
        annotated = rows.annotate(is_masked=Value(is_masked), is_taker=Value(takes))
        return annotated.order_by(*self.ordering)

    def get_changelist(self, request: HttpRequest, **more: Any) -> type[ChangeList]:
        return AppointmentList

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the list of a day, with how many are booked on the others."""
        begin, end = _today()
        counts = self.get_queryset(request).aggregate(
            today=Count("pk", filter=Q(starts_at__gte=begin, starts_at__lt=end)),
            next=Count("pk", filter=Q(starts_at__gte=end)),
        )
        chosen = request.GET.get("day", "")
        days = [
            ("", gettext("Today"), counts["today"], not chosen),
            ("next", gettext("Later"), counts["next"], chosen == "next"),
        ]
        return super().changelist_view(request, {**(extra_context or {}), "days": days})

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.role in roles.CERTIFICATES)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[Any]:
        mark = self.admin_site.admin_view(self.mark_view)
        pages = [path("<uuid:key>/mark/", mark, name="counter_appointment_mark")]
        return pages + super().get_urls()

    def mark_view(self, request: HttpRequest, key: Any) -> HttpResponse:
        """Say that who booked has come, or has not."""
        if request.method != "POST":
            return redirect(LIST)
        by = actors.officer(cast(User, request.user))
        try:
            posted.require_each_once(request.POST)
            state = request.POST.get("state", "")
            actions.mark(appointment=key, state=state, by=by, now=now())
        except ActionRejected as error:
            if error.status == 404:
                raise Http404 from None
            self.message_user(request, in_language(error), "error")
        else:
            self.message_user(request, gettext("Noted."))
        return redirect(LIST)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """All of it is in the list."""
        if not self.has_view_permission(request) or self.get_object(request, object_id) is None:
            raise Http404
        return redirect(LIST)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        raise Http404

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        raise Http404

    @display(description=_("Time"))
    def shown_time(self, row: Appointment) -> Any:
        return minute(row.starts_at)

    @display(description=_("Counter"))
    def shown_counter(self, row: Appointment) -> str:
        return place(row.counter)

    @display(description=_("Applicant"))
    def shown_citizen(self, row: Appointment) -> str:
        return name_for(row, row.citizen.name)

    @display(description=_("Service"))
    def shown_service(self, row: Appointment) -> str:
        edition = catalogue.current(row.service_id, city_date(row.booked_at))
        if edition is None:
            return str(row.service_id)
        return in_language(catalogue.rulebook(edition).pack.name)

    @display(description=_("Reference"))
    def shown_case(self, row: Appointment) -> str:
        return row.application.number if row.application else "–"

    @display(description=_("State"))
    def shown_state(self, row: Appointment) -> str:
        return row.get_state_display()

    @display(description=_("What you can do"))
    def shown_actions(self, row: Any) -> str:
        if not row.is_taker or row.state not in UNMARKED:
            return "–"
        take = reverse("admin:approvals_intake_add")
        mark = reverse("admin:counter_appointment_mark", args=[row.pk])
        return format_html(
            '<a href="{}?appointment={}">{}</a> ·'
            ' <button form="mark" formaction="{}" name="state" value="came">{}</button> ·'
            ' <button form="mark" formaction="{}" name="state" value="missed">{}</button>',
            *(take, row.pk, gettext("Take an application")),
            *(mark, gettext("Has come")),
            *(mark, gettext("Did not come")),
        )
