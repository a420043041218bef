"""Forms that could not be taken as they came: another log-in, or another capacity; nothing is lost.

A form is for whom it was made for. Whoever has changed meanwhile for whom they act, in another tab,
is told so and goes back with one tap; what was filled in is kept (``portal.kept``) and comes again.
"""

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import constant_time_compare

from people.actors import Actor
from people.models import User
from portal import capacity, kept


def before(request: HttpRequest, user: User, by: Actor) -> HttpResponse | None:
    """Return what answers a page of one's own instead of its view; None: the view does.

    A form for another capacity is not taken, nor one without a mark while somebody acts for an
    enterprise. What is kept for the page comes first.
    """
    if request.method == "POST":
        made_for = kept.capacity_of(request) if kept.is_of(request, user) else ""
        mine = capacity.mark(user, by.enterprise)
        if (made_for or by.enterprise) and not constant_time_compare(made_for, mine):
            kept.keep(request, kept.CAPACITY)
            return other_capacity(request, user, made_for)
        if kept.waiting(request):
            kept.drop(request)
            if request.POST.get(kept.DROP):
                return redirect(request.path)
    if request.method == "GET" and kept.waiting(request):
        found = kept.of_path(request, user)
        if found is not None and not constant_time_compare(
            found.capacity, capacity.mark(user, by.enterprise)
        ):
            return other_capacity(request, user, found.capacity)
        if found is not None:
            return kept.again(request, found.fields, found.why)
    return None


def other_capacity(
    request: HttpRequest, user: User, wanted: str = "", *, own: bool = False
) -> HttpResponse:
    """Say that a page or form is for whom its reader does not act now (409), and lead there.

    ``wanted``: the mark of that capacity, where it is known; ``own``: it is the reader's own.
    """
    page = {
        "is_own": own or wanted == capacity.mark(user),
        "wanted": wanted if capacity.name_of(request, wanted) else "",
        "name": capacity.name_of(request, wanted),
        "is_form": request.method == "POST" or bool(kept.waiting(request).get(request.path)),
        "onward": request.get_full_path() if request.method == "GET" else request.path,
    }
    response = render(request, "portal/other_capacity.html", page, status=409)
    response["Cache-Control"] = "no-store"
    return response


def with_new_token(request: HttpRequest) -> HttpResponse | None:
    """Answer a form whose token is of an earlier log-in: with that page, for the same person.

    Without a log-in it is kept until that person has logged in. A form of another site has no
    owner's mark, so nothing of it is shown, kept or sent.
    """
    user = getattr(request, "user", None)
    if request.method != "POST" or user is None:
        return None
    if not isinstance(user, User):
        return redirect_to_login(request.path) if kept.keep(request) else None
    if not kept.is_of(request, user):
        return None
    now_for = capacity.chosen(request)
    made_for = kept.capacity_of(request)
    mine = capacity.mark(user, now_for.enterprise if now_for else "")
    if not constant_time_compare(made_for, mine):
        kept.keep(request, kept.CAPACITY)
        return other_capacity(request, user, made_for)
    return kept.again(request, kept.fields_of(request), kept.TAB)
