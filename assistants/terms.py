"""The form by which a citizen lets an assistant act, and what they read before they sign."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from approvals.actions import assistant_mandates
from approvals.actions.assistant_mandates import MOST_SERVICES, Terms
from approvals.models import Assistant, AssistantMandate
from approvals.rows.assistants import LONGEST, MOST_SUBMISSIONS, Reads
from ledger.clock import city_date
from people.language import in_language, language, listed
from portal import acting, forms, sheets
from services import catalogue
from services.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Named:
    """A service of a mandate: which registries are asked for it, and what is declared."""

    name: str
    registries: str
    declarations: list[str]


def offered(now: datetime.datetime) -> list[Rulebook]:
    """Return the services that an assistant may be let act in, by code."""
    books = catalogue.all_current(city_date(now))
    return [book for book in books if assistant_mandates.is_offered_by(book)]


def form(now: datetime.datetime) -> dict[str, Any]:
    """Return the questions as JSON Schema, as ``portal.forms`` shows them."""
    active = Assistant.objects.filter(active=True).order_by("code")
    assistants = [_choice(a.code, f"{in_language(a)} ({a.operator})") for a in active]
    services = [_choice(book.code, in_language(book.pack.name)) for book in offered(now)]
    reads = [_choice(one.value, str(one.label)) for one in Reads]
    return {
        "type": "object",
        "required": ["assistant", "services", "submissions", "until"],
        "properties": {
            "assistant": acting.question(gettext("Assistant"), oneOf=assistants),
            "services": _ticks(gettext("Services that it may help me with"), services),
            "submissions": {
                **acting.question(
                    gettext("How many applications it may hand in without me, in all")
                ),
                **_hint(
                    gettext("0: it prepares drafts alone, and I hand them in. At most %(n)s.")
                    % {"n": MOST_SUBMISSIONS}
                ),
                "type": "integer",
                "minimum": 0,
                "maximum": MOST_SUBMISSIONS,
            },
            "reads": _ticks(gettext("What it may read besides"), reads),
            "until": {
                **acting.question(gettext("Until when it may act")),
                **_hint(gettext("At most %(n)s days from today.") % {"n": LONGEST}),
                "format": "date",
            },
        },
    }


def _choice(code: str, label: str) -> dict[str, str]:
    return {"const": code, "x-zh": label, "x-en": label}


def _hint(text: str) -> dict[str, str]:
    return {"x-hint-zh": text, "x-hint-en": text}


def _ticks(label: str, choices: list[dict[str, str]]) -> dict[str, Any]:
    items = {"type": "string", "oneOf": choices}
    return {"type": "array", "items": items, "x-zh": label, "x-en": label}


def read(answers: dict[str, Any]) -> Terms:
    """Return the terms that were posted; what is no number or day is refused by the action."""
    count, until = answers.get("submissions"), str(answers.get("until", ""))
    try:
        day = datetime.date.fromisoformat(until)
    except ValueError:
        day = None
    return Terms(
        assistant=str(answers.get("assistant", "")),
        services=[str(one) for one in answers.get("services", [])][: MOST_SERVICES + 1],
        submissions=count if isinstance(count, int) else -1,
        reads=[str(one) for one in answers.get("reads", [])],
        until=day,
    )


def named(codes: list[str], now: datetime.datetime) -> list[Named]:
    """Return what a citizen reads of the services of a mandate before they sign it."""
    books = {book.code: book for book in offered(now)}
    found = []
    for book in (books[code] for code in codes if code in books):
        declared = [f.label for f in forms.fields(book.form, {}, language()) if f.declared]
        asked = listed(source.name for source in sheets.sources(book))
        found.append(Named(in_language(book.pack.name), asked, declared))
    return found


def service_names(mandate: AssistantMandate) -> str:
    """Return what the services of a mandate are called."""
    return listed(name(code) for code in mandate.services)


def name(code: str) -> str:
    """Return what a service is called, in force or not."""
    book = catalogue.numbered(code, 1)
    return in_language(book.pack.name) if book else code
