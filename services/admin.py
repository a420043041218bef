"""Services and editions on the desk: read, switched, tried. Editions never change here."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.forms import CharField, ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from ledger import clock
from people import text as people_text
from people.actors import officer
from people.errors import ActionRejected
from people.language import in_language, language
from people.models import User
from people.roles import POLICIES
from services import catalogue, playground, publish, regressions, switches, trials
from services.clauses import desk as desk  # its page registers itself
from services.desk import files, rollback
from services.desk.drafts import DraftAdmin
from services.interchange.files import FORMS
from services.models import Draft, Edition, Service
from services.models.switches import Scope
from services.proposal_pages import Proposals as Proposals
from services.regressions import desk as regressions_desk  # noqa: F401  its pages
from services.rule_pages import RulePages


class _NothingDeleted(ModelAdmin):
    """Nothing is deleted; what is added is added by publishing."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SwitchForm(ModelForm):
    """Opening and closing a service: with a reason, which stands in the event."""

    reason = CharField(
        label=_("Reason"), required=False, max_length=400, widget=UnfoldAdminTextareaWidget
    )

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if "enabled" in self.changed_data:
            try:
                found["reason"] = people_text.reason(found.get("reason") or "", longest=400)
            except ActionRejected as error:
                words = error.en if language() == "en" else error.zh
                self.add_error("reason", words)
        return found


@admin.register(Service)
class Services(_NothingDeleted):
    """A policy officer opens and closes a service here."""

    list_display = ("code", "shown_name", "enabled", "shown_automatic", "shown_edition")
    form = SwitchForm
    fields = ("code", "shown_name", "shown_edition", "shown_automatic", "enabled", "reason")
    readonly_fields = ("code", "shown_name", "shown_edition", "shown_automatic")
    search_fields = ("code",)

    def get_fields(self, request: HttpRequest, obj: Service | None = None) -> list[str]:
        """Whoever changes nothing gives no reason for it."""
        may = self.has_change_permission(request, obj)
        return [name for name in self.fields if may or name != "reason"]

    @display(description=_("Name"))
    def shown_name(self, service: Service) -> str:
        latest = service.editions.order_by("-number").first()
        if latest is None:
            return "–"
        return catalogue.rulebook(latest).pack.name["en" if language().startswith("en") else "zh"]

    @display(description=_("In force"))
    def shown_edition(self, service: Service) -> str:
        found = catalogue.current(service.code, clock.city_date(clock.now()))
        return str(found) if found else "–"

    @display(description=_("Automatic approval"), boolean=True)
    def shown_automatic(self, service: Service) -> bool:
        return not switches.live(Scope.SERVICE, [service.code])

    def save_model(self, request: HttpRequest, obj: Service, form: Any, change: bool) -> None:
        """Not saved as a row: switching is an action with its event."""
        publish.switch(
            obj.code,
            by=officer(cast(User, request.user)),
            now=clock.now(),
            enabled=form.cleaned_data["enabled"],
            reason=form.cleaned_data["reason"],
        )


