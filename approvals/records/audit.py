"""Auditing applications: what ledger/ proves of events, and what hangs on them here.

Every reading goes on after a row that cannot be read, whatever it holds.
"""

from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import orjson
from django.db import models

from approvals.models import (
    Acceptance,
    Application,
    AssistantSubmission,
    Attachment,
    Confirmation,
    Consent,
    Cosignature,
    Decision,
    Delivery,
    Dispute,
    Escalation,
    Evidence,
    EvidenceProof,
    GuardKey,
    Inspection,
    Intake,
    LegalReview,
    MaterialFinding,
    QuotaPlace,
    Representation,
    Undertaking,
)
from approvals.records import (
    attached,
    binding,
    correction,
    derived,
    opinions,
    places,
    proofs,
    provisional,
    undertakings,
)
from approvals.records.receipts import evidence_hash, is_against_verdict
from approvals.records.replay import fault as decision_fault
from approvals.rows.assistants import ASSISTANT
from approvals.rows.intakes import FIRST, WINDOW
from approvals.rows.representations import REPRESENTED
from approvals.states import ConsentState, Outcome, State
from certificates.audit import faults as certificate_faults
from entitlements.audit import faults as entitlement_faults
from exchange.registry_key_history import faults as key_faults
from ledger import audit, canonical, restorations
from ledger.clock import now
from ledger.models import Event
from materials.audit import faults as material_faults
from people.actors import Kind
from services import catalogue
from services.audit import faults as service_faults
from services.models import Edition

M = TypeVar("M", bound=models.Model)
SUBJECTS = (
    audit.Subjects("approvals_application", "application:", "number"),
    audit.Subjects("certificates_certificate", "certificate:", "public_id"),
    audit.Subjects("certificates_filing", "filing:", "id"),
    audit.Subjects("entitlements_entitlement", "entitlement:", "id"),
    audit.Subjects("services_service", "service:", "code", state=""),
    audit.Subjects("services_trial", "trial:", "id"),
)
PARTIES = ("submitted", "resubmitted", "transferred")  # events that bind who applies to whom
SUBMISSIONS = ("submitted", "resubmitted")
ANSWERING = (*SUBMISSIONS, "material_handed_in")  # events that bind the answers
_KEY = ("application_id", "id")
UNSUBMITTED = (State.DRAFT, State.WITHDRAWN)


def faults(heads: Path | None = None) -> Iterator[str]:
    """Yield a sentence for every row that is not as history says, naming the row."""
    outside, forged = restorations.exported(heads) if heads else ((), [])
    yield from forged
    with audit.snapshot():
        for found in audit.faults(tables=SUBJECTS, exported=outside, now=now()):
            yield str(found)
        for found in audit.guards():
            yield str(found)
        yield from service_faults()
        for applications, unreadable in audit.chunks(Application.objects.order_by("number")):
            for pk, why in unreadable:
                yield f"application {pk}: {why}"
            yield from _cases(applications)
        yield from opinions.faults()
        yield from _of_nothing()
        for further in (certificate_faults, entitlement_faults, material_faults, key_faults):
            yield from further()


