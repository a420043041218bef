"""Faults of the provider, for tests: one word in a file, read at each request."""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

Claims = dict[str, Any]

# changes of the ID token's claims, which are then signed anew; ``at`` in seconds
TOKENS: dict[str, Callable[[Claims, float], Claims]] = {
    "wrong_nonce": lambda claims, at: {**claims, "nonce": "another"},
    "without_nonce": lambda claims, at: {k: v for k, v in claims.items() if k != "nonce"},
    "wrong_audience": lambda claims, at: {**claims, "aud": "another"},
    "wrong_audience_for_us": lambda claims, at: {
        **claims,
        "aud": ["another"],
        "azp": settings.CLIENT_ID,
    },
    "wrong_issuer": lambda claims, at: {**claims, "iss": "http://127.0.0.1:1"},
    "expired": lambda claims, at: {**claims, "iat": int(at) - 900, "exp": int(at) - 600},
    "from_the_future": lambda claims, at: {**claims, "iat": int(at) + 600},
    "without_expiry": lambda claims, at: {k: v for k, v in claims.items() if k != "exp"},
    "alg_none": lambda claims, at: claims,
    "another_key": lambda claims, at: claims,
    "signed_with_the_secret": lambda claims, at: claims,
}
SLOW_SECONDS = 30


def current() -> str:
    """Return the fault that is set, or nothing."""
    file = settings.FAULTS
    return file.read_text().strip() if file and file.exists() else ""


class Faults:
    """Middleware: what a program asks is answered late, a byte a second, or with an error."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked_by_program = request.path in ("/token/", "/userinfo/")
        if asked_by_program and current() == "slow":
            time.sleep(SLOW_SECONDS)
        if asked_by_program and current() == "broken":
            return HttpResponse("out of order", status=503)
        if asked_by_program and current() == "no_json":
            return HttpResponse("<html>", content_type="text/html")
        return self.get_response(request)
