"""From gathered facts to one ruling a case, and from many rulings to rows.

``rule`` thinks and writes nothing; ``settle`` takes the edges and writes all rows set-based.
"""

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import bulk
from approvals.actions import signing, steps
from approvals.actions.notices import asked, decided
from approvals.models import Application, Consent, Cosignature, Decision, Evidence
from approvals.records import receipts
from approvals.workers import wake
from certificates import clock
from certificates.actions import Order, issue
from certificates.pdf.glyphs import printable
from exchange.models import Notice
from ledger import canonical
from ledger.events import instant
from ledger.identifiers import uuid7
from ledger.models import Event
from ledger.signatures import sign
from people import identity
from people.actors import Actor
from people.models import Office
from services import filings
from services.inputs import Inputs
from services.outputs import printed_values
from services.rulebook import Rulebook
from services.verdict import Verdict, judge

VERB = {"approve": "grant", "return": "send_back", "refer": "hand_over", "wait": "await_consent"}
KIND = {"approve": "approved", "return": "returned", "refer": "handed_over", "wait": "awaiting"}


@dataclass(slots=True)
class Ruling:
    """What the machine concluded about one application, before anything is written."""

    application: Application
    book: Rulebook
    inputs: Inputs
    verdict: Verdict
    outcome: str
    reasons: list[str]
    decision: Decision
    receipt: dict[str, Any]
    told: bool  # the agency whose program submitted it has a webhook to be told by
    order: Order | None = None
    consents: list[Consent] = field(default_factory=list)
    signers: list[str] = field(default_factory=list)  # to be asked to confirm
    notices: list[Notice] = field(default_factory=list)


def rule(
    application: Application,
    book: Rulebook,
    evidence: Sequence[Evidence],
    consents: Mapping[str, str],
    signatures: Mapping[str, str],
    *,
    automatic: bool,
    told: bool,
    by: Actor,
    now: datetime.datetime,
) -> Ruling:
    """Judge one application on its evidence; the receipt is signed, nothing is written."""
    inputs = signing.inputs_of(application, book, evidence, consents, signatures)
    verdict = judge(book, inputs)
    outcome, reasons = receipts.conclude(
        verdict,
        by_person=application.by_person,
        automatic=automatic,
        printable=printable(application.applicant_name),
    )
    decision, receipt = decide(
        application,
        book,
        evidence,
        inputs,
        verdict,
        outcome,
        reasons,
        automatic=automatic,
        by=by,
        now=now,
    )
    made = Ruling(application, book, inputs, verdict, outcome, reasons, decision, receipt, told)
    if outcome == "wait":
        made.signers = [
            s for s in signing.signers(application, book, inputs) if s not in signatures
        ]
    return made


def decide(
    application: Application,
    book: Rulebook,
    evidence: Sequence[Evidence],
    inputs: Inputs,
    verdict: Verdict,
    outcome: str,
    reasons: list[str],
    *,
    automatic: bool,
    by: Actor,
    now: datetime.datetime,
    officer: dict[str, str] | None = None,
) -> tuple[Decision, dict[str, Any]]:
    """Make the decision's row, unsaved, with its signed receipt; returns the receipt beside it."""
    facts = inputs.to_json()
    receipt = receipts.payload(
        case_of(application, book, automatic=automatic),
        facts=facts,
        evidence=[
            receipts.Read(e.registry, e.outcome, e.version, e.read_at, bytes(e.hash)).payload()
            for e in evidence
        ],
        verdict=verdict,
        outcome=outcome,
        reasons=reasons,
        by=by,
        at=instant(now),
        officer=officer,
    )
    document = canonical.dumps(receipt)
    signed = sign("receipt", document)
    decision = bulk.new(
        Decision,
        id=uuid7(),
        application_id=application.id,
        edition_id=application.edition_id,
        round=application.round,
        outcome=outcome,
        live=outcome in ("approve", "refuse"),
        by=str(by),
        at=now,
        as_of=application.as_of,
        inputs=facts,
        receipt=document,
        kid=signed.kid,
        algorithm=signed.algorithm,
        signature=signed.signature,
    )
    return decision, receipt


