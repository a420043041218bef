"""Rows of a transaction that lasts are counted when it has ended, however old their keys are."""

import datetime as dt
import time

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from ledger.identifiers import uuid7
from operations import history

INSERT = """
    INSERT INTO exchange_lookup (id, registry, subject, fields, by, purpose, "case", basis, outcome,
                                 reason, milliseconds, at)
    VALUES (%s, 'education', %s, '', 'test', '', '', '', 'found', '', 5, clock_timestamp())
"""


def answers(read: history.History) -> dict[tuple[str, ...], int]:
    read.read()
    found = read.counted["miaopi_registry_answers"]
    return {labels: counted.rows[0] for labels, counted in found.items()}


@pytest.mark.usefixtures("furnished_committed")
def test_what_is_written_late_is_counted_once() -> None:
    subject = "0" * 32
    counter = history.History(dt.timedelta(milliseconds=10))
    assert answers(counter) == {}
    with psycopg.connect(_same_role()) as slow:
        slow.execute(INSERT, [uuid7(), subject])
        time.sleep(0.03)
        with connection.cursor() as cursor:
            cursor.execute(INSERT, [uuid7(), subject])
        time.sleep(0.03)
        assert answers(counter) == {}  # what was written meanwhile waits, too
        assert counter.behind >= 0.02
        slow.commit()
    time.sleep(0.03)
    key = ("education", "found", "")
    assert answers(counter) == {key: 2}
    assert answers(counter) == {key: 2}
    with connection.cursor() as cursor:
        cursor.execute(INSERT, [uuid7(), subject])
    time.sleep(0.03)
    assert answers(counter) == {key: 3}


def _same_role() -> str:
    """Return where the application's role reaches the database of this test."""
    with connection.cursor():
        where = connection.connection.info
    assert where.user == settings.APPLICATION_ROLE
    return str(where.dsn)
