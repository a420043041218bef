"""All addresses on one page."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from approvals.api import problems

urlpatterns = [
    path("", include("approvals.urls")),  # first what is called most: they are tried in turn
    path("", include("certificates.urls")),
    *([path("", include("credentials.urls"))] if settings.WALLET else []),
    path("", include("bundles.urls")),
    path("", include("exchange.urls")),
    re_path(r"^(?:api/v1|webhooks|oauth)(?:/.*)?$", problems.no_such_path),
    path("", include("portal.urls")),
    path("", include("counter.urls")),
    path("", include("assistants.urls")),
    path(
        "api/schema/",
        SpectacularAPIView.as_view(authentication_classes=[], permission_classes=[]),
        name="schema",
    ),
    path(
        "api/docs/",
        SpectacularSwaggerSplitView.as_view(  # its script is a file: the policy blocks inline ones
            authentication_classes=[], permission_classes=[], template_name="portal/docs.html"
        ),
        name="docs",
    ),
    path("desk/", admin.site.urls),
]

if settings.DEMO:  # before what says that there is no such address of the API
    urlpatterns.insert(0, path("", include("demo.urls")))

handler400 = "portal.errors.bad_request"
handler403 = "portal.errors.forbidden"
handler404 = "portal.errors.not_found"
handler500 = "portal.errors.broken"
