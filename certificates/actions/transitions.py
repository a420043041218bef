"""Moving certificates along their edges: the one way, for one or for many."""

import datetime
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from django_fsm import TransitionNotAllowed

import bulk
from certificates.actions import filing
from certificates.models import Certificate, Filing, Reliance
from certificates.states import NOT_SENT
from certificates.words import STATE_WORDS
from exchange.models import Notice
from exchange.outbox import notice
from ledger import events
from ledger.models import Event
from people.errors import ActionRejected

# action: the event's participle
EVENT_OF_ACTION = {
    "supersede": "superseded",
    "suspend": "suspended",
    "restore": "restored",
    "revoke": "revoked",
    "expire": "expired",
    "cancel": "cancelled",
}
ENDING = ("revoke", "expire", "cancel")


def change_state(
    certificates: Sequence[Certificate],
    action: str,
    *,
    by: object,
    now: datetime.datetime,
    data: Callable[[Certificate], dict[str, Any]] = lambda _: {},
) -> None:
    """Take one edge with each certificate, with its Event, and tell whoever relied on it.

    The caller holds the transaction and the locks. Raises ``ActionRejected`` for an illegal move.
    """
    before = [str(c.state) for c in certificates]
    history: list[Event] = []
    for certificate, old in zip(certificates, before, strict=True):
        try:
            certificate.take_edge(action)
        except TransitionNotAllowed:
            raise _illegal(old) from None
        history.append(
            events.append(
                certificate,
                certificate.subject,
                EVENT_OF_ACTION[action],
                by=by,
                now=now,
                before=old,
                after=str(certificate.state),
                data=data(certificate),
            )
        )
    bulk.update(Certificate, certificates, ["state", "events", "head"], old={"state": before})
    bulk.insert(Event, history)
    pushed = set()
    if action in ENDING:  # a filing's receiver answers for it again, and needs no second message
        pushed = filing.push_again(certificates, EVENT_OF_ACTION[action], by=by, now=now)
    _notify(certificates, pushed, now)


def _notify(
    certificates: Sequence[Certificate],
    notified: set[tuple[uuid.UUID, str]],
    now: datetime.datetime,
) -> None:
    """Send each department that relied on a certificate its new state (outbox)."""
    ids = [c.pk for c in certificates]
    relied = set(Reliance.objects.filter(certificate__in=ids).values_list("certificate", "partner"))
    relied |= set(
        Filing.objects.filter(certificate__in=ids, receiver__isnull=False)
        .exclude(state__in=NOT_SENT)
        .values_list("certificate", "receiver")
    )
    relied -= notified
    by_id = {c.pk: c for c in certificates}
    bulk.insert(
        Notice,
        [
            notice(partner, "certificate.changed", by_id[pk].subject, _described(by_id[pk]), now)
            for pk, partner in sorted(relied, key=str)
        ],
    )


def _described(certificate: Certificate) -> dict[str, str]:
    return {
        "id": certificate.public_id,
        "identifier": certificate.identifier,
        "number": certificate.number,
        "state": str(certificate.state),
        "service": certificate.service,
        "district": certificate.region_id or "",
    }


def _illegal(state: str) -> ActionRejected:
    words = STATE_WORDS[state]
    return ActionRejected(
        "illegal_move",
        f"证照当前状态为“{words['zh']}”，不能执行此操作；请刷新页面",
        f'The certificate is "{words["en"]}": this is not possible now. Reload to see its state.',
    )
