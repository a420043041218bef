"""What past cases there are to try a draft on."""

from approvals.models import Decision


def has_cases(service: str) -> bool:
    """Whether any case of a service was decided, by a decision that stands."""
    return Decision.objects.filter(live=True, edition__service=service).exists()
