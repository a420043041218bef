"""What is known of a case: evidence, consents and signatures, gathered in one place.

Whoever judges a case, the machine, an officer, or a change of a record, judges the inputs that
``File.inputs`` makes of it.
"""

import datetime
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

import orjson

import bulk
from approvals import statements
from approvals.actions import changing, cosignatures, questions, quotas, representations
from approvals.actions.questions import NAME, NAME_KEEPERS, Read
from approvals.models import (
    Application,
    Attachment,
    Consent,
    Dispute,
    Evidence,
    Intake,
    Representation,
    Undertaking,
)
from approvals.records import attached, proofs, receipts, undertakings
from approvals.records.receipts import evidence_hash
from approvals.rows.intakes import FIRST, WINDOW, Acting
from approvals.states import ConsentState
from certificates.actions.succession import Subject
from exchange import enterprises, kinship
from exchange.registries import Answer, changed, is_remote, query_registries
from ledger import canonical
from people import names
from people.actors import Actor
from services import catalogue
from services.inputs import Inputs, Persons, gather_inputs
from services.outputs import cosigners
from services.pack import rounds
from services.pack.model import COSIGN, UNANSWERED
from services.pack.readers import plain
from services.rulebook import Rulebook
from services.tokens import PREFIX
from services.verdict import MET, UNKNOWN, UNMET

Facts = Mapping[str, Collection[str]]  # by entry of registries (``freshness``)
Newer = tuple[str, Answer]  # an answer with its subject as ``questions`` keeps it


@dataclass(slots=True)
class File:
    """One case with everything that was found out about it.

    ``intake``: how it came to a counter, ``representation``: who handed it in online for another.
    ``materials``: files that came with it, ``found`` what an officer has read in them. ``subject``:
    the certificate that it changes. ``due``: what other agencies are to be asked before it can be
    judged, because a registry has named somebody, ``unsaved`` its evidence that is not stored.
    ``consents``: item -> state. ``signatures``: signer's index -> state, for the present answers.
    ``disputes``: of the records that it rests on, in order of their numbers.
    ``place``: of a service that has so many, where it stands. ``signed``: what stands in for files,
    ``is_barred``: its applicant can commit to nothing.
    ``outdated``: registries that say something else than when they named whom others are asked of.
    """

    application: Application
    book: Rulebook
    evidence: list[Evidence] = field(default_factory=list)
    consents: dict[str, str] = field(default_factory=dict)
    signatures: dict[str, str] = field(default_factory=dict)
    intake: Intake | None = None
    disputes: list[Dispute] = field(default_factory=list)
    representation: Representation | None = None
    materials: list[Attachment] = field(default_factory=list)
    found: attached.Findings = field(default_factory=dict)
    due: list[questions.Key] = field(default_factory=list)
    unsaved: list[Evidence] = field(default_factory=list)
    signed: list[Undertaking] = field(default_factory=list)
    is_barred: bool = False
    subject: Subject | None = None
    place: quotas.Standing | None = None
    quota_read: dict[str, str] | None = None
    outdated: tuple[str, ...] = ()

    def inputs(self, newer: Sequence[Newer] = (), *, unanswered: Facts | None = None) -> Inputs:
        """Return what the rules look at; ``newer`` answers stand for what was read before, and
        ``unanswered`` facts may be known after the approval (``freshness``)."""
        application, book = self.application, self.book
        if book.persons or book.rounds:
            read = {key: (outcome, plain(data)) for key, (outcome, data) in self.read().items()}
            read |= {(a.registry, subject): (a.outcome, plain(a.data)) for subject, a in newer}
            facts = {registry: found for (registry, subject), found in read.items() if not subject}
            others = questions.answers_about_others(application, book, read)
        else:
            facts = {e.registry: (e.outcome, _loaded(e.facts)) for e in self.evidence}
            facts |= {a.registry: (a.outcome, plain(a.data)) for _, a in newer}
            others = {}
        facts |= {code: (UNANSWERED, dict.fromkeys(n)) for code, n in (unanswered or {}).items()}
        answers = attached.as_read(application.answers, self.found)
        if self.signed:
            answers = undertakings.as_they_stand(answers, self.signed, is_barred=self.is_barred)
        gather = partial(
            gather_inputs,
            book,
            answers,
            facts,
            as_of=application.as_of,
            persons=Persons(others, application.applicant),
        )
        inputs = gather(consents=self.consents)
        if everybody := cosigners(book, inputs):  # the applicant signs by applying, perhaps alone
            states = {**self.signatures, **dict.fromkeys(self.applied, ConsentState.GRANTED)}
            joint = cosignatures.joint(states.get(s, ConsentState.ASKED) for s in everybody)
            consents = {**self.consents, COSIGN: joint.value}
            inputs = gather(consents=consents)
        return inputs

    def read(self) -> dict[questions.Key, Read]:
        """Return what was read in this round, as it is kept: numbers of others in stored form."""
        return {(e.registry, e.subject): (e.outcome, orjson.loads(e.facts)) for e in self.evidence}

    def questions(self) -> list[questions.Key]:
        """Return every question of the case by what is known, those of later rounds included."""
        application, book = self.application, self.book
        found = questions.keys(application, book)
        if book.rounds:
            asked = questions.named(application, book, self.read())
            found += [key for key in asked if key not in found]
        return found

    def identity(self) -> receipts.Identity:
        """Return what the registry that keeps names says of the applicant's number."""
        application, row = self.application, self._kept_name()
        keeper = NAME_KEEPERS[application.applicant_kind]
        if row is None:
            return receipts.Identity(keeper, "failed", application.applicant_name, None)
        name = orjson.loads(row.facts).get(NAME)
        registered = names.normal(name) if isinstance(name, str) else None
        return receipts.Identity(keeper, row.outcome, application.applicant_name, registered)

    def quota(self, on: datetime.date) -> dict[str, str] | None:
        """Return what a receipt of a day says of its place; read once. None: it needs none."""
        if self.book.pack.quota and self.quota_read is None:
            self.quota_read = quotas.payload(self.place, self.book, self.application, on)
        return self.quota_read

    def _kept_name(self) -> Evidence | None:
        """Return what the registry that keeps names has answered about the applicant."""
        keeper = NAME_KEEPERS[self.application.applicant_kind]
        declared = self.book.pack.registries.get(keeper)
        if declared is not None and declared.subject and not declared.of_others:
            return None  # it was asked about another
        return next((e for e in self.evidence if e.registry == keeper and not e.subject), None)

    @property
    def acting(self) -> str:
        """As what somebody handed it in online for its applicant; empty: nobody did."""
        return self.representation.acting if self.representation else ""

    def right(self) -> str:
        """Return whether who handed it in online for its applicant still may, by what was read.

        A guardian whom the registry of kinship has; ``unknown`` where it does not answer. For an
        enterprise a representative, or whom one has named, unless its record names another: what a
        former one applied for is the enterprise's all the same, and an officer's to decide.
        """
        acting = self.representation
        if acting is not None and acting.acting == Acting.GUARDIAN:
            return self._right_of_guardian(acting.representative)
        if acting is None or self.application.applicant_kind != "enterprise":
            return MET
        record = self._kept_name()
        if record is None or record.outcome != "found":
            return MET  # where it is silent, an officer has the case anyway (``identity``)
        names_another = enterprises.names_another(orjson.loads(record.facts), *acting.representing)
        return UNMET if names_another else MET

    def _right_of_guardian(self, guardian: str) -> str:
        key = (kinship.REGISTRY, "")
        answer = next((e for e in self.evidence if (e.registry, e.subject) == key), None)
        if answer is None or answer.outcome == "failed":
            return UNKNOWN
        return MET if kinship.relation_in(orjson.loads(answer.facts), guardian) else UNMET

    @property
    def applied(self) -> tuple[str, ...]:
        """Who has signed by applying: the applicant, and the representative who handed it in.

        An investor who represents the company and applies for it signs on no other side. Its agent
        signs nothing by that (民法典 §168).
        """
        acting, applicant = self.representation, self.application.applicant
        if acting is None or acting.acting != Acting.STATUTORY:
            return (applicant,)
        return applicant, acting.representative

    def unsigned(self, inputs: Inputs) -> list[str]:
        """Return who must sign beside the applicant and has not been asked yet, by index."""
        others = cosignatures.signers(self.application, self.book, inputs)
        done = {*self.signatures, *self.applied}
        return [signer for signer in others if signer not in done]


