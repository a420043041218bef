"""What every page needs: the city, the demo strip, the reader's language and size of type."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from affairs import messages
from people.language import language
from people.models import User
from portal import capacity

ELDER_COOKIE = "elder"


def elder(request: HttpRequest) -> bool:
    """Tell whether the page is shown in 长辈版; the browser remembers it, so nobody need log in."""
    return request.COOKIES.get(ELDER_COOKIE) == "1"


def site(request: HttpRequest) -> dict[str, object]:
    """Return ``city`` (its name), ``contact``, ``demo``, ``elder``, ``here`` (this address).

    Also whether there is a ``provider`` to log in by, and after how many seconds without a page
    (``idle``) a log-in ends; and for whom somebody acts, ``acts_for``, where not for themselves.
    """
    return {
        "city": getattr(settings.CITY, language()),
        "contact": settings.CITY.contact,
        "demo": settings.DEMO,
        "elder": elder(request),
        "idle": settings.SESSION_IDLE,
        "provider": settings.OIDC is not None,
        "acts_for": capacity.shown(request),
        "here": request.get_full_path() if request.method == "GET" else request.path,
    }


def messages_unread(request: HttpRequest) -> dict[str, object]:
    """Return ``unread``: how many messages a citizen has not read; asked for where it is shown."""
    return {"unread": SimpleLazyObject(lambda: _unread(request))}


def _unread(request: HttpRequest) -> int:
    user = request.user
    if not isinstance(user, User) or user.role != User.Role.CITIZEN:
        return 0
    return messages.unread(capacity.actor_now(request, user))
