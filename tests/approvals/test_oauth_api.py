"""The API with access tokens: within their scopes and services, while they stand, and no longer."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client as Browser

from approvals.api import authentication
from approvals.models import Application
from exchange.models import AccessToken, Client, Partner
from exchange.oauth import clients, permissions, scopes
from ledger.clock import now
from people import proxies
from tests.approvals.program import Program, another_body, assert_problem, body
from tests.approvals.test_scopes import is_public, operations
from tests.exchange.oauth import FORM, REVOKE, TOKEN
from tests.exchange.oauth import program as client_program
from tests.statements import counted

pytestmark = pytest.mark.usefixtures("furnished")
PARTS = {"uuid:key": str(uuid4()), "str:number": "MP1", "str:code": "sole_trader"}
HEADER = "X-Client-Certificate"


def with_token(scope: str = "", **new: Any) -> Program:
    return Program.with_token(client_program(**new).token(scope))


def path_of(route: str) -> str:
    return "/" + re.sub(r"<([^>]+)>", lambda found: PARTS.get(found[1], "x"), route)


def test_each_operation_opens_to_its_own_scope_and_to_no_other() -> None:
    """All operations of the resolver by all scopes."""
    client = client_program()
    tokens = {scope: Program.with_token(client.token(scope)) for scope in scopes.SCOPES}
    tried = 0
    for method, route, view in operations():
        if is_public(view):
            continue
        needed = scopes.of_operation(view, method)
        for scope, program in tokens.items():
            reply = program.send(method, path_of(route), {})
            if scope == needed:
                assert reply.status != 403, (method, route, reply.raw)
            else:
                assert_problem(reply, 403, "insufficient_scope")
                challenge = reply.headers["WWW-Authenticate"]
                assert challenge.startswith("Bearer ") and 'error="insufficient_scope"' in challenge
                assert f'scope="{needed}"' in challenge
            tried += 1
    assert tried >= 24 * len(scopes.SCOPES)


def test_whoever_verifies_certificates_may_do_so_without_a_token() -> None:
    path = "/api/v1/certificates/nothing"
    assert Program("").get(path).status == 404
    assert with_token(scopes.CERTIFICATES).get(path).status == 404
    assert_problem(with_token(scopes.FILINGS).get(path), 403, "insufficient_scope")


def test_a_partners_own_token_has_the_scopes_of_its_agency() -> None:
    window = Program()
    assert window.get("/api/v1/consents").status == 200
    Partner.objects.filter(code="window").update(scopes=[scopes.APPLICATIONS_READ])
    assert_problem(window.get("/api/v1/consents"), 403, "insufficient_scope")
    assert window.get("/api/v1/applications/MP1").status == 404


@pytest.fixture
def remembered() -> Callable[[], Program]:
    """A client whose token this process knows, and takes applications of in one statement."""
    made = client_program()
    program = Program.with_token(made.token())
    assert program.post(another_body()).status == 202
    with counted(1):
        assert program.post(another_body()).status == 202
    program.client = made  # type: ignore[attr-defined]
    return program  # type: ignore[return-value]


def test_an_access_token_costs_no_statement_more(
    remembered: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fixture's one statement is as for an agency's own token; and one more to ask anew."""
    monkeypatch.setattr(authentication, "_known", {})
    with counted(2):
        assert remembered.post(another_body()).status == 202
    for hashed, (_, grant) in list(authentication._known.items()):
        authentication._known[hashed] = (time.monotonic() - 0.1, grant)
    with counted(2):
        assert remembered.post(another_body()).status == 202


def test_what_ends_a_token_ends_it_at_once_though_it_is_remembered(remembered: Any) -> None:
    client = remembered.client
    before = Application.objects.count()
    rows = Partner.objects.filter(code="window")
    for end, undo in (
        (
            lambda: AccessToken.objects.update(expires_at=now()),
            lambda: AccessToken.objects.update(expires_at="2099-01-01T00:00:00Z"),
        ),
        (lambda: rows.update(active=False), lambda: rows.update(active=True)),
        (lambda: client.ask(REVOKE, token=remembered.bearer.split()[1]), None),
    ):
        end()
        assert_problem(remembered.post(another_body()), 401, "bad_token")
        if undo:
            undo()
            assert remembered.post(another_body()).status == 202
            before += 1
    assert Application.objects.count() == before


