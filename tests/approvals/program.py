"""Another agency's program as a test uses it: its token, the API's documents, and nothing else."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import requests
from django.db import connection
from django.test import Client

from exchange.partners import credentials_file
from tests.approvals.cases import graduate_answers, graduates, person

PATH = "/api/v1/applications"
TABLES = (
    "approvals_application",
    "approvals_submission",
    "approvals_check",
    "ledger_event",
    "exchange_message",
    "exchange_notice",
    "exchange_lookup",
)


def token(partner: str) -> str:
    text: str = json.loads(credentials_file(partner).read_text())["token"]
    return text


def secret(partner: str) -> str:
    """Return what signs this partner's messages to us."""
    text: str = json.loads(credentials_file(partner).read_text())["inbound_secret"]
    return text


def body(kind: str = "graduate", **changes: Any) -> dict[str, Any]:
    """Return a good body for one persona; changes replace its fields."""
    who = person(kind)
    return {
        "service": "graduate_settlement",
        "edition": 1,  # of a new database
        "applicant": {"kind": who.kind, "number": who.number, "name": who.name},
        "answers": graduate_answers(),
        **changes,
    }


_graduates = cycle(graduates())


def another_body(**changes: Any) -> dict[str, Any]:
    """Return a good body for another graduate each time: one has one application in hand."""
    who = next(_graduates)
    applicant = {"kind": "person", "number": who.number, "name": who.name}
    return body(**{"applicant": applicant, **changes})


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Any
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)


class Program:
    """Calls the API in this process, or at ``site`` over HTTP."""

    def __init__(self, partner: str = "window", site: str = "") -> None:
        self.site = site
        self.bearer = f"Bearer {token(partner)}" if partner else ""

    @classmethod
    def with_token(cls, access_token: str, site: str = "") -> Program:
        """A program that calls with an access token."""
        made = cls("", site)
        made.bearer = f"Bearer {access_token}"
        return made

    def ask(self, method: str, path: str, raw: bytes = b"", **headers: str) -> Reply:
        """Header names are written with underscores; None leaves a usual one out."""
        usual = {"Authorization": self.bearer, "Content_Type": "application/json"}
        usual |= {"Idempotency_Key": str(uuid.uuid4())} if method == "POST" else {}
        given = {k.replace("_", "-"): v for k, v in {**usual, **headers}.items() if v}
        if self.site:
            answer = requests.request(method, self.site + path, data=raw, headers=given, timeout=30)
            return Reply(answer.status_code, answer.headers, answer.content)
        kind = given.pop("Content-Type", "")
        response = Client(headers=given).generic(method, path, raw, content_type=kind)
        return Reply(response.status_code, response.headers, response.content)

    def post(self, what: Any, **headers: str) -> Reply:
        """Submit; bytes are sent as they are."""
        raw = what if isinstance(what, bytes) else json.dumps(what, ensure_ascii=False).encode()
        return self.ask("POST", PATH, raw, **headers)

    def send(self, method: str, path: str, what: Any = None, **headers: str) -> Reply:
        """Send ``what`` as JSON, or nothing."""
        raw = b"" if what is None else json.dumps(what, ensure_ascii=False).encode()
        return self.ask(method, path, raw, **headers)

    def get(self, path: str, **headers: str) -> Reply:
        return self.ask("GET", path, **headers)


def rows() -> dict[str, int]:
    """Return how many rows each table has that an application or a message writes to."""
    with connection.cursor() as cursor:
        counted = {}
        for table in TABLES:
            cursor.execute(f"SELECT count(*) FROM {table}")
            counted[table] = cursor.fetchone()[0]
        return counted


def assert_problem(reply: Reply, status: int, code: str = "", *pointers: str) -> dict[str, Any]:
    """The reply is a problem document (RFC 9457) in both languages that names these fields."""
    assert reply.status == status, reply.raw[:800]
    assert reply.headers["Content-Type"] == "application/problem+json"
    told: dict[str, Any] = reply.json
    assert told["status"] == status
    assert told["type"] == f"urn:miaopi:problem:{told['code']}"
    assert told["detail"].isascii() or code == "json_duplicate_key"
    assert any("\u4e00" <= c <= "\u9fff" for c in told["detail_zh"])
    if code:
        assert told["code"] == code
    named = [e["pointer"] for e in told.get("errors", [])]
    assert set(pointers) <= set(named), named
    for error in told.get("errors", []):
        assert error["zh"] and error["en"]
    return told
