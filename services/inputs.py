"""What is known about one case on one day, as typed values and in canonical form. Pure.

A fact is UNKNOWN when nobody answered, and when the answer cannot be relied on (see
``services.pack.readers``). It is null when the registry answered that there is none.
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dmn.values import UNKNOWN, to_json
from people import names
from services.pack import rounds
from services.pack.model import (
    APPLICANT,
    AS_OF,
    CONSENTS,
    COSIGN,
    FILINGS,
    UNANSWERED,
    UNDERTAKINGS,
)
from services.pack.persons import Found, listed
from services.pack.persons import raw as of_listed
from services.pack.readers import plain
from services.pack.undertakings import SIGNED
from services.rulebook import Rulebook, run_safely

NAME = "name"  # whose record it is, in every registry: compared and printed in one form


@dataclass(frozen=True, slots=True)
class Persons:
    """Who applies, by index, and what registries say of others.

    ``others``: for each entry of the edition's registries that asks about whom the answers list, or
    a registry names, their answers (found | absent | failed, fields) by how they are named.
    """

    others: Mapping[str, Found] = dataclasses.field(default_factory=dict)
    applicant: str = ""


NOBODY = Persons()


@dataclass(slots=True)
class Inputs:
    """``values``: typed, by name, parameters and ``as_of`` included. ``json``: the same in
    canonical form, unknown ones missing. ``facts``: only what was read or answered.
    """

    values: dict[str, object]
    json: dict[str, Any]
    facts: dict[str, Any]
    consents: dict[str, str]  # item: asked, granted, denied; COSIGN likewise
    as_of: datetime.date
    filings: dict[str, Any]  # the answers' blocks, by filing
    # what is signed in place of files, by box: its state
    undertakings: dict[str, str] = field(default_factory=dict)
    # facts that nobody has answered and that a provisional approval may be confirmed by
    unanswered: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Everything that the decision rests on, beside the edition; ``read_inputs`` inverts.

        null: the registry answered that there is none. A fact that is missing is unknown.
        """
        found = {**self.facts, AS_OF: self.as_of.isoformat(), CONSENTS: self.consents}
        if self.filings:
            found[FILINGS] = self.filings
        if self.undertakings:
            found[UNDERTAKINGS] = self.undertakings
        if self.unanswered:
            found[UNANSWERED] = list(self.unanswered)
        return found


def gather_inputs(
    rulebook: Rulebook,
    answers: Mapping[str, Any],
    evidence: Mapping[str, tuple[str, Mapping[str, Any]]],
    consents: Mapping[str, str],
    as_of: datetime.date,
    persons: Persons = NOBODY,
) -> Inputs:
    """Inputs from the answers and from what the registries answered.

    ``evidence``: registry -> (found | absent | failed, fields in canonical form); a registry
    that is missing has failed. ``consents``: item -> asked | granted | denied. Of files,
    ``answers`` has what an officer has read in them (true, false) in place of their list; where it
    has the list, that is unknown. Of what is signed in place of files it has true, or the state
    where that is not ``signed``. A registry that is *unanswered* did not answer, and its fields are
    the names of facts of which the city lets an approval be confirmed later.
    """
    raw = gather_raw(rulebook, answers, evidence, persons)
    if rulebook.confirmable:
        named = {name for said, names in evidence.values() if said == UNANSWERED for name in names}
        if later := sorted(rulebook.confirmable & named - raw.keys()):
            raw[UNANSWERED] = later
    return _inputs(rulebook, raw, consents, as_of, plain(answers.get(FILINGS) or {}))


