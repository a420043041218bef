"""What a citizen reads of the delivery of a decision (送达), and whether to offer it here."""

from collections.abc import Sequence

from django.utils.translation import gettext

from approvals.actions import delivery
from approvals.models import Application, Decision
from approvals.rows.deliveries import DeliveryWay
from approvals.states import DECIDED, OPEN, State
from ledger.clock import city_date
from ledger.models import Event
from portal.templatetags.portal import day, last_day


def shown(
    case: Application, decision: Decision | None, history: Sequence[Event]
) -> tuple[str, bool]:
    """Return how the decision that stands is delivered, in words, and whether to offer it here.

    Electronic delivery is offered while an officer has the case, and as long as a decision is to
    be delivered.
    """
    is_agreed = any(event.kind == delivery.AGREED for event in history)
    if case.state in OPEN:
        text = gettext("here, as you agreed") if is_agreed else ""
        return text, not is_agreed and case.state in (State.REVIEW, State.PROCEDURE)
    if case.state not in DECIDED or decision is None:
        return "", False
    row = delivery.latest(case)
    if row is None and decision.officer_id is None:
        return gettext("here, when it was decided, on %(day)s") % {
            "day": day(city_date(decision.at))
        }, False
    if row is None:
        return "", False
    if row.recorded_at is None:
        return gettext("by the office, by %(day)s at the latest") % {
            "day": last_day(row.due_at)
        }, True
    assert row.delivered_on is not None
    if row.way == DeliveryWay.ELECTRONIC:
        return gettext("here, as you agreed, on %(day)s") % {"day": day(row.delivered_on)}, False
    return gettext("on %(day)s: %(way)s, received by %(name)s") % {
        "day": day(row.delivered_on),
        "way": row.get_way_display(),
        "name": row.recipient,
    }, False
