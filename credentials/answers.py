"""How wallets are answered: JSON that nobody stores, errors by the protocol's codes."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from credentials.errors import WalletError
from ledger.canonical import once_each

LONGEST = 64_000  # bytes of a body
View = Callable[[HttpRequest], HttpResponse]


def public(response: HttpResponse, seconds: int) -> HttpResponse:
    """Let browsers' wallets of any origin read it, and keep it for a while."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = f"public, max-age={seconds}"
    return response


def posted(view: View) -> View:
    """A program's POST: no cookie is read, the answer is not stored, and errors are JSON.

    A wallet that is a page asks first whether it may (OPTIONS: CORS protocol, Fetch standard).
    """

    @csrf_exempt
    @require_http_methods(["POST", "OPTIONS"])
    @wraps(view)
    def answered(request: HttpRequest) -> HttpResponse:
        try:
            response = _permitted() if request.method == "OPTIONS" else view(request)
        except WalletError as error:
            body = {"error": error.code, "error_description": error.description}
            response = JsonResponse(body, status=error.status)
            if error.status == 401:
                response["WWW-Authenticate"] = f'Bearer error="{error.code}"'
        response["Cache-Control"] = "no-store"
        response["Access-Control-Allow-Origin"] = "*"
        return response

    return answered


def _permitted() -> HttpResponse:
    response = HttpResponse(status=204)
    response["Access-Control-Allow-Methods"] = "POST"
    response["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
    return response


def body(request: HttpRequest, error: str) -> dict[str, Any]:
    """Read a body as a JSON object; raises ``WalletError`` with the code ``error``."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > LONGEST:
        raise WalletError(error, f"a body has {LONGEST} bytes at most", status=413)
    try:
        found = json.loads(request.body.decode(), object_pairs_hook=once_each)
    except (ValueError, RecursionError):
        found = None
    if request.content_type != "application/json" or not isinstance(found, dict):
        raise WalletError(error, "the body is no JSON object (application/json)")
    return found


def bearer(request: HttpRequest) -> str:
    """Return the access token of a request (RFC 6750, 2.1); raises ``WalletError`` (401)."""
    scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise WalletError("invalid_token", "an access token is needed", status=401)
    return str(token.strip())
