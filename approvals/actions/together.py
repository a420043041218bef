"""One decision for cases that are equal: each with its own Event, receipt and signature."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import F, prefetch_related_objects

from approvals import policies
from approvals.actions import evidence, hands, officer, returning
from approvals.errors import illegal
from approvals.models import Application, ApprovalProposal
from approvals.records import correction
from approvals.records.receipts import is_against_verdict
from approvals.states import Outcome, State
from people.actors import Actor
from people.errors import ActionRejected
from services.verdict import MET, NOT_APPLICABLE, judge

MOST = 50  # cases of one decision: each is looked at by a person
CONTESTED = ("contested", "own_error", "facts_changed")  # reasons for which each is looked at alone
CALLS = {
    Outcome.APPROVE: officer.approve,
    Outcome.REFUSE: officer.refuse,
    Outcome.RETURN: returning.return_,
}


@dataclass(frozen=True, slots=True)
class Shared:
    """What is decided for all of them, and the words that each receipt has."""

    outcome: Outcome
    reason: str
    opened: correction.Opened = None


@dataclass(slots=True)
class Results:
    """Numbers of the cases that were decided, and why each of the others was left as it is."""

    done: list[str] = field(default_factory=list)
    left: list[tuple[str, ActionRejected]] = field(default_factory=list)


def decide_together(
    *,
    cases: Sequence[tuple[Application, int]],
    shared: Shared,
    by: Actor,
    now: datetime.datetime,
) -> Results:
    """Decide at most 50 equal cases, each in a transaction of its own.

    ``cases``: with the version that was shown. A case that is free is taken first. What moved
    meanwhile is left and named. Raises ``ActionRejected`` (404, 409, 422), nothing written, where
    they are too many, not all in the officer's sight, or not equal.
    """
    require_equal([case for case, _ in cases], by)
    results = Results()
    group = _likeness(cases[0][0])
    for case, version in cases:
        try:
            with transaction.atomic():
                _decide(case, version, group, shared, by, now)
            results.done.append(case.number)
        except ActionRejected as error:
            results.left.append((case.number, error))
    return results


def require_equal(cases: Sequence[Application], by: Actor) -> None:
    """Raise ``ActionRejected`` unless an officer may decide all of these by one decision.

    As many queries for fifty cases as for two.
    """
    if not cases or len(cases) > MOST:
        raise ActionRejected(
            "too_many",
            f"一次请选择 1 至 {MOST} 件",
            f"Choose between 1 and {MOST} cases.",
            status=422,
        )
    prefetch_related_objects(cases, "taken_by")
    version = F("application__events") - F("application__side_events")  # ``Application.version``
    proposed = ApprovalProposal.objects.filter(
        application__in=cases, version=version, settled_at=None
    )
    for_two = set(proposed.values_list("application", flat=True))
    decided = policies.decided_by(by, cases)
    for case in cases:
        policies.require_officer(by, case)
        if case.state != State.REVIEW:
            raise illegal("approve", case.state)
        if case.taken_by is not None and case.taken_by.username != by.code:
            raise _alone(case, "由他人办理", "is in a colleague's hands")
        if case.contested or any(r in case.handover for r in CONTESTED) or case.pk in for_two:
            raise _alone(case, "须单独复核或由两人办理", "is reviewed, or decided by two")
        if case.pk in decided:
            raise _alone(case, "曾由您作出决定", "was decided by you before")
    if len({_likeness_of(file) for file in evidence.files(cases)}) > 1:
        raise ActionRejected(
            "not_equal",
            "所选办件不同：须为同一事项、同一版本、同样的转办原因和核验结果",
            "They are not equal: service, edition, reasons and open conditions must be the same.",
            status=422,
        )


def _decide(
    case: Application,
    version: int,
    group: tuple[object, ...],
    shared: Shared,
    by: Actor,
    now: datetime.datetime,
) -> None:
    if case.taken_by is None:
        version = hands.take(number=case.number, by=by, now=now, version=version).version
    more = {"opened": shared.opened} if shared.outcome is Outcome.RETURN else {}
    CALLS[shared.outcome](  # type: ignore[operator]
        number=case.number, reason=shared.reason, by=by, now=now, version=version, **more
    )
    if _likeness(case) != group:  # what it rests on came meanwhile, without a move of its own
        raise _alone(case, "的核验结果已有变化", "rests on other facts by now")


def _likeness(case: Application) -> tuple[object, ...]:
    """Return what equal cases have in common: service, edition, reasons, what did not pass."""
    (file,) = evidence.files([case])
    return _likeness_of(file)


def _likeness_of(file: evidence.File) -> tuple[object, ...]:
    case = file.application
    verdict = judge(file.book, file.inputs()).payload()
    passed = (MET, NOT_APPLICABLE)
    results = [(r["id"], r["result"]) for r in verdict["requirements"] if r["result"] not in passed]
    against = is_against_verdict({"verdict": verdict, "identity": file.identity().payload()})
    return (
        case.service_id,
        case.edition_id,
        case.handover,
        tuple(sorted(results)),
        tuple(sorted(verdict["consents"].items())),
        file.identity().result,
        against,
    )


def _alone(case: Application, zh: str, en: str) -> ActionRejected:
    return ActionRejected(
        "decided_alone",
        f"{case.number} {zh}，不能批量办理",
        f"{case.number} {en}, so it cannot be decided with others.",
        status=422,
    )