def _begun(applications: Sequence[Application]) -> list[File]:
    """Return the files with nothing in them.

    One question more where any came to a counter, was handed in for another, or has a dispute.
    """
    at_counter = [a.id for a in applications if a.channel == WINDOW]
    rows = Intake.objects.filter(application__in=at_counter, round=FIRST)
    taken = rows if at_counter else ()
    by_case = {row.application_id: row for row in taken}
    acting = representations.by_case(applications)
    found = [
        File(
            a,
            catalogue.rulebook(a.edition_id),
            intake=by_case.get(a.id),
            representation=acting.get(a.id),
        )
        for a in applications
    ]
    if disputed := {file.application.id: file for file in found if file.application.disputes}:
        for dispute in Dispute.objects.filter(application__in=disputed).order_by("number"):
            disputed[dispute.application_id].disputes.append(dispute)
    _add_attached([file for file in found if file.book.pack.materials])
    _add_signed([file for file in found if undertakings.ticked(file.application, file.book)])
    _add_subjects([file for file in found if file.book.pack.changes])
    if limited := [file for file in found if file.book.pack.quota]:
        standing = quotas.standings(file.application for file in limited)
        for file in limited:
            file.place = standing.get(file.application.id)
    return found


def _add_signed(found: Sequence[File]) -> None:
    """Add what was signed in place of files, of whoever has signed any."""
    rows = undertakings.of_cases([file.application for file in found])
    for file in found:
        application = file.application
        file.signed = rows[application.id]
        until = undertakings.barred_until(application.applicant, application.as_of)
        file.is_barred = until is not None


