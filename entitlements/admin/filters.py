"""What the list of entitlements is narrowed by. Only what is within one's own sight is offered."""

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from entitlements.admin.naming import Names
from entitlements.models import Entitlement, Overpayment
from entitlements.states import OVERPAYMENT_OPEN, State
from ledger.clock import city_date, now
from people.language import in_language
from people.models import Office, Region, User

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
    title = _("service")
    parameter_name = "service"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        seen = model_admin.get_queryset(request).order_by()
        names = Names(city_date(now()))
        codes = seen.values_list("service", flat=True).distinct()
        return [(code, names.service(code)) for code in sorted(codes)]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset if self.value() is None else queryset.filter(service=self.value())


class _Place(SimpleListFilter):
    """An office or a region of those that have any, of whoever sees more than one."""

    parameter_name = ""
    model: type[Office] | type[Region]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        rows = Entitlement.objects.order_by().values(self.parameter_name)
        found = self.model.objects.filter(pk__in=rows).order_by("pk")
        return [(row.pk, in_language(row)) for row in found] if self._is_wide(request.user) else []

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() is None:
            return queryset
        return queryset.filter(**{str(self.parameter_name): self.value()})

    def _is_wide(self, user: Any) -> bool:
        raise NotImplementedError


class OfficeFilter(_Place):
    title = _("office")
    parameter_name = "office"
    model = Office

    def _is_wide(self, user: Any) -> bool:
        return bool(user.role == User.Role.AUDITOR)


class RegionFilter(_Place):
    title = _("district")
    parameter_name = "region"
    model = Region

    def _is_wide(self, user: Any) -> bool:
        return not user.region_id
