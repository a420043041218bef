"""What the machine decides, set-based: many applications at once, one being the small case of many.

The machine approves, asks for correction, asks another agency, or hands over to a person.
"""

import datetime
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from uuid import UUID

from django.db import transaction

import bulk
from approvals import policies
from approvals.actions import (
    beside,
    checks,
    claims,
    decisions,
    dispute_effects,
    evidence,
    freshness,
    steps,
)
from approvals.actions.claims import Claimed
from approvals.actions.outcomes import record
from approvals.records import places, receipts
from approvals.states import Outcome, State
from ledger.clock import city_date
from people.actors import Actor
from services import catalogue
from services.models import Tally
from services.verdict import judge


def decide_claimed(
    *, claimed: Sequence[Claimed], by: Actor, now: datetime.datetime
) -> Counter[Outcome]:
    """Decide what ``claim`` returned. Without a lock: if one of them has moved, none is decided.

    What is new to us goes in one statement; what has been decided or asked about before, or acts
    on another certificate, goes the way of ``decide``. Returns how many of each outcome; raises
    ``bulk.Conflict``, or ``django.db.IntegrityError``, when somebody else was faster. Then
    ``decide`` finds out who.
    """
    policies.require_machine(by)
    is_new = {c.application.id: c.application.round == 1 and not _acts(c) for c in claimed}
    fresh = sorted(  # by id, so that no two batches wait for each other in a circle
        (c for c in claimed if is_new[c.application.id]), key=lambda c: c.application.id
    )
    done: Counter[Outcome] = Counter()
    if fresh:
        batch = bulk.Batch()
        # a further round is begun in a statement of its own: both or none, as the batch has the
        # traces of what was read for it
        with transaction.atomic() if any(map(_has_rounds, fresh)) else nullcontext():
            done += _decide(fresh, by, now, batch)
            batch.write()
    if rest := [number for number, is_fresh in is_new.items() if not is_fresh]:
        done += decide(ids=rest, by=by, now=now)
    return done


def _has_rounds(one: Claimed) -> bool:
    return bool(catalogue.rulebook(one.application.edition_id).rounds)


def _acts(one: Claimed) -> bool:
    """Whether an approval acts on another certificate, which is to be locked."""
    pack = catalogue.rulebook(one.application.edition_id).pack
    return one.is_heir or pack.changes is not None or pack.endorses


def decide(*, ids: Sequence[UUID], by: Actor, now: datetime.datetime) -> Counter[Outcome]:
    """Decide all of ``ids`` that are submitted with nothing due, locked, in one transaction.

    Asks the city's own store for the facts of all of them at once, judges each, and writes
    evidence, decisions, events, certificates and notices. Returns how many of each outcome.
    """
    policies.require_machine(by)
    with transaction.atomic():
        ready = claims.lock_ready(ids)
        if not ready:
            return Counter()
        batch = bulk.Batch()
        done = _decide(ready, by, now, batch)
        batch.write()
    return done


def _decide(
    claimed: Sequence[Claimed], by: Actor, now: datetime.datetime, batch: bulk.Batch
) -> Counter[Outcome]:
    """Judge each and put everything that follows into ``batch``."""
    applications = [one.application for one in claimed]
    files = evidence.files_to_decide(applications, by=by, now=now, batch=batch)
    if waiting := [file for file in files if file.due]:
        checks.ask_further(waiting, now=now)
        claimed = [one for one, file in zip(claimed, files, strict=True) if not file.due]
        files = [file for file in files if not file.due]
        if not files:
            return Counter()
    decided = [_judge(one, file, by, now) for one, file in zip(claimed, files, strict=True)]
    batch.insert(Tally, beside.tallies(zip(claimed, decided, strict=True)))
    # first of what follows the commit: somebody waits for it
    steps.announce([file.application for file in files], batch)
    return record(decided, by=by, now=now, offices=claims.offices(claimed), batch=batch)


def _judge(
    one: Claimed, file: evidence.File, by: Actor, now: datetime.datetime
) -> decisions.Decided:
    inputs = file.inputs(unanswered=freshness.unanswered(file))
    verdict = judge(file.book, inputs)
    bound = file.identity()
    sent = dispute_effects.bring_up_to_date(file, now)
    printed = decisions.printed(bound.name, file.book, inputs, file.application.answers)
    suspended = sorted({row.registry for row in file.evidence}.intersection(one.suspended))
    outcome, reasons = receipts.conclude(
        verdict,
        receipts.Circumstances(
            by_person=file.application.by_person,
            automatic=one.automatic,
            printable=printed.printable,
            identity=bound,
            is_second=one.is_second,
            disputed=any(row.is_live for row in file.disputes),
            acting=file.acting,
            right=file.right(),
            subject=file.subject.fault(city_date(now)) if file.subject else "",
            quota=places.fault(file.quota(city_date(now))),
            outdated=bool(file.outdated),
            suspended=suspended,
        ),
    )
    ruling = decisions.Ruling(
        outcome,
        reasons,
        by,
        now,
        automatic=one.automatic,
        suspended=suspended,
        is_second=one.is_second,
        printed=printed,
        terms=freshness.terms(file, verdict, now) if outcome is Outcome.APPROVE else None,
    )
    made = decisions.build(file, inputs, verdict, ruling)
    made.has_webhook, made.is_heir = one.has_webhook, one.is_heir
    made.notices += sent
    return made


def hand_over(*, ids: Sequence[UUID], reason: str, by: Actor, now: datetime.datetime) -> int:
    """Give applications that the machine cannot decide to a clerk, with the reason.

    For cases that failed every attempt: no facts are judged, and no receipt is made.
    """
    policies.require_machine(by)
    with transaction.atomic():
        stuck = [a for a in steps.lock_all(ids) if a.state == State.SUBMITTED]
        before = [a.state for a in stuck]
        events = []
        for application in stuck:
            application.handover = reason
            application.checks_due = 0
            application.leased_until = None
            data = {"reasons": [reason]}
            events.append(
                steps.move(application, "hand_over", by=by, now=now, kind="handed_over", data=data)
            )
        if stuck:
            steps.write(stuck, before, events, ("handover", "checks_due", "leased_until"))
            steps.announce(stuck)
    return len(stuck)
