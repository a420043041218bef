"""The receipt (决定书): what was decided, on which facts, condition by condition, and how to
contest it, as canonical signed bytes. Pure: whoever stores it signs it.

A replay needs the receipt and the edition alone: no registry, no clock, no private key.
"""

import datetime
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from approvals.records import disputes, places, withheld
from approvals.records.provisional import PROVISIONAL, is_provisional
from approvals.rows.intakes import Acting
from approvals.states import FINAL, Outcome
from ledger import canonical
from ledger.events import instant
from services.entitlement import first_period, granted, standing
from services.inputs import read_inputs
from services.rulebook import Rulebook
from services.verdict import MET, UNKNOWN, UNMET, Verdict, judge

TYPE = "miaopi/receipt/2"
BEFORE_BINDING = "miaopi/receipt/1"  # without the applicant's name in the register
CONTEST = {
    "zh": "对本决定不服的，可在本系统申请复核，也可自收到之日起六十日内申请行政复议，"
    "或者自收到之日起六个月内依法提起行政诉讼。",
    "en": "You may ask for a review here, apply for administrative reconsideration within"
    " sixty days, or bring a suit within six months of receiving this decision.",
    "law": "行政复议法 §20;行政诉讼法 §46;行政许可法 §38",
}


@dataclass(frozen=True, slots=True)
class Case:
    """What a receipt says of the application itself; all text, all from stored columns."""

    number: str
    service: str
    edition: str  # hash
    edition_number: int
    applicant_kind: str
    applicant_masked: str
    applicant_name: str
    office: str
    as_of: datetime.date
    round: int
    by_person: bool
    automatic: bool  # the machine decided, and automatic approval was not suspended
    contested: str  # the applicant's words, where this decides anew what they contested
    is_second: bool  # what its certificate would be exists already
    printable: bool  # no certificate can be drawn for a name without glyphs
    intake: dict[str, Any] | None = None  # of what was taken at a counter: by whom, for whom
    disputes: tuple[dict[str, Any], ...] = ()  # of records that it rests on (``records.disputes``)
    representation: dict[str, Any] | None = None  # of what another handed in online
    materials: Sequence[dict[str, str]] = ()  # files that it was handed in with, by their hash
    undertakings: Sequence[dict[str, str]] = ()  # what was signed in place of files, by its hash
    subject: dict[str, str] | None = None  # the certificate that it changes, as it stood
    quota: dict[str, str] | None = None  # its place, where there are so many (``records.places``)
    outdated: Sequence[str] = ()  # registries that changed after they had named somebody
    suspended: Sequence[str] = ()  # registries on whose answers nothing automatic may rest


@dataclass(frozen=True, slots=True)
class Identity:
    """Number and name against the register (identity binding, a condition of every service).

    ``outcome``: found, absent or failed. ``declared``: the name that was handed in, ``registered``
    the one that the register has for the number; both in the normal form of ``people.names``.
    """

    registry: str
    outcome: str
    declared: str
    registered: str | None

    @property
    def result(self) -> str:
        """``met``, ``unmet`` (no such number, or another name) or ``unknown`` (nobody answered)."""
        if self.outcome == "absent":
            return UNMET
        if self.outcome != "found" or not self.registered:
            return UNKNOWN
        return MET if self.declared == self.registered else UNMET

    @property
    def name(self) -> str:
        """The name that certificates and receipts carry: the register's, where it has one."""
        return self.registered or self.declared

    def payload(self) -> dict[str, Any]:
        return {
            "registry": self.registry,
            "outcome": self.outcome,
            "declared": self.declared,
            "registered": self.registered,
            "result": self.result,
        }

    @classmethod
    def read(cls, stored: dict[str, Any]) -> "Identity":
        return cls(*(stored[k] for k in ("registry", "outcome", "declared", "registered")))


