"""What past cases there are to try a draft on."""

import datetime

from django.db.models import Max, Min

from approvals.models import Decision
from approvals.records.backtest import Period


def has_cases(service: str, period: Period | None = None) -> bool:
    """Whether any case of a service was decided, by a decision that stands; of a period's."""
    found = Decision.objects.filter(live=True, edition__service=service)
    if period is not None:
        found = found.filter(as_of__range=(period.first, period.last), at__lte=period.decided_by)
    return found.exists()


def near(service: str, period: Period) -> datetime.date | None:
    """Return the day of receipt of a decided case in a period, or else of the nearest to it.

    Before it, or where there is none, after it; none: no case of the service was decided by then.
    """
    found = Decision.objects.filter(
        live=True, edition__service=service, at__lte=period.decided_by
    ).order_by()
    before = found.filter(as_of__lte=period.last).aggregate(day=Max("as_of"))["day"]
    day: datetime.date | None = before or found.aggregate(day=Min("as_of"))["day"]
    return day
