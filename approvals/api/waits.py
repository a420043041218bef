"""Waiting for a decision: ``Prefer: wait=N`` (RFC 7240), while the machine has the case."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.conf import settings
from rest_framework.request import Request

from approvals.models import Application
from approvals.progress import waiting
from approvals.states import State

# one preference among others (section 2): its name in any case, its value quoted or not
_WAIT = re.compile(r"(?:^|,)\s*wait\s*=\s*\"?([0-9]{1,9})\"?\s*(?=$|[,;])", re.IGNORECASE)


def seconds(request: Request) -> float:
    """Return how long the program wants to wait, as far as it may; 0: not at all."""
    found = _WAIT.search(request.META.get("HTTP_PREFER", ""))
    return min(float(found[1]), settings.API_BUDGET_MAX) if found else 0.0


def applied(wanted: float) -> dict[str, str]:
    return {"Preference-Applied": f"wait={wanted:g}"} if wanted else {}


@contextmanager
def listening(identifier: UUID, wanted: float) -> Iterator[waiting.Waiter | None]:
    """Listen for one case, beginning before it moves; whoever does not wait takes no place."""
    if not wanted:
        yield None
        return
    with waiting.expect(identifier, standing=True) as waiter:
        yield waiter


def until_moved(waiter: waiting.Waiter | None, identifier: UUID, wanted: float) -> None:
    """Wait while the machine has the case; outside of any transaction."""
    if waiter is not None and _is_with_machine(identifier):
        waiter.wait(wanted)


def _is_with_machine(identifier: UUID) -> bool:
    return Application.objects.filter(id=identifier, state=State.SUBMITTED).exists()
