"""The token endpoint, revocation, and the two documents by which programs find them.

RFC 6749, 7009, 8414, 9728. Answers and errors of the first two are those of RFC 6749, section 5.
"""

import json
import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from oauth2_provider.oauth2_backends import get_oauthlib_core

from exchange.oauth import scopes
from exchange.oauth.validator import FORM, WRONG_SECRETS
from people import proxies, rates
from people.rates import Rate

log = logging.getLogger(__name__)
REQUESTS = Rate("token", "300/minute")  # of tokens, from one address
LARGEST = 10_000  # bytes of a request
_METHODS = ["client_secret_basic", "client_secret_post"]


@method_decorator((csrf_exempt, sensitive_post_parameters("client_secret", "token")), "dispatch")
class Endpoint(View):
    """What both endpoints refuse, before oauthlib is asked."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return _error(405, "invalid_request", "Send a POST request.", Allow="POST")
        address = proxies.counted_address(request)
        if address and rates.is_over(REQUESTS, address):
            seconds = rates.seconds_left(REQUESTS, address)
            return _too_often("Too many requests; wait a little.", seconds)
        if fault := _fault(request):
            return _error(400, "invalid_request", fault)
        try:
            return self.answer(request)
        except (OperationalError, InterfaceError):
            return _error(503, "temporarily_unavailable", "Try again soon.", **{"Retry-After": "5"})

    def answer(self, request: HttpRequest) -> HttpResponse:
        raise NotImplementedError


class Token(Endpoint):
    def answer(self, request: HttpRequest) -> HttpResponse:
        _, _, body, status = get_oauthlib_core().create_token_response(request)
        return _answer(body, status)


class Revocation(Endpoint):
    def answer(self, request: HttpRequest) -> HttpResponse:
        _, _, body, status = get_oauthlib_core().create_revocation_response(request)
        return _answer(body, status)


def _fault(request: HttpRequest) -> str:
    """Return what is wrong with the form of a request; "" where nothing is."""
    if request.META.get("QUERY_STRING"):
        return "Nothing belongs into the query: logs keep it."
    if request.content_type != FORM:
        return f"Send {FORM}."
    try:
        if len(request.body) > LARGEST:
            return "The request is too large."
        request.body.decode("ascii")  # the rest is percent-encoded
        sent = request.POST
    except (SuspiciousOperation, UnicodeDecodeError, ValueError):
        return "The request is no form in UTF-8."
    if any(len(values) > 1 for _, values in sent.lists()):
        return "A parameter is there twice."
    if any("\0" in name + str(value) for name, value in sent.items()):
        return "A parameter has a character that is not allowed."
    return ""


def _answer(body: str, status: int) -> HttpResponse:
    """Return oauthlib's answer, with what its errors lack, and log those by their names alone."""
    if status >= 400:
        error = json.loads(body)
        log.warning("access token refused: %s", error["error"])
        if status == 429:
            return _too_often(error["error_description"], WRONG_SECRETS.item.get_expiry())
        challenge = {"WWW-Authenticate": 'Basic realm="miaopi"'} if status == 401 else {}
        return _error(status, error["error"], error.get("error_description", ""), **challenge)
    response = HttpResponse(body, status=status, content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response


def _too_often(words: str, seconds: int) -> HttpResponse:
    return _error(429, "temporarily_unavailable", words, **{"Retry-After": str(seconds)})


def _error(status: int, error: str, description: str, **headers: str) -> HttpResponse:
    body = {"error": error}
    if description:
        body["error_description"] = description
    headers["Cache-Control"] = "no-store"
    return JsonResponse(body, status=status, headers=headers)


def server_metadata(request: HttpRequest) -> HttpResponse:
    """RFC 8414; with an address of its own for programs with certificates (RFC 8705, section 5)."""
    site, aliases = settings.SITE_URL, settings.CLIENT_CERTIFICATE_URL
    found: dict[str, Any] = {
        "issuer": site,
        **_endpoints(site),
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "scopes_supported": sorted(scopes.SCOPES),
        "token_endpoint_auth_methods_supported": _METHODS,
        "revocation_endpoint_auth_methods_supported": _METHODS,
        "service_documentation": site + "/api/docs/",
    }
    if settings.CLIENT_CERTIFICATE_HEADER:
        found["tls_client_certificate_bound_access_tokens"] = True
        if aliases:
            found["mtls_endpoint_aliases"] = _endpoints(aliases)
    return _document(found)


def _endpoints(site: str) -> dict[str, str]:
    return {
        "token_endpoint": site + "/oauth/token",
        "revocation_endpoint": site + "/oauth/revoke",
    }


def resource_metadata(request: HttpRequest) -> HttpResponse:
    """RFC 9728, section 2."""
    site = settings.SITE_URL
    found: dict[str, Any] = {
        "resource": site + "/api/v1",
        "authorization_servers": [site],
        "scopes_supported": sorted(scopes.SCOPES),
        "bearer_methods_supported": ["header"],
        "jwks_uri": site + "/.well-known/jwks.json",
        "resource_documentation": site + "/api/docs/",
    }
    if settings.CLIENT_CERTIFICATE_HEADER:
        found["tls_client_certificate_bound_access_tokens"] = True
    return _document(found)


def _document(found: dict[str, Any]) -> HttpResponse:
    headers = {"Cache-Control": "public, max-age=3600", "Access-Control-Allow-Origin": "*"}
    return JsonResponse(found, headers=headers)
