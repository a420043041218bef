"""Access tokens as another agency's program gets and uses them: over HTTP, by its own library."""

import os
import random
import string
from typing import Any

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session

from deploy.local.stack import Stack
from tests.approvals.program import Program, another_body
from tests.exchange.oauth import FORM, REVOKE, TOKEN
from tests.exchange.oauth import program as client_program

pytestmark = pytest.mark.slow
TRIES = 3000 if os.environ.get("MIAOPI_FULL") else 300


def session(**options: Any) -> OAuth2Session:
    made = client_program()
    return OAuth2Session(made.row.client_id, made.secret, **options)


def test_a_library_that_knows_only_our_address_submits_reads_and_gives_its_token_back(
    live: Stack,
) -> None:
    known = requests.get(f"{live.url}/.well-known/oauth-authorization-server", timeout=10)
    server = {name: value for name, value in known.json().items() if name.endswith("_endpoint")}
    assert {url.partition("/oauth/")[2] for url in server.values()} == {"token", "revoke"}
    for method in known.json()["token_endpoint_auth_methods_supported"]:
        with session(token_endpoint_auth_method=method) as agency:
            token = agency.fetch_token(live.url + TOKEN, grant_type="client_credentials")
            assert token["expires_in"] == 600
            headers = {"Idempotency-Key": f"by-{method}"}
            url = f"{live.url}/api/v1/applications"
            taken = agency.post(url, json=another_body(), headers=headers, timeout=30)
            assert taken.status_code == 202, taken.text
            read = agency.get(f"{url}/{taken.json()['number']}", timeout=30)
            assert read.json()["number"] == taken.json()["number"]
            assert "q=" in read.headers["RateLimit-Policy"] and "r=" in read.headers["RateLimit"]
            gone = agency.revoke_token(live.url + REVOKE, token["access_token"])
            assert gone.status_code == 200
            after = agency.get(f"{url}/{taken.json()['number']}", timeout=30)
            assert after.status_code == 401
            assert 'error="invalid_token"' in after.headers["WWW-Authenticate"]


def test_whatever_is_thrown_at_the_endpoints_they_do_not_break(live: Stack) -> None:
    """``TRIES`` requests, broken in every place that a request has; seeded, so that they repeat."""
    made = client_program()
    drawn = random.Random(2026)
    good = f"grant_type=client_credentials&client_id={made.row.client_id}"
    pieces = (
        *("grant_type", "client_credentials", "scope", "client_id", "client_secret", "token", "=&"),
        *(
            "%00",
            "%ff",
            "%C3%28",
            "\ud7ff",
            "service:",
            "*",
            "=",
            "&",
            ";",
            "+",
            "%",
            "Basic ",
            ":",
        ),
        *(made.row.client_id, "refresh_token", "resource", "assertion", "code", "x" * 9000),
    )

    def text(most: int) -> str:
        return "".join(
            drawn.choice(pieces) if drawn.random() < 0.8 else drawn.choice(string.printable)
            for _ in range(drawn.randint(0, most))
        )

    answers: dict[int, int] = {}
    with requests.Session() as line:
        for _ in range(TRIES):
            body = (good + "&" if drawn.random() < 0.5 else "") + text(8)
            headers = {"Content-Type": FORM if drawn.random() < 0.8 else "application/" + "j" * 9}
            if drawn.random() < 0.5:
                raw = "Basic " + text(3)
                headers["Authorization"] = "".join(c for c in raw if " " <= c <= "~").strip()
            path = drawn.choice((TOKEN, REVOKE)) + ("?" + text(1) if drawn.random() < 0.1 else "")
            url = live.url + path.encode("ascii", "ignore").decode()
            sent = line.request(
                "POST" if drawn.random() < 0.95 else "PUT",
                url.replace("\r", "").replace("\n", ""),
                data=body.encode("utf-8", "surrogatepass"),
                headers=headers,
                timeout=30,
            )
            answers[sent.status_code] = answers.get(sent.status_code, 0) + 1
            assert sent.status_code in (400, 401, 405, 429), (sent.status_code, body, headers)
            assert sent.json()["error"]
    assert {400, 401} <= answers.keys(), answers
    assert Program("", live.url).get("/health/").status == 200