def _cases(applications: Sequence[Application]) -> Iterator[str]:
    ids = [a.id for a in applications]
    subjects = [a.subject for a in applications]
    events = yield from _grouped(Event.objects.filter(subject__in=subjects), "subject", "seq")
    beside: list[dict[Any, list[Any]]] = []
    decisions_of = Decision.objects.filter(application_id__in=ids).select_related("proposed_by")
    beside.append((yield from _grouped(decisions_of, "application_id", "id")))
    tables: tuple[type[models.Model], ...] = (Evidence, Consent, Cosignature, GuardKey, Intake)
    tables += (Representation, Dispute, Acceptance, Delivery, Escalation, LegalReview)
    for model in tables:
        rows = model._default_manager.filter(application_id__in=ids)
        beside.append((yield from _grouped(rows, "application_id", "id")))
    signed = yield from _grouped(Undertaking.objects.filter(application_id__in=ids), *_KEY)
    looked = yield from _grouped(Inspection.objects.filter(application_id__in=ids), *_KEY)
    kept = EvidenceProof.objects.filter(evidence__application_id__in=ids).select_related("answer")
    proved = yield from _grouped(kept, "evidence_id", "pk")
    later = yield from _grouped(Confirmation.objects.filter(application_id__in=ids), *_KEY)
    submitted = AssistantSubmission.objects.filter(application_id__in=ids)
    assisted = yield from _grouped(submitted, *_KEY)
    limited = yield from _grouped(QuotaPlace.objects.filter(application_id__in=ids), *_KEY)
    _join(applications, beside[0])
    files = attached.of_cases((a, catalogue.rulebook(a.edition_id)) for a in applications)
    certified = derived.certified(applications)
    papers = attached.of_disputes(row for some in beside[7].values() for row in some)

    def signed_of(case: Application) -> tuple[list[Undertaking], list[Inspection]]:
        return signed[case.id], looked[case.id]

    keys_of = proofs.KeySets()
    for application in applications:
        decisions, evidence, consents, signers, keys, taken, acting, disputes, accepted, *others = (
            rows[application.id] for rows in beside
        )
        notes = [row for rows in (accepted, *others) for row in rows]
        history = [(e, _data(e)) for e in events[application.subject]]
        deemed = accepted[0].at if accepted else None
        holds = certified.get(application.number)
        stands = limited[application.id], decisions
        for name, check in (
            ("", partial(_submission, application, history)),
            ("", partial(derived.moments, application, history)),
            ("", partial(derived.claims, application, history, keys, holds)),
            ("", partial(_term, application, history)),
            ("", partial(derived.noted, notes, history)),
            ("", partial(_intake, application, history, taken)),
            ("", partial(derived.disputed, application, history, disputes, papers)),
            ("", partial(_representation, application, history, acting)),
            ("", partial(_assisted, application, history, assisted[application.id])),
            ("", partial(correction.fault, application, history)),
            ("", partial(_files, application, files)),
            ("", partial(undertakings.fault, history, *signed_of(application))),
            ("", partial(provisional.fault, history, decisions, later[application.id])),
            ("", partial(places.audit_fault, application, *stands, is_certified=holds is not None)),
            ("its decisions: ", partial(_standing, decisions, history)),
            *(
                (f"decision {d.id}: ", partial(_decision, d, history, evidence, deemed))
                for d in decisions
            ),
            *((f"evidence {e.registry}: ", partial(_evidence, e)) for e in evidence),
            *(
                (f"evidence {e.registry}: ", partial(_proof, application, e, proved[e.id], keys_of))
                for e in evidence
            ),
            *((f"consent {c.item}: ", partial(_consent, c, history)) for c in consents),
            *((f"cosignature {c.id}: ", partial(_cosignature, c, history)) for c in signers),
        ):
            if wrong := audit.attempt(check):
                yield f"application {application.number}: {name}{wrong}"
        there = {str(d.id) for d in decisions}
        for event, data in history:
            if "decision" in data and data["decision"] not in there:
                yield f"{event}: its decision {data['decision']} is missing"


def _join(applications: Sequence[Application], decisions: dict[Any, list[Decision]]) -> None:
    """Set what each decision refers to, once for all: a query each took most of an audit's time."""
    editions = Edition.objects.defer("source", "city").in_bulk(
        {d.edition_id for some in decisions.values() for d in some}
    )
    for application in applications:
        for decision in decisions[application.id]:
            decision.application = application
            if decision.edition_id in editions:
                decision.edition = editions[decision.edition_id]


History = list[tuple[Event, dict[str, Any]]]


def _data(event: Event) -> dict[str, Any]:
    """The event's data; nothing where it was edited into no object, which its hash shows."""
    try:
        data = orjson.loads(event.data)
    except orjson.JSONDecodeError:
        return {}
    return data if isinstance(data, dict) else {}


def _grouped(
    rows: models.QuerySet[M], key: str, order: str
) -> Generator[str, None, dict[Any, list[M]]]:
    """Yield what cannot be read; returns the rows by ``key``, each list in order."""
    found: dict[Any, list[M]] = defaultdict(list)
    for some, unreadable in audit.chunks(rows.order_by(key, order)):
        for row in some:
            found[getattr(row, key)].append(row)
        for pk, why in unreadable:
            yield f"{rows.model._meta.verbose_name} {pk}: {why}"
    return found


