"""An approval gives what is paid by period: the entitlement begins, with its first event."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import bulk
from entitlements import rules
from entitlements.actions.moving import OFFICER, changed, held_on
from entitlements.models import Entitlement
from entitlements.states import LIVE, State
from ledger import canonical, events
from ledger.identifiers import uuid7
from ledger.models import Event
from services.entitlement import first_period, on_or_after
from services.inputs import Inputs
from services.pack.entitlement import EntitlementRun
from services.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Grant:
    """One entitlement of an approval.

    ``is_first``: nothing can have been granted to this application before. ``by_officer``: a person
    approved it, and so has looked into what would hold it.
    """

    application: str
    rulebook: Rulebook
    run: EntitlementRun
    inputs: Inputs
    answers: Mapping[str, Any]
    holder: str
    holder_name: str
    holder_number: bytes
    office: str
    region: str | None
    decision: UUID
    is_first: bool
    by_officer: bool


def grant(
    grants: Sequence[Grant],
    *,
    by: object,
    now: datetime.datetime,
    batch: bulk.Writer = bulk.IMMEDIATE,
) -> list[Entitlement]:
    """Begin an entitlement for each approval; the caller holds the transaction and the locks.

    One that a case which was opened again had held goes on instead. Returns those that are new.
    """
    standing = _standing([g for g in grants if not g.is_first])
    made, history = [], []
    for one in grants:
        key = (one.application, one.run.spec.kind)
        if key in standing:
            _go_on(standing[key], one, by, now)
            continue
        row = _begun(one, now)
        data = {
            "application": one.application,
            "decision": str(one.decision),
            "kind": row.kind,
            "amount": "" if row.amount is None else str(row.amount),
            "first_period": row.first_period.isoformat(),
        }
        history.append(
            events.append(
                row, row.subject, "granted", by=by, now=now, after=State.ACTIVE.value, data=data
            )
        )
        made.append(row)
    batch.insert(Entitlement, made)
    batch.insert(Event, history)
    return made


def _standing(grants: Sequence[Grant]) -> dict[tuple[str, str], Entitlement]:
    if not grants:
        return {}
    found = Entitlement.objects.select_for_update().filter(
        application__in=[g.application for g in grants], state__in=LIVE
    )
    return {(row.application, row.kind): row for row in found.order_by("id")}


def _go_on(row: Entitlement, one: Grant, by: object, now: datetime.datetime) -> None:
    """Let one that was held for the sake of its case go on, unless an officer holds it besides."""
    if row.state == State.ACTIVE:
        return
    before, decision = str(row.state), str(one.decision)
    if OFFICER in row.why:
        data = {"reasons": [OFFICER], "decision": decision}
        event = held_on(row, by=by, now=now, data=data)
    else:
        row.is_pinned = False
        event = changed(row, "resume", by=by, now=now, data={"reasons": [], "decision": decision})
    fields = ("is_pinned", "reasons", "state", "events", "head")
    bulk.update(Entitlement, [row], fields, old={"state": [before]})
    bulk.insert(Event, [event])


def _begun(one: Grant, now: datetime.datetime) -> Entitlement:
    book, run, on = one.rulebook, one.run, one.inputs.as_of
    doubts = [c.change.id for c in run.changes if c.change.effect == "hold"]
    row = bulk.new(
        Entitlement,
        id=uuid7(),
        service=book.code,
        kind=run.spec.kind,
        application=one.application,
        holder=one.holder,
        holder_name=one.holder_name,
        holder_number=one.holder_number,
        office_id=one.office,
        region_id=one.region,
        answers=rules.answers_kept(book, run, one.answers),
        granted_at=now,
        first_period=first_period(run, one.inputs) or on_or_after(run.spec.period, on),
        confirmed_on=on,
        edition=book.hash,
    )
    if one.by_officer:
        found = rules.judged(row, run, one.inputs)
        row.cleared = canonical.dumps([r for r in found.reasons if r in doubts]).decode()
    row.amount = rules.judged(row, run, one.inputs).amount
    row.basis = rules.basis(row, one.inputs)
    return row
