"""The rulebook: an edition made ready to judge. Pure; the clock is given (``as_of``).

Every expression is compiled once, into Python closures over one dictionary of values.
"""

from __future__ import annotations

import datetime
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import jsonschema_rs

from dmn.errors import FeelBudgetError
from dmn.values import UNKNOWN, to_json
from services import schema
from services.explain import Line, explain, speaker
from services.filings import FilingPlan, plan
from services.fixes import Fixer, FixSet
from services.inputs import (
    AS_OF,
    CONSENTS,
    COSIGN,
    FILINGS,
    Inputs,
    gathered,
    plain,
    reader,
    sources,
)
from services.pack.filings import whole_form
from services.pack.model import Pack
from services.pack.program import Program, Run
from services.verdict import MET, NEEDED, NOT_APPLICABLE, UNMET, Verdict, taker
from services.verdict import UNKNOWN as UNSURE

__all__ = ["Inputs", "Line", "Rulebook", "Verdict"]


class Rulebook:
    """One edition: what it says (attributes of the pack) and what it decides (``judge``)."""

    def __init__(self, pack: Pack, program: Program, *, hash: str, number: int) -> None:  # noqa: A002
        self.pack = pack
        self.program = program
        self.hash = hash
        self.number = number
        self.code = self.service = pack.service
        self.name, self.summary, self.department = pack.name, pack.summary, pack.department
        self.office = pack.department["office"]
        self.legal_kind, self.applicant = pack.legal_kind, pack.applicant
        self.visits, self.law, self.clock = pack.visits, pack.law, pack.clock
        self.correct_within = pack.correct_within
        self.in_force_from = pack.in_force_from
        self.form = whole_form(pack)
        self.facts, self.parameters = pack.facts, pack.parameters
        self.requirements = pack.requirements
        self.consents = {item.id: item for item in pack.consents}
        self.certificate = pack.certificate
        self.filing_items: tuple[Any, ...] = ()
        self.registries = tuple(pack.registries)
        self.conditions = program.conditions
        self._judges = tuple((c.applies, c.must) for c in program.conditions)
        self.traces = tuple((c, taker(c.uses)) for c in program.conditions)
        self.tables = program.tables
        self.names = program.names
        self.filing_items = tuple(pack.filings.items) if pack.filings else ()
        self._readers = tuple((name, reader(fact)) for name, fact in pack.facts.items())
        self._sources = sources(pack.facts.values())
        self._fields = {
            registry: tuple(sorted({f.field for f in pack.facts.values() if f.source == registry}))
            for registry in pack.registries
        }
        self._blank: dict[str, object] = dict.fromkeys(pack.facts, UNKNOWN)
        self._periods = _periods(pack)
        self._fixers: dict[int, Fixer] = {}

    def __repr__(self) -> str:
        return f"<Rulebook {self.code} v{self.number}>"

    @cached_property
    def validator(self) -> jsonschema_rs.Draft202012Validator:
        """The validator of the form's answers; see ``services.schema.validate``."""
        return schema.compiled(self.form)

    # what to ask whom

    def fields(self, registry: str) -> tuple[str, ...]:
        """The fields that may be read from a registry: those that the facts declare, sorted."""
        return self._fields[registry]

    def asked(self, name: str) -> bool:
        """Whether a name is a fact that a registry has to be asked for."""
        return name in self.facts and self.facts[name].source != "answers"

    def purpose(self, registry: str) -> str:
        return self.pack.registries[registry].purpose["zh"]

    def basis(self, registry: str) -> str:
        return self.pack.registries[registry].basis

    def subject_answer(self, registry: str) -> str:
        """The name of the answer that names whom to ask about; empty: the applicant."""
        return self.pack.registries[registry].subject

    def subject_of(self, registry: str, applicant: str, answers: Mapping[str, Any]) -> str:
        """The number to ask a registry about: the applicant's, or the one answered."""
        answer = self.subject_answer(registry)
        return str(answers[answer]) if answer else applicant

    # judging

    def inputs(
        self,
        answers: Mapping[str, Any],
        evidence: Mapping[str, tuple[str, Mapping[str, Any]]],
        consents: Mapping[str, str],
        as_of: datetime.date,
    ) -> Inputs:
        """Inputs from what was answered and gathered.

        ``evidence``: registry -> (found | absent | failed, fields in canonical form); a registry
        that is missing has failed. ``consents``: item -> asked | granted | denied.
        """
        said = gathered(self._sources, answers, evidence)
        return self._inputs(said, consents, as_of, plain(answers.get(FILINGS) or {}))

    def read(self, stored: Mapping[str, Any]) -> Inputs:
        """Inputs from their stored form (``Inputs.to_json``); ``KeyError`` without a date."""
        as_of = datetime.date.fromisoformat(stored[AS_OF])
        return self._inputs(stored, stored.get(CONSENTS, {}), as_of, stored.get(FILINGS, {}))

    def _inputs(
        self,
        said: Mapping[str, Any],
        consents: Mapping[str, str],
        as_of: datetime.date,
        filings: Mapping[str, Any],
    ) -> Inputs:
        fixed, fixed_json = self._period(as_of)
        values = {**self._blank, **fixed}
        facts: dict[str, Any] = {}
        for name, read in self._readers:
            if name in said:
                value = read(said[name])
                if value is not UNKNOWN:
                    values[name] = value
                    facts[name] = said[name]
        values[AS_OF] = as_of
        known = {**fixed_json, **facts, AS_OF: as_of.isoformat()}
        items = {item: consents[item] for item in (*self.consents, COSIGN) if item in consents}
        blocks = {item: filings[item] for item in self.filing_items if item in filings}
        found = Inputs(values, known, facts, items, as_of, blocks)
        for table in self.program.table_runs:
            value = values[table.name] = _safely(table.run, values)
            if value is not UNKNOWN:
                known[table.name] = to_json(value)
        return found

    def words_on(self, on: datetime.date, language: str) -> dict[str, str]:
        """What each requirement says on a day, by its id."""
        voice = speaker(self, {AS_OF: on.isoformat()}, language)
        return {spec.id: voice.filled(spec) for spec in self.requirements}

    def fix(self, inputs: Inputs) -> FixSet | None:
        """The smallest fix of a case, None when none is offered; see ``services.fixes``."""
        at = bisect_right(self._periods[0], inputs.as_of)
        if at not in self._fixers:
            self._fixers[at] = Fixer(self.pack, self.program, self._periods[1][at][0])
        return self._fixers[at].fix(self, inputs)

    def parameters_on(self, as_of: datetime.date) -> Mapping[str, Any]:
        """The parameters in force on a date, in canonical form; those not yet in force missing."""
        return self._period(as_of)[1]

    def explain(
        self, payload: Mapping[str, Any], language: str, *, officer: bool = False
    ) -> list[Line]:
        """A verdict's payload in words; see ``services.explain``."""
        return explain(self, payload, language, officer=officer)

    def _period(self, as_of: datetime.date) -> tuple[dict[str, object], dict[str, Any]]:
        """The parameters in force on a date, typed and in canonical form."""
        dates, periods = self._periods
        return periods[bisect_right(dates, as_of)]

    def judge(self, inputs: Inputs) -> Verdict:
        """Every requirement judged, none skipped: the applicant learns everything at once."""
        values = inputs.values
        results = []
        for applies, must in self._judges:
            try:
                if applies is not None:
                    concerned = applies(values)
                    if concerned is not True:
                        results.append(NOT_APPLICABLE if concerned is False else UNSURE)
                        continue
                met = must(values)
            except FeelBudgetError:
                met = UNKNOWN
            # null, nothing there to compare, is unmet; UNKNOWN is neither
            results.append(MET if met is True else UNSURE if met is UNKNOWN else UNMET)
        return Verdict(self, inputs, results, self._consent_states(inputs))

    def _consent_states(self, inputs: Inputs) -> dict[str, str]:
        found, values = {}, inputs.values
        for item, applies in self.program.consents:
            try:
                needed = applies(values)
            except FeelBudgetError:
                needed = UNKNOWN
            if needed is False:
                found[item] = NOT_APPLICABLE
            elif needed is True:
                found[item] = inputs.consents.get(item, NEEDED)
            else:
                found[item] = UNSURE
        if self.program.cosigners is not None:
            found |= self._cosigning(inputs)
        return found

    def _cosigning(self, inputs: Inputs) -> dict[str, str]:
        """Whether the others have confirmed, as the caller says; nothing said is unknown."""
        assert self.program.cosigners is not None
        people = _safely(self.program.cosigners, inputs.values)
        if people is UNKNOWN or people:
            return {COSIGN: inputs.consents.get(COSIGN, UNSURE)}
        return {}

    def printed(self, inputs: Inputs) -> dict[str, object]:
        """What a certificate prints: each field's value; None where nothing is known."""
        values = inputs.values
        found = ((name, _safely(run, values)) for name, run in self.program.printed)
        return {name: None if value is UNKNOWN else value for name, value in found}

    def filings(self, inputs: Inputs, on: datetime.date | None = None) -> list[FilingPlan]:
        """Every filing of the catalogue for this business on a day (default: of receipt)."""
        if self.program.filings is None:
            return []
        day = on or inputs.as_of
        return plan(self.program.filings, inputs.values, inputs.filings, day)

    def open_filings(self, answers: Mapping[str, Any], on: datetime.date) -> list[FilingPlan]:
        """The filings whose blocks of questions are asked, from the answers alone."""
        plans = self.filings(self.inputs(answers, {}, {}, on)) if self.filing_items else []
        return [one for one in plans if one.opens]

    def form_for(self, answers: Mapping[str, Any], on: datetime.date) -> dict[str, Any]:
        """The form with only those blocks of filings that the answers so far open."""
        if FILINGS not in self.form["properties"]:
            return self.form
        properties = dict(self.form["properties"])
        section = properties.pop(FILINGS)
        plans = self.open_filings(answers, on)
        if plans:
            blocks = {one.item: section["properties"][one.item] for one in plans}
            must = [one.item for one in plans if one.level == "mandatory"]
            properties[FILINGS] = {**section, "properties": blocks, "required": must}
        return {**self.form, "properties": properties}

    def cosigners(self, inputs: Inputs) -> list[str]:
        """Indices (identity.index) of all who must confirm, the applicant perhaps too; or []."""
        if self.program.cosigners is None:
            return []
        found = _safely(self.program.cosigners, inputs.values)
        return [str(number) for number in found] if isinstance(found, list) else []


def _safely(run: Run, values: Mapping[str, object]) -> object:
    """The value, or UNKNOWN when it would cost more than is granted."""
    try:
        return run(values)
    except FeelBudgetError:
        return UNKNOWN


_Period = tuple[dict[str, object], dict[str, Any]]


def _periods(pack: Pack) -> tuple[list[datetime.date], list[_Period]]:
    """The dates on which any parameter changes, and the values before, between and after them."""
    dates = sorted({on for p in pack.parameters.values() for on, _value in p.values})
    periods = []
    for on in [datetime.date.min, *dates]:
        values = dict(_on(pack, on))
        periods.append((values, {n: to_json(v) for n, v in values.items() if v is not UNKNOWN}))
    return dates, periods


def _on(pack: Pack, on: datetime.date) -> Iterator[tuple[str, object]]:
    for name, parameter in pack.parameters.items():
        value: object = UNKNOWN
        for start, given in parameter.values:
            if start <= on:
                value = given
        yield name, value
