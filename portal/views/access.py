"""Who may see a page: a citizen sees their own cases; what is not theirs is not there (404).

For an enterprise, whoever acts for it sees what is its own (``portal.capacity``).
"""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from people.actors import Actor
from people.language import in_language
from people.models import User
from portal import capacity, kept, resending
from portal.capacity import CapacityOver
from portal.login import levels
from services.rulebook import Rulebook


def known_user(request: HttpRequest) -> User:
    """Return who is logged in; only for views behind a log-in."""
    assert isinstance(request.user, User)
    return request.user


class LogInTooLow(Exception):
    """It is not known surely enough who logged in for what they want to do."""

    def __init__(self, book: Rulebook) -> None:
        super().__init__(book.code)
        self.book = book


def require_level(request: HttpRequest, book: Rulebook) -> None:
    """Raise ``LogInTooLow`` below the level of log-in that a service needs.

    For all that speaks for somebody: applying, correcting, signing, disputing, withdrawing.
    """
    if levels.reached(request.session) < levels.required(book.code):
        raise LogInTooLow(book)


class NotForAgents(Exception):
    """An enterprise's agent asks for what its representative alone does."""


def require_principal(by: Actor) -> None:
    """Raise ``NotForAgents`` where somebody acts for an enterprise as its agent."""
    if by.is_agent:
        raise NotForAgents


def citizens(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """Send the anonymous to the log-in page; give ``view`` the Actor as ``by``; 403 for staff.

    ``by`` acts for an enterprise where its user chose so, and may. What they had filled in is kept
    meanwhile, and offered to them when they are back.
    """
    return _guarded(view, is_own=False)


def persons(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """As ``citizens``, for what one does as oneself alone: to sign, to apply for a ward.

    Whoever acts for an enterprise is led there with one tap.
    """
    return _guarded(view, is_own=True)


def accounts(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """As ``citizens``, for choosing as whom one acts: whatever that is now; gives ``user``."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        user = _citizen(request)
        if user is None:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, user=user, **kwargs)

    return guarded


def _citizen(request: HttpRequest) -> User | None:
    """Return the citizen who is logged in, or nobody; an officer has no such pages (403)."""
    user = request.user
    if not user.is_authenticated:
        return None
    if user.role != user.Role.CITIZEN or not user.subject:
        raise PermissionDenied("These are the pages of citizens; officers use the desk.")
    return user


def _guarded(view: Callable[..., HttpResponse], *, is_own: bool) -> Callable[..., HttpResponseBase]:
    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        user = _citizen(request)
        if user is None:
            if request.method == "POST":
                kept.keep(request)
            return redirect_to_login(request.get_full_path())
        try:
            by = capacity.actor(request, user)
            if is_own and by.enterprise:
                if request.method == "POST":
                    kept.keep(request, kept.CAPACITY)
                return resending.other_capacity(request, user, own=True)
            if page := resending.before(request, user, by):
                return page
            return view(request, *args, by=by, **kwargs)
        except LogInTooLow as error:
            return _too_low(request, error.book)
        except CapacityOver as error:
            return _over(request, error)
        except NotForAgents:
            return _private(render(request, "portal/not_for_agents.html", status=403))

    return guarded


def _over(request: HttpRequest, error: CapacityOver) -> HttpResponse:
    """Say that somebody acts for an enterprise no longer (403), or that it is not known (503).

    What was sent is kept while it is not known, and there when they try again.
    """
    is_kept = request.method == "POST" and not error.is_over and kept.keep(request, kept.CAPACITY)
    if is_kept:
        request.session.save()  # Django saves no session with an answer of 5xx
    page = {
        "name": error.name,
        "is_over": error.is_over,
        "is_kept": is_kept,
        "text": in_language(error.error),
    }
    status = 403 if error.is_over else 503
    return _private(render(request, "portal/capacity_over.html", page, status=status))


def _private(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    return response


def _too_low(request: HttpRequest, book: Rulebook) -> HttpResponse:
    """Say that a service needs a surer log-in, and lead to it (403); what was sent is kept."""
    if request.method == "POST":
        kept.keep(request)
    page = {"service": book.code, "name": in_language(book.pack.name)}
    return _private(render(request, "portal/level.html", page, status=403))