@admin.register(Edition)
class Editions(_NothingDeleted):
    list_display = ("__str__", "in_force_from", "published_at", "shown_publisher", "shown_try")
    list_filter = ("service",)
    list_select_related = ("service",)
    ordering = ("service", "-number")
    fields = (
        "service",
        "number",
        "in_force_from",
        "proposed_by",
        "published_at",
        "published_by",
        "rollback_of",
        "reason",
        "ordered_by",
        "order_reason",
        "shown_trial",
        "hash",
        "engine",
        "shown_try",
        "shown_files",
        "shown_rules",
        "shown_rollback",
        "shown_source",
    )
    readonly_fields = fields

    def get_fields(self, request: HttpRequest, obj: Edition | None = None) -> list[str]:
        """Whoever proposes nothing is offered no roll-back, nor is it of the latest edition."""
        may = cast(User, request.user).role in POLICIES
        is_former = obj is not None and obj.number < _latest(obj)
        return [name for name in self.fields if (may and is_former) or name != "shown_rollback"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=_("trial of a draft"))
    def shown_trial(self, edition: Edition) -> str:
        """On which cases it was tried before it was published; boundary cases are said to be so."""
        if edition.trial is None:
            return str(_("none: published before one was asked for"))
        address = reverse("admin:services_trial_change", args=(edition.trial.pk,))
        words = in_language(trials.stated(edition.trial))
        return format_html('<a href="{}">{}</a>', address, words)

    @display(description=_("published by"), ordering="published_by")
    def shown_publisher(self, edition: Edition) -> str:
        return edition.published_by.removeprefix("officer:")

    @display(description=_("Playground"))
    def shown_try(self, edition: Edition) -> str:
        address = reverse("admin:services_edition_playground")
        return format_html('<a href="{}?edition={}">{}</a>', address, edition.pk, _("Try it"))

    @display(description=_("As a file"))
    def shown_files(self, edition: Edition) -> str:
        links = (
            (reverse("admin:services_edition_file", args=(edition.pk, form)), form)
            for form in FORMS
        )
        return format_html_join(" · ", '<a href="{}">.{}</a>', links)

    @display(description=_("Rules"))
    def shown_rules(self, edition: Edition) -> str:
        """The pages about what the edition says, and what the one before it said."""
        links = [
            ("services_edition_clauses", [edition.pk], _("Law and rule")),
            ("services_edition_picture", [edition.pk], _("Rules drawn")),
        ]
        before = Edition.objects.filter(service=edition.service_id, number=edition.number - 1)
        if (pk := before.values_list("pk", flat=True).first()) is not None:
            words = _("Difference from the edition before it")
            links.append(("services_edition_difference", [pk, edition.pk], words))
        found = [(reverse(f"admin:{name}", args=args), words) for name, args, words in links]
        return format_html_join(" · ", '<a href="{}">{}</a>', found)

    @display(description=_("Roll-back"))
    def shown_rollback(self, edition: Edition) -> str:
        address = reverse("admin:services_edition_rollback", args=[edition.pk])
        return format_html('<a href="{}">{}</a>', address, _("Put its text in force again"))

    @display(description=_("Source"))
    def shown_source(self, edition: Edition) -> str:
        return format_html('<pre style="white-space: pre-wrap">{}</pre>', edition.source)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        return [
            path("playground/", view(self.playground_view), name="services_edition_playground"),
            path("files/", view(files.upload_view), name="services_edition_files"),
            path("<int:pk>/rollback/", view(rollback.view), name="services_edition_rollback"),
            path(
                "<int:pk>/file.<str:form>", view(files.edition_file), name="services_edition_file"
            ),
            path(
                "drafts/<int:pk>/file.<str:form>",
                view(files.draft_file),
                name="services_draft_file",
            ),
            *RulePages(self).urls(),
            *super().get_urls(),
        ]

    def playground_view(self, request: HttpRequest) -> HttpResponse:
        """Choose an edition or paste a draft, fill or draw a case; nothing is stored."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = request.POST if request.method == "POST" else request.GET
        text = form.get("text") or self._source(form.get("edition", ""))
        found = playground.study(
            text.replace("\r\n", "\n"),
            {key: str(value) for key, value in form.items()},
            language(),
            city=settings.CITY,
            today=clock.city_date(clock.now()),
            draw=form.get("draw", "") or ("" if request.method == "POST" else "first"),
        )
        if found.read is not None:
            found.faults += regressions.faults(found.read)
            found.remarks += regressions.remarks(found.read)
        return TemplateResponse(
            request,
            "admin/services/playground.html",
            {
                **self.admin_site.each_context(request),
                "title": _("Playground"),
                "opts": self.model._meta,
                "study": found,
                "names": playground.names(found.book),
                "editions": Edition.objects.order_by("service", "-number"),
                "chosen": form.get("edition", ""),
                "may_backtest": cast(User, request.user).role != User.Role.TECHNICAL,
                "may_order_trial": cast(User, request.user).role == User.Role.POLICY,
            },
        )

    def _source(self, pk: str) -> str:
        rows = Edition.objects.order_by("service", "-number")
        found = rows.filter(pk=int(pk)).first() if pk.isascii() and pk.isdigit() else rows.first()
        return found.source if found else ""


def _latest(edition: Edition) -> int:
    """The number of the latest edition of the same service."""
    rows = Edition.objects.filter(service=edition.service_id).order_by("-number")
    return rows.values_list("number", flat=True)[0]


admin.site.register(Draft, DraftAdmin)
