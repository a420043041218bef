"""What all our pages at the desk have in common: they show, and only actions change anything."""

from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from unfold.admin import ModelAdmin

from people import roles
from people.models import User


def reader(request: HttpRequest) -> User:
    """Who reads; the desk lets nobody in who is not logged in."""
    return cast(User, request.user)


class Page(ModelAdmin):
    roles = roles.CERTIFICATES  # who may see it
    actions = None
    list_per_page = 50
    show_full_result_count = False
    list_filter_sheet = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        user = request.user
        return isinstance(user, User) and user.is_active and user.role in self.roles

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def found(self, request: HttpRequest, object_id: str) -> Any:
        """The object, if it is within the reader's sight; else there is none (I10)."""
        if not self.has_view_permission(request):
            raise Http404
        found = self.get_object(request, object_id)
        if found is None:
            raise Http404
        return found

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        raise Http404
