"""The catalogue: what can be applied for, and what one service asks and promises."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def home(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/home.html", {"section": "home"})


def about(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/about.html", {})
