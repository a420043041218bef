"""The token endpoint, revocation, clients and their secrets, by the RFCs' own words."""

import base64
import datetime as dt
import hashlib
import logging
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import get_resolver

from exchange.models import AccessToken, Client, ClientSecret, Partner
from exchange.oauth import clients, scopes, tokens
from ledger.clock import now
from ledger.models import Event
from people import program_secrets
from people.errors import ActionRejected
from tests.exchange.oauth import REVOKE, TOKEN, assert_error, post, program

pytestmark = pytest.mark.usefixtures("furnished")
GRANT = {"grant_type": "client_credentials"}


def test_a_token_is_issued_for_ten_minutes_and_kept_as_its_hash() -> None:
    one = program()
    answer = one.ask(**GRANT)
    assert answer.status_code == 200 and answer["Cache-Control"] == "no-store"
    told = answer.json()
    assert told.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert (told["token_type"], told["expires_in"]) == ("Bearer", 600)
    assert told["scope"].split() == sorted(scopes.SCOPES)
    row = AccessToken.objects.get()
    assert bytes(row.token_hash) == hashlib.sha256(told["access_token"].encode()).digest()
    assert row.expires_at - row.created_at == dt.timedelta(minutes=10)
    stored = str([*AccessToken.objects.values(), *Client.objects.values()])
    assert told["access_token"] not in stored and one.secret not in stored
    issued = Event.objects.filter(subject__startswith="rows:exchange_accesstoken:")
    assert issued.count() == 1 and str(row.pk) in issued.get().data


def test_the_secret_may_be_in_the_body_but_not_in_two_places() -> None:
    one = program()
    body = {**GRANT, "client_id": one.row.client_id, "client_secret": one.secret}
    assert post(TOKEN, body).status_code == 200
    assert_error(post(TOKEN, body, {"Authorization": one.basic}), 401, "invalid_client")


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ====",
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        "Basic " + base64.b64encode(b"nobody-000000000000:x").decode(),
        "Basic " + base64.b64encode(b"a\0b:x").decode(),
        "Bearer x",
        "Digest x",
    ],
)
def test_who_is_not_known_is_told_so_by_basic(header: str) -> None:
    answer = post(TOKEN, GRANT, {"Authorization": header})
    assert_error(answer, 401, "invalid_client")
    assert answer["WWW-Authenticate"] == 'Basic realm="miaopi"'


def test_a_wrong_secret_and_another_clients_secret_are_refused_alike() -> None:
    one, other = program(), program("food")
    wrong = {"client_id": one.row.client_id, "client_secret": one.secret[:-1] + "~"}
    foreign = {"client_id": one.row.client_id, "client_secret": other.secret}
    unknown = {"client_id": "window-0123456789ab", "client_secret": one.secret}
    answers = [post(TOKEN, {**GRANT, **which}) for which in (wrong, foreign, unknown)]
    assert {answer.content for answer in answers} == {answers[0].content}
    assert_error(answers[0], 401, "invalid_client")
    assert AccessToken.objects.count() == 0


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({}, 400, "invalid_request"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password", "username": "a", "password": "b"}, 400, None),
        ({"grant_type": "authorization_code", "code": "x"}, 400, None),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, 400, None),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}, 400, None),
        ({"grant_type": "implicit"}, 400, None),
        ({**GRANT, "scope": "everything"}, 400, "invalid_scope"),
        ({**GRANT, "scope": "*"}, 400, "invalid_scope"),
        ({**GRANT, "scope": "applications:read everything"}, 400, "invalid_scope"),
        ({**GRANT, "scope": "service:Not-A-Code"}, 400, "invalid_scope"),
    ],
)
def test_no_other_grant_and_no_other_scope(
    form: dict[str, str], status: int, error: str | None
) -> None:
    assert_error(program().ask(**form), status, error or "unsupported_grant_type")
    assert AccessToken.objects.count() == 0


def test_what_is_no_form_is_refused() -> None:
    one = program()
    with_basic = {"Authorization": one.basic}
    query = post(f"{TOKEN}?client_secret={one.secret}", GRANT, with_basic)
    assert_error(query, 400, "invalid_request")
    for body in (
        "grant_type=client_credentials&grant_type=client_credentials",
        "a=\xff",
        "%00=%00",
    ):
        assert_error(post(TOKEN, body, with_basic), 400, "invalid_request")
    assert_error(post(TOKEN, "x=" + "y" * 20_000, with_basic), 400, "invalid_request")
    for kind in ("application/json", "multipart/form-data; boundary=x", "text/plain"):
        sent = Browser(headers=with_basic).generic("POST", TOKEN, b"{}", content_type=kind)
        assert_error(sent, 400, "invalid_request")
    for method in ("GET", "PUT", "DELETE", "OPTIONS"):
        sent = Browser(headers=with_basic).generic(method, TOKEN)
        assert_error(sent, 405, "invalid_request")
        assert sent["Allow"] == "POST"


