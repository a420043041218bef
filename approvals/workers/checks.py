"""The background checks: due checks taken set-based, asked over HTTP, recorded in one go.

A message carries no data and may be lost, doubled or late: this module reads what is due from
PostgreSQL each time. No transaction is open while another agency is asked.
"""

import datetime
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import connection

import bulk
from approvals import statements
from approvals.actions.checks import record_checks
from approvals.actions.evidence import registry_query
from approvals.models import Application, Check
from bulk.postgresql.outage import through_outage
from exchange.registries import Answer, query_registries
from people.actors import CHECKER
from services import catalogue

OUTAGE = 10.0  # seconds of PostgreSQL's absence in which answers are kept
PAUSES = (0.3, 2.0, 10.0)  # seconds before the next try, by attempts made


def run(*, registry: str, now: datetime.datetime, limit: int = 100) -> int:
    """Ask ``registry`` about up to ``limit`` due checks; returns how many were taken.

    A lease of their own commit keeps other workers off; a worker that dies leaves the lease to
    run out. After ``CHECK_ATTEMPTS`` tries the check has failed and its facts are unknown.
    """
    checks = _take(registry, now, limit)
    if not checks:
        return 0
    owners = [[c.application_id for c in checks]]
    applications = {a.id: a for a in bulk.read(Application, statements.APPLICATIONS, owners)}
    results: list[tuple[UUID, Answer | None, str, datetime.datetime]] = []
    queries, asked = [], []
    for check in checks:
        application = applications[check.application_id]
        question = registry_query(application, catalogue.rulebook(application.edition_id), registry)
        if check.attempts > settings.ENGINE_ATTEMPTS:  # each attempt took its worker with it
            gone = Answer(registry, question.subject, "failed", at=now, reason="worker_died")
            results.append((check.id, gone, gone.reason, now))
        else:
            queries.append(question)
            asked.append(check)
    answers = query_registries(queries, by=CHECKER, now=now)
    for check, answer in zip(asked, answers, strict=True):
        if answer.outcome == "failed" and check.attempts < settings.CHECK_ATTEMPTS:
            pause = PAUSES[min(check.attempts, len(PAUSES)) - 1]
            later = now + datetime.timedelta(seconds=pause)
            results.append((check.id, None, answer.reason, later))
        else:
            results.append((check.id, answer, answer.reason, now))
    # whoever answered need not be asked again because PostgreSQL was restarted meanwhile
    through_outage(partial(record_checks, answers=results, by=CHECKER, now=now), seconds=OUTAGE)
    return len(checks)


def waiting(now: datetime.datetime) -> list[str]:
    """Return the registries with checks due now that nobody holds."""
    with connection.cursor() as cursor:
        cursor.execute(statements.REGISTRIES_WITH_CHECKS_DUE, [now, now])
        return [row[0] for row in cursor.fetchall()]


def _take(registry: str, now: datetime.datetime, limit: int) -> list[Check]:
    lease = now + datetime.timedelta(seconds=settings.LEASE_SECONDS)
    return bulk.read(Check, statements.TAKE_CHECKS, [lease, registry, now, now, limit])
