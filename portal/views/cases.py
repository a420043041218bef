"""A citizen's own cases: list, result, progress, and what can still be done."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from approvals.models import Application
from certificates.models import Certificate
from people.actors import Actor
from portal.views.guard import citizens


@citizens
def mine(request: HttpRequest, *, by: Actor) -> HttpResponse:
    applications = Application.objects.filter(applicant=by.code).order_by("-created_at")[:100]
    return render(request, "portal/cases.html", {"section": "cases", "applications": applications})


@citizens
def wallet(request: HttpRequest, *, by: Actor) -> HttpResponse:
    certificates = Certificate.objects.filter(holder=by.code).order_by("-issued_at")[:100]
    return render(
        request,
        "portal/wallet.html",
        {"section": "wallet", "certificates": certificates},
    )
