"""Programs at the door: the SDK's own client, and plain HTTP for what no client would send."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import requests
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from tests.assistants.helping import EXCHANGE, MANDATE


@dataclass(frozen=True)
class Door:
    """The running door: its address, and the processes beside it."""

    url: str
    stack: Any

    @property
    def origin(self) -> str:
        return self.url.removesuffix("/mcp")

    def exchange(self, key: str, secret: str, code: str = "helper", **more: Any) -> Any:
        """POST /token as RFC 8693 says."""
        sent = {"grant_type": EXCHANGE, "subject_token": key, "subject_token_type": MANDATE, **more}
        sent = {name: value for name, value in sent.items() if value is not None}
        return requests.post(f"{self.origin}/token", sent, auth=(code, secret), timeout=60)

    def token(self, key: str, secret: str) -> str:
        answer = self.exchange(key, secret)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def post(self, body: Any, token: str = "", **headers: str) -> Any:
        """POST whatever to the endpoint; ``body`` as it is, or as JSON."""
        sent = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            **({"Authorization": f"Bearer {token}"} if token else {}),
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        data = body if isinstance(body, bytes | str) else json.dumps(body)
        data = data.encode() if isinstance(data, str) else data
        return requests.post(self.url, data=data, headers=sent, timeout=60)

    def raw_call(self, token: str, tool: Any, arguments: Any, **headers: str) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
        return self.post(
            {**body, "params": {"name": tool, "arguments": arguments}}, token, **headers
        )

    def call(self, token: str, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool over plain HTTP; returns its structured answer."""
        answer = self.raw_call(token, tool, arguments)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        found: dict[str, Any] = answer.json()["result"]["structuredContent"]
        return found

    def with_client(
        self, token: str, calls: Callable[[Client], Awaitable[None]], **how: Any
    ) -> None:
        """Let ``calls`` make theirs by the SDK's own client in one session."""

        async def run() -> None:
            http = create_mcp_http_client(headers={"Authorization": f"Bearer {token}"})
            async with http, Client(streamable_http_client(self.url, http_client=http), **how) as c:
                await calls(c)

        asyncio.run(run())
