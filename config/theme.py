"""How unfold shows the desk: its name, sign, colours and the links of an account."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

_ACCOUNT = (
    {"title": _("Change password"), "link": reverse_lazy("admin:password_change")},
    {"title": _("Passkeys"), "link": reverse_lazy("admin:passkeys")},
)
_REVIEWER = ({"title": _("Signing key"), "link": reverse_lazy("admin:signing_key")},)


def account(request: HttpRequest) -> tuple[dict[str, Any], ...]:
    """The links of an account; a signing key is registered by whoever reviews editions."""
    is_reviewer = getattr(request.user, "role", "") in ("legal", "technical")
    return _ACCOUNT + _REVIEWER if is_reviewer else _ACCOUNT


UNFOLD = {
    "SITE_TITLE": _("Clerk's desk"),
    "SITE_HEADER": _("Clerk's desk"),
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SITE_SYMBOL": "task_alt",
    "SITE_FAVICONS": [  # else every browser asks for one that is not there
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("portal/icon.svg")}
    ],
    "ACCOUNT": {"navigation": account},
    "STYLES": [lambda request: static("approvals/frame.css")],
    "BORDER_RADIUS": "10px",
    "COLORS": {  # the portal's blue
        "primary": {
            "50": "#f0f4fe",
            "100": "#e0e9fd",
            "200": "#c3d4fb",
            "300": "#97b4f6",
            "400": "#638bee",
            "500": "#3a66e0",
            "600": "#1450c8",
            "700": "#0f41a6",
            "800": "#0d3a96",
            "900": "#0c2c6e",
            "950": "#081c47",
        },
    },
}
