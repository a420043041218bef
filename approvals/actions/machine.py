"""The machine's verbs, set-based: many applications at once, one being the small case of many.

The machine approves, asks for correction, asks another agency, or hands over to a person.
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction

import bulk
from approvals import policies
from approvals.actions import rulings, signing, steps
from approvals.models import Application, Check, Consent, Evidence
from approvals.records.receipts import evidence_hash
from approvals.workers import wake
from exchange.registries import Answer, Query, is_remote, query_registries
from ledger import canonical
from people import identity
from people.actors import Actor
from people.models import Office
from services import catalogue
from services.rulebook import Rulebook

_BESIDE = (  # what Found has beside the application
    "(SELECT s.automatic FROM services_service s WHERE s.code = t.service_id),"
    " (SELECT row_to_json(o)::text FROM people_office o WHERE o.code = t.office_id),"
    " EXISTS (SELECT FROM exchange_partner p WHERE p.code = t.client_id AND p.webhook_url <> ''),"
    " clock_timestamp()"
)
_LOCK_TO_DECIDE = (
    "SELECT {columns}, {beside} FROM unnest(%s::uuid[]) WITH ORDINALITY AS asked(id, place)"
    " JOIN approvals_application t ON t.id = asked.id"
    " WHERE asked.place {few} ORDER BY t.id FOR UPDATE OF t"
).replace("{beside}", _BESIDE)
# the claim is a commit of its own: whoever takes a case that kills its process has counted it
_CLAIM = (
    # application_ready is the partial index over exactly these rows; SKIP LOCKED lets several
    # engines take different ones. It need not be durable: what a crash of PostgreSQL forgets is
    # claimed anew, and nothing but an engine's own death has to be counted
    "UPDATE approvals_application AS t SET attempts = t.attempts + 1,"
    " leased_until = clock_timestamp() + %s * interval '1 second'"
    " FROM (SELECT id, set_config('synchronous_commit', 'off', true) FROM approvals_application"
    "  WHERE state = 'submitted' AND checks_due = 0 AND (attempts > 0) = %s"
    "  AND (leased_until IS NULL OR leased_until < clock_timestamp())"
    "  ORDER BY submitted_at LIMIT %s FOR UPDATE SKIP LOCKED) AS ready"
    " WHERE t.id = ready.id RETURNING {columns}, {beside}"
).replace("{beside}", _BESIDE)
_OWNERS = (
    "SELECT {columns} FROM approvals_application t WHERE t.id IN"
    " (SELECT application_id FROM approvals_check WHERE id = ANY(%s)) ORDER BY t.id FOR UPDATE"
)
_DUE = (
    "SELECT {columns} FROM approvals_check t WHERE t.id = ANY(%s) AND t.state = 'due' ORDER BY t.id"
)
_GATHERED = (
    "SELECT {columns} FROM approvals_evidence t JOIN approvals_application a"
    " ON a.id = t.application_id AND a.round = t.round"
    " WHERE t.application_id = ANY(%s) ORDER BY t.registry"
)


def record_checks(
    *,
    answers: Sequence[tuple[UUID, Answer | None, str, datetime.datetime]],
    by: Actor,
    now: datetime.datetime,
) -> int:
    """Record what other agencies' registries answered; returns how many checks it settled.

    Each item is (check id, answer or None, reason, next try): an answer, found, absent or failed
    for good, becomes evidence; with None the check stays due until its next try. Checks that are
    no longer due, or of an earlier round, are left alone, so doubled tasks do nothing.
    """
    policies.require_machine(by)
    given = {check_id: (answer, reason, next_at) for check_id, answer, reason, next_at in answers}
    with transaction.atomic():
        applications = {a.id: a for a in bulk.read(Application, _OWNERS, [list(given)])}
        checks = [
            check
            for check in bulk.read(Check, _DUE, [list(given)])
            if (a := applications[check.application_id]).round == check.round
            and a.state == "submitted"
        ]
        evidence = []
        for check in checks:
            answer, check.reason, check.next_at = given[check.id]
            check.leased_until = None
            if answer is None:
                continue
            check.state = "failed" if answer.outcome == "failed" else "answered"
            application = applications[check.application_id]
            application.checks_due -= 1
            evidence.append(_evidence(application, answer))
        bulk.update(Check, checks, ("state", "reason", "next_at", "leased_until"))
        bulk.insert(Evidence, evidence)
        touched = list(
            {e.application_id: applications[e.application_id] for e in evidence}.values()
        )
        bulk.update(Application, touched, ("checks_due",))
        if any(a.checks_due == 0 for a in touched):
            transaction.on_commit(wake.engine)
    return len(evidence)


@dataclass(frozen=True, slots=True)
class Found:
    """One application as a claim or a lock has just read it, with what a decision needs beside it.

    ``automatic``: the brake of its service is off. ``issuer``: its office, as JSON. ``told``: the
    agency whose program submitted it has a webhook to be told by.
    """

    application: Application
    automatic: bool
    issuer: str
    told: bool
    at: datetime.datetime


def claim(*, limit: int, again: bool, by: Actor) -> list[Found]:
    """Claim up to ``limit`` applications with nothing due, oldest first, in a commit of its own.

    ``again``: those that were claimed before and are still undecided. ``attempts`` of what is
    returned includes this one.
    """
    policies.require_machine(by)
    given = [settings.LEASE_SECONDS, again, limit]
    return _found(_CLAIM, given)


def decide_claimed(*, claimed: Sequence[Found], by: Actor, now: datetime.datetime) -> Counter[str]:
    """Decide what ``claim`` returned. Without a lock: if one of them has moved, none is decided.

    What is new to us goes in one statement; what has been decided or asked about before goes the
    way of ``decide``. Returns how many of each outcome; raises ``bulk.Conflict``, or
    ``django.db.IntegrityError``, when somebody else was faster. Then ``decide`` finds out who.
    """
    policies.require_machine(by)
    fresh = sorted(  # by id, so that two batches never wait for each other in a ring
        (c for c in claimed if c.application.round == 1), key=lambda c: c.application.id
    )
    done: Counter[str] = Counter()
    if fresh:
        batch = bulk.Batch()
        done += _decide(fresh, by, now, batch)
        batch.write()
    if rest := [c.application.id for c in claimed if c.application.round > 1]:
        done += decide(ids=rest, by=by, now=now)
    return done


def decide(*, ids: Sequence[UUID], by: Actor, now: datetime.datetime) -> Counter[str]:
    """Decide all of ``ids`` that are submitted with nothing due, locked, in one transaction.

    Asks the city's own store for the facts of all of them at once, judges each, and writes
    evidence, decisions, events, certificates and notices. Returns how many of each outcome.
    """
    policies.require_machine(by)
    with transaction.atomic():
        locked = _found(_LOCK_TO_DECIDE, [list(ids)])
        ready = [
            f
            for f in locked
            if f.application.state == "submitted" and f.application.checks_due == 0
        ]
        if not ready:
            return Counter()
        batch = bulk.Batch()
        done = _decide(ready, by, now, batch)
        batch.write()
    return done


def _found(statement: str, parameters: Sequence[Any]) -> list[Found]:
    also = ("automatic", "issuer", "told", "at")
    applications = bulk.read(Application, statement, parameters, also=also)
    return [Found(a, *map(a.__dict__.pop, also)) for a in applications]


def _decide(
    found: Sequence[Found], by: Actor, now: datetime.datetime, batch: bulk.Batch
) -> Counter[str]:
    """Judge each and put everything that follows into ``batch``."""
    ready = [f.application for f in found]
    offices = {
        o["code"]: bulk.new(Office, **o) for o in map(orjson.loads, {f.issuer for f in found})
    }
    books = {a.edition_id: catalogue.rulebook(a.edition_id) for a in ready}
    evidence = _gather(ready, books, by, now, batch)
    asked = [a for a in ready if a.round > 1]  # in its first round nobody was asked yet
    consents, signatures = _consents(asked), signing.given(asked)
    rulings_made = [
        rulings.rule(
            f.application,
            books[f.application.edition_id],
            evidence[f.application.id],
            consents.get(f.application.id, {}),
            signatures.get(f.application.id, {}),
            automatic=f.automatic,
            told=f.told,
            by=by,
            now=now,
        )
        for f in found
    ]
    steps.announce(ready, batch)  # first of what follows the commit: somebody waits for it
    return rulings.settle(rulings_made, offices, by=by, now=now, batch=batch)


def hand_over(*, ids: Sequence[UUID], reason: str, by: Actor, now: datetime.datetime) -> int:
    """Give applications that the machine cannot decide to a clerk, with the reason.

    For cases that failed every attempt: no facts are judged, and no receipt is made.
    """
    policies.require_machine(by)
    with transaction.atomic():
        stuck = [a for a in steps.lock_all(ids) if a.state == "submitted"]
        before = [a.state for a in stuck]
        events = []
        for application in stuck:
            application.handover = reason
            application.checks_due = 0
            application.leased_until = None
            events.append(
                steps.move(
                    application,
                    "hand_over",
                    by=by,
                    now=now,
                    kind="handed_over",
                    data={"reasons": [reason]},
                )
            )
        if stuck:
            steps.write(stuck, before, events, ("handover", "checks_due", "leased_until"))
            steps.announce(stuck)
    return len(stuck)


def _gather(
    applications: Sequence[Application],
    books: Mapping[int, Rulebook],
    by: Actor,
    now: datetime.datetime,
    batch: bulk.Batch,
) -> dict[UUID, list[Evidence]]:
    """Return this round's evidence of each: what the checks brought, and the store's answers."""
    gathered: dict[UUID, list[Evidence]] = defaultdict(list)
    if any(is_remote(r) for book in books.values() for r in book.pack.registries):
        for row in bulk.read(Evidence, _GATHERED, [[a.id for a in applications]]):
            gathered[row.application_id].append(row)
    queries, owners = [], []
    for application in applications:
        book = books[application.edition_id]
        for registry in book.pack.registries:
            if not is_remote(registry):
                queries.append(registry_query(application, book, registry))
                owners.append(application)
    answers = query_registries(queries, by=by, now=now, batch=batch)
    fresh = [_evidence(a, answer) for a, answer in zip(owners, answers, strict=True)]
    for row in fresh:
        gathered[row.application_id].append(row)
    batch.insert(Evidence, fresh)
    return gathered


def registry_query(application: Application, book: Rulebook, registry: str) -> Query:
    """Return the question to one registry about one application, with purpose and legal basis."""
    declared = book.pack.registries[registry]
    if declared.subject:
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
        fields=book.fields[registry],
        purpose=declared.purpose["zh"],
        basis=declared.basis,
    )


def _evidence(application: Application, answer: Answer) -> Evidence:
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


def _consents(applications: Sequence[Application]) -> dict[UUID, dict[str, str]]:
    found: dict[UUID, dict[str, str]] = defaultdict(dict)
    ids = [a.id for a in applications]
    for row in Consent.objects.filter(application_id__in=ids) if ids else ():
        found[row.application_id][row.item] = row.state
    return found
