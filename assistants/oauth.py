"""How an assistant gets its token: its own secret and a mandate's key, exchanged (RFC 8693).

A registered assistant authenticates as a client (RFC 6749, 2.3.1), by HTTP Basic or in the body,
and gives the key of a citizen's mandate as the subject token. It gets a bearer token of minutes for
this door alone. Metadata as RFC 8414 says.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from approvals.actions import assistant_mandates
from assistants import tokens
from assistants.threads import in_thread
from ledger.clock import now
from people import access, program_secrets, rates
from people.errors import ActionRejected
from people.rates import Rate

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
MANDATE = "urn:miaopi:params:oauth:token-type:mandate"
RATE = Rate("assistant-token", "120/minute")  # from one address
LARGEST = 4096  # bytes of a request
_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class Refused(Exception):
    """A request for a token that is refused: ``code`` as in RFC 6749, 5.2."""

    def __init__(self, code: str, why: str, status: int = 400) -> None:
        super().__init__(why)
        self.code, self.why, self.status = code, why, status


async def token(request: Request) -> Response:
    """POST /token: exchange a mandate's key for an access token."""
    whose = access.client_address(as_django(request))
    if await in_thread(rates.is_over, RATE, whose):
        return too_many(rates.seconds_left(RATE, whose))
    try:
        async with request.form(max_files=0, max_fields=20, max_part_size=LARGEST) as form:
            client, secret = _client(request, form)
            issued = await in_thread(_exchange, client, secret, _fields(form))
    except Refused as refused:
        return _refusal(refused)
    return JSONResponse(issued, headers=_NO_STORE)


def _fields(form: FormData) -> dict[str, str]:
    """Return the fields of the request; each may come once (RFC 6749, 3.2)."""
    found: dict[str, str] = {}
    for name, value in form.multi_items():
        if name in found or not isinstance(value, str):
            raise Refused("invalid_request", "A parameter comes twice, or is no text.")
        found[name] = value
    return found


def _client(request: Request, form: FormData) -> tuple[str, str]:
    """Return the code and secret of the assistant, by HTTP Basic or else from the body."""
    header = request.headers.get("authorization", "")
    if header[:6].lower() == "basic ":
        if (found := program_secrets.basic(header)) is None:
            raise Refused("invalid_client", "The Basic credentials cannot be read.", 401)
        return found
    return str(form.get("client_id", "")), str(form.get("client_secret", ""))


def _exchange(client: str, secret: str, said: dict[str, str]) -> dict[str, Any]:
    if said.get("grant_type") != EXCHANGE:
        raise Refused("unsupported_grant_type", f"The grant is {EXCHANGE}.")
    if said.get("subject_token_type") != MANDATE or not said.get("subject_token"):
        raise Refused("invalid_request", f"Give a subject_token of the type {MANDATE}.")
    if said.get("resource", settings.ASSISTANTS.url) != settings.ASSISTANTS.url:
        raise Refused("invalid_target", f"Tokens are for {settings.ASSISTANTS.url} alone.")
    for text in (client, secret, said["subject_token"]):
        if not text.isascii() or "\0" in text:  # none of ours is so, and PostgreSQL takes no NUL
            raise Refused("invalid_request", "A parameter holds signs that are not permitted.")
    moment = now()
    try:
        mandate = assistant_mandates.by_key(said["subject_token"], client, secret, moment)
    except ActionRejected as error:
        code = "invalid_client" if error.status == 401 else "invalid_grant"
        raise Refused(code, error.en, error.status) from None
    left = int((mandate.ends_at - moment).total_seconds())
    return {
        "access_token": tokens.issue(mandate),
        "issued_token_type": ACCESS_TOKEN,
        "token_type": "Bearer",
        "expires_in": max(1, min(settings.ASSISTANTS.token_seconds, left)),
    }


def _refusal(refused: Refused) -> Response:
    headers = dict(_NO_STORE)
    if refused.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="assistants"'
    body = {"error": refused.code, "error_description": refused.why}
    return JSONResponse(body, refused.status, headers)


async def metadata(request: Request) -> Response:
    """GET /.well-known/oauth-authorization-server (RFC 8414)."""
    origin = settings.ASSISTANTS.origin
    return JSONResponse(
        {
            "issuer": origin,
            "token_endpoint": f"{origin}/token",
            "grant_types_supported": [EXCHANGE],
            "response_types_supported": [],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "service_documentation": f"{settings.SITE_URL}/assistants/",
        }
    )


def too_many(seconds: int) -> Response:
    body = {"error": "too_many_requests", "error_description": "Too many requests; wait a little."}
    return JSONResponse(body, 429, {"Retry-After": str(seconds), **_NO_STORE})


def as_django(request: Request) -> HttpRequest:
    """Return what ``people.access`` reads of a request: the peer's address, and the proxies'."""
    made = HttpRequest()
    made.META["REMOTE_ADDR"] = request.client.host if request.client else ""
    made.META["HTTP_X_FORWARDED_FOR"] = ",".join(request.headers.getlist("x-forwarded-for"))
    return made


ROUTES = [
    Route("/token", token, methods=["POST"]),
    Route("/.well-known/oauth-authorization-server", metadata, methods=["GET"]),
]
