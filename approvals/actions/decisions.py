"""The one place where a decision is made of what is known: the machine's and an officer's.

``build`` writes nothing; ``outcomes.record`` writes what follows.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import bulk
from approvals.actions.evidence import File
from approvals.models import (
    Application,
    Confirmation,
    Consent,
    Decision,
    Evidence,
    Inspection,
    LegalReview,
    ReturnPermission,
)
from approvals.records import (
    attached,
    correction,
    disputes,
    proofs,
    provisional,
    receipts,
    undertakings,
)
from approvals.records.withheld import published, withhold
from approvals.states import FINAL, Outcome
from certificates.actions import Endorsing, Order
from certificates.pdf.glyphs import missing, printable, private
from entitlements.actions import Grant
from exchange.models import Notice
from ledger import canonical
from ledger.clock import city_date
from ledger.events import instant
from ledger.identifiers import uuid7
from ledger.signatures import sign
from people import identity
from people.actors import Actor
from people.actors import officer as actor
from people.models import User
from services.inputs import Inputs
from services.outputs import printed_values
from services.rulebook import Rulebook
from services.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Printed:
    """What the certificate of a case would print, and whether our fonts have all of it."""

    values: Mapping[str, object]
    missing: tuple[str, ...]  # characters that no font has
    printable: bool  # none is missing, the name is visible, and nothing is of private use


def printed(name: str, book: Rulebook, inputs: Inputs, answers: Mapping[str, object]) -> Printed:
    """Return what a certificate to ``name`` would print; checked before anything is decided.

    A private-use character in any answer or fact, printed or not, is nothing that a machine can
    judge: its meaning is that of the system in which it was typed.
    """
    values = printed_values(book, inputs) if book.certificate is not None else {}
    lacking = missing((name, *values.values()))
    unclear = lacking or private((answers, inputs.facts))
    return Printed(values, lacking, not unclear and printable(name))


@dataclass(frozen=True, slots=True)
class Ruling:
    """Who rules what on a case, when and why. ``officer``: the named one; None is the machine.

    ``automatic``: the machine rules, and automatic approval of the service was not suspended;
    ``suspended``: the registries that were, of those whose answers it has.
    ``is_second``: what the certificate would be existed already. ``proposed_by``: the first of two
    officers, of an approval against the verdict. ``opened``, ``permission``: of an officer's return
    (``actions.officer.Resolution``). ``review``: that a legal officer has agreed to. ``terms``: of
    a provisional approval.
    """

    outcome: Outcome
    reasons: Sequence[str]
    by: Actor
    at: datetime.datetime
    automatic: bool
    suspended: Sequence[str] = ()
    is_second: bool = False
    officer: User | None = None
    printed: Printed = field(default_factory=lambda: Printed({}, (), True))
    proposed_by: User | None = None
    opened: correction.Opened = None
    permission: ReturnPermission | None = None
    review: LegalReview | None = None
    terms: provisional.Terms | None = None
    confirms: Mapping[str, Any] = field(default_factory=dict)  # of ``provisional.confirms``


@dataclass(slots=True)
class Decided:
    """One case with its decision, unsaved, and what follows from it."""

    file: File
    inputs: Inputs
    verdict: Verdict
    ruling: Ruling
    decision: Decision
    receipt: dict[str, Any]
    has_webhook: bool = False  # the agency whose program submitted it can be notified
    is_heir: bool = True  # it may take over what other certificates hold
    order: Order | None = None
    grants: list[Grant] = field(default_factory=list)
    endorsing: Endorsing | None = None
    consents: list[Consent] = field(default_factory=list)
    signers: list[str] = field(default_factory=list)  # to be asked to confirm
    notices: list[Notice] = field(default_factory=list)
    inspections: list[Inspection] = field(default_factory=list)
    confirmations: list[Confirmation] = field(default_factory=list)

    @property
    def application(self) -> Application:
        return self.file.application


def build(file: File, inputs: Inputs, verdict: Verdict, ruling: Ruling) -> Decided:
    """Return the decision of a case with its signed receipt (决定书), unsaved."""
    application = file.application
    withheld, bound = file.book.withheld, file.identity()
    facts = withhold(inputs.to_json(), withheld)
    receipt = receipts.payload(
        case_of(file, bound, ruling),
        receipts.Grounds(
            facts=published(facts, withheld),
            evidence=[_read(e).payload() for e in file.evidence],
            verdict=verdict,
            identity=bound,
        ),
        receipts.Conclusion(
            outcome=ruling.outcome,
            reasons=list(ruling.reasons),
            by=str(ruling.by),
            officer=_named(ruling.officer, application),
            at=instant(ruling.at),
            proposed_by=_proposer(ruling.proposed_by),
            opened=None if ruling.opened is None else list(ruling.opened),
            permitted_by=_permitter(ruling.permission),
            legal_review=_reviewed(ruling.review),
            further={**(ruling.terms.payload() if ruling.terms else {}), **ruling.confirms},
        ),
    )
    document = canonical.dumps(receipt)
    signed = sign("receipt", document)
    decision = bulk.new(
        Decision,
        id=uuid7(),
        application_id=application.id,
        edition_id=application.edition_id,
        round=application.round,
        outcome=ruling.outcome.value,
        live=ruling.outcome in FINAL,
        by=str(ruling.by),
        officer_id=ruling.officer.pk if ruling.officer else None,
        proposed_by_id=ruling.proposed_by.pk if ruling.proposed_by else None,
        at=ruling.at,
        as_of=application.as_of,
        inputs=facts,
        receipt=document,
        kid=signed.kid,
        algorithm=signed.algorithm,
        signature=signed.signature,
    )
    return Decided(file, inputs, verdict, ruling, decision, receipt)


def _read(row: Evidence) -> receipts.Read:
    return receipts.Read(
        registry=row.registry,
        outcome=row.outcome,
        version=row.version,
        read_at=row.read_at,
        hash=bytes(row.hash),
        subject=row.subject,
        proof=proofs.of_receipt(row),
        reused=(str(row.origin), row.reason) if row.origin else None,
    )


def _named(officer: User | None, application: Application) -> dict[str, str] | None:
    if officer is None:
        return None
    return {"name": officer.name or officer.username, "office": application.office_id}


def _proposer(officer: User | None) -> dict[str, str] | None:
    if officer is None:
        return None
    return {
        "by": str(actor(officer)),
        "name": officer.name or officer.username,
        "office": officer.office_id or "",
    }


def _permitter(permission: ReturnPermission | None) -> dict[str, str] | None:
    if permission is None or permission.settled_by is None:
        return None
    return {**(_proposer(permission.settled_by) or {}), "reason": permission.answer}


def _reviewed(review: LegalReview | None) -> dict[str, str] | None:
    """Return what a receipt says of the legal review that it rests on: who, when, which words.

    The opinion is internal (政府信息公开条例 §16) and the applicant reads the receipt: it has the
    SHA-256 of the opinion, and the officers' page has the words.
    """
    if review is None or review.settled_by is None or review.settled_at is None:
        return None
    legal = _proposer(review.settled_by) or {}
    return {**legal, "at": instant(review.settled_at), "opinion_sha256": review.opinion_sha256}


def case_of(file: File, bound: receipts.Identity, ruling: Ruling) -> receipts.Case:
    """Return what a receipt says of the application itself."""
    application, book = file.application, file.book
    number = identity.decrypt(application.applicant_number)
    return receipts.Case(
        number=application.number,
        service=application.service_id,
        edition=book.hash,
        edition_number=book.number,
        applicant_kind=application.applicant_kind,
        applicant_masked=identity.mask(number),
        applicant_name=bound.name,
        office=application.office_id,
        as_of=application.as_of,
        round=application.round,
        by_person=application.by_person,
        automatic=ruling.automatic,
        contested=application.contested,
        is_second=ruling.is_second,
        printable=ruling.printed.printable,
        intake=file.intake.payload() if file.intake else None,
        disputes=tuple(disputes.payload(row) for row in file.disputes),
        representation={**file.representation.payload(), "result": file.right()}
        if file.representation
        else None,
        materials=attached.payload(file.materials),
        undertakings=undertakings.payload(file.signed),
        subject=file.subject.payload(city_date(ruling.at)) if file.subject else None,
        quota=file.quota(city_date(ruling.at)),
        outdated=file.outdated,
        suspended=ruling.suspended,
    )
