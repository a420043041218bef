"""Logging in as a fictional person by one tap; what a demo has sent to nobody."""

from django.conf import settings
from django.contrib import auth
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from demo import outbox
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


def sent(request: HttpRequest) -> HttpResponse:
    """Show the e-mails and text messages of a demo."""
    if not settings.DEMO:
        raise Http404
    return render(request, "demo/outbox.html", {"rows": outbox.sent()})
