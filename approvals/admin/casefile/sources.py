"""What the registries answered in this round, about whom."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from django.utils.translation import gettext

from approvals import words
from approvals.admin.casefile.values import Pair, label, of_registry
from approvals.models import Application, Evidence
from people.language import language
from services import divisions
from services.inputs import NAME
from services.rulebook import Rulebook
from services.tokens import FORMAT, masked, subject


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


def source(row: Evidence, book: Rulebook, lang: str, whom: str) -> Source:
    """Return one row of evidence in words."""
    data = orjson.loads(row.facts)
    known = [
        f
        for f in book.facts.values()
        if f.source in book.pack.registries
        and book.pack.registries[f.source].registry == row.registry
    ]
    labels = {f.field: getattr(f, lang) for f in known}
    named = {f.field for f in known if f.is_division}
    outcomes = {
        "found": gettext("answered"),
        "absent": gettext("answered: no record"),
        "failed": gettext("did not answer"),
    }
    return Source(
        name=words.registry(book, row.registry),
        whom=whom,
        outcome=row.outcome,
        word=outcomes[row.outcome],
        reason=str(words.failure(row.reason)),
        version=row.version,
        read_at=row.read_at,
        facts=[
            Pair(
                labels.get(k) or label(row.registry, k),
                divisions.name(v)
                if k in named and isinstance(v, str)
                else of_registry(row.registry, k, v),
            )
            for k, v in sorted(data.items())
        ],
    )


@dataclass(frozen=True, slots=True)
class People:
    """Whom the answers list beside the applicant: index -> (name, masked number, as what)."""

    applicant: str  # index
    listed: Mapping[str, tuple[str, str, list[str]]]

    def whom(self, index: str) -> str:
        """Return another person's masked number and what they are; "" where none is listed."""
        if index not in self.listed:
            return ""
        _name, number, labels = self.listed[index]
        return " · ".join((number, *labels))

    def of(self, index: str) -> str:
        """The same, and the applicant by that word; a subject that is no person is not named."""
        return gettext("Applicant") if index == self.applicant else self.whom(index)

    def named(self, index: str) -> tuple[str, str]:
        """Return a person's name with the masked number, and what they are."""
        name, number, labels = self.listed.get(index, ("", gettext("somebody"), []))
        return f"{name} {number}".strip(), " · ".join(labels)


def people(case: Application, book: Rulebook) -> People:
    """Return the persons whom the answers list, each once."""
    found: dict[str, tuple[str, str, list[str]]] = {}
    for field, node in book.form["properties"].items():
        parts = node.get("items", {}).get("properties", {}) if node.get("type") == "array" else {}
        number = next((n for n, part in parts.items() if part.get("format") == FORMAT), None)
        items = case.answers.get(field)
        if number is None or not isinstance(items, list):
            continue
        label = str(node.get(f"x-{language()}", field))
        for item in items:
            text = item.get(number)
            if not isinstance(text, str) or not text:
                continue
            labels = found.setdefault(
                subject(text), (str(item.get(NAME, "")), str(masked(text)), [])
            )[2]
            if label not in labels:
                labels.append(label)
    return People(case.applicant, found)


def evidence(case: Application) -> list[Evidence]:
    """Return the evidence of this round."""
    return list(
        Evidence.objects.filter(application=case, round=case.round).order_by("registry", "subject")
    )
