"""The ledger of pushes and receipts: first what a clerk has to mend."""

import uuid
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from certificates import actions, policies
from certificates.admin.desk import named
from certificates.models import Filing
from certificates.states import WITH_OFFICER, FilingState
from certificates.words import FILING_WORDS
from ledger.clock import now
from ledger.models import Event
from people import actors, posted, roles
from people.errors import ActionRejected
from people.language import language
from people.masking import masked
from people.models import Reading
from people.readonly import Page, reader
from people.traces import Traced, read_at_desk

TONES = {
    "due": "warning",
    "pushed": "info",
    "overdue": "warning",
    "returned": "danger",
    "accepted": "success",
    "revoked": "danger",
}


class TaskFilter(SimpleListFilter):
    """What is with a clerk comes first; the rest is a tap away."""

    title = _("state")
    parameter_name = "at"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("all", _("All")), *[(s.value, s.label) for s in FilingState]]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        wanted = self.value()
        if wanted is None:
            return queryset.filter(state__in=WITH_OFFICER)
        return queryset if wanted == "all" else queryset.filter(state=wanted)


class FilingAdmin(Traced, Page):
    list_display = (
        "shown_item",
        "certificate",
        "receiver",
        "attempts",
        "shown_reason",
        "shown_state",
    )
    list_filter = (TaskFilter, "item")
    search_fields = ("certificate__number__exact", "receipt__exact")
    ordering = ("answer_by", "id")
    list_select_related = ("certificate", "receiver")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Filing]:
        found = Filing.objects.filter(certificate__in=policies.visible(reader(request)))
        return found.annotate(is_masked=Value(roles.reads_masked(reader(request).role)))

    @display(description=_("Filing"))
    def shown_item(self, filing: Filing) -> str:
        return str(getattr(filing, language()))

    @display(description=_("Reason"))
    def shown_reason(self, filing: Filing) -> str:
        hidden = getattr(filing, "is_masked", False) and filing.reason
        return masked(filing.reason, named(filing.certificate)) if hidden else filing.reason

    @display(description=_("State"), ordering="state", label=TONES)
    def shown_state(self, filing: Filing) -> tuple[str, str]:
        return str(filing.state), FILING_WORDS[str(filing.state)][language()]

    def get_urls(self) -> list[Any]:
        action = self.admin_site.admin_view(self.action_view)
        return [path("<uuid:pk>/do/", action, name="certificates_filing_do"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return self.page(request, self.found(request, object_id))

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        return redirect("admin:certificates_filing_change", object_id)

    def action_view(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        """Send a returned or overdue filing again, with a note of what was mended."""
        filing = self.found(request, str(pk))
        if request.method != "POST":
            return redirect("admin:certificates_filing_change", pk)
        try:
            posted.require_each_once(request.POST)
            actions.resend(
                filing=filing.pk,
                note=request.POST.get("reason", ""),
                by=actors.officer(reader(request)),
                now=now(),
            )
        except ActionRejected as error:
            return self.page(request, self.found(request, str(pk)), error)
        self.message_user(request, _("Sent again."))
        return redirect("admin:certificates_filing_change", pk)

    def page(
        self, request: HttpRequest, filing: Filing, error: ActionRejected | None = None
    ) -> HttpResponse:
        read_at_desk(request, Reading.Kind.CERTIFICATE, filing.certificate.public_id)
        officer = policies.sees(actors.officer(reader(request)), filing.certificate)
        if roles.reads_masked(reader(request).role):
            names = named(filing.certificate)
            filing.reason = masked(filing.reason, names)  # shown, never saved
            filing.data = {k: masked(str(v), names) for k, v in filing.data.items()}
        open_ = filing.state in (FilingState.RETURNED, FilingState.OVERDUE)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": getattr(filing, language()),
            "original": filing,
            "problem": (error.en if language() == "en" else error.zh) if error else "",
            "why": filing.why_en if language() == "en" else filing.why_zh,
            "state_words": FILING_WORDS[str(filing.state)][language()],
            "data": sorted(filing.data.items()),
            "events": Event.objects.filter(subject=filing.subject).order_by("seq"),
            "may": officer and open_,
            "action": reverse("admin:certificates_filing_do", args=[filing.pk]),
        }
        template = "admin/certificates/filing.html"
        return TemplateResponse(request, template, context, status=error.status if error else 200)
