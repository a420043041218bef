"""Everything about one case on one page: answers, evidence, trace, history, what may be done."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.conf import settings
from django.utils.translation import gettext

from approvals import actions, policies, queries, words
from approvals.actions import clock
from approvals.admin import buttons
from approvals.admin.buttons import Button
from approvals.admin.concealed import concealed, names_in
from approvals.models import Application, ApprovalProposal, Consent, Decision, Evidence
from approvals.states import PAUSED, RUNNING, ConsentState, Outcome
from city.model import RegistryField
from ledger.clock import city_date
from ledger.models import Event
from people import actors, identity
from people.language import language
from people.models import User
from services import catalogue
from services.explain import Explanation, explain
from services.pack.persons import listed
from services.rulebook import Rulebook
from services.tokens import masked
from services.verdict import UNKNOWN, UNMET


@dataclass(frozen=True, slots=True)
class Pair:
    name: str
    value: str


@dataclass(slots=True)
class Source:
    """One registry's answer in this round: outcome in words, facts, version, when it was read."""

    name: str
    outcome: str  # found, absent, failed
    word: str
    reason: str
    version: str
    read_at: datetime.datetime
    facts: list[Pair]
    whom: str = ""  # another person than the applicant


@dataclass(slots=True)
class File:
    """What the page of a case shows; ``may`` names the actions whose buttons it has."""

    case: Application
    service: str
    applicant: str
    reasons: list[str]
    answers: list[Pair]
    sources: list[Source]
    lines: list[Explanation]
    tally: str
    events: list[dict[str, Any]]
    decisions: list[dict[str, Any]]
    consents: list[dict[str, Any]]
    hand: str
    mine: bool
    days_left: int | None
    last_day: datetime.datetime | None
    promised_day: datetime.datetime | None
    paused_since: datetime.date | None  # the clock stands still; days_left as it goes on then
    may: dict[str, Button] = field(default_factory=dict)
    forms: dict[str, list[tuple[str, Button]]] = field(default_factory=dict)
    fields: set[str] = field(default_factory=set)  # that the buttons need
    askable: list[Pair] = field(default_factory=list)
    suggestion: str = ""
    contested: str = ""
    proposal: ApprovalProposal | None = None  # that waits for a second officer
    clerks: list[User] = field(default_factory=list)  # whom a supervisor may give it to


def casefile(case: Application, *, officer: User, now: datetime.datetime) -> File:
    book = catalogue.rulebook(case.edition_id)
    lang = language()
    latest = queries.latest_decision(case)
    lines = _lines(book, latest, case)
    consents = list(Consent.objects.filter(application=case).select_related("partner"))
    mine = case.taken_by_id == officer.pk
    proposal = actions.open_proposal(case)
    persons = _persons(case, book)
    by = actors.officer(officer)
    may = buttons.offered(case, by, proposal, now)
    file = File(
        case=case,
        service=book.pack.name[lang],
        applicant=_applicant(case),
        reasons=words.reasons(case.handover, book, case.as_of),
        answers=_answers(book.form, case.answers, lang),
        sources=[_source(e, book, lang, persons.get(e.subject, "")) for e in _evidence(case)],
        lines=lines,
        tally=words.tally(lines),
        events=[_event(e, case) for e in queries.timeline(case)],
        decisions=[_decision(d) for d in _decisions(case)],
        consents=[_consent(c, book, lang) for c in consents],
        hand=(case.taken_by.name or case.taken_by.username) if case.taken_by else "",
        mine=mine,
        **_clock(case, book, now),
        may=may,
        forms=_forms(may),
        fields={field for button in may.values() for field in button.fields},
        askable=[
            Pair(item.id, getattr(item, lang))
            for item in book.consents.values()
            if item.id not in {c.item for c in consents}
        ],
        suggestion=_suggestion(lines, lang),
        proposal=proposal,
        clerks=_clerks(case) if "reassign" in may else [],
        contested=case.contested,
    )
    return _as_auditors_read_it(file) if by.role == User.Role.AUDITOR else file