def test_ending_a_client_ends_its_tokens_at_once(remembered: Any) -> None:
    clients.end(remembered.client.row, now=now())
    reply = remembered.post(another_body())
    assert_problem(reply, 401, "bad_token")
    assert 'error="invalid_token"' in reply.headers["WWW-Authenticate"]


def test_a_scope_or_service_taken_away_is_refused_at_once(remembered: Any) -> None:
    Client.objects.update(services=["sole_trader"])
    assert_problem(remembered.post(another_body()), 403, "not_your_service")
    Client.objects.update(services=["*"])
    assert remembered.post(another_body()).status == 202
    Partner.objects.filter(code="window").update(scopes=[scopes.APPLICATIONS_READ])
    authentication._known.clear()
    assert_problem(remembered.post(another_body()), 403, "insufficient_scope")


def test_a_remembered_scope_that_is_taken_away_writes_nothing(remembered: Any) -> None:
    Partner.objects.filter(code="window").update(scopes=[scopes.APPLICATIONS_READ])
    before = Application.objects.count()
    reply = remembered.post(another_body())
    assert_problem(reply, 403, "insufficient_scope")
    assert Application.objects.count() == before


def test_a_narrower_client_neither_applies_for_nor_sees_other_services() -> None:
    reply = Program().post(body())
    assert reply.status == 202, reply.raw
    number = reply.json["number"]
    trader = with_token(services=["sole_trader"])
    assert_problem(trader.post(another_body()), 403, "not_your_service")
    assert_problem(trader.get(f"/api/v1/applications/{number}"), 404, "not_found")
    assert_problem(trader.send("PUT", f"/api/v1/applications/{number}/withdrawal"), 404)
    asked = with_token(f"{scopes.APPLICATIONS_READ} service:sole_trader")
    assert_problem(asked.get(f"/api/v1/applications/{number}"), 404, "not_found")
    graduate = with_token(services=["graduate_settlement"])
    assert graduate.get(f"/api/v1/applications/{number}").status == 200
    assert graduate.get(f"/api/v1/applications/{number}/documents").status == 200


def test_a_token_in_the_address_is_refused_whatever_else_is_sent() -> None:
    program = with_token()
    token = program.bearer.split()[1]
    path = f"/api/v1/consents?access_token={token}"
    assert_problem(program.get(path), 400, "token_in_query")
    assert_problem(Program("").get(path), 400, "token_in_query")


def test_what_is_no_token_is_told_so_in_the_words_of_the_standard() -> None:
    nothing = Program("").get("/api/v1/consents")
    assert_problem(nothing, 401)
    assert "error" not in nothing.headers["WWW-Authenticate"]
    assert "resource_metadata=" in nothing.headers["WWW-Authenticate"]
    for token in ("oauth." + "x" * 43, "oauth.", "x" * 43, "oauth." + "x" * 300):
        reply = Program.with_token(token).get("/api/v1/consents")
        assert_problem(reply, 401, "bad_token")
        assert 'error="invalid_token"' in reply.headers["WWW-Authenticate"]


CERTIFICATE, ANOTHER = "a" * 64, "b" * 64
THROUGH = {"X-Forwarded-For": "198.51.100.7"}


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """What the process remembers of addresses that do not fit is not the next test's."""
    yield
    proxies._seen.clear()
    proxies._recent.clear()


@pytest.fixture
def behind_proxy(settings: Any) -> None:
    settings.PROXY_COUNT, settings.CLIENT_CERTIFICATE_HEADER = 1, HEADER


