"""The one clock: PostgreSQL's, so that the clocks of machines do not matter. Read by doors only."""

import datetime

from django.db import connection


def now() -> datetime.datetime:
    """Return the database's present moment (``clock_timestamp()``), aware, in UTC."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        at: datetime.datetime = cursor.fetchone()[0]
    return at.astimezone(datetime.UTC)
