"""Users, offices and regions. Who may open these pages is in ``people.rights``."""

import re
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth import admin as _registers_groups  # noqa: F401
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_static.models import StaticDevice
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from ledger.clock import now
from people import officers, posted
from people.errors import ActionRejected
from people.identity import mask_name
from people.models import Office, OfficerChange, Reading, Region, User
from people.traces import Traced

_NUMBER = re.compile(r"(?=.*[0-9])[0-9A-Za-z.-]+")  # of a case or certificate, or a keyed index

admin.site.unregister(StaticDevice)  # recovery codes are no page of anybody
admin.site.unregister(Group)  # what a role may do is written in code, see people.rights


@admin.register(User)
class People(Traced, ModelAdmin):
    """Officers and citizens. A citizen can be barred here; an officer's account is changed by two
    administrators, see ``OfficerChanges``; nothing else is changed of anybody."""

    form = ModelForm
    trace_kind = Reading.Kind.PERSON
    actions = None
    list_display = ("username", "shown_name", "role", "office", "region", "is_active")
    list_filter = ("role", "office", "is_active")
    search_fields = ("username",)
    list_select_related = ("office", "region")
    ordering = ("username",)
    fields = (
        "username",
        "shown_name",
        "role",
        "office",
        "region",
        "is_active",
        "last_login",
        "date_joined",
    )

    def trace_subject(self, obj: User) -> str:
        return obj.username

    @display(description=_("name"))
    def shown_name(self, user: User) -> str:
        return mask_name(user.name) if user.role == User.Role.CITIZEN else user.name

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        return [name for name in self.fields if name != "is_active"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj is not None and obj.role != User.Role.CITIZEN:
            return False
        return bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


class ProposalForm(ModelForm):
    """What an administrator proposes; name, role, office and region where they are to change."""

    number = forms.CharField(
        label=_("ID number"),
        required=False,
        max_length=20,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("To enrol an officer: one person has one account. A keyed hash of it is kept."),
    )

    class Meta:
        model = OfficerChange
        fields = ("kind", "username", "name", "role", "office", "region")
        widgets = {
            "role": UnfoldAdminSelectWidget(
                choices=[("", "–"), *((role.value, role.label) for role in officers.ROLES)]
            )
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("name", "role", "office", "region"):
            if name in self.fields:
                self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        """Rejections of the action stand beside the form, as any fault of it."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return found
        office, region = found.get("office"), found.get("region")
        duties = officers.Duties(
            found.get("name") or "",
            found.get("role") or "",
            office.pk if office else "",
            region.pk if region else "",
            number=found.get("number") or "",
        )
        try:
            self.proposed, self.half = officers.propose(
                kind=found["kind"],
                username=found["username"],
                by=self.administrator,  # type: ignore[attr-defined]  # of the page that shows this
                now=now(),
                duties=duties,
            )
        except ActionRejected as error:
            raise ValidationError(in_language(error)) from error
        return found

    def _post_clean(self) -> None:
        """The action has written the row; there is nothing left to build."""

    def save(self, commit: bool = True) -> OfficerChange:
        return self.proposed

    def save_m2m(self) -> None:
        """There is nothing of that kind."""


@admin.register(OfficerChange)
class OfficerChanges(ModelAdmin):
    """Making, barring, resetting and re-assigning officers: one proposes, another confirms."""

    form = ProposalForm
    actions = None
    list_display = ("proposed_at", "kind", "username", "proposed_by", "settled_by", "shown_result")
    list_filter = ("kind", "confirmed")
    search_fields = ("=username",)
    list_select_related = ("proposed_by", "settled_by")
    ordering = ("-id",)

    @display(description=_("result"))
    def shown_result(self, change: OfficerChange) -> str:
        return str(
            {None: _("waits"), True: _("carried out"), False: _("dropped")}[change.confirmed]
        )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_form(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, **kwargs)
        form.administrator = request.user
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Written by the action, in the form's ``clean``."""
        if form.half:
            text = _("First half of the new password, for the officer alone: %s")
            self.message_user(request, text % form.half)

    def get_urls(self) -> list[Any]:
        settle = self.admin_site.admin_view(self.settle_view)
        return [path("<uuid:pk>/do/", settle, name="people_officerchange_do"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        change = self.get_object(request, object_id)
        if change is None or not self.has_view_permission(request, change):
            raise Http404
        return self.page(request, change)

    def settle_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Confirm or drop: one action a POST."""
        change = self.get_object(request, str(pk))
        if change is None or not self.has_view_permission(request, change):
            raise Http404
        if request.method != "POST":
            return redirect("admin:people_officerchange_change", pk)
        by = cast(User, request.user)
        try:
            posted.require_each_once(request.POST)
            if request.POST.get("action") == "confirm":
                _user, half = officers.confirm(change=change.pk, by=by, now=now())
                self.message_user(request, _("Carried out."))
                if half:
                    text = _("Second half of the new password, for the officer alone: %s")
                    self.message_user(request, text % half)
            elif request.POST.get("action") == "drop":
                officers.drop(change=change.pk, by=by, now=now())
                self.message_user(request, _("Dropped."))
            else:
                raise ActionRejected(
                    "no_such_action", "没有这个操作", "There is no such action.", status=422
                )
        except ActionRejected as error:
            return self.page(request, change, error)
        return redirect("admin:people_officerchange_change", pk)

    def page(
        self, request: HttpRequest, change: OfficerChange, error: ActionRejected | None = None
    ) -> HttpResponse:
        user = cast(User, request.user)
        open_ = change.settled_at is None and user.role == User.Role.ADMINISTRATOR
        others = user.pk != change.proposed_by_id and user.username != change.username
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(change),
            "change": change,
            "before": User.objects.filter(username=change.username).first(),
            "result": self.shown_result(change),
            "role": User.Role(change.role).label,
            "problem": in_language(error) if error else "",
            "may": {"confirm", "drop"} if open_ and others else {"drop"} if open_ else set(),
        }
        return TemplateResponse(
            request, "admin/people/change.html", context, status=error.status if error else 200
        )


def in_language(error: ActionRejected) -> str:
    """Return the rejection in the reader's language."""
    return error.en if (get_language() or "").startswith("en") else error.zh


class _Named(ModelAdmin):
    """Codes are named in certificates and cases for ever: they are added, not deleted."""

    search_fields = ("code", "name_zh", "name_en")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Office)
class Offices(_Named):
    list_display = ("code", "name_zh", "name_en", "uscc")


@admin.register(Region)
class Regions(_Named):
    list_display = ("code", "name_zh", "name_en", "parent", "since", "until")
    list_select_related = ("parent",)


@admin.register(Reading)
class Readings(ModelAdmin):
    """Who read what, for auditors; reading these is no reading of a person."""

    actions = None
    list_display = ("at", "by", "role", "office", "region", "kind", "shown_subject", "purpose",
                    "reason")  # fmt: skip
    fields = list_display
    readonly_fields = ("shown_subject",)
    list_filter = ("kind", "role", "purpose")
    search_fields = ("=subject", "=by")
    search_help_text = _("A case's number, a certificate's public id, or officer:NAME")
    ordering = ("-at",)
    list_per_page = 50
    show_full_result_count = False

    @display(description=_("which"), ordering="subject")
    def shown_subject(self, reading: Reading) -> str:
        """A search is by a name, which auditors read masked, or by a number of some kind."""
        is_name = reading.kind == Reading.Kind.SEARCH and not _NUMBER.fullmatch(reading.subject)
        return mask_name(reading.subject) if is_name else reading.subject

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
