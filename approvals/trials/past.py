"""What past cases there are to try a draft on."""

from approvals.models import Decision
from approvals.records.backtest import Period


def has_cases(service: str, period: Period | None = None) -> bool:
    """Whether any case of a service was decided, by a decision that stands; of a period's."""
    found = Decision.objects.filter(live=True, edition__service=service)
    if period is not None:
        found = found.filter(as_of__range=(period.first, period.last), at__lte=period.decided_by)
    return found.exists()