def _as_auditors_read_it(file: File) -> File:
    case = file.case
    found = {case.applicant_name, *names_in(case.answers)}
    for evidence in _evidence(case):
        found |= set(names_in(orjson.loads(evidence.facts)))
    shown: File = concealed(file, frozenset(found))
    return shown


def _clock(case: Application, book: Rulebook, now: datetime.datetime) -> dict[str, Any]:
    """Return what the page says of the terms; days left: negative when it is overdue."""
    if case.state in PAUSED:
        since = clock.course(case).pauses[-1][0]
        standing = clock.days_left(case, book)
        return {
            "days_left": standing,
            "last_day": None,
            "promised_day": None,
            "paused_since": since,
        }
    ends = (case.due_at, case.promised_at)
    last, promised = (at and at - datetime.timedelta(seconds=1) for at in ends)
    left = (city_date(last) - city_date(now)).days if last and case.state in RUNNING else None
    return {"days_left": left, "last_day": last, "promised_day": promised, "paused_since": None}


def _lines(book: Rulebook, latest: Decision | None, case: Application) -> list[Explanation]:
    """Return the verdict of this round in words, what failed first."""
    if latest is None or latest.round != case.round:
        return []
    lines = explain(book, orjson.loads(bytes(latest.receipt))["verdict"], language(), officer=True)
    return sorted(lines, key=lambda line: words.RANK.get(line.result, 9))


def _suggestion(lines: list[Explanation], lang: str) -> str:
    """Begin the officer's reason with what failed; the officer reads and changes it."""
    failed = [line for line in lines if line.result in (UNMET, UNKNOWN, ConsentState.DENIED)]
    return "\n".join(f"{line.status}: {line.words}" for line in failed)


def _applicant(case: Application) -> str:
    number = identity.decrypt(bytes(case.applicant_number))
    return f"{case.applicant_name} {identity.mask(number)}"


def _forms(may: Mapping[str, Button]) -> dict[str, list[tuple[str, Button]]]:
    """Sort the buttons into the forms of the page that they stand in."""
    found: dict[str, list[tuple[str, Button]]] = {}
    for action, button in may.items():
        found.setdefault(button.form, []).append((action, button))
    return found


def _persons(case: Application, book: Rulebook) -> dict[str, str]:
    """Return the persons whom the answers list, by index: the number masked, and what they are."""
    found: dict[str, list[str]] = {}
    for source in book.persons:
        node = book.form["properties"].get(source.registry.subject, {})
        label = str(node.get(f"x-{language()}", source.registry.subject))
        for person, item in listed(source.registry, case.answers).items():
            mine = found.setdefault(person, [masked(item[source.registry.item])])
            if label not in mine:
                mine.append(label)
    return {person: " · ".join(parts) for person, parts in found.items()}


def _clerks(case: Application) -> list[User]:
    found = User.objects.filter(role=User.Role.CLERK, office=case.office_id, is_active=True)
    may = [u for u in found.order_by("username") if policies.may_handle(actors.officer(u), case)]
    return [u for u in may if u.pk != case.taken_by_id]


def _evidence(case: Application) -> list[Evidence]:
    return list(
        Evidence.objects.filter(application=case, round=case.round).order_by("registry", "subject")
    )


def _decisions(case: Application) -> list[Decision]:
    found = Decision.objects.filter(application=case).select_related("officer", "proposed_by")
    return list(found.order_by("-at", "-id"))


def _answers(form: Any, answers: Any, lang: str) -> list[Pair]:
    """Return each question with its answer in words, blocks opened up."""
    pairs = []
    for name, node in form.get("properties", {}).items():
        value = answers.get(name)
        if node.get("type") == "object":
            pairs += _answers(node, value or {}, lang)
        elif value is not None:
            pairs.append(Pair(node.get(f"x-{lang}", name), _chosen(node, value, lang)))
    return pairs


def _chosen(node: Any, value: Any, lang: str) -> str:
    if isinstance(value, list):
        return "、".join(_chosen(node.get("items", {}), v, lang) for v in value)
    for option in node.get("oneOf", ()):
        if option["const"] == value:
            return (
                f"{option[f'x-{lang}']} ({value})" if str(value).isdigit() else option[f"x-{lang}"]
            )
    return spoken(value)


