"""Endorsing (签注): a certificate that has to be endorsed stays valid; a lapse suspends it.

The holder has it endorsed by an application of its own, which is judged like any other. In time,
the next period follows the last one; after a lapse it begins on the day of the approval
(居住证暂行条例 §10).
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import orjson
from django.db import transaction

import bulk
from certificates.actions.transitions import change_state
from certificates.endings import LAPSED
from certificates.models import Certificate, Endorsement
from certificates.queries import unexpired
from certificates.states import State
from ledger import events
from ledger.clock import city_date
from ledger.models import Event
from people.errors import ActionRejected
from services.pack import endorsement as pack
from services.rulebook import Rulebook, run_safely
from services.validity import last_day

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Endorsing:
    """An approval that endorses what its applicant holds. ``values``: the case's typed facts."""

    application: str
    rulebook: Rulebook
    holder: str
    values: Mapping[str, object]

    @property
    def spec(self) -> pack.Endorsement:
        assert self.rulebook.pack.endorsement is not None
        return self.rulebook.pack.endorsement


def first(
    rulebook: Rulebook, values: Mapping[str, object], certificate: Certificate, on: datetime.date
) -> Endorsement:
    """Return the endorsement with which a certificate is issued; a next version's goes on."""
    spec = rulebook.pack.endorsement
    assert spec is not None
    until = None
    if certificate.previous_id is not None:
        goes_on = Endorsement.objects.filter(certificate=certificate.previous_id, is_current=True)
        until = goes_on.values_list("until", flat=True).first()
    until = until or _until(rulebook, values, on)
    return _row(certificate, certificate.application, until, spec.notice, certificate.issued_at)


def endorse(orders: Sequence[Endorsing], *, by: object, now: datetime.datetime) -> None:
    """Endorse what each applicant holds, and restore what a lapse alone had suspended.

    The caller holds the transaction. Raises ``ActionRejected`` where there is nothing to endorse.
    """
    if not orders:
        return
    today = city_date(now)
    held = _locked(orders, today)
    current = {e.certificate_id: e for e in Endorsement.objects.filter(
        certificate__in=held.values(), is_current=True)}  # fmt: skip
    made, ended, history, touched = [], [], [], []
    for order in orders:
        certificate = held.get((order.holder, order.spec.kind))
        before = current.pop(certificate.pk, None) if certificate else None
        if certificate is None or before is None:
            raise _nothing()
        begins = max(before.until, today)
        until = _until(order.rulebook, order.values, begins)
        row = _row(certificate, order.application, until, order.spec.notice, now)
        before.is_current = False
        made.append(row)
        ended.append(before)
        touched.append(certificate)
        history.append(_event(certificate, row, before, by=by, now=now))
    bulk.update(Endorsement, ended, ("is_current",), old={"is_current": [True] * len(ended)})
    bulk.insert(Endorsement, made)
    state = [str(c.state) for c in touched]
    bulk.update(Certificate, touched, ["events", "head"], old={"state": state})
    bulk.insert(Event, history)
    if back := [c for c in touched if c.state == State.SUSPENDED and _is_lapsed(c)]:
        change_state(back, "restore", by=by, now=now, data=lambda _: {"endorsed": "1"})


def lapse(*, by: object, now: datetime.datetime) -> int:
    """Suspend what was not endorsed in time; returns how many, at most ``AT_ONCE`` a call."""
    today = city_date(now)
    with transaction.atomic():
        late = Endorsement.objects.filter(is_current=True, notice_on__lte=today, until__lt=today)
        late = late.filter(certificate__state=State.VALID).select_related("certificate")
        rows = list(
            late.select_for_update(skip_locked=True, of=("self", "certificate")).order_by(
                "certificate"
            )[:AT_ONCE]
        )
        until = {row.certificate_id: row.until.isoformat() for row in rows}
        if rows:
            change_state(
                [row.certificate for row in rows],
                "suspend",
                by=by,
                now=now,
                data=lambda c: {LAPSED: until[c.pk]},
            )
    return len(rows)


def _locked(
    orders: Iterable[Endorsing], today: datetime.date
) -> dict[tuple[str, str], Certificate]:
    """Lock what the applicants hold, the newest of a kind last."""
    wanted = {(o.holder, o.spec.kind) for o in orders}
    found = Certificate.objects.select_for_update().filter(
        unexpired(today),
        holder__in={holder for holder, _ in wanted},
        kind__in={kind for _, kind in wanted},
    )
    rows = sorted(found.order_by("id"), key=lambda c: c.issued_at)
    return {(c.holder, c.kind): c for c in rows if (c.holder, c.kind) in wanted}


def _until(
    rulebook: Rulebook, values: Mapping[str, object], begins: datetime.date
) -> datetime.date:
    run = rulebook.program.endorsement
    assert run is not None
    try:
        until = last_day(begins, run_safely(run, values))
    except (ValueError, OverflowError):
        until = None
    if until is None:
        zh = "按已知的情况，无法确定签注的期限"
        raise ActionRejected(
            "no_endorsement", zh, "What is known does not say how long it would be endorsed."
        )
    return until


def _row(
    certificate: Certificate,
    application: str,
    until: datetime.date,
    notice: int,
    at: datetime.datetime,
) -> Endorsement:
    notice_on = until - datetime.timedelta(days=notice)
    return bulk.new(
        Endorsement,
        certificate_id=certificate.pk,
        application=application,
        until=until,
        notice_on=notice_on,
        is_current=True,
        at=at,
    )


def _event(
    certificate: Certificate,
    row: Endorsement,
    before: Endorsement,
    *,
    by: object,
    now: datetime.datetime,
) -> Event:
    data = {
        "application": row.application,
        "until": row.until.isoformat(),
        "was": before.until.isoformat(),
    }
    state = str(certificate.state)
    return events.append(
        certificate,
        certificate.subject,
        "endorsed",
        by=by,
        now=now,
        before=state,
        after=state,
        data=data,
    )


def _is_lapsed(certificate: Certificate) -> bool:
    """Whether nothing but a lapse suspended it."""
    event = (
        Event.objects.filter(subject=certificate.subject, kind="suspended").order_by("-seq").first()
    )
    return event is not None and LAPSED in orjson.loads(event.data)


def _nothing() -> ActionRejected:
    return ActionRejected(
        "nothing_to_endorse",
        "申请人没有可以签注的有效证照",
        "The applicant holds no certificate in force that could be endorsed.",
    )