def _add_subjects(found: Sequence[File]) -> None:
    """Add the certificates that cases change, as they stand now; no query where none does."""
    if not found:
        return
    subjects = changing.subjects([(file.application, file.book) for file in found])
    for file in found:
        file.subject = subjects[file.application.id]


def _add_attached(found: Sequence[File]) -> None:
    """Add the files of whoever handed any in, and what officers have found in them."""
    rows = attached.of_cases((file.application, file.book) for file in found)
    for file in found:
        file.materials = rows.get(file.application.id, [])
        if any(row.facts for row in file.materials):
            findings = attached.findings(file.application, file.book)
            file.found = {question: one.shows for question, one in findings.items()}


def files(applications: Sequence[Application]) -> list[File]:
    """Return what is stored of each application in its present round, in the same order."""
    found = _begun(applications)
    _add_stored(found)
    _add_answered(found)
    return found


def files_to_decide(
    applications: Sequence[Application], *, by: Actor, now: datetime.datetime, batch: bulk.Batch
) -> list[File]:
    """As ``files``, and read the city's own store for all of them at once.

    Once more for each later round, where an edition has any and somebody was named: ``File.due``
    has what other agencies are to be asked then, ``File.unsaved`` what is kept beside it. What is
    read of the others goes into ``batch``. Of a first round neither consents nor signatures are
    read, nor stored evidence of one without checks: there is none.
    """
    found = _begun(applications)
    keys_of_each = [questions.keys(file.application, file.book) for file in found]
    if any(is_remote(registry) for keys in keys_of_each for registry, _ in keys) or any(
        is_remote(source.registry.registry) for file in found for source in file.book.rounds
    ):
        _add_stored(found)
    _add_answered([file for file in found if file.application.round > 1])
    kept = [file for file in found if file.book.rounds and file.evidence]  # it has named somebody
    for file, keys in zip(found, keys_of_each, strict=True):
        if file.book.rounds and file.evidence:
            read = file.read()
            keys[:] = [key for key in keys if key not in read]
    _add_outdated(kept)
    _read_store(found, keys_of_each, by, now, batch)
    later = [file for file in found if file.book.rounds]
    for _round in range(1, rounds.DEEPEST) if later else ():
        asked = [questions.further(file.application, file.book, file.read()) for file in later]
        for file, keys in zip(later, asked, strict=True):
            file.due = [key for key in keys if is_remote(key[0])]
        if not _read_store(later, asked, by, now, batch):
            break
    batch.insert(Evidence, [row for file in found if not file.due for row in file.unsaved])
    return found


def _add_outdated(kept: Sequence[File]) -> None:
    """Note what has changed in the city's store since it was read, before others were asked."""
    rows = [(file, row) for file in kept for row in file.evidence]
    asked = [
        (
            row.registry,
            questions.index(file.application, file.book, (row.registry, row.subject)),
            row.version,
        )
        for file, row in rows
    ]
    for (file, row), is_changed in zip(rows, changed(asked), strict=True):
        if is_changed:
            file.outdated = tuple(sorted({*file.outdated, row.registry}))


def _read_store(
    files: Sequence[File],
    keys_of_each: Sequence[Sequence[questions.Key]],
    by: Actor,
    now: datetime.datetime,
    batch: bulk.Batch,
) -> int:
    """Put those of the questions to the city's own store that it answers; returns how many."""
    queries, owners = [], []
    for file, keys in zip(files, keys_of_each, strict=True):
        read = file.read() if file.book.rounds else questions.NOTHING
        for key in keys:
            if not is_remote(key[0]):
                queries.append(questions.query(file.application, file.book, key, read))
                owners.append((file, key[1]))
    answers = query_registries(queries, by=by, now=now, batch=batch) if queries else []
    for (file, subject), answer in zip(owners, answers, strict=True):
        row = evidence_row(file.application, answer, subject)
        file.evidence.append(row)
        file.unsaved.append(row)
    return len(queries)


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


def _loaded(text: str) -> dict[str, Any]:
    """Return a record as the rules read it: persons whom it names by index."""
    found: dict[str, Any] = orjson.loads(text)
    return plain(found) if PREFIX in text else found  # type: ignore[no-any-return]


def evidence_row(application: Application, answer: Answer, subject: str) -> Evidence:
    """Return an answer as evidence of the present round, unsaved; ``subject`` as ``questions``."""
    facts, at = canonical.dumps(answer.data).decode(), answer.at
    assert at is not None, "an answer says when it was read"
    return bulk.new(
        Evidence,
        application_id=application.id,
        round=application.round,
        registry=answer.registry,
        subject=subject,
        outcome=answer.outcome,
        reason=answer.reason,
        facts=facts,
        version=answer.version,
        read_at=at,
        purpose=application.service_id,
        proof=answer.reused.proof if answer.reused else proofs.named(answer.proof),
        origin=answer.reused.evidence if answer.reused else None,
        hash=evidence_hash(answer.registry, subject, answer.outcome, answer.version, at, facts),
    )
