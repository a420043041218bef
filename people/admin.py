"""Users, offices and regions. Who may open these pages is in ``people.rights``."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_static.models import StaticDevice
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from people import actions
from people.identity import mask_name
from people.models import Office, Region, User

admin.site.unregister(StaticDevice)  # recovery codes are no page of anybody
admin.site.unregister(Group)  # what a role may do is written in code, see people.rights


@admin.register(User)
class People(UserAdmin, ModelAdmin):
    """Officers are managed here. Citizens can be barred, and nothing else is changed of theirs."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    actions = None
    list_display = ("username", "shown_name", "role", "office", "region", "is_active")
    list_filter = ("role", "office", "is_active")
    search_fields = ("username",)
    list_select_related = ("office", "region")
    ordering = ("username",)
    filter_horizontal = ()
    _own = ("role", "name", "office", "region")
    fieldsets = (
        (None, {"fields": ("username", "password", "is_active")}),
        (_("Duties"), {"fields": _own}),
        (_("Log-in"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "password1", "password2", *_own)}),)

    @display(description=_("name"))
    def shown_name(self, user: User) -> str:
        return mask_name(user.name) if user.role == User.Role.CITIZEN else user.name

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is not None and obj.role == User.Role.CITIZEN:
            return ((None, {"fields": ("username", "shown_name", "is_active", "last_login")}),)
        return super().get_fieldsets(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        fixed = ("last_login", "date_joined", "shown_name")
        if obj is not None and obj.role == User.Role.CITIZEN:
            return (*fixed, "username", "password", *self._own)
        return fixed

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj is not None and obj.role == User.Role.CITIZEN:
            kwargs["form"] = ModelForm  # unfold's wants a password field
        return super().get_form(request, obj, change=change, **kwargs)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:  # noqa: A002
        """Nobody sets a citizen's password and then is that citizen."""
        user = self.get_object(request, unquote(id))
        if user is not None and user.role == User.Role.CITIZEN:
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "role":  # citizens have accounts of another kind
            kwargs["choices"] = [c for c in User.Role.choices if c[0] != User.Role.CITIZEN]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        actions.put_in_role(user=obj)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody changes their own duties, or those of somebody who may do everything."""
        if obj is not None and (obj == request.user or obj.is_superuser):
            return bool(request.user.is_superuser)
        return bool(super().has_change_permission(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only an account that was never used; all others are barred (``is_active``)."""
        unused = obj is None or (obj.last_login is None and obj.role != User.Role.CITIZEN)
        return unused and bool(super().has_delete_permission(request, obj))


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
