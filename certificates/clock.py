"""The city's calendar; what time it is, entry points ask of ``ledger.clock``."""

import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.conf import settings


@lru_cache(maxsize=1)
def _zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


def day(at: datetime.datetime) -> datetime.date:
    """Return the city's date at a moment."""
    return at.astimezone(_zone()).date()
