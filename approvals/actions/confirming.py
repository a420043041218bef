"""Confirming what was granted provisionally (暂准后核实), or taking it to an officer.

The answers that had not come are judged with everything else that the provisional decision rests
on, as of the same day: it was granted on that, and only what nobody knew counts. Met, a decision
confirms the first and the certificate's next version bears no mark. Contradicted, or unanswered in
time, an officer decides: the machine refuses nothing. Until then the certificate is suspended.
"""

import datetime
import logging
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction

import bulk
from approvals import policies
from approvals.actions import (
    answered,
    decisions,
    delivery,
    evidence,
    notices,
    outcomes,
    reopening,
    steps,
)
from approvals.models import Application, Confirmation, Decision, Delivery, Evidence
from approvals.records import binding, proofs, provisional, receipts
from approvals.review import handover
from approvals.rows.confirmations import ENDING, Otherwise
from approvals.rows.confirmations import ConfirmationState as Is
from approvals.states import Outcome, State
from certificates.actions import issue, lock_for
from certificates.models import Certificate
from certificates.states import State as Paper
from exchange.models import Endpoint
from exchange.queries import Answer
from ledger.identifiers import uuid7
from people.actors import Actor
from services import catalogue, switches
from services.rulebook import Rulebook
from services.verdict import judge

log = logging.getLogger(__name__)
SWEEP_FAILED = "sweep_failed"  # why one that is overdue is not with an officer
CONTRADICTED = "暂准核实不符"
UNANSWERED = "暂准期限内未能核实"


def confirm(
    *,
    confirmation: UUID,
    answers: Sequence[evidence.Newer],
    by: Actor,
    now: datetime.datetime,
) -> Is | None:
    """Judge a provisional approval with the answers that had not come; returns what became of it.

    ``answers``: none of them failed. None: it is not due any more, or it has to wait, because its
    certificate is suspended for another reason, or automatic approval of it is (``switches``).
    """
    policies.require_machine(by)
    with transaction.atomic():
        found = _lock(confirmation)
        if found is None:
            return None
        row, application = found
        book = catalogue.rulebook(application.edition_id)
        papers = lock_for(application.number)
        if any(paper.state != Paper.VALID for paper in papers):
            return None
        if _is_given_up(book, papers):
            return _end(row, Is.ENDED, now)
        (file,) = evidence.files([application])
        rested = {e.registry for e in file.evidence} | {one.registry for _, one in answers}
        if not switches.hold(service=application.service_id, registries=rested):
            return None  # it waits, as no machine approves; on its day an officer gets it
        inputs = file.inputs(answers)
        verdict = judge(book, inputs)
        fresh = _begin_round(file, answers)
        bound = file.identity()
        printed = decisions.printed(bound.name, book, inputs, application.answers)
        outcome, reasons = receipts.conclude(verdict, _circumstances(file, printed.printable))
        bulk.insert(Evidence, file.evidence)
        proofs.keep(fresh, bulk.IMMEDIATE, now=now)
        proofs.keep_again(file.evidence, bulk.IMMEDIATE)
        if outcome is not Outcome.APPROVE:
            return _contradict(row, file, reasons, by, now)
        before = Decision.objects.get(pk=row.decision_id)
        ruling = decisions.Ruling(
            outcome,
            reasons,
            by,
            now,
            automatic=True,
            printed=printed,
            confirms=provisional.confirms(before, row.asked),
        )
        decided = decisions.build(file, inputs, verdict, ruling)
        return _confirm(row, before, decided, has_paper=bool(papers))


def overdue(*, by: Actor, now: datetime.datetime, limit: int = 200) -> int:
    """Hand to officers what nobody has confirmed in time; returns how many, at most ``limit``.

    Of what was given up there is nothing to confirm any more. A case that fails stops no other: it
    is logged, its row says so (``SWEEP_FAILED``), `/ready/` too, and it is tried again each time.
    """
    policies.require_machine(by)
    late = Confirmation.objects.filter(state=Is.DUE, due_at__lte=now).order_by("due_at")
    done = 0
    for key in late.values_list("pk", flat=True):
        try:
            with transaction.atomic():
                done += _hand_over(key, by, now)
        except (OperationalError, InterfaceError):
            raise  # not the case's fault
        except Exception:
            log.exception("ALARM: confirmation %s is overdue and cannot be handed over", key)
            Confirmation.objects.filter(pk=key, state=Is.DUE).update(reason=SWEEP_FAILED)
        if done >= limit:
            break
    return done