def test_scopes_end_where_the_clients_and_its_agencys_do() -> None:
    read, hooks = scopes.APPLICATIONS_READ, scopes.WEBHOOKS
    one = program(scopes=[read, hooks])
    assert one.ask(**GRANT).json()["scope"].split() == [read, hooks]
    assert one.ask(**GRANT, scope=read).json()["scope"] == read
    assert_error(one.ask(**GRANT, scope=scopes.CONSENTS), 400, "invalid_scope")
    Partner.objects.filter(code="window").update(scopes=[hooks, scopes.CONSENTS])
    assert_error(one.ask(**GRANT, scope=read), 400, "invalid_scope")
    assert one.ask(**GRANT).json()["scope"] == hooks
    Partner.objects.filter(code="window").update(scopes=[scopes.CONSENTS])
    assert_error(one.ask(**GRANT), 400, "invalid_scope")


def test_services_are_scopes_too() -> None:
    one = program(services=["sole_trader", "graduate_settlement"])
    asked = f"{scopes.APPLICATIONS_READ} service:sole_trader"
    assert one.ask(**GRANT, scope=asked).json()["scope"] == asked
    assert AccessToken.objects.get().services == ["sole_trader"]
    assert_error(one.ask(**GRANT, scope="service:newborn"), 400, "invalid_scope")
    alone = one.ask(**GRANT, scope="service:sole_trader").json()["scope"].split()
    assert alone == [*sorted(scopes.SCOPES), "service:sole_trader"]


def test_two_secrets_count_while_one_is_changed() -> None:
    one = program()
    new = clients.renew_secret(one.row, now=now(), overlap=dt.timedelta(hours=1))
    renewed = type(one)(one.row, new)
    assert one.ask(**GRANT).status_code == renewed.ask(**GRANT).status_code == 200
    old = ClientSecret.objects.exclude(ends_at=None)
    old.update(ends_at=now() - dt.timedelta(seconds=1))
    assert_error(one.ask(**GRANT), 401, "invalid_client")
    assert renewed.ask(**GRANT).status_code == 200


def test_renewed_twice_a_secret_counts_no_longer_than_was_said_first() -> None:
    one, at = program(), now()
    clients.renew_secret(one.row, now=at, overlap=dt.timedelta(hours=1))
    clients.renew_secret(one.row, now=at, overlap=dt.timedelta(days=9))
    ends = ClientSecret.objects.exclude(ends_at=None).order_by("ends_at")
    assert [row.ends_at - at for row in ends] == [dt.timedelta(hours=1), dt.timedelta(days=9)]
    clients.renew_secret(one.row, now=at, overlap=dt.timedelta(days=365))
    assert max(row.ends_at for row in ends.all()) <= at + clients.OVERLAP_MAX


def test_an_ended_client_gets_nothing_and_no_new_secret() -> None:
    one = program()
    clients.end(one.row, now=now())
    assert_error(one.ask(**GRANT), 401, "invalid_client")
    with pytest.raises(ActionRejected) as refused:
        clients.renew_secret(one.row, now=now())
    assert refused.value.code == "client_ended"
    with pytest.raises(ActionRejected):
        clients.end(one.row, now=now())


def test_a_client_of_an_agency_that_is_switched_off_gets_nothing() -> None:
    one = program()
    Partner.objects.filter(code="window").update(active=False)
    assert_error(one.ask(**GRANT), 401, "invalid_client")


def test_ten_wrong_secrets_in_a_minute_stop_the_right_one_too(settings: Any) -> None:
    settings.RATES = True
    one = program()
    wrong = type(one)(one.row, "wrong")
    for _ in range(10):
        assert_error(wrong.ask(**GRANT), 401, "invalid_client")
    for guess in (wrong, one):
        answer = guess.ask(**GRANT)
        assert_error(answer, 429, "temporarily_unavailable")
        assert int(answer["Retry-After"]) <= 60
    assert program("food").ask(**GRANT).status_code == 200