def case_of(application: Application, book: Rulebook, *, automatic: bool) -> receipts.Case:
    number = identity.decrypt(application.applicant_number)
    return receipts.Case(
        number=application.number,
        service=application.service_id,
        edition=book.hash,
        edition_number=book.number,
        applicant_kind=application.applicant_kind,
        applicant_masked=identity.mask(number),
        applicant_name=application.applicant_name,
        office=application.office_id,
        as_of=application.as_of,
        round=application.round,
        by_person=application.by_person,
        automatic=automatic,
        printable=printable(application.applicant_name),
    )


def settle(
    made: Sequence[Ruling],
    offices: Mapping[str, Office],
    *,
    by: Actor,
    now: datetime.datetime,
    batch: bulk.Batch,
) -> Counter[str]:
    """Take each ruling's edge and put everything that follows from it into ``batch``."""
    before = [r.application.state for r in made]
    events = []
    for ruling in made:
        events.append(_move(ruling, by, now))
        _follow(ruling, now)
    issue([r.order for r in made if r.order], by=by, now=now, offices=offices, batch=batch)
    batch.insert(Decision, [r.decision for r in made])
    batch.insert(Consent, [c for r in made for c in r.consents])
    batch.insert(
        Cosignature, [c for r in made for c in signing.asked(r.application, r.signers, now)]
    )
    if batch.insert(Notice, [n for r in made for n in r.notices]):
        batch.on_commit(lambda: wake.tasks("exchange.deliver"))
    steps.write(
        [r.application for r in made],
        before,
        events,
        ("settled_at", "correct_by", "handover", "leased_until", "attempts"),
        batch,
    )
    return Counter(r.outcome for r in made)


def _move(ruling: Ruling, by: Actor, now: datetime.datetime) -> Event:
    application = ruling.application
    application.leased_until, application.attempts = None, 0
    return steps.move(
        application,
        VERB[ruling.outcome],
        by=by,
        now=now,
        kind=KIND[ruling.outcome],
        data={"decision": str(ruling.decision.id), "reasons": ruling.reasons},
    )


def _follow(ruling: Ruling, now: datetime.datetime) -> None:
    """Set what each outcome brings with it: a certificate, a term, a question, a reason."""
    application, book = ruling.application, ruling.book
    if ruling.outcome == "approve":
        application.settled_at = now
        masked = ruling.receipt["applicant"]["number"]
        first = application.round == 1  # every way back from an approval begins another round
        ruling.order = order(
            application, book, ruling.inputs, ruling.decision, now, masked=masked, first=first
        )
    elif ruling.outcome == "return":
        application.correct_by = now + datetime.timedelta(days=book.pack.correct_within)
    elif ruling.outcome == "refer":
        application.handover = ",".join(ruling.reasons)[:200]
    elif ruling.outcome == "wait":
        ruling.consents, ruling.notices = asked(application, book, ruling.verdict.consents, now)
    if ruling.told and application.client_id and ruling.outcome != "wait":
        ruling.notices.append(decided(application, ruling.decision, application.client_id, now))


def order(
    application: Application,
    book: Rulebook,
    inputs: Inputs,
    decision: Decision,
    now: datetime.datetime,
    masked: str = "",
    first: bool = False,
) -> Order | None:
    """Return what certificates/ needs to issue this application's certificate, if it has one.

    ``masked``: the ID number as the receipt shows it, when the caller has it; unsealed else.
    ``first``: it never had a certificate.
    """
    if book.certificate is None:
        return None
    return Order(
        application=application.number,
        rulebook=book,
        holder=application.applicant,
        holder_name=application.applicant_name,
        holder_masked=masked or identity.mask(identity.decrypt(application.applicant_number)),
        printed=printed_values(book, inputs),
        filings=filings.plan(book, inputs, clock.day(now)),
        office=application.office_id,
        region=application.region_id,
        decided_at=now,
        decision=decision.id,
        receipt=bytes(decision.receipt),
        first=first,
    )
