"""Who of a whole city may meet an edition's conditions, as SQL; and who does, by the judge. Pure.

SQL finds everybody of whom no condition surely fails, the judge has the last word on each. What SQL
cannot say (a list, a table, a product) is the judge's alone, and the plan says which and why.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from city.errors import SourceError
from city.source import Source
from dmn.requirements import Requirement
from dmn.sql import Column, NotCompiled, column_of, may_hold, may_pass
from dmn.sql.quote import FALSE, TRUE, every, text
from dmn.types import ListType
from dmn.values import UNKNOWN, to_json
from services.inputs import NAME, gather_inputs, read_inputs
from services.pack.lint import requirements
from services.pack.model import ANSWERS, AS_OF, Fact
from services.pack.proactive import Proactive
from services.pack.readers import plain, reader
from services.rulebook import Rulebook, run_safely

# why SQL cannot say a condition: it rests on a decision table, a list, or somebody's name
TABLE, LIST, NAMES = ALONE = ("table", "list", "name")
Evidence = Mapping[str, tuple[str, Mapping[str, Any]]]  # registry: found | absent | failed, fields


@dataclass(frozen=True, slots=True)
class Entry:
    """One registry of a scan: ``alias`` has ``data`` in the statement, NULL for no record."""

    name: str  # of the pack's entry
    registry: str  # code of the city's
    alias: str


@dataclass(frozen=True, slots=True)
class Plan:
    """SQL conditions over one person's records, joined as ``entries`` name them.

    ``entries``: the first is gone through, the others are read of whom ``drawn`` holds.
    ``passing``: no condition surely fails. ``left``: what is the judge's alone, by requirement.
    """

    entries: tuple[Entry, ...]
    drawn: str
    passing: str
    left: Mapping[str, str]


def proactive_of(book: Rulebook) -> Proactive:
    """What the pack says; ``ValueError`` where it offers nothing by itself."""
    if book.pack.proactive is None:
        raise ValueError(f"{book.code} is not offered by a scan")
    return book.pack.proactive


def plan(book: Rulebook, on: datetime.date) -> Plan:
    """How SQL finds people for an edition on a day; ``NotCompiled`` where it cannot draw them."""
    proactive = proactive_of(book)
    entries = _entries(book, proactive)
    constants = _constants(book, on)
    columns, fixed = _columns(book, entries)
    constants |= fixed
    drawn = TRUE
    if proactive.where:
        drawn = may_hold(book.program.trees["proactive", "where"], columns, constants)
    passing, left = [], {}
    for one in requirements(book.pack, book.program):
        try:
            passing.append(may_pass(one, columns, constants))
        except NotCompiled as refused:
            left[one.id] = _reason(book, one, refused)
    return Plan(entries, drawn, every(*passing), left)


def faults(source: Source, book: Rulebook) -> Iterator[SourceError]:
    """Where SQL could not draw people by what the pack says."""
    if book.pack.proactive is None:
        return
    try:
        plan(book, book.pack.in_force_from)
    except NotCompiled as refused:
        zh = f"全城筛查的范围不能写成 SQL：{refused.reason}"
        en = f"whom a scan draws cannot be said in SQL: {refused.reason}"
        yield source.error(("proactive", "where"), zh, en)


def _entries(book: Rulebook, proactive: Proactive) -> tuple[Entry, ...]:
    read = {fact.source for fact in book.facts.values()} - {ANSWERS}
    others = [name for name in book.pack.registries if name in read and name != proactive.origin]
    return tuple(
        Entry(name, book.pack.registries[name].registry, f"r{at}")
        for at, name in enumerate([proactive.origin, *others])
    )


def _constants(book: Rulebook, on: datetime.date) -> dict[str, object]:
    """The parameters in force and the day; what has no value that day is no constant."""
    values = read_inputs(book, {AS_OF: on.isoformat()}).values
    known = {name: values[name] for name in (*book.pack.parameters, AS_OF)}
    return {name: value for name, value in known.items() if value is not UNKNOWN}


def _columns(
    book: Rulebook, entries: tuple[Entry, ...]
) -> tuple[dict[str, Column], dict[str, object]]:
    """The facts as columns of the records; and those that every tap answers alike."""
    aliases = {entry.name: entry for entry in entries}
    columns: dict[str, Column] = {}
    for fact in book.facts.values():
        entry = aliases.get(fact.source)
        # a name is compared in one form, which PostgreSQL does not know
        if entry is not None and fact.field != NAME and not fact.of_persons:
            try:
                columns[fact.name] = _column(fact, entry.alias, is_always=entry is entries[0])
            except NotCompiled:
                continue  # who uses it is told why
    fixed: dict[str, object] = {}
    demanded = book.pack.form.get("required", ())
    for fact in book.facts.values():
        if fact.source != ANSWERS or fact.is_material:
            continue
        node = book.pack.form.get("properties", {}).get(fact.field, {})
        prefill = columns.get(node.get("x-prefill", ""))
        if "const" in node:
            fixed[fact.name] = reader(fact)(plain(node["const"]))
        elif prefill is not None and prefill.type == fact.type and fact.field in demanded:
            columns[fact.name] = prefill
    return columns, {name: value for name, value in fixed.items() if value is not UNKNOWN}


def _column(fact: Fact, alias: str, *, is_always: bool) -> Column:
    """A field of a record as ``services.inputs`` reads it: absent is null where allowed."""
    key = text(fact.field)
    raw, there = f"({alias}.data ->> {key})", f"({alias}.data -> {key}) IS NOT NULL"
    null = FALSE
    if fact.nullable:
        absent = "" if is_always else f"{alias}.data IS NULL OR "
        null = f"({raw} IS NULL AND ({absent}{there}))"
    return column_of(fact.type, raw, null=null)


def _reason(book: Rulebook, one: Requirement, refused: NotCompiled) -> str:
    """In a word why a condition is the judge's alone: ``ALONE``, or SQL's own reason."""
    facts = [book.facts[name] for name in one.names() if name in book.facts]
    if any(name in book.program.tables for name in one.names()):
        return TABLE
    if any(isinstance(fact.type, ListType) for fact in facts):
        return LIST
    if any(fact.field == NAME for fact in facts):
        return NAMES
    return refused.reason


# --- by the judge, one person


def answers_of(book: Rulebook, evidence: Evidence, on: datetime.date) -> dict[str, Any]:
    """What the tap of consent would answer in the form, by what the registries say.

    A question whose source has nothing is left out; the form says then that it is missing.
    """
    known = gather_inputs(book, {}, evidence, {}, on)
    found: dict[str, Any] = {}
    runs = dict(book.program.tapped)
    for name, node in book.pack.form.get("properties", {}).items():
        if "const" in node:
            found[name] = node["const"]
        elif name in runs:
            value = run_safely(runs[name], known.values)
            if value is not UNKNOWN and value is not None:
                found[name] = _as_asked(node, to_json(value))
        elif (raw := known.facts.get(node.get("x-prefill"))) is not None:
            found[name] = _as_asked(node, raw)
    return found


def is_answered_alike(book: Rulebook) -> bool:
    """Whether the tap answers the form the same for everybody: by declarations alone."""
    nodes = book.pack.form.get("properties", {}).values()
    return not book.program.tapped and not any("x-prefill" in node for node in nodes)


def _as_asked(node: Mapping[str, Any], value: Any) -> Any:
    """A fact as the form wants it: whole numbers are numbers there, and texts here."""
    if node.get("type") == "integer" and isinstance(value, str):
        number = Decimal(value)
        return int(number) if number == number.to_integral_value() else value
    return value
