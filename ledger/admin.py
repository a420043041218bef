"""History as auditors read it: nothing here can be added, changed or deleted by anybody."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from ledger.models import Event, PublicKey, TreeHead


class _Read(ModelAdmin):
    actions = None
    list_per_page = 50
    show_full_result_count = False  # counting all of history takes longer than reading a page

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Event)
class Events(_Read):
    list_display = ("at", "subject", "seq", "kind", "before", "after", "by")
    list_display_links = ("subject",)
    search_fields = ("=subject",)
    search_help_text = _("The whole subject, such as application:…")
    ordering = ("-id",)
    fields = (
        ("subject", "seq", "kind"),
        ("before", "after"),
        ("by", "at"),
        "data",
        ("shown_previous", "shown_hash"),
    )
    readonly_fields: tuple[str, ...] = ("shown_previous", "shown_hash")

    @display(description=_("hash of the event before"))
    def shown_previous(self, event: Event) -> str:
        return bytes(event.previous).hex() if event.previous else "–"

    @display(description=_("hash"))
    def shown_hash(self, event: Event) -> str:
        return bytes(event.hash).hex()


@admin.register(TreeHead)
class TreeHeads(_Read):
    list_display = ("at", "size", "shown_root", "kid")
    list_display_links = ("size",)
    ordering = ("-size",)
    fields = (("size", "at"), "shown_root", ("kid", "algorithm"))
    readonly_fields = ("shown_root",)

    @display(description=_("root"))
    def shown_root(self, head: TreeHead) -> str:
        return bytes(head.root).hex()


# what a key signs (``keys.SIGNING``)
PURPOSES = {
    "receipt": _("receipts of decisions"),
    "certificate": _("certificates"),
    "document": _("documents"),
    "head": _("tree heads"),
    "webhook": _("messages to agencies"),
    "pdf": _("PDF files"),
    "trial": _("trials of drafts"),
    "wallet": _("certificates in wallets"),
    "verifier": _("what wallets are asked"),
}


class PurposeFilter(admin.SimpleListFilter):
    title = _("signs")
    parameter_name = "purpose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(PURPOSES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(purpose=self.value()) if self.value() else queryset


@admin.register(PublicKey)
class PublicKeys(_Read):
    list_display = ("shown_purpose", "kid", "algorithm", "active_from", "retired_at")
    list_display_links = ("kid",)
    list_filter = (PurposeFilter,)
    ordering = ("purpose", "active_from")
    fields = ("kid", ("shown_purpose", "algorithm"), ("active_from", "retired_at"))
    readonly_fields = ("shown_purpose",)

    @display(description=_("signs"), ordering="purpose")
    def shown_purpose(self, key: PublicKey) -> str:
        return str(PURPOSES.get(key.purpose, key.purpose))