def test_revoking_ends_a_token_of_ones_own_alone() -> None:
    one, other = program(), program("food")
    mine, theirs = one.token(), other.token()
    assert one.ask(REVOKE, token=theirs).status_code == 200  # RFC 7009, section 2.2: as unknown
    assert tokens.find(theirs) is not None
    answer = one.ask(REVOKE, token=mine, token_type_hint="access_token")
    assert (answer.status_code, answer.content) == (200, b"")
    assert tokens.find(mine) is None
    assert one.ask(REVOKE, token=mine).status_code == 200
    assert_error(one.ask(REVOKE), 400, "invalid_request")
    assert_error(
        one.ask(REVOKE, token="x", token_type_hint="refresh_token"), 400, "unsupported_token_type"
    )
    assert_error(post(REVOKE, {"token": mine}), 401, "invalid_client")


def test_what_has_expired_is_nothing_and_is_forgotten() -> None:
    one = program()
    token, kept = one.token(), one.token()
    hashed = program_secrets.hash_of(token)
    AccessToken.objects.filter(token_hash=hashed).update(expires_at=now())
    assert tokens.find(token) is None and tokens.find(kept) is not None
    tokens.delete_expired(now())
    hashes = [bytes(row.token_hash) for row in AccessToken.objects.all()]
    assert hashes == [program_secrets.hash_of(kept)]


def test_logs_name_the_token_by_number_and_never_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    one = program()
    token = one.token()
    type(one)(one.row, "a-wrong-secret").ask(**GRANT)
    lines = [record.getMessage() for record in caplog.records]
    row = AccessToken.objects.get()
    assert f"access token {row.pk} issued to client {one.row.client_id}" in lines
    assert "access token refused: invalid_client" in lines
    for secret in (token, one.secret, "a-wrong-secret"):
        assert secret not in caplog.text


def test_the_documents_name_what_there_is_and_nothing_else(settings: Any) -> None:
    server = Browser().get("/.well-known/oauth-authorization-server").json()
    site = settings.SITE_URL
    assert server["issuer"] == site
    assert server["token_endpoint"] == site + TOKEN
    assert server["revocation_endpoint"] == site + REVOKE
    assert server["grant_types_supported"] == ["client_credentials"]
    assert server["scopes_supported"] == sorted(scopes.SCOPES)
    for absent in ("authorization_endpoint", "registration_endpoint", "mtls_endpoint_aliases"):
        assert absent not in server
    resource = Browser().get("/.well-known/oauth-protected-resource").json()
    assert resource["authorization_servers"] == [site]
    assert resource["bearer_methods_supported"] == ["header"]
    settings.CLIENT_CERTIFICATE_HEADER = "X-Client-Certificate"
    settings.CLIENT_CERTIFICATE_URL = "https://programs.example"
    server = Browser().get("/.well-known/oauth-authorization-server").json()
    assert server["tls_client_certificate_bound_access_tokens"] is True
    assert server["mtls_endpoint_aliases"]["token_endpoint"] == "https://programs.example" + TOKEN


def test_no_page_of_the_toolkit_is_reachable() -> None:
    for path in ("authorize", "authorize/", "applications/", "applications/register/", "register"):
        assert Browser().get(f"/oauth/{path}").status_code == 404
        assert Browser().get(f"/o/{path}").status_code == 404
    assert "oauth2_provider" not in str(get_resolver().namespace_dict.keys())


@pytest.mark.parametrize(
    ("new", "code"),
    [
        ({"scopes": ["applications:write"]}, "bad_codes"),
        ({"scopes": []}, "bad_codes"),
        ({"scopes": ["*", "webhooks"]}, "bad_codes"),
        ({"services": ["Sole Trader"]}, "bad_codes"),
        ({"services": ["newborn"]}, "beyond_grant"),
        ({"scopes": ["consents"]}, "beyond_grant"),
        ({"certificates": ["nonsense"]}, "bad_certificate"),
        ({"certificates": ["-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----"]}, None),
    ],
)
def test_a_client_is_never_made_with_more_than_its_agency_has(
    new: dict[str, Any], code: str | None
) -> None:
    Partner.objects.filter(code="window").update(services=["sole_trader"], scopes=["webhooks"])
    with pytest.raises(ActionRejected) as refused:
        program(**new)
    assert refused.value.code == (code or "bad_certificate")
    assert Client.objects.count() == 0


def test_one_agency_has_no_more_clients_than_its_limit() -> None:
    for _ in range(clients.CLIENTS_MAX):
        last = program()
    with pytest.raises(ActionRejected) as refused:
        program()
    assert refused.value.code == "too_many_clients"
    clients.end(last.row, now=now())
    assert program().ask(**GRANT).status_code == 200
