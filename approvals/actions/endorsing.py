"""Approvals that endorse a certificate of before (签注): what stands in the way of them."""

import datetime
from collections.abc import Sequence

from approvals.models import Application
from approvals.states import OPEN
from certificates.actions import Endorsing
from certificates.actions import endorse as endorse_certificates
from certificates.models import Certificate
from certificates.states import LIVE
from people.errors import ActionRejected


def endorse(orders: Sequence[Endorsing], *, by: object, now: datetime.datetime) -> None:
    """Endorse what the applicants hold; the caller holds the transaction.

    Raises ``ActionRejected`` where there is nothing to endorse, or where the decision by which it
    was issued is being looked at again: until then it stays suspended.
    """
    if not orders:
        return
    held = Certificate.objects.filter(
        holder__in={order.holder for order in orders},
        kind__in={order.spec.kind for order in orders},
        state__in=LIVE,
    )
    issued_by = Application.objects.filter(number__in=held.values("application"))
    if issued_by.filter(state__in=OPEN).exists():
        raise ActionRejected(
            "reopened",
            "这份证照的原决定正在复核，复核结束前不能签注",
            "The decision by which it was issued is being looked at again: it cannot be endorsed"
            " before that has ended.",
        )
    endorse_certificates(orders, by=by, now=now)
