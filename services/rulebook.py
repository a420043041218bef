"""The rulebook: an edition made ready to judge. Pure, frozen; what uses it takes it as argument.

Every expression is compiled once, into Python closures over one dictionary of values.
"""

from __future__ import annotations

import datetime
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from dmn.errors import FeelBudgetError
from dmn.types import ContextType, ListType
from dmn.values import UNKNOWN, to_json
from services.pack import formats, persons, provisional, rounds, undertakings, withheld
from services.pack.filings import whole_form
from services.pack.model import CertificateKind, ConsentItem, Fact, Pack, Words
from services.pack.persons import PersonsSource
from services.pack.program import Condition, Program, Run
from services.pack.readers import Read, reader
from services.pack.rounds import NamedSource


@dataclass(frozen=True, slots=True, eq=False)
class Period:
    """The parameters between two days on which any of them changes.

    ``values``: typed, UNKNOWN where not yet in force. ``json``: canonical, those missing.
    """

    start: datetime.date
    values: dict[str, object]
    json: dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Rulebook:
    """One edition: ``pack`` is what it says, ``program`` its expressions, compiled."""

    pack: Pack
    program: Program
    hash: str
    number: int
    in_force_from: datetime.date  # of the edition; a roll-back begins later than its pack says
    form: dict[str, Any]  # JSON Schema of the answers, blocks of filings included
    validator: jsonschema_rs.Draft202012Validator  # of ``form``
    consents: Mapping[str, ConsentItem]
    filing_items: tuple[str, ...]
    readers: tuple[tuple[str, Read], ...]  # of the facts
    sources: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]  # source: (fact, field) …
    records: tuple[tuple[str, frozenset[str]], ...]  # lists of records of a registry: their parts
    fields: Mapping[str, tuple[str, ...]]  # entry of registries: the fields of its facts, sorted
    of_applicant: tuple[str, ...]  # registries asked about the applicant, or about one answer
    persons: tuple[PersonsSource, ...]  # entries that ask about several persons
    rounds: tuple[NamedSource, ...]  # entries that ask about whom another one names, in order
    withheld: frozenset[str]  # facts about other persons
    shown: tuple[tuple[str, str], ...]  # fact of what files show: the question that has them
    present: tuple[tuple[str, str], ...]  # fact of whether files are there: the question
    confirmable: frozenset[str]  # facts that may be known after a provisional approval
    fresh: frozenset[str]  # facts that no former answer serves
    unknown: Mapping[str, object]  # every fact, UNKNOWN
    periods: tuple[Period, ...]  # ascending; the first from the beginning of time

    def __repr__(self) -> str:
        return f"<Rulebook {self.code} v{self.number}>"

    @property
    def code(self) -> str:
        return self.pack.service

    @property
    def office(self) -> str:
        """The code of the office that is competent: ``people.Office.code``."""
        return self.pack.department["office"]

    @property
    def facts(self) -> Mapping[str, Fact]:
        return self.pack.facts

    @property
    def conditions(self) -> tuple[Condition, ...]:
        return self.program.conditions

    @property
    def certificate(self) -> CertificateKind | None:
        return self.pack.certificate

    def period(self, day: datetime.date) -> Period:
        """The parameters in force on a day."""
        return self.periods[bisect_right(self.periods, day, key=_start) - 1]

    def words_of_registry(self, code: str) -> Words | None:
        """What the edition calls a registry of the city; None where it does not ask it."""
        for entry in (self.pack.registries.get(code), *self.pack.registries.values()):
            if entry is not None and entry.registry == code:
                return {"zh": entry.zh, "en": entry.en}
        return None

    def is_looked_up(self, name: str) -> bool:
        """Whether a name is a fact that a registry answers."""
        return name in self.facts and self.facts[name].source != "answers"


def make_rulebook(
    pack: Pack,
    program: Program,
    *,
    hash: str,  # noqa: A002
    number: int,
    in_force_from: datetime.date | None = None,
) -> Rulebook:
    """The rulebook of a pack that was read, checked and compiled.

    ``in_force_from``: of its edition, where that is not the day that the pack says.
    """
    form = undertakings.with_boxes(whole_form(pack), pack)
    read = {name for name, one in pack.materials.items() if one.use == "read"}
    sources: dict[str, list[tuple[str, str]]] = {}
    person_sources, later = persons.sources(pack), rounds.sources(pack)
    for fact in pack.facts.values():
        if not fact.of_others and not fact.is_material:
            sources.setdefault(fact.source, []).append((fact.name, fact.field))
    return Rulebook(
        pack=pack,
        program=program,
        hash=hash,
        number=number,
        in_force_from=in_force_from or pack.in_force_from,
        form=form,
        validator=formats.compiled(form),
        consents={item.id: item for item in pack.consents},
        filing_items=tuple(pack.filings.items) if pack.filings else (),
        readers=tuple((name, reader(fact)) for name, fact in pack.facts.items()),
        sources=tuple((source, tuple(pairs)) for source, pairs in sources.items()),
        records=tuple(_records(pack)),
        fields={
            name: tuple(sorted({f for _n, f in sources.get(name, ())})) for name in pack.registries
        }
        | {source.registry.name: source.fields for source in person_sources}
        | {source.registry.name: source.fields for source in later},
        of_applicant=tuple(name for name, one in pack.registries.items() if not one.of_others),
        persons=person_sources,
        rounds=later,
        withheld=withheld.names(pack),
        shown=tuple(
            (f.name, f.field) for f in pack.facts.values() if f.field in read and f.is_material
        ),
        present=tuple(
            (f.name, f.field) for f in pack.facts.values() if f.is_material and f.field not in read
        ),
        confirmable=provisional.confirmable(pack, program),
        fresh=provisional.fresh(pack, program),
        unknown=dict.fromkeys(pack.facts, UNKNOWN),
        periods=tuple(_periods(pack)),
    )


def _records(pack: Pack) -> Iterator[tuple[str, frozenset[str]]]:
    for fact in pack.facts.values():
        kind = fact.type.of if isinstance(fact.type, ListType) else None
        if isinstance(kind, ContextType) and fact.source != "answers" and not fact.of_persons:
            yield fact.name, frozenset(name for name, _type in kind.fields)


def run_safely(run: Run, values: Mapping[str, object]) -> object:
    """The value of a compiled expression, or UNKNOWN when it exceeds its step budget."""
    try:
        return run(values)
    except FeelBudgetError:
        return UNKNOWN


def _start(period: Period) -> datetime.date:
    return period.start


def _periods(pack: Pack) -> Iterator[Period]:
    changes = {day for p in pack.parameters.values() for day, _value in p.values}
    for start in sorted({datetime.date.min, *changes}):
        values: dict[str, object] = {}
        for name, parameter in pack.parameters.items():
            in_force = [value for day, value in parameter.values if day <= start]
            values[name] = in_force[-1] if in_force else UNKNOWN
        known = {name: to_json(v) for name, v in values.items() if v is not UNKNOWN}
        yield Period(start, values, known)