def _hand_over(key: UUID, by: Actor, now: datetime.datetime) -> bool:
    """Hand one over that is still due, or end it; tells whether an officer has it now."""
    found = _lock(key)
    if found is None:
        return False
    row, application = found
    book = catalogue.rulebook(application.edition_id)
    if _is_given_up(book, lock_for(application.number)):
        _end(row, Is.ENDED, now)
        return False
    reasons = [handover.Reason(handover.CONFIRMATION_OVERDUE, one) for one in row.asked]
    reopening.reopen_unconfirmed(
        application,
        reopening.Unconfirmed(
            reason=f"{UNANSWERED}: {row.registries}",
            handover=handover.write(reasons),
            data={provisional.KEY: str(row.id), provisional.OVERDUE: True},
            lapses=row.otherwise == Otherwise.LAPSE,
        ),
        by,
        now,
    )
    _end(row, Is.OVERDUE, now)
    return True


def _is_given_up(book: Rulebook, papers: Sequence[Certificate]) -> bool:
    """Whether the certificate has ended; no later case changes one that is not confirmed."""
    return book.certificate is not None and not papers


def _lock(key: UUID) -> tuple[Confirmation, Application] | None:
    """Lock a confirmation that is still due, and its case before it."""
    owner = Confirmation.objects.filter(pk=key, state=Is.DUE).values_list("application", flat=True)
    ids = list(owner)
    applications = steps.lock_all(ids) if ids else []
    if not applications or applications[0].state != State.APPROVED:
        return None
    row = Confirmation.objects.select_for_update().filter(pk=key, state=Is.DUE).first()
    return (row, applications[0]) if row is not None else None


def _end(row: Confirmation, state: Is, now: datetime.datetime) -> Is:
    row.state, row.ended_at = state.value, now
    bulk.update(Confirmation, [row], ENDING, old={"state": [Is.DUE.value]})
    return state


def _begin_round(
    file: evidence.File, answers: Sequence[evidence.Newer]
) -> list[tuple[Evidence, Answer]]:
    """Let the case rest on the new answers, and on what it rested on before, kept once more."""
    file.application.round += 1
    case = file.application
    read = [(evidence.evidence_row(case, one, subject), one) for subject, one in answers]
    fresh = [row for row, _ in read]
    new = {(row.registry, row.subject) for row in fresh}
    kept = [_again(row) for row in file.evidence if (row.registry, row.subject) not in new]
    file.evidence = sorted([*fresh, *kept], key=lambda row: (row.registry, row.subject))
    return read


def _again(row: Evidence) -> Evidence:
    copied = bulk.new(Evidence, **{f.attname: getattr(row, f.attname) for f in row._meta.fields})
    copied.id, copied.origin, copied.round = uuid7(), row.origin or row.id, row.round + 1
    return copied


def _circumstances(file: evidence.File, printable: bool) -> receipts.Circumstances:
    """What may be in the way beside the verdict, as it is now; nothing new is granted."""
    return receipts.Circumstances(
        by_person=file.application.by_person,
        automatic=True,
        printable=printable,
        identity=file.identity(),
        disputed=any(row.is_live for row in file.disputes),
        acting=file.acting,
        right=file.right(),
    )


def _contradict(
    row: Confirmation,
    file: evidence.File,
    reasons: Sequence[str],
    by: Actor,
    now: datetime.datetime,
) -> Is:
    found = [handover.Reason(handover.NOT_CONFIRMED, one) for one in row.asked]
    unconfirmed = reopening.Unconfirmed(
        reason=f"{CONTRADICTED}: {row.registries}",
        handover=handover.write([*found, *map(handover.Reason.parse, reasons)]),
        data={
            provisional.KEY: str(row.id),
            "reasons": list(reasons),
            "evidence": binding.evidence_hash(file.evidence),
        },
    )
    reopening.reopen_unconfirmed(file.application, unconfirmed, by, now)
    return _end(row, Is.CONTRADICTED, now)


def _confirm(
    row: Confirmation, before: Decision, decided: decisions.Decided, *, has_paper: bool
) -> Is:
    application, ruling, decision = decided.application, decided.ruling, decided.decision
    before.live = False
    bulk.update(Decision, [before], ("live",))
    data = binding.of_decision(decision, decided.file.evidence, ruling.reasons)
    data[provisional.KEY] = str(row.id)
    event = steps.event_in_place(
        application, provisional.CONFIRMED, by=ruling.by, now=ruling.at, data=data
    )
    if has_paper and (order := outcomes.order_of(decided, ruling.at)) is not None:
        issue([replace(order, first=False)], by=ruling.by, now=ruling.at)
    bulk.insert(Decision, [decision])
    if outcomes.is_to_hand_over(decided):
        bulk.insert(Delivery, [delivery.due(decision, ruling.at)])
    steps.write([application], [application.state], [event], ("round",))
    client = application.client_id
    if answered.is_request(application):
        answered.send(answered.answers([application], ruling.at))
    elif client and Endpoint.objects.filter(partner=client).exists():
        answered.send([notices.decided(application, decision, client, ruling.at)])
    steps.announce([application])
    return _end(row, Is.CONFIRMED, ruling.at)
