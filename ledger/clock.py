"""The one clock: PostgreSQL's, so that the clocks of machines do not matter.

Read by entry points only. Which day a moment is on, the city's calendar says (``city.calendar``).
"""

import datetime
import time
from typing import Any

from django.conf import settings
from django.db import connection
from psycopg.abc import Buffer
from psycopg.adapt import Loader

from bulk import Condition

_last: list[tuple[float, datetime.datetime]] = []  # the last one: our clock then, and PostgreSQL's


def now() -> datetime.datetime:
    """Return the database's present moment (``clock_timestamp()``), aware, in UTC."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        at: datetime.datetime = cursor.fetchone()[0]
    return at.astimezone(datetime.UTC)


def city_date(at: datetime.datetime) -> datetime.date:
    """Return the date of a moment in the city."""
    found: datetime.date = settings.CITY.calendar.date(at)
    return found


def remember(at: datetime.datetime) -> None:
    """Remember that PostgreSQL's clock has just said ``at``."""
    _last[:] = [(time.monotonic(), at)]


def estimate() -> datetime.datetime | None:
    """Return PostgreSQL's moment as this process reckons it, if it ever had it.

    Behind by what the answer took then. Whoever uses it writes only while it ``is_near``.
    """
    if not _last:
        return None
    then, at = _last[0]
    return at + datetime.timedelta(seconds=time.monotonic() - then)


def is_near(at: datetime.datetime) -> Condition:
    """The condition that it was ``at`` a moment ago, for ``bulk.insert_once``."""
    between = "clock_timestamp() - %s BETWEEN interval '-50 ms' AND interval '5 s'"
    return Condition(between, (at,))


class Moment(Loader):
    """Reads PostgreSQL's moments; the session is in UTC, so each ends in ``+00``.

    The library's own takes them apart with a regular expression, ten times as long: a case has
    a dozen of them, and every batch and every waiting request reads them.
    """

    OID = 1184  # timestamptz
    timezone = datetime.UTC  # Django asks for it

    def load(self, data: Buffer) -> datetime.datetime:
        return datetime.datetime.fromisoformat(bytes(data).decode())


def read_moments(connection: Any, **_signal: Any) -> None:
    """Use ``Moment`` on a new connection of Django's."""
    adapters = connection.connection.adapters
    if adapters.get_loader(Moment.OID, Moment.format) is not Moment:
        adapters.register_loader("timestamptz", Moment)
