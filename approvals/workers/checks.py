"""The background checks: due checks taken set-based, asked over HTTP, recorded in one go.

A message carries no data and may be lost, doubled or late: this module reads what is due from
PostgreSQL each time. No transaction is open while another agency is asked.

While a registry does not answer, its checks are tried again until ``CHECK_PATIENCE_SECONDS`` have
passed, or the promised time; after seconds a former answer stands in where the city's data allow it
(``freshness``). Then an officer gets the case; the registry is still tried (``probe``)
and a case that nobody has taken by the time it answers is checked again by the machine.
"""

import datetime
import random
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection

import bulk
from approvals import statements
from approvals.actions import freshness, outage, questions
from approvals.actions.checks import record_checks
from approvals.models import Application, Check, Evidence
from bulk.postgresql.outage import through_outage
from exchange.registries import (
    Answer,
    Query,
    query_in_small_groups,
    query_registries,
    record_reuse,
)
from people.actors import CHECKER
from services import catalogue
from telemetry import tracing

OUTAGE = 10.0  # seconds of PostgreSQL's absence in which answers are kept
PAUSE_LEAST, PAUSE_MOST = 0.3, 20.0  # seconds before the next try; half of what has passed
BUDGET = 5.0  # seconds for those that were tried before, in one run; a lease is longer
Result = tuple[UUID, Answer | None, str, datetime.datetime]


def run(*, registry: str, now: datetime.datetime, limit: int = 100) -> int:
    """Ask ``registry`` about up to ``limit`` due checks; returns how many were taken.

    A lease of their own commit keeps other workers off; a worker that dies leaves the lease to
    run out. What is asked for the first time goes in one request. What failed before goes after
    it in small ones, so that a subject that spoils every answer about it spoils few others.
    """
    checks = _take(registry, now, limit)
    if not checks:
        return 0
    applications = _owners(checks)
    before = _read_before(checks, applications)
    results: list[Result] = []
    fresh: list[tuple[Check, Query]] = []
    again: list[tuple[Check, Query]] = []  # asked before, in vain
    for check in checks:
        application = applications[check.application_id]
        book = catalogue.rulebook(application.edition_id)
        key, read = (registry, check.subject), before.get(check.application_id, {})
        query = questions.query(application, book, key, read)
        if check.attempts > settings.ENGINE_ATTEMPTS:  # each attempt took its worker with it
            gone = Answer(registry, query.subject, "failed", at=now, reason="worker_died")
            results.append((check.id, gone, gone.reason, now))
        else:
            (again if check.reason else fresh).append((check, query))
    began, asked = time.time(), [*fresh, *again]
    with tracing.batch("ask", {"miaopi.registry": registry, "miaopi.subjects": len(checks)}):
        answers = [answer for _, answer in [*_ask(fresh, now), *_ask_again(again, now)]]
        _stand_in(asked, answers, applications, now)
        for (check, _), answer in zip(asked, answers, strict=True):
            application = applications[check.application_id]
            results.append(_result(check, application, answer, now))
            said = {"miaopi.registry": registry, "miaopi.outcome": answer.outcome}
            tracing.record("check", [application.number], began, said)
    # whoever answered need not be asked again because PostgreSQL was restarted meanwhile
    through_outage(partial(record_checks, answers=results, by=CHECKER, now=now), seconds=OUTAGE)
    return len(checks)


def probe(*, registry: str, now: datetime.datetime) -> int:
    """Ask a registry that did not answer about one case that is with an officer for it alone.

    Returns how many cases go back to the machine; 0 while the registry stays silent.
    """
    outage.forget_settled(registry=registry)
    later = now + datetime.timedelta(seconds=PAUSE_MOST)
    taken = bulk.read(Check, statements.TAKE_UNANSWERED, [later, registry])
    if not taken:
        return 0
    owners = _owners(taken)
    application = owners[taken[0].application_id]
    book = catalogue.rulebook(application.edition_id)
    read = _read_before(taken, owners).get(application.id, {})
    query = questions.query(application, book, (registry, taken[0].subject), read)
    [answer] = query_registries([query], by=CHECKER, now=now)
    if answer.outcome == "failed":
        return 0
    done = 0
    while batch := outage.check_again(registry=registry, by=CHECKER, now=now):
        done += batch
    return done