@dataclass(frozen=True, slots=True)
class Read:
    """One registry's answer as the receipt names it."""

    registry: str
    outcome: str
    version: str
    read_at: datetime.datetime
    hash: bytes
    subject: str = ""
    proof: Mapping[str, Any] = field(default_factory=dict)  # how strong: records.proofs
    reused: tuple[str, str] | None = None  # evidence whose answer it is again, and why

    def payload(self) -> dict[str, Any]:
        of_person: dict[str, Any] = {"subject": self.subject} if self.subject else {}
        if self.reused:
            of_person["reused"] = dict(zip(("from", "because"), self.reused, strict=True))
        return {
            "registry": self.registry,
            **of_person,
            "outcome": self.outcome,
            "version": self.version,
            "read_at": instant(self.read_at),
            "sha256": self.hash.hex(),
            **self.proof,
        }


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What may hand a case over beside its verdict.

    ``identity`` is None only for receipts of engines that did not bind the name yet.
    ``right``: whether who handed it in online for another still may, by the registries that were
    read, and ``acting`` as what (``rows.intakes.Acting``); of who applies for themselves neither.
    A wish for a person, a suspended service, and a record that is called wrong (``disputed``) hand
    over; none is held against anybody. ``subject``: why the certificate that the case is about
    cannot be changed, ``quota``: why there is no place for it; empty: it can, there is.
    ``outdated``: a record that named whom others were asked about has changed since.
    ``suspended``: registries that it rests on and nothing automatic may.
    """

    by_person: bool
    automatic: bool
    printable: bool
    identity: Identity | None
    is_second: bool = False
    disputed: bool = False
    acting: str = ""
    right: str = MET
    subject: str = ""
    quota: str = ""
    outdated: bool = False
    suspended: Sequence[str] = ()

    def reasons(self, outcome: str) -> Iterator[str]:
        """Yield why an officer has a case whose verdict alone would have this ``outcome``."""
        if self.disputed:
            yield "disputed"
        if self.by_person:
            yield "person_requested"
        if not self.automatic:
            yield "automatic_off"
        yield from (f"registry_suspended:{registry}" for registry in self.suspended)
        if not self.printable:
            yield "unprintable_name"
        if self.identity is not None and self.identity.result != MET:
            yield "name_differs" if self.identity.result == UNMET else "name_unknown"
        if self.right != MET:
            if self.acting != Acting.GUARDIAN:
                yield "representative_changed"
            else:
                yield "guardian_ended" if self.right == UNMET else "guardian_unknown"
        if self.subject:
            is_known = self.subject != "certificate_not_found"
            yield "certificate_not_live" if is_known else "certificate_not_found"
        if self.outdated:
            yield "facts_changed"
        if self.is_second and outcome == Outcome.APPROVE:
            yield "duplicate"
        if self.quota and outcome == Outcome.APPROVE:
            yield "quota_full" if self.quota == places.FULL else "quota_unknown"


def conclude(verdict: Verdict, circumstances: Circumstances) -> tuple[Outcome, list[str]]:
    """Return (outcome, reasons) of the machine: what the verdict allows it to do."""
    reasons = list(circumstances.reasons(verdict.outcome))
    reasons += verdict.reasons() if verdict.outcome == Outcome.REFER else ()
    if reasons:
        return Outcome.REFER, reasons
    return Outcome(verdict.outcome), list(verdict.reasons())


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a decision rests on: facts as the rules read them, evidence, and the verdict."""

    facts: dict[str, Any]
    evidence: list[dict[str, Any]]
    verdict: Verdict
    identity: Identity


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What was decided, by whom; ``at`` is ``ledger.events.instant`` text.

    ``officer``: name and office of the named officer; None where the machine decided.
    ``proposed_by``: of an approval against the verdict, the officer who proposed it.
    ``opened``: of an officer's return, what may be changed (``records.correction``).
    ``permitted_by``: of a second return, the supervisor, with the reason.
    ``legal_review``: who agreed to it as legal officer, when, and the SHA-256 of the opinion,
    which is internal; a key of the receipt only where there was one.
    """

    outcome: Outcome
    reasons: list[str]
    by: str
    officer: dict[str, str] | None
    at: str
    proposed_by: dict[str, str] | None = None
    opened: list[str] | None = None
    permitted_by: dict[str, str] | None = None
    legal_review: dict[str, str] | None = None
    further: Mapping[str, Any] = field(default_factory=dict)  # of ``records.provisional``

    def of_return(self) -> dict[str, Any]:
        """What only an officer's return says; a replay keeps it as it stands."""
        if self.outcome != Outcome.RETURN or self.officer is None:
            return {}
        return {"opened": self.opened, "permitted_by": self.permitted_by}


