"""The door: an MCP server over HTTP, with tokens of mandates. One process of its own (ASGI).

It keeps no sessions: each request stands by itself with its token, which PostgreSQL is asked about
each time, so that a mandate that has ended lets nothing more through.
"""

import logging
from typing import Any

import mcp_types as types
import orjson
from django.conf import settings
from mcp.server.auth.provider import AccessToken
from mcp.server.auth.settings import AuthSettings
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import MCPError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from approvals.actions import assistant_mandates
from assistants import calls, oauth, tokens
from assistants.threads import in_thread
from assistants.tools import TOOLS
from ledger.clock import now
from people import rates
from people.rates import Rate

log = logging.getLogger(__name__)

LARGEST = 200_000  # bytes of a request
INSTRUCTIONS = (
    "Government e-services of one city, for a citizen who has given you a mandate. Call `mandate`"
    " first. You may prepare and hand in; you decide nothing. Ask the citizen for what you do not"
    " know, never invent an answer, and show them everything before `submit`. " + calls.NOTICE
)


async def list_tools(
    context: ServerRequestContext[Any, Any], params: types.PaginatedRequestParams | None
) -> types.ListToolsResult:
    return types.ListToolsResult(
        tools=[
            types.Tool(
                name=tool.name,
                title=tool.title,
                description=tool.description,
                input_schema=tool.schema(),
                annotations=types.ToolAnnotations(
                    read_only_hint=tool.is_reading,
                    destructive_hint=False,
                    idempotent_hint=True,
                    open_world_hint=False,
                ),
            )
            for tool in TOOLS.values()
        ]
    )


async def call_tool(
    context: ServerRequestContext[Any, Any], params: types.CallToolRequestParams
) -> types.CallToolResult:
    tool = TOOLS.get(params.name)
    if tool is None:
        raise MCPError(types.INVALID_PARAMS, "There is no such tool; see tools/list.")
    request = context.request
    assert isinstance(request, Request)
    token = request.user.access_token  # of this very request
    arguments = params.arguments or {}
    try:
        said, is_error = await in_thread(calls.answer, tool, token.claims["mandate"], arguments)
    except Exception as error:  # the SDK would tell its text
        log.exception("a call of %s failed", tool.name)
        raise MCPError(types.INTERNAL_ERROR, "The call failed; try again later.") from error
    text = orjson.dumps(said).decode()
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=text)],
        structured_content=said,
        is_error=is_error,
    )


class Verifier:
    """Tells the SDK whose token a request has (``TokenVerifier``)."""

    async def verify_token(self, token: str) -> AccessToken | None:
        said = tokens.read(token)
        if said is None:
            return None
        mandate = await in_thread(lambda: assistant_mandates.in_force(said.mandate, now()))
        if mandate is None or mandate.assistant_id != said.assistant:
            return None
        return AccessToken(
            token=token,
            client_id=said.assistant,
            scopes=[],
            resource=said.resource,
            subject=str(mandate.pk),
            claims={"iss": settings.ASSISTANTS.origin, "mandate": mandate.pk},
        )


class Limits:
    """Answers 429 to whoever comes too often, 405 to other methods, and no 5xx to bad input."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        answer = await self._refusal(request) if scope["path"] == settings.ASSISTANTS.path else None
        if answer is not None:
            await answer(scope, receive, send)
            return
        await self.app(scope, receive, send)

    async def _refusal(self, request: Request) -> Response | None:
        if request.method != "POST":  # no stream is kept open, and no session to end
            return JSONResponse({"error": "method_not_allowed"}, 405, {"Allow": "POST"})
        scheme, _space, text = request.headers.get("authorization", "").partition(" ")
        said = tokens.read(text) if scheme.lower() == "bearer" else None
        if said is None:
            return None  # answered with 401
        for rate, whose in (
            (Rate("assistant", settings.ASSISTANTS.assistant_rate), said.assistant),
            (Rate("assistant-mandate", settings.ASSISTANTS.mandate_rate), said.mandate.hex),
        ):
            if await in_thread(rates.is_over, rate, whose):
                return oauth.too_many(rates.seconds_left(rate, whose))
        return None


class PrivateAnswers:
    """No answer is kept by anybody on the way (RFC 9111), nor taken for another type."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [h for h in message["headers"] if h[0].lower() != b"cache-control"]
                headers += [
                    (b"cache-control", b"no-store"),
                    (b"x-content-type-options", b"nosniff"),
                ]
                message = {**message, "headers": headers}
            await send(message)

        await self.app(scope, receive, marked)


def application() -> ASGIApp:
    """Return the ASGI application of the door, as ``settings.ASSISTANTS`` says."""
    door = settings.ASSISTANTS
    server: Server[Any] = Server(
        "miaopi",
        title=f"{settings.CITY.zh} {settings.CITY.en}",
        version="1",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )
    app = server.streamable_http_app(
        streamable_http_path=door.path,
        json_response=True,
        stateless_http=True,
        max_request_body_size=LARGEST,
        transport_security=TransportSecuritySettings(
            allowed_hosts=[door.host], allowed_origins=[door.origin]
        ),
        auth=AuthSettings.model_validate(  # from texts, which keep an origin without a slash
            {
                "issuer_url": door.origin,
                "resource_server_url": door.url,
                "validate_token_resource": True,
            }
        ),
        token_verifier=Verifier(),
        custom_starlette_routes=oauth.ROUTES,
    )
    return PrivateAnswers(Limits(app))
