"""The databases of tests have the role, version and isolation that tests rely on."""

import psycopg
import pytest
from django.db import connection


@pytest.mark.django_db
def test_tests_run_in_the_applications_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('server_version_num')::int")
        role, version = cursor.fetchone()
    assert role == "miaopi_app"
    assert version >= 160000


@pytest.mark.django_db
def test_the_application_may_not_make_tables() -> None:
    with (
        connection.cursor() as cursor,
        pytest.raises(Exception, match="permission denied for schema"),
    ):
        cursor.execute("CREATE TABLE anything (id int)")


def _count(settings: dict) -> int:
    with psycopg.connect(settings["url"]) as other:
        return other.execute("SELECT count(*) FROM django_session").fetchone()[0]


@pytest.fixture
def elsewhere() -> dict:
    import os

    return {"url": os.environ["DATABASE_URL"]}


@pytest.mark.parametrize("turn", [1, 2])
def test_committed_rows_are_seen_elsewhere_and_gone_in_the_next_test(
    committed: None, elsewhere: dict, turn: int
) -> None:
    from django.contrib.sessions.models import Session

    assert _count(elsewhere) == 0
    Session.objects.create(
        session_key=f"turn{turn}", session_data="x", expire_date="2030-01-01T00:00:00Z"
    )
    assert _count(elsewhere) == 1


def test_the_network_beyond_this_machine_is_closed() -> None:
    import socket

    from pytest_socket import SocketConnectBlockedError

    with socket.socket() as probe, pytest.raises(SocketConnectBlockedError):
        probe.connect(("192.0.2.1", 80))  # RFC 5737: nobody's
