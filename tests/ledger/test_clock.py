"""Moments come from PostgreSQL exact to the microsecond, aware, in UTC."""

import datetime as dt

import pytest
from django.db import DatabaseError, connection
from hypothesis import given
from hypothesis import strategies as st
from psycopg.types.datetime import TimestamptzLoader

from ledger.clock import Moment, now


def asked(text: str) -> dt.datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz", [text])
        found: dt.datetime = cursor.fetchone()[0]
    return found


def test_a_connection_of_ours_reads_moments_our_way(db: None) -> None:
    connection.ensure_connection()
    used = connection.connection.adapters.get_loader(Moment.OID, Moment.format)
    assert used is Moment
    assert now().tzinfo == dt.UTC


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23 09:00:00+08", dt.datetime(2026, 11, 23, 1, tzinfo=dt.UTC)),
        ("2026-01-01 00:00:00.5Z", dt.datetime(2026, 1, 1, microsecond=500_000, tzinfo=dt.UTC)),
        ("0001-01-01 00:00:00Z", dt.datetime(1, 1, 1, tzinfo=dt.UTC)),
        ("9999-12-31 23:59:59.999999Z", dt.datetime.max.replace(tzinfo=dt.UTC)),
    ],
)
def test_known_moments(db: None, text: str, moment: dt.datetime) -> None:
    assert asked(text) == moment and asked(text).utcoffset() == dt.timedelta(0)


@given(st.datetimes(timezones=st.just(dt.UTC)))
def test_it_reads_what_the_library_reads(moment: dt.datetime) -> None:
    text = f"{moment:%Y-%m-%d %H:%M:%S}".rjust(19, "0")
    text += f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else ""
    data = f"{text}+00".encode()
    assert Moment(Moment.OID).load(data) == TimestamptzLoader(Moment.OID).load(data) == moment


def test_a_moment_that_is_none_is_an_error_of_the_database(db: None) -> None:
    with pytest.raises((DatabaseError, ValueError)):
        asked("infinity")
