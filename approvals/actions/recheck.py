"""When a registry's record changes: judge again what rests on it, and hand what fails to a clerk.

A death, a revoked degree, a cancelled licence. The certificates that rest on a record are those
whose application looked it up. Nothing is withdrawn by the machine for good: the case is reopened
with its reason, its certificate suspended, and an officer decides.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import orjson

from approvals.actions import machine, officer
from approvals.models import Application, Consent, Evidence
from certificates.models import Certificate
from certificates.queries import dependents
from exchange.queries import Answer
from exchange.registries import query_registries
from people.actors import Actor
from people.errors import ActionRejected
from services import catalogue
from services.inputs import gather_inputs
from services.verdict import judge

BATCH = 200


@dataclass(slots=True)
class Outcome:
    """What a change did: applications by number."""

    unaffected: list[str] = field(default_factory=list)
    reopened: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)  # the registry is silent: try again
    silent: set[tuple[str, str]] = field(default_factory=set)  # the changes that those rest on


def recheck(changes: Iterable[tuple[str, str]], *, by: Actor, now: datetime.datetime) -> Outcome:
    """Judge again every live certificate that rests on a changed (registry, subject) record.

    The case is judged as of the day it was received, so that only the change counts. What the
    registry does not answer now decides nothing. Each reopening is a transaction of its own.
    """
    found = dependents(changes)
    numbers = dict(Certificate.objects.filter(pk__in=found).values_list("pk", "application"))
    moved: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for certificate, records in found.items():
        moved[numbers[certificate]] |= records
    outcome = Outcome()
    ordered = sorted(moved)
    for start in range(0, len(ordered), BATCH):
        some = ordered[start : start + BATCH]
        cases = Application.objects.filter(number__in=some, state="approved").order_by("id")
        _judge(list(cases), moved, outcome, by, now)
    return outcome


def _judge(
    cases: Sequence[Application],
    moved: dict[str, set[tuple[str, str]]],
    outcome: Outcome,
    by: Actor,
    now: datetime.datetime,
) -> None:
    evidence, consents = _before(cases)
    queries, owners = [], []
    for case in cases:
        book = catalogue.rulebook(case.edition_id)
        changed = {registry for registry, _ in moved[case.number]}
        for registry in sorted(changed & set(book.pack.registries)):
            queries.append(machine.registry_query(case, book, registry))
            owners.append(case.id)
    fresh: dict[UUID, list[Answer]] = defaultdict(list)
    for owner, answer in zip(owners, query_registries(queries, by=by, now=now), strict=True):
        fresh[owner].append(answer)
    for case in cases:
        answers = fresh[case.id]
        if any(answer.outcome == "failed" for answer in answers):
            outcome.unanswered.append(case.number)
            outcome.silent |= moved[case.number]
        elif _stands(case, evidence[case.id], answers, consents[case.id]):
            outcome.unaffected.append(case.number)
        else:
            _reopen(case, answers, outcome, by, now)


def _before(
    cases: Sequence[Application],
) -> tuple[dict[UUID, dict[str, tuple[str, dict]]], dict[UUID, dict[str, str]]]:
    """What each case was decided on: the facts of its last round, and the consents."""
    rounds = {c.id: c.round for c in cases}
    evidence: dict[UUID, dict[str, tuple[str, dict]]] = defaultdict(dict)
    for row in Evidence.objects.filter(application_id__in=rounds):
        if row.round == rounds[row.application_id]:
            evidence[row.application_id][row.registry] = (row.outcome, orjson.loads(row.facts))
    consents: dict[UUID, dict[str, str]] = defaultdict(dict)
    for consent in Consent.objects.filter(application_id__in=rounds):
        consents[consent.application_id][consent.item] = consent.state
    return evidence, consents


def _stands(
    case: Application,
    evidence: dict[str, tuple[str, dict]],
    answers: Sequence[Answer],
    consents: dict[str, str],
) -> bool:
    """Whether the verdict is still to approve; or, where an officer overrode it, still the same."""
    book = catalogue.rulebook(case.edition_id)
    after = {**evidence, **{a.registry: (a.outcome, a.data) for a in answers}}
    new = judge(book, gather_inputs(book, case.answers, after, consents, case.as_of))
    if new.outcome == "approve":
        return True
    old = judge(book, gather_inputs(book, case.answers, evidence, consents, case.as_of))
    return old.reasons() == new.reasons()


def _reopen(
    case: Application,
    answers: Sequence[Answer],
    outcome: Outcome,
    by: Actor,
    now: datetime.datetime,
) -> None:
    registries = ", ".join(sorted(a.registry for a in answers))
    try:
        officer.reopen_for_change(
            number=case.number, reason=f"登记信息变更: {registries}", by=by, now=now
        )
    except ActionRejected:
        return  # somebody moved the case meanwhile: it is in a person's hands already
    outcome.reopened.append(case.number)
