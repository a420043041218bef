"""The catalogue for programs: JSON-LD, for everybody, the same in every language."""

import orjson
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from ledger.clock import city_date, now
from portal import open_data
from services import catalogue as services_catalogue

FRESH = 300  # seconds that a copy may be used


@require_safe
@cache_control(public=True, max_age=FRESH)
def catalogue(request: HttpRequest) -> HttpResponse:
    today = city_date(now())
    return _document(open_data.catalogue(services_catalogue.all_current(today), today))


@require_safe
@cache_control(public=True, max_age=FRESH)
def service(request: HttpRequest, code: str) -> HttpResponse:
    today = city_date(now())
    edition = services_catalogue.current(code, today)
    if edition is None:
        raise Http404
    return _document(open_data.service(services_catalogue.rulebook(edition), today))


def _document(node: open_data.Node) -> HttpResponse:
    response = HttpResponse(orjson.dumps(node), content_type="application/ld+json")
    response["Access-Control-Allow-Origin"] = "*"  # read by pages of others, without cookies
    return response
