"""A connection that the server ended is replaced before the next statement, and only then."""

from __future__ import annotations

import copy
import os
import threading
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

from bulk.postgresql.base import DatabaseWrapper, is_ended
from bulk.postgresql.outage import through_outage
from deploy.local.servers import with_database


@pytest.fixture
def admin(committed: None) -> Iterator[psycopg.Connection]:
    """A superuser beside the tests' connection."""
    url = with_database(os.environ["DATABASE_ADMIN_URL"], str(connection.settings_dict["NAME"]))
    with psycopg.connect(url, autocommit=True) as opened:
        yield opened


def backend(used: Any = connection) -> int:
    """The process id of the server's end."""
    with used.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def end(admin: psycopg.Connection, *pids: int) -> None:
    for pid in pids:
        admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


def test_the_next_statement_has_a_new_connection(admin: psycopg.Connection) -> None:
    before = backend()
    end(admin, before)
    assert backend() != before


def test_the_next_transaction_has_a_new_connection(admin: psycopg.Connection) -> None:
    before = backend()
    end(admin, before)
    with transaction.atomic():
        assert backend() != before


def test_within_a_transaction_the_loss_is_an_error_and_then_forgotten(
    admin: psycopg.Connection,
) -> None:
    with pytest.raises(OperationalError), transaction.atomic():
        before = backend()
        end(admin, before)
        backend()
    assert backend() != before


def test_a_statement_that_is_cut_off_is_an_error_and_then_forgotten(
    admin: psycopg.Connection,
) -> None:
    before = backend()
    cut = threading.Timer(0.3, end, [admin, before])
    cut.start()
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(10)")
    cut.join()
    assert backend() != before


def test_looking_asks_the_server_nothing(admin: psycopg.Connection) -> None:
    pid = backend()
    query = "SELECT state_change FROM pg_stat_activity WHERE pid = %s"
    before = admin.execute(query, [pid]).fetchone()
    for _ in range(100):
        assert not is_ended(connection.connection)
    assert admin.execute(query, [pid]).fetchone() == before


def test_an_unasked_message_is_not_taken_for_the_end(admin: psycopg.Connection) -> None:
    with connection.cursor() as cursor:
        cursor.execute("LISTEN anything")
    pid = backend()
    admin.execute("NOTIFY anything")
    poll = [is_ended(connection.connection) for _ in range(20) if not time.sleep(0.01)]
    assert not any(poll)
    assert backend() == pid


def test_a_pool_hands_out_only_living_connections(admin: psycopg.Connection) -> None:
    settings = copy.deepcopy(connection.settings_dict) | {"CONN_MAX_AGE": 0}
    settings["OPTIONS"]["pool"] = {"min_size": 3, "max_size": 3, "timeout": 10}
    pooled = DatabaseWrapper(settings, alias="pooled")
    others = [DatabaseWrapper(settings, alias="pooled") for _ in range(2)]
    try:
        pids = {backend(each) for each in (pooled, *others)}
        assert len(pids) == 3
        for each in (pooled, *others):
            each.close()  # back to the pool
        end(admin, *pids)
        found = {backend(each) for each in (pooled, *others)}
        assert len(found) == 3 and not found & pids
    finally:
        for each in (pooled, *others):
            each.close()
        pooled.close_pool()


def test_what_was_dear_to_get_is_written_when_postgresql_is_back(committed: None) -> None:
    calls = []

    def action() -> str:
        calls.append(time.monotonic())
        if len(calls) < 3:
            raise OperationalError("away")
        return "written"

    assert through_outage(action, seconds=10) == "written"
    assert len(calls) == 3
    began = time.monotonic()
    with pytest.raises(OperationalError):
        through_outage(lambda: (_ for _ in ()).throw(OperationalError("away")), seconds=0.5)
    assert 0.5 <= time.monotonic() - began < 5
