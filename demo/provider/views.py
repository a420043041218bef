"""The provider's log-in page: a fictional person, by one tap, surely or less surely."""

from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.contrib import auth
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from demo.provider import claims, people


def login(request: HttpRequest) -> HttpResponse:
    """GET: the people. POST: log in as ``username`` with the surety ``acr``."""
    onward = request.POST.get("next") or request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(onward, allowed_hosts={request.get_host()}):
        onward = settings.SITE
    wanted = parse_qs(urlsplit(onward).query).get("acr_values", [people.LEVELS[0]])[0].split()
    if request.method == "POST":
        user = get_object_or_404(User, username=request.POST.get("username", ""))
        auth.login(request, user)
        acr = request.POST.get("acr", "")
        claims.SURE[user.pk] = acr if acr in people.LEVELS else people.LEVELS[0]
        return redirect(onward)
    page = {
        "everybody": people.everybody().values(),
        "next": onward,
        "surely": people.LEVELS[-1] in wanted,
        "levels": people.LEVELS,
        "site": settings.SITE,
    }
    return render(request, "provider/login.html", page)