def test_a_client_that_is_bound_to_a_certificate_gets_and_uses_tokens_with_it_alone(
    behind_proxy: None,
) -> None:
    bound = client_program(certificates=[CERTIFICATE])
    for headers in ({}, THROUGH, {HEADER: CERTIFICATE}, {**THROUGH, HEADER: ANOTHER}):
        refused = bound.ask(headers=headers, grant_type="client_credentials")
        assert refused.status_code == 401, headers
    token = bound.token(**{**THROUGH, HEADER: CERTIFICATE})
    assert AccessToken.objects.get().certificate == CERTIFICATE
    program = Program.with_token(token)
    shown = {**THROUGH, HEADER: CERTIFICATE}
    for _ in range(2):  # asked, and remembered
        assert program.post(another_body(), **shown).status == 202
        for headers in ({}, THROUGH, {HEADER: CERTIFICATE}, {**THROUGH, HEADER: ANOTHER}):
            reply = program.post(another_body(), **headers)
            assert_problem(reply, 401, "bad_token")


def test_a_neighbour_that_is_no_proxy_names_no_certificate(behind_proxy: None) -> None:
    """Whatever is near us, such as another machine of the same network, is not our proxy."""
    bound = client_program(certificates=[CERTIFICATE])
    shown = {**THROUGH, HEADER: CERTIFICATE}
    program = Program.with_token(bound.token(**shown))
    assert program.get("/api/v1/consents", **shown).status == 200
    form = "grant_type=client_credentials"
    for peer, status in (("127.0.0.1", 200), ("10.0.0.8", 401), ("192.168.1.1", 401)):
        neighbour = Browser(REMOTE_ADDR=peer, headers={**shown, "Authorization": bound.basic})
        answer = neighbour.generic("POST", TOKEN, form, content_type=FORM)
        assert answer.status_code == status, peer
        bearer = {**shown, "Authorization": program.bearer}
        read = Browser(REMOTE_ADDR=peer, headers=bearer).get("/api/v1/consents")
        assert read.status_code == status, peer


def test_certificates_are_changed_without_a_gap(behind_proxy: None) -> None:
    bound = client_program(certificates=[CERTIFICATE])
    old = {**THROUGH, HEADER: CERTIFICATE}
    clients.set_certificates(bound.row, [CERTIFICATE, ANOTHER])
    new = {**THROUGH, HEADER: ANOTHER}
    token = bound.token(**new)
    assert bound.token(**old)
    assert_problem(Program.with_token(token).get("/api/v1/consents", **old), 401, "bad_token")
    assert Program.with_token(token).get("/api/v1/consents", **new).status == 200


def test_a_token_ends_with_the_certificate_it_is_bound_to(behind_proxy: None) -> None:
    """Also a remembered one; and one without any ends when certificates are demanded."""
    bound = client_program(certificates=[CERTIFICATE])
    shown = {**THROUGH, HEADER: CERTIFICATE}
    program = Program.with_token(bound.token(**shown))
    assert program.post(another_body(), **shown).status == 202
    clients.set_certificates(bound.row, [ANOTHER])
    assert_problem(program.post(another_body(), **shown), 401, "bad_token")
    assert_problem(program.get("/api/v1/consents", **shown), 401, "bad_token")
    clients.set_certificates(bound.row, [])
    free = Program.with_token(bound.token())
    assert free.get("/api/v1/consents").status == 200
    clients.set_certificates(bound.row, [ANOTHER])
    assert_problem(free.get("/api/v1/consents"), 401, "bad_token")


def test_a_header_that_nobody_has_configured_binds_nothing(settings: Any) -> None:
    settings.PROXY_COUNT = 1
    bound = client_program(certificates=[CERTIFICATE])
    shown = {**THROUGH, HEADER: CERTIFICATE}
    assert bound.ask(headers=shown, grant_type="client_credentials").status_code == 401


def test_every_permission_of_a_view_is_one_of_ours() -> None:
    for _, _, view in operations():
        for one in view.permission_classes:
            assert issubclass(one, permissions.HasScope)
