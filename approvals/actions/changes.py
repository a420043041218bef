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

from approvals.actions import evidence, questions, reopening
from approvals.models import Application
from approvals.states import Outcome, State
from certificates.models import Certificate
from certificates.queries import dependents
from exchange.registries import Answer, Query, query_in_small_groups, query_registries
from people.actors import Actor
from people.errors import ActionRejected
from people.names import same
from services.verdict import judge

BATCH = 200
AGAIN_SECONDS = 5.0  # for what failed in a large request


@dataclass(slots=True)
class Rechecked:
    """What a change did: applications by number."""

    unaffected: list[str] = field(default_factory=list)
    reopened: list[str] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)  # the registry is silent: try again
    silent: set[tuple[str, str]] = field(default_factory=set)  # the changes that those rest on


def recheck(changes: Iterable[tuple[str, str]], *, by: Actor, now: datetime.datetime) -> Rechecked:
    """Judge again every live certificate that rests on a changed (registry, subject) record.

    The case is judged as of the day it was received, with the consents and signatures that it
    has, so that only the change counts. What the registry does not answer now decides nothing.
    Each reopening is a transaction of its own.
    """
    found = dependents(changes)
    numbers = dict(Certificate.objects.filter(pk__in=found).values_list("pk", "application"))
    moved: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for certificate, records in found.items():
        moved[numbers[certificate]] |= records
    rechecked = Rechecked()
    ordered = sorted(moved)
    for start in range(0, len(ordered), BATCH):
        some = ordered[start : start + BATCH]
        cases = Application.objects.filter(number__in=some, state=State.APPROVED).order_by("id")
        _judge(list(cases), moved, rechecked, by, now)
    return rechecked


def _judge(
    cases: Sequence[Application],
    moved: dict[str, set[tuple[str, str]]],
    rechecked: Rechecked,
    by: Actor,
    now: datetime.datetime,
) -> None:
    files = evidence.files(cases)
    queries, owners = [], []
    for file in files:
        application, changed = file.application, moved[file.application.number]
        read = file.read() if file.book.rounds else questions.NOTHING
        for key in file.questions():
            if (key[0], questions.index(application, file.book, key)) in changed:
                queries.append(questions.query(application, file.book, key, read))
                owners.append((application.id, key[1]))
    fresh: dict[UUID, list[evidence.Newer]] = defaultdict(list)
    for (owner, subject), answer in zip(owners, _answers(queries, by, now), strict=True):
        fresh[owner].append((subject, answer))
    for file in files:
        number, answers = file.application.number, fresh[file.application.id]
        if any(answer.outcome == "failed" for _, answer in answers):
            rechecked.unanswered.append(number)
            rechecked.silent |= moved[number]
        elif _stands(file, answers):
            rechecked.unaffected.append(number)
        elif _reopen(number, answers, by, now):
            rechecked.reopened.append(number)


def _answers(queries: Sequence[Query], by: Actor, now: datetime.datetime) -> list[Answer]:
    """Ask about all; once more in small groups what failed, perhaps for one subject's sake."""
    answers = query_registries(queries, by=by, now=now)
    failed = [place for place, answer in enumerate(answers) if answer.is_outage]
    if not failed or len(queries) == 1:
        return answers
    again = query_in_small_groups(
        [queries[place] for place in failed], by=by, now=now, seconds=AGAIN_SECONDS
    )
    for place, answer in zip(failed, again, strict=True):
        answers[place] = answer or answers[place]
    return answers


def _stands(file: evidence.File, answers: Sequence[evidence.Newer]) -> bool:
    """Whether the verdict is still to approve; or, where an officer overrode it, still the same."""
    new = judge(file.book, file.inputs(answers))
    if new.outcome == Outcome.APPROVE and not _renamed(file, answers):
        return True
    return judge(file.book, file.inputs()).reasons() == new.reasons() and not _renamed(
        file, answers
    )


def _renamed(file: evidence.File, answers: Sequence[evidence.Newer]) -> bool:
    """Whether the register now has another name for the holder's number than it had."""
    before = file.identity()
    name = next(
        (
            answer.data.get(questions.NAME)
            for subject, answer in answers
            if answer.registry == before.registry and not subject
        ),
        None,
    )
    return name is not None and before.registered is not None and not same(name, before.registered)


def _reopen(
    number: str, answers: Sequence[evidence.Newer], by: Actor, now: datetime.datetime
) -> bool:
    registries = ", ".join(sorted({a.registry for _, a in answers}))
    try:
        reopening.reopen_for_change(
            number=number, reason=f"登记信息变更: {registries}", by=by, now=now
        )
    except ActionRejected:
        return False  # somebody moved the case meanwhile: it is in a person's hands already
    return True