def _submission(application: Application, history: History) -> str:
    """The answers and parties are those of the last submission."""
    recorded = [data for event, data in history if event.kind in ANSWERING]
    if not recorded:
        return "" if application.state in UNSUBMITTED else "no event speaks of its submission"
    parties = [data for event, data in history if event.kind in PARTIES][-1]
    if parties.get("case") != binding.case_hash(application):
        return "its applicant, office or edition is not that of its history"
    if recorded[-1].get("answers") != binding.answers_hash(application.answers):
        return "its answers are not those that were submitted"
    return ""


def _term(application: Application, history: History) -> str:
    """The deadlines, and when the clock stood still, are those of the last event that says so."""
    terms = [data["term"] for _, data in history if "term" in data]
    if terms and terms[-1] != binding.of_term(application)["term"]:
        return "its deadlines are not those of its history"
    return ""


def _intake(application: Application, history: History, taken: Sequence[Intake]) -> str:
    """Who took it at a counter, and each correction, and of whom, is what the events say of it."""
    spoken = [data["intake"] for e, data in history if e.kind in SUBMISSIONS and "intake" in data]
    recorded = {one.get("round", str(FIRST)): one.get("sha256") for one in spoken}
    by_round = {str(row.round): binding.intake_hash(row) for row in taken}
    at_first = (application.channel == WINDOW) == (str(FIRST) in recorded)
    if recorded.keys() != by_round.keys() or not at_first or _by_officers(history) != len(taken):
        return "its history and what was recorded at a counter differ"
    if recorded != by_round:
        return "what was recorded at a counter is not what its history says"
    return ""


def _representation(
    application: Application, history: History, acting: Sequence[Representation]
) -> str:
    """Who handed it in for its applicant is what the event of its submission says."""
    key = "representation"
    spoken = [data[key] for e, data in history if e.kind in SUBMISSIONS and key in data]
    if len(spoken) != len(acting) or bool(acting) != (application.channel in REPRESENTED):
        return "its history and who acted for its applicant differ"
    if spoken and spoken[0].get("sha256") != binding.representation_hash(acting[0]):
        return "who acted for its applicant is not what its history says"
    return ""


def _assisted(
    application: Application, history: History, rows: Sequence[AssistantSubmission]
) -> str:
    """By which mandate an assistant handed it in is what the event of its submission says."""
    spoken = [data["mandate"] for e, data in history if e.kind == "submitted" and "mandate" in data]
    if spoken != [str(row.mandate_id) for row in rows] or (
        (application.channel == ASSISTANT) != bool(rows)
    ):
        return "its history and the mandate of an assistant differ"
    return ""


def _files(application: Application, files: Mapping[Any, list[Attachment]]) -> str:
    """Each file that the answers name is the case's; ``materials.audit`` looks at the files."""
    book = catalogue.rulebook(application.edition_id)
    return attached.fault(application, book, files.get(application.id, []))


def _by_officers(history: History) -> int:
    return sum(e.kind in SUBMISSIONS and e.by.startswith(f"{Kind.OFFICER}:") for e, _ in history)


def _standing(decisions: Sequence[Decision], history: History) -> str:
    """The decision that stands is the last final one, unless the case was reopened since."""
    standing: set[Any] = set()
    for event, data in history:
        if event.kind in ("approved", "refused", provisional.CONFIRMED):
            standing = {data.get("decision")}
        elif event.kind == "reopened":
            standing = set()
    live = {str(d.id) for d in decisions if d.live}
    return "" if live == standing else f"{sorted(live)} stand, by its history {sorted(standing)}"


