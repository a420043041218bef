"""The operations centre at the desk: one page, and its live part, which the page asks for anew."""

from functools import wraps
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path

from approvals.admin.switches.suspensions import REASONS
from ledger.clock import now
from operations.centre import figures, spans
from operations.models import Centre
from people import roles
from people.errors import ActionRejected
from people.language import in_language
from people.readonly import Page, reader

SECONDS = 1  # between two readings of an open page


class CentreAdmin(Page):
    """What the city receives and decides now, and what of it is broken. No citizen's name."""

    roles = roles.OPERATION | roles.HEADS

    def get_urls(self) -> list[Any]:
        page = _strict(self.admin_site.admin_view(self.page_view))
        live = _strict(self.admin_site.admin_view(self.live_view))
        return [
            path("", page, name="operations_centre_changelist"),
            path("live/", live, name="operations_centre_live"),
        ]

    def page_view(self, request: HttpRequest) -> HttpResponse:
        """The whole page; what cannot be shown of history is said, and what was asked for kept."""
        return self._answer(request, "operations/centre.html")

    def live_view(self, request: HttpRequest) -> HttpResponse:
        """What changes of it, with the figures of this moment."""
        return self._answer(request, "operations/live.html")

    def _answer(self, request: HttpRequest, template: str) -> HttpResponse:
        if request.method != "GET" or not self.has_view_permission(request):
            raise Http404
        at, problem = now(), ""
        try:
            span = spans.asked(request.GET, at)
        except ActionRejected as error:
            span, problem = spans.asked({}, at), in_language(error)
        context = {
            **self.admin_site.each_context(request),
            "centre": figures.centre(span, at),
            "asked": {name: request.GET.get(name, "") for name in ("by", "from", "to")},
            "by": span.grain,
            "grains": spans.GRAINS,
            "problem": problem,
            "seconds": SECONDS,
            "reasons": REASONS,
            "may_suspend": reader(request).role in roles.SUSPENDERS,
        }
        status = 422 if problem and template.endswith("centre.html") else 200
        return TemplateResponse(request, template, context, status=status)


def _strict(view: Any) -> Any:
    """The policy of the portal: this page has no script or style of the desk's frame."""

    @wraps(view)
    def strict(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = view(request, *args, **kwargs)
        if hasattr(response, "_csp_update"):
            del response._csp_update
        return response

    return strict


admin.site.register(Centre, CentreAdmin)
