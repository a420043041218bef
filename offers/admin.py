"""Scans of the city at the desk: what was found, and the button that orders one. Nobody's name."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from approvals.progress import wake
from ledger.clock import city_date, now
from offers import words
from offers.actions import orders
from offers.models import Offer, Scan, ScanOrder
from people import actors, posted, roles
from people.errors import ActionRejected
from people.language import in_language
from people.models import User
from people.readonly import Page
from services import catalogue
from services.rulebook import Rulebook

LIST = "admin:offers_scan_changelist"


class ScanAdmin(Page):
    """A scan shows counts, and nobody's record."""

    list_display = ("shown_service", "as_of", "records", "shown_eligible", "shown_offered")
    ordering = ("-at",)
    change_list_template = "admin/offers/list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Scan]:
        rows: QuerySet[Scan] = super().get_queryset(request)
        return rows.defer("subjects")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.role in roles.SCANS)

    def get_urls(self) -> list[Any]:
        order = self.admin_site.admin_view(self.order_view)
        return [path("order/", order, name="offers_scan_order"), *super().get_urls()]

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        raise Http404

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        books = orders.services(city_date(now()))
        failed = ScanOrder.objects.exclude(fault="").order_by("-at")[:5]
        more = {
            "title": gettext("Scans of the city"),
            "services": [(book.code, in_language(book.pack.name)) for book in books],
            "waiting": [_named(row) for row in ScanOrder.objects.filter(ended_at=None)],
            "failed": [{"name": _named(row), "at": row.at, "fault": row.fault} for row in failed],
            "may_order": cast(User, request.user).role in roles.POLICIES,
        }
        response: HttpResponse = super().changelist_view(request, {**(extra_context or {}), **more})
        return response

    def order_view(self, request: HttpRequest) -> HttpResponse:
        """Order a scan, by a policy officer; a worker runs it at once."""
        if request.method != "POST":
            return redirect(LIST)
        try:
            posted.require_each_once(request.POST)
            by = actors.officer(cast(User, request.user))
            orders.order(service=request.POST.get("service", ""), by=by, now=now())
        except ActionRejected as error:
            if error.status == 404:
                raise Http404 from None
            self.message_user(request, in_language(error), "error")
            return redirect(LIST)
        wake.tasks("offers.scan")
        self.message_user(request, gettext("Ordered. Its result stands here when it is done."))
        return redirect(LIST)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        scan = cast(Scan, self.found(request, object_id))
        book = catalogue.rulebook(scan.edition_id)
        states = dict(
            Offer.objects.filter(scan=scan).values_list("state").annotate(n=Count("pk")).order_by()
        )
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{_name(book)} {scan.as_of}",
            "scan": scan,
            "service": _name(book),
            "edition": book.number,
            "list_hash": bytes(scan.list_hash).hex(),
            "counts": words.counts(scan),
            "regions": words.regions(scan),
            "answers": words.answers(states),
            "readings": [words.reading(row) for row in scan.readings.order_by("-everybody")],
            "left": words.left(scan, book),
            "seconds": f"{scan.milliseconds / 1000:.1f}",
        }
        return TemplateResponse(request, "admin/offers/scan.html", context)

    @display(description=_("Service"))
    def shown_service(self, scan: Scan) -> str:
        return _name(catalogue.rulebook(scan.edition_id))

    @display(description=_("Meet every condition"))
    def shown_eligible(self, scan: Scan) -> int:
        return int(scan.counts["eligible"])

    @display(description=_("New offers"))
    def shown_offered(self, scan: Scan) -> int:
        return int(scan.counts["offered"])


def _name(book: Rulebook) -> str:
    return in_language(book.pack.name)


def _named(order: ScanOrder) -> str:
    book = catalogue.numbered(order.service_id, 1)
    return _name(book) if book else order.service_id


admin.site.register(Scan, ScanAdmin)