def _decision(
    decision: Decision, history: History, evidence: Sequence[Evidence], deemed: datetime | None
) -> str:
    """``deemed``: when it was recorded that the application counts as accepted."""
    recorded = [data for _, data in history if data.get("decision") == str(decision.id)]
    if not recorded:
        return "no event speaks of it"
    if recorded[0].get("receipt") != binding.receipt_hash(decision.receipt):
        return "the receipt is not the one of its event"
    if wrong := decision_fault(decision):
        return wrong
    of_round = [e for e in evidence if e.round == decision.round]
    if recorded[0].get("evidence") != binding.evidence_hash(of_round):
        return "the evidence of its round is not that of its event"
    receipt = canonical.loads(bytes(decision.receipt))
    if sorted(e["sha256"] for e in receipt["evidence"]) != sorted(
        bytes(e.hash).hex() for e in of_round
    ):
        return "the evidence of its round is not that of the receipt"
    if wrong := proofs.receipt_fault(receipt, of_round):
        return wrong
    return _second_officer(receipt, history) or _permitted_return(
        decision, receipt, history, deemed
    )


def _second_officer(receipt: dict[str, Any], history: History) -> str:
    """Against the verdict two officers approve; receipts from before have no ``proposed_by``."""
    if receipt["outcome"] != Outcome.APPROVE or receipt["officer"] is None:
        return ""
    if "proposed_by" not in receipt or not is_against_verdict(receipt):
        return ""
    first = (receipt["proposed_by"] or {}).get("by", "")
    if first in ("", receipt["by"]):
        return "it approves against the verdict, without a second officer"
    if not any(e.by == first and e.kind == "approval_proposed" for e, _ in history):
        return f"it approves against the verdict, and no event says that {first} proposed it"
    return ""


def _permitted_return(
    decision: Decision, receipt: dict[str, Any], history: History, deemed: datetime | None
) -> str:
    """An officer returns again, or late, by permission; receipts from before do not say."""
    if "permitted_by" not in receipt:
        return ""
    returns = [(e.at, data) for e, data in history if e.kind == "returned"]
    is_first = not returns or returns[0][1].get("decision") == str(decision.id)
    is_late = bool(returns) and deemed is not None and returns[0][0] >= deemed
    if is_first and not is_late:
        return ""
    what = "late" if is_first else "second"
    who = (receipt["permitted_by"] or {}).get("by", "")
    if who in ("", receipt["by"]):
        return f"it is a {what} return, without a supervisor's permission"
    if not any(e.by == who and e.kind == "second_return_permitted" for e, _ in history):
        return f"it is a {what} return, and no event says that {who} permitted it"
    return ""


def _evidence(row: Evidence) -> str:
    fresh = evidence_hash(
        row.registry, row.subject, row.outcome, row.version, row.read_at, row.facts
    )
    if fresh != bytes(row.hash):
        return "its facts are not those that were hashed"
    canonical.loads(row.facts)
    return provisional.origin_fault(row) if row.origin else ""


def _proof(
    application: Application, row: Evidence, kept: Sequence[EvidenceProof], keys: proofs.KeySets
) -> str:
    subject = proofs.asked_about(application, row)
    return proofs.fault(row, kept[0] if kept else None, subject, keys)


def _consent(row: Consent, history: History) -> str:
    if row.state == ConsentState.ASKED:
        return ""
    return _answered(history, row.item, row.state, f"agency:{row.partner_id}")


def _cosignature(row: Cosignature, history: History) -> str:
    if row.state == ConsentState.ASKED:
        return ""
    return _answered(history, "cosign", row.state, f"citizen:{row.signer}")


def _answered(history: History, item: str, answer: str, by: str) -> str:
    for event, data in history:
        if (event.by, data.get("item"), data.get("answer")) == (by, item, answer):
            return ""
    return f"{answer}, but no event says that {by} answered so"


def _of_nothing() -> Iterator[str]:
    """What belongs to an application that is not there: a foreign key was switched off."""
    tables: tuple[type[models.Model], ...] = (Decision, Evidence, Consent, Cosignature, GuardKey)
    tables += (Dispute, Representation, Attachment, MaterialFinding, Undertaking, Inspection)
    for model in tables:
        there = Application.objects.filter(pk=models.OuterRef("application_id"))
        lost = model._default_manager.exclude(models.Exists(there)).values_list("pk", flat=True)
        for pk in lost.order_by("pk").iterator(1000):
            yield f"{model._meta.verbose_name} {pk}: its application is gone"
