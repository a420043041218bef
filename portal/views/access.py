"""Who may see a page: a citizen sees their own cases; what is not theirs is not there (404)."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render

from people import actors
from people.language import in_language
from people.models import User
from portal import kept
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


def citizens(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """Send the anonymous to the log-in page; give ``view`` the Actor as ``by``; 403 for staff.

    What they had filled in is kept meanwhile, and offered to them when they are back.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        user = request.user
        if not user.is_authenticated:
            if request.method == "POST":
                kept.keep(request)
            return redirect_to_login(request.get_full_path())
        if user.role != user.Role.CITIZEN or not user.subject:
            raise PermissionDenied("These are the pages of citizens; officers use the desk.")
        if kept.waiting(request):
            if request.method == "GET" and (page := kept.offered(request, known_user(request))):
                return page
            if request.method == "POST":
                kept.drop(request)
                if request.POST.get(kept.DROP):
                    return redirect(request.path)
        try:
            return view(request, *args, by=actors.citizen(user), **kwargs)
        except LogInTooLow as error:
            return _too_low(request, error.book)

    return guarded


def _too_low(request: HttpRequest, book: Rulebook) -> HttpResponse:
    """Say that a service needs a surer log-in, and lead to it (403); what was sent is kept."""
    if request.method == "POST":
        kept.keep(request)
    page = {"service": book.code, "name": in_language(book.pack.name)}
    response = render(request, "portal/level.html", page, status=403)
    response["Cache-Control"] = "no-store"
    return response