def spoken(value: Any) -> str:
    """Return a canonical value in words: yes, no, none, records as they are."""
    if value is None:
        return gettext("none on record")
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return "; ".join(spoken(v) for v in value) or gettext("none on record")
    if isinstance(value, dict):
        return ", ".join(f"{k} {spoken(v)}" for k, v in value.items())
    return str(value)


def _source(evidence: Evidence, book: Rulebook, lang: str, whom: str) -> Source:
    data = orjson.loads(evidence.facts)
    labels = {
        f.field: getattr(f, lang)
        for f in book.facts.values()
        if f.source in book.pack.registries
        and book.pack.registries[f.source].registry == evidence.registry
    }
    outcomes = {
        "found": gettext("answered"),
        "absent": gettext("answered: no record"),
        "failed": gettext("did not answer"),
    }
    return Source(
        name=words.registry(book, evidence.registry),
        whom=whom,
        outcome=evidence.outcome,
        word=outcomes[evidence.outcome],
        reason=str(words.failure(evidence.reason)),
        version=evidence.version,
        read_at=evidence.read_at,
        facts=[
            Pair(labels.get(k, k), _fact(evidence.registry, k, v)) for k, v in sorted(data.items())
        ],
    )


def _fact(registry: str, name: str, value: Any) -> str:
    """Return a registry's value in words: what the city's folder calls its fields and codes."""
    found = settings.CITY.registries.get(registry)
    return in_words(found.fields.get(name) if found else None, value)


def in_words(described: RegistryField | str | None, value: Any) -> str:
    if not isinstance(described, RegistryField) or value is None:
        return spoken(value)
    if isinstance(value, list):
        return "; ".join(_item(described.of, item) for item in value) or spoken(None)
    known = (described.codes or {}).get(value) if isinstance(value, str) else None
    return known[language()] if known else spoken(value)


def _item(of: Any, value: Any) -> str:
    """Return one item of a list: a record with the names of its fields, or a value."""
    if not isinstance(value, dict) or not isinstance(of, Mapping):
        return spoken(value)
    parts = []
    for name, part in value.items():
        field = of.get(name)
        parts.append(f"{getattr(field, language(), name)} {in_words(field, part)}")
    return ", ".join(parts)


def _event(event: Event, case: Application) -> dict[str, Any]:
    data = orjson.loads(event.data)
    reason = (
        data.get("reason") or "; ".join(data.get("reasons", ()))
        if event.by[:7] == "officer"
        else ""
    )
    officer = event.by.startswith("officer:")
    by = event.by[8:] if officer else words.actor(event.by, case.applicant)
    return {"word": words.event(event), "at": event.at, "by": by, "reason": reason}


def _decision(decision: Decision) -> dict[str, Any]:
    receipt = orjson.loads(bytes(decision.receipt))
    by = (
        decision.officer.name or decision.officer.username
        if decision.officer
        else gettext("System")
    )
    if decision.proposed_by:
        by = f"{decision.proposed_by.name or decision.proposed_by.username}, {by}"
    return {
        "outcome": decision.outcome,
        "word": Outcome(decision.outcome).label,
        "live": decision.live,
        "at": decision.at,
        "by": by,
        "reasons": receipt["reasons"] if decision.officer else [],
        "round": decision.round,
    }


def _consent(consent: Consent, book: Rulebook, lang: str) -> dict[str, Any]:
    item = book.consents.get(consent.item)
    states = {
        ConsentState.ASKED: gettext("asked, not answered yet"),
        ConsentState.GRANTED: gettext("agreed"),
        ConsentState.DENIED: gettext("did not agree"),
    }
    return {
        "partner": getattr(consent.partner, f"name_{lang}"),
        "item": getattr(item, lang, consent.item),
        "word": states[ConsentState(consent.state)],
        "state": consent.state,
        "due_at": consent.due_at,
        "answered_at": consent.answered_at,
        "reason": consent.reason,
    }
