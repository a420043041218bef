"""Answers beside what the registries say of the same: one table, differences marked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from django.conf import settings
from django.utils.translation import gettext

from approvals.admin.casefile import values
from approvals.models import Application, Evidence
from people import names
from people.language import in_language, language
from services import matches
from services.explain import fact_in_words
from services.inputs import NAME
from services.pack.persons import listed
from services.rulebook import Rulebook
from services.tokens import masked

SAME, DIFFERS, NONE, SILENT = "same", "differs", "none", "silent"
RANK = (DIFFERS, NONE, SILENT, SAME, "")  # what a row is marked by
ByRegistry = Mapping[tuple[str, str], tuple[str, Mapping[str, Any]]]  # (registry, subject): answer


@dataclass(frozen=True, slots=True)
class Cell:
    """What one registry says; ``mark``: same, differs, none, silent, or "" beside the answer."""

    source: str
    label: str
    text: str
    mark: str = ""


@dataclass(slots=True)
class Row:
    """One question. ``word`` says its mark; "" where nothing is compared."""

    question: str
    answer: str
    cells: list[Cell] = field(default_factory=list)
    whom: str = ""

    @property
    def mark(self) -> str:
        return min((cell.mark for cell in self.cells), key=RANK.index, default="")

    @property
    def word(self) -> str:
        return {
            SAME: gettext("agrees"),
            DIFFERS: gettext("differs"),
            NONE: gettext("no record"),
            SILENT: gettext("no answer"),
        }.get(self.mark, "")


def rows(case: Application, book: Rulebook, evidence: Sequence[Evidence]) -> list[Row]:
    """Return the applicant's name, then each question with its answer, in the form's order."""
    by_registry: ByRegistry = {
        (row.registry, row.subject): (row.outcome, orjson.loads(row.facts)) for row in evidence
    }
    table = _Table(case, book, by_registry)
    found = [table.name(), *table.questions()]
    return [*found, *table.registries_alone()]


@dataclass(frozen=True, slots=True)
class _Table:
    case: Application
    book: Rulebook
    by_registry: ByRegistry

    def name(self) -> Row:
        """The applicant's name, compared by its normal form."""
        row = Row(gettext("Name of the applicant"), self.case.applicant_name)
        for fact in matches.own_names(self.book):
            row.cells.append(self.cell(fact, self.case.applicant_name))
        return row

    def questions(self) -> Iterator[Row]:
        found = {match.field: match for match in matches.matches(self.book)}
        form, filled = self.book.form, self.case.answers
        for name, node in form["properties"].items():
            pairs = values.answers({"properties": {name: node}}, filled, language())
            if node.get("type") == "object":  # a block of a filing
                yield from (Row(pair.name, pair.value) for pair in pairs)
                continue
            match = found.get(name)
            if not pairs and match is None:
                continue
            label = str(node.get(f"x-{language()}", name))
            row = Row(label, pairs[0].value if pairs else "–")
            if match is not None and name in filled:
                row.cells += [self.cell(fact, filled[name], node) for fact in match.same]
                row.cells += [replace(cell, mark="") for cell in map(self.cell, match.beside)]
            yield row
            yield from self.persons(name, label)

    def persons(self, field: str, label: str) -> Iterator[Row]:
        """Each person whom the answer lists, with the name that the registry of persons has."""
        sources = [s for s in self.book.persons if s.registry.subject == field]
        keepers = [s for s in sources if NAME in s.fields]
        if not keepers:
            return
        registry = keepers[0].registry
        for person, item in listed(registry, self.case.answers).items():
            subject = "" if person == self.case.applicant else person
            name = str(item.get(NAME, ""))
            row = Row(label, name, whom=masked(item[registry.item]))
            outcome, facts = self.by_registry.get((registry.registry, subject), ("failed", {}))
            row.cells.append(
                _cell(in_language(registry), "", facts.get(NAME), (outcome, name, NAME))
            )
            yield row

    def registries_alone(self) -> Iterator[Row]:
        """What registries have to agree upon, and no question is about."""
        for match in matches.matches(self.book):
            if match.field:
                continue
            first = self.book.facts[match.same[0]]
            row = Row(in_language(first), "–")
            known = [self.value(name) for name in match.same]
            compared = next((raw for outcome, raw in known if outcome == "found"), None)
            row.cells += [self.cell(name, compared) for name in match.same]
            yield row

    def value(self, name: str) -> tuple[str, Any]:
        """What a registry said of a fact: (found | absent | failed, its value)."""
        fact = self.book.facts[name]
        registry = self.book.pack.registries[fact.source]
        outcome, facts = self.by_registry.get((registry.registry, ""), ("failed", {}))
        if outcome == "found" and fact.field not in facts:
            return "failed", None
        return outcome, facts.get(fact.field)

    def cell(self, name: str, compared: Any = None, node: Any = None) -> Cell:
        """One fact; marked where it is compared with an answer, or with another registry.

        ``node``: the question, whose words for its choices are the registry's, too.
        """
        fact = self.book.facts[name]
        outcome, raw = self.value(name)
        shown = fact_in_words(self.book, name, raw, language())
        made = _cell(shown.source, shown.label, raw, (outcome, compared, fact.field))
        if made.mark in (NONE, SILENT):
            return made
        text = values.chosen(node, raw, language()) if node else _region(raw) or shown.text
        return Cell(made.source, made.label, text, made.mark)


def _region(raw: Any) -> str:
    """Return the name of one of the city's regions, "" for what is no code of one."""
    region = settings.CITY.regions.get(raw) if isinstance(raw, str) else None
    return in_language(region) if region else ""


def _cell(source: str, label: str, raw: Any, compared: tuple[str, Any, str]) -> Cell:
    outcome, answer, field = compared
    if outcome == "failed":
        return Cell(source, label, gettext("did not answer"), SILENT)
    if outcome == "absent" or raw is None:
        return Cell(source, label, gettext("no record"), NONE)
    text = values.spoken(raw)
    if answer is None:
        return Cell(source, label, text)
    if field == NAME and isinstance(raw, str) and isinstance(answer, str):
        return Cell(source, label, text, SAME if names.same(raw, answer) else DIFFERS)
    return Cell(source, label, text, SAME if str(raw) == str(answer) else DIFFERS)
