"""Logging in as a fictional person, by one tap and without a password."""

from django.conf import settings
from django.contrib import auth
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from people.models import User
from portal.views.session import onward


@require_POST
def persona(request: HttpRequest) -> HttpResponse:
    """Log in as the fictional citizen ``username`` (POST); 404 for anybody else."""
    if not settings.DEMO:
        raise Http404
    user = get_object_or_404(
        User,
        username=request.POST.get("username", ""),
        role=User.Role.CITIZEN,
        is_active=True,
    )
    auth.login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return redirect(onward(request, "portal:home"))
