"""The border on the desk: partners and their endpoints, notices and their deliveries (with replay),
messages, and who read whose data.

There is no page for records of the information base: reading them is for cases, through ``ask``.
"""

import datetime
import re
from typing import Any, cast

import orjson
from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet, Value
from django.http import HttpRequest
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin, TabularInline
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.utils import parse_datetime_str
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanWidget

from exchange import endpoints, outbox
from exchange.models import (
    Client,
    Endpoint,
    Lookup,
    Message,
    Notice,
    Partner,
    ReusedId,
    WebhookAttempt,
    WebhookDelivery,
    everything,
)
from exchange.oauth import clients, scopes
from ledger import clock
from people import roles
from people.actors import officer
from people.errors import ActionRejected
from people.language import in_language
from people.masking import masked, names_in
from people.models import Reading, User
from people.traces import Traced


class Codes(forms.Field):
    """A list of codes, written with commas between them; "*" stands for all."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        return [code for code in re.split(r"[,，、\s]+", str(value or "")) if code]


class EndpointForm(forms.ModelForm):
    """What may be kept of an endpoint is said by ``exchange.endpoints`` alone."""

    kinds = Codes(label=_("kinds"), initial=everything)
    services = Codes(label=capfirst(_("services")), initial=everything)
    districts = Codes(label=_("districts"), initial=everything)

    class Meta:
        model = Endpoint
        fields = ("url", "description", "kinds", "services", "districts", "ended")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        wanted = endpoints.Subscription(
            *(cleaned.get(name, []) for name in ("kinds", "services", "districts"))
        )
        try:
            endpoints.write(
                Endpoint(), cleaned.get("url", ""), cleaned.get("description", ""), wanted
            )
        except ActionRejected as error:
            field = error.field.removeprefix("/")
            self.add_error(field if field in self.fields else None, in_language(error))
        return cleaned

    def save(self, commit: bool = True) -> Any:
        if not self.instance.created_at:
            self.instance.created_at = clock.now()
        if not self.instance.ended:
            endpoints.resume(self.instance)
        return super().save(commit)


class EndpointInline(TabularInline):
    model = Endpoint
    form = EndpointForm
    hide_title = True
    extra = 0
    max_num = endpoints.ENDPOINTS_MAX
    readonly_fields = ("failures", "paused_until")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # what was sent there is in the log; it is switched off


class ClientForm(forms.ModelForm):
    """A client is made, and its secret shown, by a command; here it is ended, for good."""

    end = forms.BooleanField(
        label=_("end it"), required=False, widget=UnfoldBooleanWidget, help_text=_("for good")
    )

    class Meta:
        model = Client
        fields = ()

    def has_changed(self) -> bool:
        return bool(super().has_changed() and not self.instance.ended_at)

    def save(self, commit: bool = True) -> Any:
        clients.end(self.instance, now=clock.now())  # it has changed
        return self.instance


class ClientInline(TabularInline):
    model = Client
    form = ClientForm
    hide_title = True
    extra = 0
    fields = ("client_id", "name", "scopes", "services", "bound", "created_at", "ended_at", "end")
    readonly_fields = tuple(name for name in fields if name != "end")
    ordering = ("pk",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        may_end = self.has_change_permission(request, obj)
        return [name for name in self.fields if may_end or name != "end"]

    @admin.display(description=_("by certificate"), boolean=True)
    def bound(self, client: Client) -> bool:
        return bool(client.certificates)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class PartnerForm(forms.ModelForm):
    services = Codes(label=capfirst(_("services")), required=False)
    scopes = Codes(
        label=capfirst(_("scopes")), required=False, help_text=_("of its programs at most")
    )

    def clean_scopes(self) -> list[str]:
        given: list[str] = self.cleaned_data["scopes"]
        if given != everything() and not set(given) <= scopes.ALL:
            raise forms.ValidationError(_("There is no such scope."))
        return given


@admin.register(Partner)
class PartnerAdmin(ModelAdmin):
    """Tokens and secrets are not here: ``manage.py partners token CODE`` shows new ones once,
    and ``manage.py partners client secret ID``.
    """

    form = PartnerForm
    list_display = ("code", "name_zh", "active", "contact")
    list_filter = ("active",)
    search_fields = ("code", "name_zh", "name_en")
    fields = ("code", "name_zh", "name_en", "contact", "services", "scopes", "active")
    inlines = (ClientInline, EndpointInline)

    def get_readonly_fields(self, request: HttpRequest, obj: Partner | None = None) -> list[str]:
        return ["code"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Partner | None = None) -> bool:
        return False


class ReadOnly(ModelAdmin):
    """A list to look at; nothing is added, changed or removed here."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [field.name for field in self.model._meta.concrete_fields]


