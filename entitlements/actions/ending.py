"""After an end: what is not paid yet is cancelled, what was paid too much is stated."""

import datetime
from collections.abc import Sequence
from decimal import Decimal

import bulk
from entitlements.actions import moving
from entitlements.models import Entitlement, Instalment, Overpayment
from entitlements.states import InstalmentState
from ledger import canonical
from ledger.identifiers import uuid7
from ledger.models import Event


def settle(rows: Sequence[Entitlement], *, by: object, now: datetime.datetime) -> list[Overpayment]:
    """Cancel and state what lies after the end of each.

    In the transaction that has just ended them, and after it: a run that was paying them meanwhile
    has committed by then, because it locks whom it pays.
    """
    claims, history = [], []
    for row in rows:
        assert row.ended_on is not None
        after = Instalment.objects.filter(entitlement=row.id, period__gt=row.ended_on)
        open_ = after.filter(payment=None).exclude(state=InstalmentState.CANCELLED)
        open_.update(state=InstalmentState.CANCELLED)
        paid = list(
            after.filter(payment__isnull=False).order_by("period").values_list("period", "amount")
        )
        if not paid:
            continue
        claim = bulk.new(
            Overpayment,
            id=uuid7(),
            entitlement_id=row.id,
            periods=canonical.dumps([day.isoformat() for day, _ in paid]).decode(),
            amount=sum((amount for _, amount in paid if amount is not None), Decimal(0)),
            found_at=now,
        )
        data = {"amount": str(claim.amount), "periods": claim.first_days}
        history.append(moving.noted(row, "overpaid", by=by, now=now, data=data))
        claims.append(claim)
    if claims:
        owing = {claim.entitlement_id for claim in claims}
        bulk.update(Entitlement, [r for r in rows if r.id in owing], ("events", "head"))
        bulk.insert(Overpayment, claims)
        bulk.insert(Event, history)
    return claims
