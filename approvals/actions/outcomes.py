"""What follows from decisions: the edge, the certificate, the term, the question, the notice."""

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

import bulk
from approvals.actions import (
    answered,
    changing,
    clock,
    cosignatures,
    delivery,
    dispute_effects,
    endorsing,
    freshness,
    inspections,
    notices,
    quotas,
    steps,
)
from approvals.actions.decisions import Decided
from approvals.models import (
    Confirmation,
    Consent,
    Cosignature,
    Decision,
    Delivery,
    Inspection,
    QuotaPlace,
)
from approvals.progress import wake
from approvals.records import binding, correction, undertakings
from approvals.review import handover
from approvals.rows.intakes import WINDOW
from approvals.states import Outcome
from certificates.actions import Endorsing, Order, issue
from entitlements.actions import Grant, grant
from exchange.models import Notice
from exchange.queries import is_outage
from ledger.clock import city_date
from ledger.models import Event
from people.actors import Actor
from people.models import Office
from services import filings
from services.entitlement import granted

# outcome: the edge of states.EDGES that it takes
MACHINE = {
    Outcome.APPROVE: "grant",
    Outcome.RETURN: "send_back",
    Outcome.REFER: "hand_over",
    Outcome.WAIT: "await_consent",
}
OFFICER = {Outcome.APPROVE: "approve", Outcome.REFUSE: "refuse", Outcome.RETURN: "return_"}
EVENT = {  # outcome: the kind of its event
    Outcome.APPROVE: "approved",
    Outcome.REFUSE: "refused",
    Outcome.RETURN: "returned",
    Outcome.REFER: "handed_over",
    Outcome.WAIT: "awaiting",
}
NO_OFFICES: Mapping[str, Office] = {}
FIELDS = (
    "settled_at",
    "correct_by",
    "handover",
    "leased_until",
    "attempts",
    "taken_by",
    "taken_at",
    *clock.PAUSE_FIELDS,
)


def record(
    decided: Sequence[Decided],
    *,
    by: Actor,
    now: datetime.datetime,
    offices: Mapping[str, Office] = NO_OFFICES,
    batch: bulk.Writer = bulk.IMMEDIATE,
) -> Counter[Outcome]:
    """Take the edge of each decision and write everything that follows from them to ``batch``.

    ``offices`` by code, where the caller has them. Returns how many of each outcome.
    """
    before = [d.application.state for d in decided]
    returned = _returned_before(decided)
    events = []
    for one in decided:
        is_accepted = one.application.id in returned or one.ruling.permission is not None
        events.append(_move(one, is_first=not is_accepted))
        _follow(one, now)
    _use(decided)
    issue([d.order for d in decided if d.order], by=by, now=now, offices=offices, batch=batch)
    grant([g for d in decided for g in d.grants], by=by, now=now, batch=batch)
    batch.insert(Inspection, [row for d in decided for row in d.inspections])
    batch.update(QuotaPlace, [r for d in decided if (r := _place(d))], ("granted_at", "places"))
    endorsing.endorse([d.endorsing for d in decided if d.endorsing], by=by, now=now)
    batch.insert(Decision, [d.decision for d in decided])
    batch.insert(Confirmation, [row for d in decided for row in d.confirmations])
    batch.insert(Delivery, [delivery.due(d.decision, now) for d in decided if is_to_hand_over(d)])
    batch.insert(Consent, [c for d in decided for c in d.consents])
    dispute_effects.write([row for d in decided for row in d.file.disputes], batch)
    batch.insert(
        Cosignature,
        [c for d in decided for c in cosignatures.requests(d.application, d.signers, now)],
    )
    if batch.insert(Notice, [n for d in decided for n in d.notices]):
        batch.on_commit(lambda: wake.tasks("exchange.deliver"))
    steps.write([d.application for d in decided], before, events, FIELDS, batch)
    return Counter(d.ruling.outcome for d in decided)


def _use(decided: Sequence[Decided]) -> None:
    """Say of each order which certificates it uses up; no query where no case takes over any."""
    heirs = {d.application.id: d for d in decided if d.order and d.is_heir and _may_use(d)}
    for case, numbers in (changing.used(list(heirs)) if heirs else {}).items():
        order = heirs[case].order
        assert order is not None
        heirs[case].order = replace(order, used=numbers)


def _may_use(one: Decided) -> bool:
    return bool(one.file.book.pack.consumes)


def is_to_hand_over(one: Decided) -> bool:
    """Whether the machine granted what came from a counter and nobody agreed to the portal."""
    is_machines = one.decision.live and one.ruling.officer is None
    is_windows = is_machines and one.application.channel == WINDOW
    return is_windows and not delivery.is_agreed(one.application)


def _returned_before(decided: Sequence[Decided]) -> set[UUID]:
    """Return the cases that are returned again: not in their first round, so mostly no query."""
    returns = (d.application for d in decided if d.ruling.outcome is Outcome.RETURN)
    later = [application.id for application in returns if application.round > 1]
    if not later:
        return set()
    found = Decision.objects.filter(application__in=later, outcome=Outcome.RETURN)
    return set(found.values_list("application", flat=True))


