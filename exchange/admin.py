"""The border on the desk: partners, notices (with replay), messages, and who read whose data.

There is no page for records of the information base: reading them is for cases, through ``ask``.
"""

from typing import Any, cast

import orjson
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet, Value
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin

from exchange import outbox
from exchange.egress import Blocked, check_url
from exchange.models import Lookup, Message, Notice, Partner
from ledger import clock
from people import roles
from people.actors import officer
from people.masking import masked, names_in
from people.models import Reading, User
from people.traces import Traced


class PartnerForm(ModelForm):
    """Tokens and secrets are not here: ``manage.py partners token CODE`` shows new ones once."""

    def clean_webhook_url(self) -> str:
        url: str = self.cleaned_data["webhook_url"]
        if url:
            try:
                check_url(url)
            except Blocked as error:
                raise ValidationError(
                    _("This address cannot be called: an https:// address is expected.")
                ) from error
        return url


@admin.register(Partner)
class PartnerAdmin(ModelAdmin):
    form = PartnerForm
    list_display = ("code", "name_zh", "webhook_url", "active", "failures", "paused_until")
    list_filter = ("active",)
    search_fields = ("code", "name_zh", "name_en")
    fields = ("code", "name_zh", "name_en", "webhook_url", "services", "active")

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


@admin.register(Notice)
class NoticeAdmin(Concealed):
    list_display = (
        "created_at",
        "partner",
        "kind",
        "subject",
        "state",
        "attempts",
        "last_status",
        "next_at",
    )
    list_filter = ("state", "kind", "partner")
    list_select_related = ("partner",)
    search_fields = ("subject__startswith",)
    ordering = ("-pk",)  # UUIDs of version 7 follow time
    actions = ("replay",)

    @admin.action(description=_("Send again"), permissions=["change"])
    def replay(self, request: HttpRequest, queryset: QuerySet[Notice]) -> None:
        ids = list(queryset.values_list("pk", flat=True))
        sent = outbox.replay(ids=ids, by=officer(cast(User, request.user)), now=clock.now())
        text = ngettext("%d notice will be sent again.", "%d notices will be sent again.", sent)
        self.message_user(request, text % sent, messages.SUCCESS)


class Unchanging(ReadOnly):
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Message)
class MessageAdmin(Unchanging, Concealed):
    list_display = ("received_at", "partner", "kind", "message_id")
    list_filter = ("partner", "kind")
    list_select_related = ("partner",)
    search_fields = ("message_id__startswith",)
    ordering = ("-pk",)
    exclude = ("body_hash", "body")


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
