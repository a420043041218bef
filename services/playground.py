"""Trying an edition or a draft on one case: what an officer fills in, and what comes out. Pure.

The same functions as in earnest: the check that publishing makes, the judge, the words, the fix.
"""

from __future__ import annotations

import datetime
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from city.errors import SourceError
from city.model import City
from dmn import types as t
from services import city_tests, pack_tests
from services.edition import Draft, draft
from services.explain import Explanation, explain
from services.fixes import FixSet, smallest_fix
from services.inputs import Inputs, read_inputs
from services.pack import lint
from services.pack.model import AS_OF, CONSENTS, Fact
from services.pack.types import day
from services.rulebook import Rulebook
from services.verdict import judge

OUTCOMES = {
    "approve": ("通过", "approve"),
    "return": ("退回补正", "return for correction"),
    "refer": ("转人工", "refer to a person"),
    "wait": ("等待其他部门", "wait for others"),
}
ANSWER = ("填报", "answer")
BLANK, NONE = "", "null"  # nobody answered; the registry answered that there is none


@dataclass(frozen=True, slots=True)
class Cell:
    """One input on the page. ``options`` is empty where text is typed."""

    name: str
    label: str
    source: str
    kind: str
    value: str
    options: tuple[str, ...] = ()
    misread: bool = False  # typed, but no value of this kind: it counts as unknown


@dataclass(slots=True)
class Study:
    """Everything the page shows; parts are empty as long as the pack cannot be read."""

    text: str
    faults: list[SourceError] = field(default_factory=list)
    remarks: list[SourceError] = field(default_factory=list)
    read: Draft | None = None
    book: Rulebook | None = None
    cells: list[Cell] = field(default_factory=list)
    consents: list[Cell] = field(default_factory=list)
    as_of: datetime.date | None = None
    outcome: str = ""
    outcome_words: str = ""
    lines: list[Explanation] = field(default_factory=list)
    tables: list[tuple[str, str]] = field(default_factory=list)
    fix: FixSet | None = None
    advice: list[str] = field(default_factory=list)
    payload: str = ""


def study(
    text: str,
    fields: Mapping[str, str],
    language: str,
    *,
    city: City,
    today: datetime.date,
    draw: str = "",
) -> Study:
    """Read a pack for ``city``, take a case from ``fields`` and judge it.

    ``fields`` has the page's fields: ``fact.NAME``, ``consent.ITEM``, ``as_of``.
    ``draw`` names a test of the pack to begin from; ``*`` mixes the pack's tests at random.
    """
    found = Study(text)
    try:
        read = draft(text, "draft.yaml", city=city)
    except SourceError as error:
        found.faults = list(error.all())
        return found
    found.read, book = read, read.rulebook()
    found.book = book
    for is_fault, finding in lint.findings(read.source, read.pack, read.program):
        (found.faults if is_fault else found.remarks).append(finding)
    found.faults += city_tests.faults(read, city, "draft.yaml")[0]
    _fill(found, _stored(book, fields, today, draw), language)
    return found


def beside(
    live: Rulebook | None,
    draft: Rulebook,
    fields: Mapping[str, str],
    language: str,
    *,
    today: datetime.date,
    draw: str = "",
) -> tuple[Study | None, Study]:
    """One case judged by the live edition and by a draft; ``fields`` and ``draw`` as of ``study``.

    Tests are drawn from the draft. What an edition does not ask for it does not look at.
    """
    stored = _stored(draft, fields, today, draw)
    studies = []
    for book in (live, draft):
        found = Study("", book=book) if book is not None else None
        if found is not None:
            _fill(found, stored, language)
        studies.append(found)
    before, after = studies
    assert after is not None
    return before, after


def _stored(
    book: Rulebook, fields: Mapping[str, str], today: datetime.date, draw: str
) -> dict[str, Any]:
    return _drawn(book, draw) if draw else _entered(book, fields, today)