def _move(one: Decided, *, is_first: bool) -> Event:
    application, ruling = one.application, one.ruling
    application.leased_until, application.attempts = None, 0
    application.taken_by_id = application.taken_at = None
    edges = OFFICER if ruling.officer else MACHINE
    data = binding.of_decision(one.decision, one.file.evidence, ruling.reasons)
    data |= binding.of_disputes(one.file.disputes)
    on = city_date(ruling.at)
    if ruling.outcome is Outcome.APPROVE and one.file.book.pack.inspection is not None:
        book, receipt = one.file.book, bytes(one.decision.receipt)
        one.inspections = inspections.due(application, book, one.verdict, receipt, ruling.at)
        data |= undertakings.of_inspections(one.inspections)
    if ruling.outcome is Outcome.WAIT:
        clock.pause(application, on)
        data |= binding.of_term(application)
    elif ruling.outcome is Outcome.RETURN:
        if clock.stops_for_correction(application, on, is_first=is_first):
            clock.pause(application, on)
        application.correct_by = clock.correct_by(one.file.book, on)
        data |= correction.of_return(application.answers, one.receipt)
        data |= binding.of_term(application)
    return steps.move(
        application,
        edges[ruling.outcome],
        by=ruling.by,
        now=ruling.at,
        kind=EVENT[ruling.outcome],
        data=data,
    )


def _follow(one: Decided, now: datetime.datetime) -> None:
    """Set what each outcome brings with it: a certificate, a term, a question, a reason."""
    application, book, outcome = one.application, one.file.book, one.ruling.outcome
    if one.decision.live:
        application.settled_at = now
    if one.ruling.terms is not None:
        one.confirmations = [freshness.confirmation(one.decision, one.ruling.terms, now)]
    if outcome is Outcome.APPROVE:
        one.order = order_of(one, now)
        one.grants = _grants(one)
        one.endorsing = _endorsing(one)
    elif outcome is Outcome.REFER:
        application.handover = _handover(one)
    elif outcome is Outcome.WAIT:
        one.signers = one.file.unsigned(one.inputs)
        items = one.verdict.consents
        one.consents, asked = notices.consent_requests(application, book, items, now)
        one.notices += asked
    if application.client_id and answered.is_request(application):
        if one.ruling.terms is None:  # another city grants on it: nothing that may be taken back
            one.notices += answered.answers([application], now)
    elif one.has_webhook and application.client_id and outcome is not Outcome.WAIT:
        one.notices.append(notices.decided(application, one.decision, application.client_id, now))


def _handover(one: Decided) -> str:
    away = [e.registry for e in one.file.evidence if is_outage(e.outcome, e.reason)]
    unnamed = one.file.identity().registry in away
    return handover.of_decision(one.ruling.reasons, away, unnamed=unnamed)


def _grants(one: Decided) -> list[Grant]:
    """Return what entitlements/ needs to begin what is paid by period, if the pack has that."""
    application, book = one.application, one.file.book
    return [
        Grant(
            application=application.number,
            rulebook=book,
            run=run,
            inputs=one.inputs,
            answers=application.answers,
            holder=application.applicant,
            holder_name=one.receipt["applicant"]["name"],  # the register's
            holder_number=bytes(application.applicant_number),
            office=application.office_id,
            region=application.region_id,
            decision=one.decision.id,
            is_first=application.round == 1 and one.ruling.officer is None,
            by_officer=one.ruling.officer is not None,
        )
        for run in (granted(book, one.inputs) if book.pack.entitlements else ())
    ]


def _endorsing(one: Decided) -> Endorsing | None:
    """Return what an approval endorses, if that is what the service is for."""
    application, book = one.application, one.file.book
    if not book.pack.endorses:
        return None
    return Endorsing(application.number, book, application.applicant, one.inputs.values)


def _place(one: Decided) -> QuotaPlace | None:
    """Return the place that an approval grants, where there are so many; None: none, or again."""
    standing = one.file.place
    if standing is None or one.ruling.outcome is not Outcome.APPROVE:
        return None
    return standing.row if quotas.grant(standing, one.receipt, one.ruling.at) else None


def order_of(one: Decided, now: datetime.datetime) -> Order | None:
    """Return what certificates/ needs to issue this application's certificate, if it has one."""
    application, book = one.application, one.file.book
    if book.certificate is None:
        return None
    return Order(
        application=application.number,
        rulebook=book,
        holder=application.applicant,
        holder_name=one.receipt["applicant"]["name"],  # the register's
        holder_masked=one.receipt["applicant"]["number"],
        printed=one.ruling.printed.values,
        substituted=one.ruling.printed.missing,
        values=one.inputs.values,
        filings=filings.plan(book, one.inputs, city_date(now)),
        office=application.office_id,
        region=application.region_id,
        decided_at=now,
        decision=one.decision.id,
        receipt=bytes(one.decision.receipt),
        # every way back from an approval begins another round, or is an officer's
        first=application.round == 1 and one.ruling.officer is None,
        subject=one.file.subject,
        provisional=freshness.printed(one.file.book, one.ruling.terms),
    )