def gather_raw(
    rulebook: Rulebook,
    answers: Mapping[str, Any],
    evidence: Mapping[str, tuple[str, Mapping[str, Any]]],
    persons: Persons,
) -> dict[str, Any]:
    """The facts in canonical form, before any is read by its type; as ``gather_inputs``."""
    raw: dict[str, Any] = {}
    for code, pairs in rulebook.sources:
        if code == "answers":
            for name, field in pairs:
                raw[name] = plain(answers.get(field))  # left out: null
            continue
        if code == APPLICANT:
            raw.update((name, persons.applicant) for name, _ in pairs if persons.applicant)
            continue
        outcome, found = evidence.get(code, ("failed", {}))
        if outcome == "absent":
            raw.update((name, None) for name, _ in pairs)
        elif outcome == "found":
            for name, field in pairs:
                if field in found:
                    raw[name] = _registered(found[field]) if field == NAME else found[field]
    for name, parts in rulebook.records:
        if raw.get(name).__class__ is list:
            raw[name] = _named_parts(raw[name], parts)
    for name, question in rulebook.shown:
        given = answers.get(question)
        if not given or given is True:  # nothing was handed in, or an officer has said what it is
            raw[name] = bool(given)
    for name, question in rulebook.present:
        raw[name] = bool(answers.get(question))
    for source in rulebook.persons:
        whom = listed(source.registry, answers)
        raw |= of_listed(source, whom, persons.others.get(source.registry.name, {}))
    for later in rulebook.rounds:
        named = rounds.named(later, raw)
        raw |= rounds.raw(later, named, persons.others.get(later.registry.name, {}))
    if rulebook.program.stand_ins:
        raw[UNDERTAKINGS] = _signed(rulebook, answers)
    return raw


def _signed(rulebook: Rulebook, answers: Mapping[str, Any]) -> dict[str, str]:
    """What was signed, by box. Where files were handed in, they count, and nothing is signed."""
    found = {}
    for one in rulebook.program.stand_ins:
        state = answers.get(one.name)
        if state and not answers.get(one.question) and answers.get(one.question) is not False:
            found[one.name] = state if isinstance(state, str) else SIGNED
    return found


def _named_parts(records: list[Any], parts: frozenset[str]) -> list[Any]:
    """Return a registry's records with the parts that the edition names: it may have more by now,
    and nothing is kept of a person that no rule needs."""
    return [
        record
        if record.__class__ is not dict or record.keys() <= parts
        else {name: value for name, value in record.items() if name in parts}
        for record in records
    ]


def _registered(name: Any) -> Any:
    return names.normal(name) if name.__class__ is str else name


def read_inputs(rulebook: Rulebook, stored: Mapping[str, Any]) -> Inputs:
    """Inputs from their stored form (``Inputs.to_json``); ``KeyError`` without a date."""
    as_of = datetime.date.fromisoformat(stored[AS_OF])
    return _inputs(rulebook, stored, stored.get(CONSENTS, {}), as_of, stored.get(FILINGS, {}))


def _inputs(
    rulebook: Rulebook,
    raw: Mapping[str, Any],
    consents: Mapping[str, str],
    as_of: datetime.date,
    filings: Mapping[str, Any],
) -> Inputs:
    period = rulebook.period(as_of)
    values = {**rulebook.unknown, **period.values}
    facts: dict[str, Any] = {}
    for name, read in rulebook.readers:
        if name in raw:
            value = read(raw[name])
            if value is not UNKNOWN:
                values[name] = value
                facts[name] = raw[name]
    values[AS_OF] = as_of
    known = {**period.json, **facts, AS_OF: as_of.isoformat()}
    items = {item: consents[item] for item in (*rulebook.consents, COSIGN) if item in consents}
    blocks = {item: filings[item] for item in rulebook.filing_items if item in filings}
    found = Inputs(values, known, facts, items, as_of, blocks)
    if signed := raw.get(UNDERTAKINGS):
        found.undertakings = signed
    if later := raw.get(UNANSWERED):
        found.unanswered = tuple(later)
    for table in rulebook.program.table_runs:
        value = values[table.name] = run_safely(table.run, values)
        if value is not UNKNOWN:
            known[table.name] = to_json(value)
    return found