def _fill(found: Study, stored: Mapping[str, Any], language: str) -> None:
    """Judge a case and say what was entered, and what comes of it."""
    book = found.book
    assert book is not None
    inputs = read_inputs(book, stored)
    _judge(found, book, inputs, language)
    found.cells = [_cell(book, fact, stored, inputs, language) for fact in book.facts.values()]
    found.consents = [
        Cell(item, book.consents[item].en if _english(language) else book.consents[item].zh,
             book.consents[item].partner, "text", stored.get(CONSENTS, {}).get(item, BLANK),
             (BLANK, "asked", "granted", "denied"))
        for item in book.consents
    ]  # fmt: skip


def _table_name(book: Rulebook, name: str, language: str) -> str:
    """What a table is called in words, where its pack says so; else its name."""
    label = book.pack.tables[name].label
    return label["en" if _english(language) else "zh"] if label else name


def _judge(found: Study, book: Rulebook, inputs: Inputs, language: str) -> None:
    verdict = judge(book, inputs)
    payload = verdict.payload()
    found.as_of = inputs.as_of
    found.outcome = verdict.outcome
    found.outcome_words = OUTCOMES[verdict.outcome][_english(language)]
    found.lines = explain(book, payload, language, officer=True)
    found.tables = [
        (_table_name(book, name, language), json.dumps(v, ensure_ascii=False))
        for name, v in payload["tables"].items()
    ]
    found.fix = smallest_fix(book, inputs)
    found.advice = found.fix.words(language) if found.fix else []
    found.payload = json.dumps(payload, ensure_ascii=False, indent=2, sort_keys=True)


def _entered(book: Rulebook, fields: Mapping[str, str], today: datetime.date) -> dict[str, Any]:
    as_of = day(fields.get(AS_OF, "")) or today
    stored: dict[str, Any] = {AS_OF: as_of.isoformat(), CONSENTS: {}}
    for name, fact in book.facts.items():
        text = fields.get(f"fact.{name}", BLANK).strip()
        if text != BLANK:
            stored[name] = _typed(text, fact)
    for item in book.consents:
        state = fields.get(f"consent.{item}", BLANK)
        if state in ("asked", "granted", "denied"):
            stored[CONSENTS][item] = state
    return stored


def _typed(text: str, fact: Fact) -> Any:
    """What was typed as the registry would write it; nonsense stays text, and is unknown."""
    if text == NONE:
        return None
    if fact.type == t.BOOLEAN:
        return {"true": True, "false": False}.get(text, text)
    if isinstance(fact.type, t.ListType):
        try:
            value = json.loads(text)
            _text(value).encode()  # a lone surrogate is no text
        except (ValueError, RecursionError):
            return text
        return value
    return text


def _drawn(book: Rulebook, draw: str) -> dict[str, Any]:
    stored = {case.name: pack_tests.inputs_of(book, case).to_json() for case in book.pack.cases}
    if draw != "*":
        return stored.get(draw) or next(iter(stored.values()))
    chance = random.SystemRandom()
    whole = dict(chance.choice(list(stored.values())))
    for name in book.facts:
        other = chance.choice(list(stored.values()))
        if chance.random() < 0.3:
            whole.pop(name, None)
            if name in other and chance.random() > 0.2:
                whole[name] = other[name]
    return whole


def _cell(
    book: Rulebook,
    fact: Fact,
    stored: Mapping[str, Any],
    inputs: Inputs,
    language: str,
) -> Cell:
    english = _english(language)
    registry = book.pack.registries.get(fact.source)
    source = (registry.en if english else registry.zh) if registry else ANSWER[english]
    known = fact.name in stored
    value = _text(stored[fact.name]) if known else BLANK
    return Cell(
        fact.name,
        fact.en if english else fact.zh,
        source,
        str(fact.type),
        value,
        _options(fact),
        misread=known and fact.name not in inputs.facts,
    )


def _options(fact: Fact) -> tuple[str, ...]:
    none = (NONE,) if fact.nullable else ()
    if fact.type == t.BOOLEAN:
        return (BLANK, "true", "false", *none)
    if fact.type.allowed is not None:
        return (BLANK, *map(str, fact.type.allowed), *none)
    return ()


def _text(value: Any) -> str:
    if value is None:
        return NONE
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def _english(language: str) -> bool:
    return language.startswith("en")


def names(book: Rulebook | None) -> Sequence[str]:
    """The tests of the pack, for the list to draw from."""
    return [case.name for case in book.pack.cases] if book else []