class Concealed(ReadOnly):
    """What was sent or received names people: masked for an auditor, for everybody else not shown.

    Operators see no personal data (``people.roles``), and need none to send a notice again.
    """

    exclude: tuple[str, ...] = ("body",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found = super().get_queryset(request)
        return found.annotate(is_shown=Value(roles.reads_masked(cast(User, request.user).role)))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        names = super().get_readonly_fields(request, obj)
        return [*(name for name in names if name not in self.exclude), "shown_body"]

    @admin.display(description=_("content"))
    def shown_body(self, row: Notice | Message) -> str:
        if not getattr(row, "is_shown", False):
            return str(_("Not shown: it holds personal data."))
        try:
            body = orjson.loads(row.body)
        except orjson.JSONDecodeError:
            return ""
        data = body.get("data") if isinstance(body, dict) else None
        applicant = data.get("applicant") if isinstance(data, dict) else None
        named = [applicant] if isinstance(applicant, str) else []
        return masked(row.body, [*named, *names_in(body)])


class Unchanging(ReadOnly):
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyInline(TabularInline):
    hide_title = True
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class DeliveriesOfNotice(ReadOnlyInline):
    model = WebhookDelivery
    fields = ("endpoint", "state", "attempts", "last_status", "next_at", "delivered_at")
    show_change_link = True


@admin.register(Notice)
class NoticeAdmin(Unchanging, Concealed):
    list_display = ("created_at", "partner", "kind", "subject", "routed_at")
    list_filter = ("kind", "partner")
    list_select_related = ("partner",)
    search_fields = ("subject__startswith",)
    ordering = ("-pk",)  # UUIDs of version 7 follow time
    inlines = (DeliveriesOfNotice,)


class AttemptsOfDelivery(ReadOnlyInline):
    model = WebhookAttempt
    fields = ("at", "url", "status", "milliseconds", "headers", "answer")
    ordering = ("-pk",)


class MadeBetween(RangeDateTimeFilter):
    """Two times by the city's clock: from the first on, before the second."""

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        for name, lookup in (("from", "gte"), ("to", "lt")):
            day, hour = (
                self.used_parameters.get(f"{self.parameter_name}_{name}_{part}") for part in (0, 1)
            )
            moment = parse_datetime_str(f"{day} {hour or '00:00:00'}") if day else None
            if moment is not None:
                limit = timezone.make_aware(moment)
                queryset = queryset.filter(**{f"{self.parameter_name}__{lookup}": limit})
        return queryset


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(Unchanging):
    fields = (
        "notice",
        "endpoint",
        "subject",
        "state",
        "attempts",
        "last_status",
        "next_at",
        "delivered_at",
    )
    list_display = (
        "made_at",
        "endpoint",
        "kind",
        "subject",
        "state",
        "attempts",
        "last_status",
        "next_at",
    )
    list_filter = ("state", "notice__kind", "endpoint", ("notice__created_at", MadeBetween))
    list_filter_submit = True
    list_select_related = ("endpoint", "notice")
    search_fields = ("subject__startswith",)
    ordering = ("-place",)
    actions = ("replay",)
    inlines = (AttemptsOfDelivery,)

    @admin.display(description=_("made at"), ordering="place")
    def made_at(self, delivery: WebhookDelivery) -> datetime.datetime:
        return delivery.notice.created_at

    @admin.display(description=_("kind"))
    def kind(self, delivery: WebhookDelivery) -> str:
        return delivery.notice.kind

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return ModelAdmin.has_change_permission(self, request)

    @admin.action(description=_("Send again"), permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        chosen = WebhookDelivery.objects.filter(pk__in=queryset.values("pk"))
        sent = outbox.replay(chosen, by=officer(cast(User, request.user)), now=clock.now())
        text = ngettext("%d notice will be sent again.", "%d notices will be sent again.", sent)
        self.message_user(request, text % sent, messages.SUCCESS)


@admin.register(Message)
class MessageAdmin(Unchanging, Concealed):
    list_display = ("received_at", "partner", "kind", "message_id")
    list_filter = ("partner", "kind")
    list_select_related = ("partner",)
    search_fields = ("message_id__startswith",)
    ordering = ("-pk",)
    exclude = ("body_hash", "body")


@admin.register(ReusedId)
class ReusedIdAdmin(Unchanging):
    """What was refused because its id came before with another body."""

    list_display = ("at", "partner", "message_id", "kind")
    list_filter = ("message__partner", "kind")
    list_select_related = ("message__partner",)
    search_fields = ("message__message_id__startswith",)
    ordering = ("-at",)
    exclude = ("body_hash",)

    @admin.display(description=_("partner"))
    def partner(self, row: ReusedId) -> Partner:
        return row.message.partner

    @admin.display(description=_("message id"))
    def message_id(self, row: ReusedId) -> str:
        return row.message.message_id


@admin.register(Lookup)
class LookupAdmin(Traced, Unchanging):
    """查询留痕. Searched by application number or keyed index: ID numbers belong in no address."""

    list_display = (
        "at",
        "by",
        "registry",
        "case",
        "fields",
        "purpose",
        "outcome",
        "reason",
        "milliseconds",
    )
    list_filter = ("registry", "outcome")
    search_fields = ("case__exact", "subject__exact")
    search_help_text = _("Application number, or the keyed index of a person")
    trace_kind = Reading.Kind.LOOKUP
    ordering = ("-pk",)

    def trace_subject(self, obj: Lookup) -> str:
        return obj.case
