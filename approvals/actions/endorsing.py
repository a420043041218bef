"""Approvals that endorse a certificate of before (签注): what stands in the way of them."""

import datetime
from collections.abc import Sequence

from approvals.models import Application
from approvals.states import State
from certificates.actions import Endorsing
from certificates.actions import endorse as endorse_certificates
from certificates.models import Certificate
from certificates.queries import unexpired
from ledger.clock import city_date
from people.errors import ActionRejected


def endorse(orders: Sequence[Endorsing], *, by: object, now: datetime.datetime) -> None:
    """Endorse what the applicants hold; the caller holds the transaction.

    Raises ``ActionRejected`` where there is nothing to endorse, or where the decision by which it
    was issued is being looked at again, or has been changed: then it stays suspended.
    """
    if not orders:
        return
    held = Certificate.objects.filter(
        unexpired(city_date(now)),
        holder__in={order.holder for order in orders},
        kind__in={order.spec.kind for order in orders},
    )
    issued_by = Application.objects.filter(number__in=held.values("application")).order_by("id")
    # locked, as a decision that is reopened at this moment would suspend nothing that has lapsed
    states = issued_by.select_for_update().values_list("state", flat=True)
    if any(state != State.APPROVED for state in states):
        raise ActionRejected(
            "reopened",
            "签发这份证照的决定正在复核，或者复核后不再有效，不能签注",
            "The decision by which it was issued is being looked at again, or no longer stands: it"
            " cannot be endorsed.",
        )
    endorse_certificates(orders, by=by, now=now)
