"""Files that a citizen has handed in, or is about to: pictures of their pages, and the files."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from approvals import queries
from materials import responses
from materials.models import Material
from materials.queries import shown
from people.actors import Actor
from portal.views.access import citizens


def _own(key: uuid.UUID, by: Actor) -> Material:
    """Return a file that they have stored, or that one of their cases has; else 404."""
    found = queries.material(key, by)
    if found is None:
        raise Http404
    return found


@citizens
def material(request: HttpRequest, key: uuid.UUID, *, by: Actor) -> HttpResponse:
    """One file: its pages, and the way to save it."""
    page = {
        "file": shown(_own(key, by)),
        "base": "portal/base.html",
        "page_view": "portal:material-page",
        "file_view": "portal:material-file",
    }
    return render(request, "portal/material.html", page)


@citizens
def page(request: HttpRequest, key: uuid.UUID, page: int, *, by: Actor) -> HttpResponse:
    return responses.page(_own(key, by), page)


@citizens
def file(request: HttpRequest, key: uuid.UUID, *, by: Actor) -> HttpResponse:
    return responses.file(_own(key, by))
