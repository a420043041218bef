"""A client of a partner, and asking for tokens as its program does."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode

from django.test import Client as Browser

from exchange.models import Client, Partner
from exchange.oauth import clients
from ledger.clock import now

TOKEN, REVOKE = "/oauth/token", "/oauth/revoke"
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Program:
    """A client with its secret."""

    row: Client
    secret: str

    @property
    def basic(self) -> str:
        pair = f"{quote_plus(self.row.client_id)}:{quote_plus(self.secret)}"
        return "Basic " + base64.b64encode(pair.encode()).decode()

    def ask(self, path: str = TOKEN, headers: dict[str, str] | None = None, **form: str) -> Any:
        """Send a form with the secret by Basic, unless ``headers`` say otherwise."""
        sent = {"Authorization": self.basic, **(headers or {})}
        return post(path, form, {name: value for name, value in sent.items() if value})

    def token(self, scope: str = "", **headers: str) -> str:
        form = {"scope": scope} if scope else {}
        answer = self.ask(headers=headers, grant_type="client_credentials", **form)
        assert answer.status_code == 200, answer.content
        return str(answer.json()["access_token"])


def post(path: str, form: dict[str, str] | str, headers: dict[str, str] | None = None) -> Any:
    body = form if isinstance(form, str) else urlencode(form)
    return Browser(headers=headers or {}).generic("POST", path, body, content_type=FORM)


def program(partner: str = "window", **new: Any) -> Program:
    """Make a client of a partner."""
    given = {"name": "柜面系统", **new}
    row, secret = clients.add(
        Partner.objects.get(code=partner), clients.NewClient(**given), now=now()
    )
    return Program(row, secret)


def assert_error(answer: Any, status: int, error: str) -> dict[str, Any]:
    """RFC 6749, section 5.2: JSON, never kept, with a known error and plain ASCII."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "no-store"
    told: dict[str, Any] = json.loads(answer.content)
    assert told["error"] == error
    assert told.keys() <= {"error", "error_description"}
    assert told.get("error_description", "").isascii()
    return told
