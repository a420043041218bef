"""What is known of a case: evidence, consents and signatures, gathered in one place.

Whoever judges a case, the machine, an officer, or a change of a record, judges the inputs that
``File.inputs`` makes of it.
"""

import datetime
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import orjson
from django.conf import settings

import bulk
from approvals import statements
from approvals.actions import cosignatures
from approvals.models import Application, Consent, Evidence
from approvals.records import receipts
from approvals.records.receipts import evidence_hash
from approvals.states import ConsentState
from exchange.registries import Answer, Query, is_remote, query_registries
from ledger import canonical
from people import identity, names
from people.actors import Actor
from services import catalogue
from services.inputs import Inputs, gather_inputs
from services.outputs import cosigners
from services.pack.model import COSIGN
from services.rulebook import Rulebook

# who keeps the name of a person, of an enterprise (深圳经济特区数据条例 §35: 人口, 法人)
NAME_KEEPERS = {"person": "population", "enterprise": "enterprise"}
NAME = "name"  # the field of that registry
PURPOSE = "核对姓名（名称）与证件号码"


@dataclass(slots=True)
class File:
    """One case with everything that was found out about it.

    ``consents``: item -> state. ``signatures``: index of a signer -> state, for the present
    answers only.
    """

    application: Application
    book: Rulebook
    evidence: list[Evidence] = field(default_factory=list)
    consents: dict[str, str] = field(default_factory=dict)
    signatures: dict[str, str] = field(default_factory=dict)

    def inputs(self, newer: Sequence[Answer] = ()) -> Inputs:
        """Return what the rules look at; ``newer`` answers stand for what was read before."""
        application, book = self.application, self.book
        facts = {e.registry: (e.outcome, orjson.loads(e.facts)) for e in self.evidence}
        facts |= {answer.registry: (answer.outcome, answer.data) for answer in newer}
        inputs = gather_inputs(book, application.answers, facts, self.consents, application.as_of)
        if everybody := cosigners(book, inputs):  # the applicant signs by applying, perhaps alone
            states = {**self.signatures, application.applicant: ConsentState.GRANTED}
            joint = cosignatures.joint(states.get(s, ConsentState.ASKED) for s in everybody)
            consents = {**self.consents, COSIGN: joint.value}
            inputs = gather_inputs(book, application.answers, facts, consents, application.as_of)
        return inputs

    def identity(self) -> receipts.Identity:
        """Return what the registry that keeps names says of the applicant's number."""
        application = self.application
        keeper = NAME_KEEPERS[application.applicant_kind]
        row = next((e for e in self.evidence if e.registry == keeper), None)
        about_another = (
            keeper in self.book.pack.registries and self.book.pack.registries[keeper].subject
        )
        if row is None or about_another:
            return receipts.Identity(keeper, "failed", application.applicant_name, None)
        name = orjson.loads(row.facts).get(NAME)
        registered = names.normal(name) if isinstance(name, str) else None
        return receipts.Identity(keeper, row.outcome, application.applicant_name, registered)

    def unsigned(self, inputs: Inputs) -> list[str]:
        """Return who must sign beside the applicant and has not been asked yet, by index."""
        others = cosignatures.signers(self.application, self.book, inputs)
        return [signer for signer in others if signer not in self.signatures]


def files(applications: Sequence[Application]) -> list[File]:
    """Return what is stored of each application in its present round, in the same order."""
    found = [File(a, catalogue.rulebook(a.edition_id)) for a in applications]
    _add_stored(found)
    _add_answered(found)
    return found


def files_to_decide(
    applications: Sequence[Application], *, by: Actor, now: datetime.datetime, batch: bulk.Batch
) -> list[File]:
    """As ``files``, and read the city's own store for all of them at once.

    What is read now goes into ``batch`` as evidence. In its first round nobody was asked for a
    consent or a signature yet, and a round without checks has no stored evidence: neither is read.
    """
    found = [File(a, catalogue.rulebook(a.edition_id)) for a in applications]
    if any(is_remote(registry) for file in found for registry in registries_of(file)):
        _add_stored(found)
    _add_answered([file for file in found if file.application.round > 1])
    queries, owners = [], []
    for file in found:
        for registry in registries_of(file):
            if not is_remote(registry):
                queries.append(registry_query(file.application, file.book, registry))
                owners.append(file)
    fresh = []
    for file, answer in zip(
        owners, query_registries(queries, by=by, now=now, batch=batch), strict=True
    ):
        row = evidence_row(file.application, answer)
        file.evidence.append(row)
        fresh.append(row)
    batch.insert(Evidence, fresh)
    return found


def _add_stored(found: Sequence[File]) -> None:
    by_id = {file.application.id: file for file in found}
    for row in bulk.read(Evidence, statements.EVIDENCE_OF_ROUND, [list(by_id)]):
        by_id[row.application_id].evidence.append(row)


def _add_answered(found: Sequence[File]) -> None:
    if not found:
        return
    applications = [file.application for file in found]
    consents = _consents(applications)
    signatures = cosignatures.states_of(applications)
    for file in found:
        file.consents = dict(consents[file.application.id])
        file.signatures = signatures[file.application.id]


def _consents(applications: Sequence[Application]) -> Mapping[UUID, dict[str, str]]:
    found: dict[UUID, dict[str, str]] = defaultdict(dict)
    for row in Consent.objects.filter(application_id__in=[a.id for a in applications]):
        found[row.application_id][row.item] = row.state
    return found


def registries_of(file: File) -> list[str]:
    """Return the registries that a case rests on: its edition's, and who keeps the name."""
    return registries(file.book, file.application.applicant_kind)


def registries(book: Rulebook, applicant_kind: str) -> list[str]:
    return list(dict.fromkeys((*book.pack.registries, NAME_KEEPERS[applicant_kind])))


def registry_query(application: Application, book: Rulebook, registry: str) -> Query:
    """Return the question to one registry about one application, with purpose and legal basis.

    Who keeps names is asked for the applicant's as well, whatever the edition asks.
    """
    declared = book.pack.registries.get(registry)
    fields = book.fields.get(registry, ())
    if registry == NAME_KEEPERS[application.applicant_kind] and not (declared and declared.subject):
        fields = tuple(sorted({*fields, NAME}))
    if declared and declared.subject:
        number = str(application.answers.get(declared.subject, ""))
        subject = identity.index(number)
    else:  # only another agency needs the number itself; our own store goes by the index
        number = identity.decrypt(application.applicant_number) if is_remote(registry) else ""
        subject = application.applicant
    return Query(
        case=application.number,
        registry=registry,
        subject=subject,
        number=number,
        fields=fields,
        purpose=declared.purpose["zh"] if declared else PURPOSE,
        basis=declared.basis
        if declared
        else settings.REGISTRIES.get(registry, {}).get("basis", ""),
    )


def _basis(registry: str) -> str:
    """Return the legal basis of asking who keeps names, where the edition states none."""
    ours = settings.CITY.registries.get(registry)
    return ours.basis if ours else ""


def evidence_row(application: Application, answer: Answer) -> Evidence:
    """Return one registry's answer as evidence of the present round, unsaved."""
    facts, at = canonical.dumps(answer.data).decode(), answer.at
    assert at is not None, "an answer says when it was read"
    return bulk.new(
        Evidence,
        application_id=application.id,
        round=application.round,
        registry=answer.registry,
        outcome=answer.outcome,
        reason=answer.reason,
        facts=facts,
        version=answer.version,
        read_at=at,
        purpose=application.service_id,
        hash=evidence_hash(answer.registry, answer.outcome, answer.version, at, facts),
    )
