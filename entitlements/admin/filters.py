"""What the lists of entitlements and of payment lists are narrowed by."""

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from entitlements.admin.naming import Names
from entitlements.models import Overpayment, PaymentList
from entitlements.states import OVERPAYMENT_OPEN, State
from ledger.clock import city_date, now
from people.language import in_language
from people.models import Office, Region, User
from people.readonly import reader
from services import catalogue

OVERPAID = "overpaid"


class StateFilter(SimpleListFilter):
    """A state, or what was overpaid and is not decided."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [*[(s.value, s.label) for s in State], (OVERPAID, _("overpaid, not decided"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        wanted = self.value()
        if wanted == OVERPAID:
            open_ = Overpayment.objects.filter(state__in=OVERPAYMENT_OPEN)
            return queryset.filter(pk__in=open_.values("entitlement"))
        return queryset if wanted is None else queryset.filter(state=wanted)


class ServiceFilter(SimpleListFilter):
    """Those that pay by period: asked of editions and lists, not of everybody's rows."""

    title = _("service")
    parameter_name = "service"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        today = city_date(now())
        books, names = catalogue.all_current(today), Names(today)
        codes = {book.code for book in books if book.pack.entitlements}
        codes.update(PaymentList.objects.order_by().values_list("service", flat=True).distinct())
        return [(code, names.service(code)) for code in sorted(codes)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset if self.value() is None else queryset.filter(service=self.value())


class OfficeFilter(SimpleListFilter):
    """For whoever sees more than one."""

    title = _("office")
    parameter_name = "office"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        if reader(request).role != User.Role.AUDITOR:
            return []
        return [(row.pk, in_language(row)) for row in Office.objects.order_by("pk")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset if self.value() is None else queryset.filter(office=self.value())


class RegionFilter(SimpleListFilter):
    title = _("district")
    parameter_name = "region"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        if reader(request).region_id:
            return []
        return [(row.pk, in_language(row)) for row in Region.objects.order_by("pk")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset if self.value() is None else queryset.filter(region=self.value())