def waiting(now: datetime.datetime) -> list[str]:
    """Return the registries with checks due now that nobody holds."""
    with connection.cursor() as cursor:
        cursor.execute(statements.REGISTRIES_WITH_CHECKS_DUE, [now, now])
        return [row[0] for row in cursor.fetchall()]


def unanswered() -> list[str]:
    """Return the registries that cases with officers still wait for."""
    with connection.cursor() as cursor:
        cursor.execute(statements.REGISTRIES_UNANSWERED)
        return [row[0] for row in cursor.fetchall()]


def _take(registry: str, now: datetime.datetime, limit: int) -> list[Check]:
    lease = now + datetime.timedelta(seconds=settings.LEASE_SECONDS)
    return bulk.read(Check, statements.TAKE_CHECKS, [registry, now, now, limit, lease])


def _owners(checks: Sequence[Check]) -> dict[UUID, Application]:
    ids = [c.application_id for c in checks]
    return {a.id: a for a in bulk.read(Application, statements.APPLICATIONS, [ids])}


def _read_before(
    checks: Sequence[Check], applications: Mapping[UUID, Application]
) -> dict[UUID, dict[questions.Key, questions.Read]]:
    """Return what was read of the cases in which a registry has named whom to ask about."""
    ids = {
        check.application_id
        for check in checks
        if check.subject
        and catalogue.rulebook(applications[check.application_id].edition_id).rounds
    }
    found: dict[UUID, dict[questions.Key, questions.Read]] = defaultdict(dict)
    for row in bulk.read(Evidence, statements.EVIDENCE_OF_ROUND, [list(ids)]) if ids else ():
        key = (row.registry, row.subject)
        found[row.application_id][key] = (row.outcome, orjson.loads(row.facts))
    return found


def _ask(
    queried: Sequence[tuple[Check, Query]], now: datetime.datetime
) -> list[tuple[Check, Answer]]:
    if not queried:
        return []
    answers = query_registries([query for _, query in queried], by=CHECKER, now=now)
    return [(check, answer) for (check, _), answer in zip(queried, answers, strict=True)]


def _ask_again(
    queried: Sequence[tuple[Check, Query]], now: datetime.datetime
) -> list[tuple[Check, Answer]]:
    """As ``_ask``, in small groups; those that there is no time for keep their last failure."""
    queries = [query for _, query in queried]
    answers = query_in_small_groups(queries, by=CHECKER, now=now, seconds=BUDGET)
    return [
        (c, answer or Answer(q.registry, q.subject, "failed", at=now, reason=c.reason))
        for (c, q), answer in zip(queried, answers, strict=True)
    ]


def _stand_in(
    asked: Sequence[tuple[Check, Query]],
    answers: list[Answer],
    applications: Mapping[UUID, Application],
    now: datetime.datetime,
) -> None:
    """Put former answers in the place of those that do not come, where the city allows it.

    Not before it was tried for some seconds; each is a look-up of its own.
    """
    patience = datetime.timedelta(seconds=settings.CHECK_FAULTY_SECONDS)
    silent = []
    for place, ((check, query), answer) in enumerate(zip(asked, answers, strict=True)):
        application = applications[check.application_id]
        if answer.is_outage and now >= (application.submitted_at or now) + patience:
            silent.append((place, freshness.Unanswered(application, query, answer)))
    former = freshness.former([one for _, one in silent], now=now) if silent else []
    used = [(p, one, found) for (p, one), found in zip(silent, former, strict=True) if found]
    if used:
        queries = [one.query for _, one, _ in used]
        record_reuse(queries, [found for *_, found in used], by=CHECKER, now=now)
    for place, _one, found in used:
        answers[place] = found


def _result(
    check: Check, application: Application, answer: Answer, now: datetime.datetime
) -> Result:
    """Settle a check with its answer, or say when it is tried again."""
    if answer.outcome != "failed":
        return check.id, answer, "", now
    began = application.submitted_at or now
    passed = max(0.0, (now - began).total_seconds())
    patience = settings.CHECK_FAULTY_SECONDS
    if answer.is_outage:
        patience = settings.CHECK_PATIENCE_SECONDS
    pause = min(max(passed / 2, PAUSE_LEAST), PAUSE_MOST) * random.uniform(0.75, 1.25)  # noqa: S311
    later = now + datetime.timedelta(seconds=pause)
    if passed >= patience or (application.promised_at and later >= application.promised_at):
        return check.id, answer, answer.reason, now
    return check.id, None, answer.reason, later
