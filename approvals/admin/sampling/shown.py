"""What the pages of re-reviews have in common: nobody writes by Django's own forms."""

from typing import Any, cast

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin

from people.errors import ActionRejected
from people.language import language
from people.models import User

Role = User.Role
REVIEW, FINDING = "admin:approvals_samplereview", "admin:approvals_samplefinding"


def user_of(request: HttpRequest) -> User:
    return cast(User, request.user)  # the desk admits no other


def problem_of(error: ActionRejected | None) -> str:
    return "" if error is None else error.en if language() == "en" else error.zh


class Shown(ModelAdmin):
    """Nothing is added, changed or deleted by Django's own forms."""

    roles: frozenset[User.Role] = frozenset()
    actions = None
    list_per_page = 50
    show_full_result_count = False
    list_filter_sheet = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and user_of(request).role in self.roles)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        raise Http404

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        raise Http404

    def found(self, request: HttpRequest, object_id: Any) -> Any:
        """The row, if it is within the reader's sight; else there is none."""
        if not self.has_view_permission(request):
            raise Http404
        found = self.get_object(request, str(object_id))
        if found is None:
            raise Http404
        return found

    def answer(
        self, request: HttpRequest, template: str, title: str, error: Any, **more: Any
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "problem": problem_of(error),
            "typed": request.POST if error else {},
            "ticked": request.POST.getlist("condition") if error else [],
            **more,
        }
        name = f"admin/approvals/sampling/{template}.html"
        return TemplateResponse(request, name, context, status=error.status if error else 200)
