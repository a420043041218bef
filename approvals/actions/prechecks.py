"""Judging what is not handed in yet (预审): the same judge, and nothing kept but the look-ups.

Asked are the registries that answer about the applicant, or about an answer whose record tells of
no person, such as an address. Nobody else is asked about: whoever types another person's number,
or that of another's child, would learn something of them without an application that says so. What
rests on others is judged after submission.
"""

import datetime
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db import transaction

import bulk
from approvals.actions import evidence, guards, questions
from approvals.actions.applicants import Applicant
from approvals.models import Application, GuardKey
from approvals.records import receipts
from exchange.registries import Answer, query_within
from people import identity, names
from people.actors import Actor
from people.errors import ActionRejected
from services.inputs import gather_inputs
from services.outputs import not_asked
from services.rulebook import Rulebook
from services.verdict import NEEDED, UNKNOWN, UNMET, Finding, Verdict, judge

BUDGET = 1.5  # seconds for all registries of other agencies together
# what would come of submitting: an officer's look, a correction, another agency's say, or nothing
PERSON, CORRECTION, AGENCY, CLEAR = "person", "correction", "agency", "clear"


@dataclass(frozen=True, slots=True)
class Planned:
    """What somebody may hand in on a day. ``answers``: validated, their numbers encrypted."""

    book: Rulebook
    applicant: Applicant
    answers: Mapping[str, Any]
    on: datetime.date


@dataclass(frozen=True, slots=True)
class Precheck:
    """What would be decided on what is known now. ``answers``: of the registries, as they came.

    ``left_out``: entries of the edition's registries that were not asked before submission.
    ``duplicate``: how the submission would be rejected for what exists already, if it would.
    """

    verdict: Verdict
    identity: receipts.Identity
    answers: tuple[Answer, ...]
    left_out: tuple[str, ...]
    duplicate: ActionRejected | None

    @property
    def silent(self) -> tuple[str, ...]:
        """The registries that were asked in vain."""
        return tuple(answer.registry for answer in self.answers if answer.outcome == "failed")

    @property
    def later(self) -> frozenset[str]:
        """The conditions that are unknown for want of a registry that was not asked, alone."""
        left_out, silent = set(self.left_out), set(self.silent)

        def waits(names: Iterable[str]) -> bool:
            sources = {source for name in names for source in _sources(self.verdict.rulebook, name)}
            return bool(sources & left_out) and not sources & silent

        unknown = (f for f in self.verdict.findings if f.result == UNKNOWN)
        return frozenset(f.id for f in unknown if waits(f.unknown))

    @property
    def open(self) -> tuple[Finding, ...]:
        """What is unmet, or unknown though its registries were asked."""
        later = self.later
        stands = (f for f in self.verdict.findings if f.result in (UNMET, UNKNOWN))
        return tuple(f for f in stands if f.id not in later)

    @property
    def follows(self) -> str:
        """What would come of submitting now, by what is known."""
        stands = self.open
        doubtful = self.identity.result in (UNMET, UNKNOWN)
        if doubtful or any(f.result == UNKNOWN or f.unmet == "refer" for f in stands):
            return PERSON
        if stands:
            return CORRECTION
        return AGENCY if NEEDED in self.verdict.consent_states.values() else CLEAR


def precheck(
    *,
    planned: Planned,
    whole: bool,
    purpose: str,
    by: Actor,
    now: datetime.datetime,
) -> Precheck:
    """Judge what is planned by what the registries say now.

    ``whole`` asks all about the applicant, on their wish; else only those whose facts an applicant
    sees anyway. About an answer, only what the city shows is asked. Each look-up states the
    ``purpose`` and no case. Takes ``BUDGET`` seconds at most; what was not answered by then is
    unknown. Raises nothing for faults of a registry.
    """
    book, application = planned.book, _unsaved(planned)
    keys = questions.keys(application, book)
    asked = [key for key in keys if not key[1] and _is_open(key[0], book, whole=whole)]
    queries = [
        replace(questions.query(application, book, key), case="", purpose=purpose) for key in asked
    ]
    found = query_within(queries, by=by, now=now, seconds=BUDGET)
    file = evidence.File(application, book)
    file.evidence = [evidence.evidence_row(application, answer, "") for answer in found]
    return Precheck(
        verdict=judge(book, file.inputs()),
        identity=file.identity(),
        answers=tuple(found),
        left_out=_left_out(book, planned, {registry for registry, _ in asked}),
        duplicate=_duplicate(application, book, now),
    )


def _sources(book: Rulebook, name: str) -> Iterator[str]:
    """Yield the registries that a fact, or what a table reads, comes from."""
    if (fact := book.facts.get(name)) is not None:
        yield fact.source
    for table in book.program.table_runs:
        if table.name == name:
            for read in table.reads:
                yield from _sources(book, read)


def _is_open(entry: str, book: Rulebook, *, whole: bool) -> bool:
    """Tell whether a registry is asked: the city shows it, or the applicant wishes their own."""
    declared = book.pack.registries.get(entry)
    ours = settings.CITY.registries.get(declared.registry if declared else entry)
    is_own = declared is None or not declared.subject
    return (ours is not None and ours.shown) or (whole and is_own)


def _left_out(book: Rulebook, planned: Planned, asked: set[str]) -> tuple[str, ...]:
    skipped = not_asked(book, planned.answers, planned.on)
    return tuple(
        name
        for name, entry in book.pack.registries.items()
        if name not in skipped and (entry.of_others or name not in asked)
    )


def _duplicate(
    application: Application, book: Rulebook, now: datetime.datetime
) -> ActionRejected | None:
    stated = gather_inputs(book, application.answers, {}, {}, application.as_of)
    keys = guards.rows_of(application, book, stated)
    wanted = [row.key for row in keys if row.held]
    if not wanted or not GuardKey.objects.filter(key__in=wanted, held=True).exists():
        return None
    with transaction.atomic():
        first = guards.in_the_way(keys, application, book, now)
    return guards.rejection(first, keys, application, book) if first else None


def _unsaved(planned: Planned) -> Application:
    """Return an application as it would be handed in; it is written nowhere."""
    applicant, number = planned.applicant, names.normal_number(planned.applicant.number)
    return bulk.new(
        Application,
        number="",
        service_id=planned.book.code,
        applicant_kind=applicant.kind,
        applicant=identity.index(number),
        applicant_number=identity.encrypt(number),
        applicant_name=names.normal(applicant.name),
        answers=dict(planned.answers),
        received_on=planned.on,
    )
