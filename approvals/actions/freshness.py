"""What a case may rest on while a registry does not answer: the city's policy, applied.

A former answer (``former``) stands in for one that does not come; what may be known later
(``unanswered``) is granted provisionally. Neither is an answer that the registry gave and that does
not fit: whoever says something wrong about somebody is asked again, and an officer looks.
"""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.conf import settings

import bulk
from approvals.actions import questions
from approvals.actions.evidence import File
from approvals.models import Application, Confirmation, Decision, Evidence
from approvals.records.provisional import Terms
from approvals.rows.confirmations import ConfirmationState
from city.freshness import Freshness
from exchange import changes
from exchange.queries import Reused, is_outage
from exchange.registries import Answer, Query
from ledger.clock import city_date
from ledger.identifiers import uuid7
from services import catalogue
from services.rulebook import Rulebook
from services.verdict import UNCONFIRMED, Verdict

FIRST = datetime.timedelta(seconds=1)  # before what was granted provisionally is asked about
MOST = 50  # former answers that are looked at of one applicant


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question of a case that was put in vain."""

    application: Application
    query: Query
    answer: Answer  # failed


def former(asked: Sequence[Unanswered], *, now: datetime.datetime) -> list[Answer | None]:
    """Return, for each, the latest former answer that may stand in for the one that did not come.

    Read about the same subject for an application of the same person or enterprise for the same
    service, not older than the city allows for any field that is wanted, of a record whose keeper
    has said nothing of a change since. One before the latest never does, nor any where a record is
    disputed. It is as old as when it was first read: what stands in never
    makes it younger. One query, or none where no registry has such a policy.
    """
    found: list[Answer | None] = [None] * len(asked)
    ages = [_age(one) for one in asked]
    allowed = [place for place, age in enumerate(ages) if age is not None]
    if not allowed:
        return found
    oldest = now - max(age for age in ages if age is not None)
    rows = _rows([asked[place] for place in allowed], oldest, now)
    for place in allowed:
        one, age = asked[place], ages[place]
        assert age is not None, "not among those allowed"
        latest = next((row for row in rows if _is_about(row, one)), None)
        if latest is not None and latest.read_at >= now - age:
            found[place] = _answer(latest, one)
    return _unchanged(found)


def _age(one: Unanswered) -> datetime.timedelta | None:
    """Return how old a former answer may be, by the strictest of its fields; None: none may."""
    query, book = one.query, catalogue.rulebook(one.application.edition_id)
    policy = None if one.application.disputes else _policy(query.registry)
    if policy is None or any(field in query.fields for field in _fresh(query.registry, book)):
        return None
    ages = [policy.of(field).cached for field in query.fields]
    known = [age for age in ages if age is not None]
    return min(known) if known and len(known) == len(ages) else None


def _policy(registry: str) -> Freshness | None:
    ours = settings.CITY.registries.get(registry)
    return ours.freshness if ours else None


def _fresh(registry: str, book: Rulebook) -> set[str]:
    """Return the fields of a registry that a condition of the edition wants read anew."""
    facts = [book.facts[name] for name in book.fresh if name in book.facts]
    entries = book.pack.registries
    return {
        f.field for f in facts if f.source in entries and entries[f.source].registry == registry
    }


def _rows(
    asked: Sequence[Unanswered], oldest: datetime.datetime, now: datetime.datetime
) -> list[Evidence]:
    rows = Evidence.objects.filter(
        application__applicant__in={one.application.applicant for one in asked},
        registry__in={one.query.registry for one in asked},
        purpose__in={one.application.service_id for one in asked},
        outcome__in=("found", "absent"),
        origin=None,  # what stood in before is no answer of its own
        read_at__gte=oldest,
        read_at__lte=now,
    ).select_related("application")
    return list(rows.order_by("-read_at")[: MOST * len(asked)])


def _is_about(row: Evidence, one: Unanswered) -> bool:
    """Whether a former answer is of the same registry, service and subject."""
    before, case = row.application, one.application
    if (row.registry, row.purpose) != (one.query.registry, case.service_id):
        return False
    if (before.applicant, before.applicant_kind) != (case.applicant, case.applicant_kind):
        return False
    book = catalogue.rulebook(before.edition_id)
    return questions.index(before, book, (row.registry, row.subject)) == one.query.subject


def _answer(row: Evidence, one: Unanswered) -> Answer | None:
    """Return a former answer in the place of one that did not come; None where it lacks a field."""
    facts = orjson.loads(row.facts)
    if row.outcome == "found" and not facts.keys() >= set(one.query.fields):
        return None
    return Answer(
        registry=row.registry,
        subject=one.query.subject,
        outcome="found" if row.outcome == "found" else "absent",
        data={name: value for name, value in facts.items() if name in one.query.fields},
        version=row.version,
        at=row.read_at,
        reason=one.answer.reason,
        reused=Reused(row.id, row.proof),
    )


def _unchanged(found: list[Answer | None]) -> list[Answer | None]:
    """Leave out what its keeper has said to have changed since it was read."""
    there = [(place, one) for place, one in enumerate(found) if one is not None]
    read = [(one.registry, one.subject, one.at) for _, one in there if one.at is not None]
    for (place, _), is_changed in zip(there, changes.reported_since(read), strict=True):
        if is_changed:
            found[place] = None
    return found


def unanswered(file: File) -> Mapping[str, set[str]]:
    """Return, by entry of registries, the facts that were not answered and of which the city lets
    an approval be confirmed later (``services.pack.provisional`` says which may be)."""
    book = file.book
    found: dict[str, set[str]] = {}
    if not book.confirmable:
        return found
    silent = {e.registry for e in file.evidence if not e.subject and is_outage(e.outcome, e.reason)}
    for name in book.confirmable:
        fact = book.facts[name]
        registry = book.pack.registries[fact.source].registry
        policy = _policy(registry) if registry in silent else None
        if policy is not None and policy.of(fact.field).provisional is not None:
            found.setdefault(fact.source, set()).add(name)
    return found


def terms(file: File, verdict: Verdict, now: datetime.datetime) -> Terms | None:
    """Return when and how a provisional approval is confirmed; None: it is none.

    The first of the last days of what it rests on; it lapses where any of that says so.
    """
    if UNCONFIRMED not in verdict.results:
        return None
    book, calendar, today = file.book, settings.CITY.calendar, city_date(now)
    facts = verdict.inputs.unanswered
    registries, ends, lapses = set(), [], False
    for name in facts:
        fact = book.facts[name]
        code = book.pack.registries[fact.source].registry
        policy = settings.CITY.registries[code].freshness.of(fact.field).provisional
        assert policy is not None, f"{name} may not be known later"
        registries.add(code)
        lapses |= policy.otherwise == "lapse"
        day, _is_provisional = calendar.last_day(today, policy.days, policy.unit)
        ends.append(day)
    until = min(ends)
    return Terms(
        registries=tuple(sorted(registries)),
        facts=facts,
        until=until,
        due_at=calendar.end_of(until),
        otherwise="lapse" if lapses else "suspend",
    )


def confirmation(decision: Decision, agreed: Terms, now: datetime.datetime) -> Confirmation:
    """Return the confirmation that a provisional decision brings, unsaved; asked for at once."""
    return bulk.new(
        Confirmation,
        id=uuid7(),
        application_id=decision.application_id,
        decision_id=decision.id,
        registries=",".join(agreed.registries),
        until=agreed.until,
        due_at=agreed.due_at,
        otherwise=agreed.otherwise,
        state=ConfirmationState.DUE.value,
        next_at=now + FIRST,
    )


def printed(book: Rulebook, agreed: Terms | None) -> dict[str, Any] | None:
    """Return what a certificate says of its provisional approval; None: it is none."""
    if agreed is None:
        return None
    ours = settings.CITY.registries
    named = [
        book.words_of_registry(c) or {"zh": ours[c].zh, "en": ours[c].en} for c in agreed.registries
    ]
    return {"until": agreed.until.isoformat(), "registries": [dict(words) for words in named]}
