"""Cases that an officer has only because a registry did not answer in time.

``Application.handover`` says so (``approvals.review.handover.is_silence_alone``), and such a case's
checks of that registry are *unanswered*. When the registry answers again and no officer has taken
the case, it goes back to the machine in a new round, where every registry is asked anew.
"""

import datetime

from django.db import connection, transaction

import bulk
from approvals import policies, statements
from approvals.actions import checks as rounds
from approvals.actions import steps
from approvals.models import Application, Check
from approvals.review import handover
from approvals.states import CheckState, State
from people.actors import Actor
from services import catalogue


def check_again(*, registry: str, by: Actor, now: datetime.datetime, limit: int = 200) -> int:
    """Return cases to the machine that only waited for ``registry``; returns how many it looked at.

    A case that waits for another registry too stays until that one answers. What an officer has
    taken stays with the officer, and goes on once it is put back.
    """
    policies.require_machine(by)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(statements.APPLICATIONS_UNANSWERED, [registry, limit])
            ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return 0
        cases = {a.id: a for a in steps.lock_all(ids)}
        checks = bulk.read(Check, statements.CHECKS_UNANSWERED, [ids])
        answered = [
            c
            for c in checks
            if c.registry == registry
            and cases[c.application_id].state != State.SUBMITTED
            and cases[c.application_id].taken_by_id is None  # nobody took it meanwhile
        ]
        for check in answered:
            check.state = CheckState.FAILED
        bulk.update(Check, answered, ("state",))
        held = {
            c.application_id
            for c in checks
            if c.state == CheckState.UNANSWERED and c.round == cases[c.application_id].round
        }
        _enter([a for a in cases.values() if a.id not in held and _is_waiting(a)], by, now)
    return len(answered)


def forget_settled(*, registry: str) -> None:
    """End the unanswered checks of cases that wait for ``registry`` no longer."""
    with connection.cursor() as cursor:
        cursor.execute(statements.FORGET_UNANSWERED, [registry])


def _is_waiting(case: Application) -> bool:
    alone = handover.is_silence_alone(case.handover)
    return case.state == State.REVIEW and case.taken_by_id is None and alone


def _enter(cases: list[Application], by: Actor, now: datetime.datetime) -> None:
    before = [case.state for case in cases]
    events, checks = [], []
    for case in cases:
        data = {"reasons": [str(reason) for reason in handover.parse(case.handover)]}
        checks += rounds.begin_round(case, catalogue.rulebook(case.edition_id), now)
        events.append(
            steps.move(case, "check_again", by=by, now=now, kind="checked_again", data=data)
        )
    if cases:
        steps.write(cases, before, events, rounds.FIELDS)
        rounds.save(checks)