def payload(case: Case, grounds: Grounds, conclusion: Conclusion) -> dict[str, Any]:
    """Return the receipt as a canonical object."""
    taken: dict[str, Any] = {"intake": case.intake} if case.intake else {}
    if case.disputes:
        taken["disputes"] = list(case.disputes)
    acting = {"representation": case.representation} if case.representation else {}
    handed_in: dict[str, Any] = {"materials": list(case.materials)} if case.materials else {}
    if case.undertakings:
        handed_in["undertakings"] = list(case.undertakings)
    if case.subject:
        handed_in["subject"] = case.subject
    if case.quota:
        handed_in["quota"] = case.quota
    handed_in |= {"outdated": list(case.outdated)} if case.outdated else {}
    handed_in |= {"suspended": list(case.suspended)} if case.suspended else {}
    reviewed = {"legal_review": conclusion.legal_review} if conclusion.legal_review else {}
    paid = entitled(grounds.verdict, conclusion.outcome)
    return {
        "type": TYPE,
        "application": case.number,
        "service": case.service,
        "edition": case.edition,
        "edition_number": str(case.edition_number),
        "applicant": {
            "kind": case.applicant_kind,
            "number": case.applicant_masked,
            "name": case.applicant_name,
        },
        "office": case.office,
        "as_of": case.as_of.isoformat(),
        "round": str(case.round),
        "by_person": case.by_person,
        "automatic": case.automatic,
        "contested": case.contested,
        "printable": case.printable,
        "is_second": case.is_second,
        "identity": grounds.identity.payload(),
        "facts": grounds.facts,
        "evidence": grounds.evidence,
        "verdict": grounds.verdict.payload(),
        "outcome": conclusion.outcome.value,
        "reasons": conclusion.reasons,
        "by": conclusion.by,
        "officer": conclusion.officer,
        "proposed_by": conclusion.proposed_by,
        "at": conclusion.at,
        "contest": CONTEST if conclusion.outcome in FINAL else None,
        **conclusion.of_return(),
        **reviewed,
        **conclusion.further,
        **taken,
        **acting,
        **handed_in,
        **paid,
    }


def entitled(verdict: Verdict, outcome: str) -> dict[str, Any]:
    """What an approval entitles to: how much a period, from when; a key of the receipt, or none.

    ``amount`` is that of the day; what is paid is judged on the first day of each period.
    """
    inputs, book = verdict.inputs, verdict.rulebook
    if outcome != Outcome.APPROVE or not book.program.entitlements:
        return {}
    found = []
    for run in granted(book, inputs):
        amount, first = standing(run, inputs, inputs.as_of).amount, first_period(run, inputs)
        found.append(
            {
                "kind": run.spec.kind,
                "period": run.spec.period,
                "amount": None if amount is None else f"{amount:.2f}",
                "first_period": None if first is None else first.isoformat(),
            }
        )
    return {"entitlements": found}


def is_against_verdict(receipt: dict[str, Any]) -> bool:
    """Whether an approval with this receipt overrules a condition: unmet, denied, another name.

    PostgreSQL says the same by itself (``approvals_two_officers`` in ``approvals.guards``).
    """
    verdict, identity = receipt["verdict"], receipt.get("identity")
    return (
        any(found["result"] == UNMET for found in verdict["requirements"])
        or "denied" in verdict["consents"].values()
        or (identity is not None and identity["result"] == UNMET)
    )


def again(stored: dict[str, Any], rulebook: Rulebook, facts: dict[str, Any]) -> bytes:
    """Decide the case of a stored receipt again from its edition and facts (those about other
    persons included) alone; returns the bytes that it should have.

    An officer's outcome and reasons are kept as given: a person's judgement is not recomputed, the
    verdict that it rested on is.
    """
    verdict = judge(rulebook, read_inputs(rulebook, facts))
    shown = withheld.published(facts, rulebook.withheld)
    fresh = {**stored, "facts": shown, "verdict": verdict.payload()}
    identity = None
    if stored["type"] != BEFORE_BINDING:
        identity = Identity.read(stored["identity"])
        fresh["identity"] = identity.payload()
    if stored["officer"] is None:
        outcome, fresh["reasons"] = conclude(
            verdict,
            Circumstances(
                by_person=stored["by_person"],
                automatic=stored["automatic"],
                printable=stored["printable"],
                identity=identity,
                is_second=stored.get("is_second", False),
                disputed=disputes.are_live(stored.get("disputes", ())),
                acting=stored.get("representation", {}).get("acting", ""),
                right=stored.get("representation", {}).get("result", MET),
                subject=stored.get("subject", {}).get("fault", ""),
                quota=places.fault(stored.get("quota")),
                outdated=bool(stored.get("outdated")),
                suspended=stored.get("suspended", ()),
            ),
        )
        fresh["outcome"] = outcome.value
    if not is_provisional(verdict) or fresh["outcome"] != Outcome.APPROVE:
        fresh.pop(PROVISIONAL, None)
    fresh.pop("entitlements", None)
    fresh |= entitled(verdict, fresh["outcome"])
    return canonical.dumps(fresh)


def evidence_hash(
    registry: str, subject: str, outcome: str, version: str, read_at: datetime.datetime, facts: str
) -> bytes:
    """Return the SHA-256 of an answer in receipts; no ``subject``: of whom is asked about first."""
    of_person = (registry, subject) if subject else (registry,)
    text = "\n".join((*of_person, outcome, version, instant(read_at), facts))
    return hashlib.sha256(text.encode()).digest()
