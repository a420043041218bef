"""Registries asked about the persons whom an answer lists, beside the applicant. Pure.

``subject: answers.directors[*].number`` asks about each director. What comes back is one fact about
all of them, a list of records with ``subject``, the index of the person: of every record where the
fact is of the whole (``from: directors_credit.*``), of every item where it is of a list
(``from: directors_criminal.records``). Where one of them was not answered, all of it is unknown.
A part ``answered_NAME`` is what the answer itself says of the person, to be compared with it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from city.errors import SourceError
from city.source import Path, Source
from dmn import types as t
from people import names
from services.pack.model import SUBJECT, Fact, Pack, Registry
from services.pack.readers import plain
from services.tokens import FORMAT, subject

WHOLE = "*"  # the field of a fact that is a record of each person
NAME = "name"  # whose record it is: compared and printed in one form
ANSWERED = "answered_"  # begins the name of a part that the answer's own record fills
MOST = 100  # persons whom one answer may list
Found = Mapping[str, tuple[str, Mapping[str, Any]]]  # by person: found | absent | failed, fields
UNANSWERED: tuple[str, Mapping[str, Any]] = ("failed", {})

Item = Mapping[str, Any]  # of the answer, about one person
Rows = list[dict[str, Any]]
Read = Callable[[str, Item, str, Mapping[str, Any]], Rows | None]


@dataclass(frozen=True, slots=True)
class PersonsSource:
    """One entry of a pack's registries that asks about several persons, with its facts."""

    registry: Registry
    facts: tuple[tuple[str, Read], ...]
    fields: tuple[str, ...]  # of the city's registry, sorted


def sources(pack: Pack) -> tuple[PersonsSource, ...]:
    """The sources of a pack that ask about several persons; mostly none."""
    found = []
    for registry in pack.registries.values():
        if registry.item and not registry.naming:
            facts = [fact for fact in pack.facts.values() if fact.source == registry.name]
            fields = {name for fact in facts for name in fields_of(fact)}
            reads = tuple((fact.name, reader_of_persons(fact)) for fact in facts)
            found.append(PersonsSource(registry, reads, tuple(sorted(fields))))
    return tuple(found)


def listed(registry: Registry, answers: Mapping[str, Any]) -> dict[str, Item]:
    """The persons whom an answer lists, each once: index -> what the answer says of them."""
    items = answers.get(registry.subject)
    found: dict[str, Item] = {}
    for item in items if isinstance(items, list) else ():
        text = item.get(registry.item) if isinstance(item, dict) else None
        if isinstance(text, str) and text:
            found.setdefault(subject(text), item)
    return found


def raw(source: PersonsSource, persons: Mapping[str, Item], found: Found) -> dict[str, Any]:
    """The facts of a source in canonical form; those missing about which somebody is unknown."""
    facts: dict[str, Any] = {}
    for name, read in source.facts:
        rows: Rows = []
        for person, item in persons.items():
            more = read(person, item, *found.get(person, UNANSWERED))
            if more is None:
                break
            rows += more
        else:
            facts[name] = rows
    return facts


def fields_of(fact: Fact) -> list[str]:
    return _registered(fact) if fact.field == WHOLE else [fact.field]


def _registered(fact: Fact) -> list[str]:
    """The parts of a fact's records that the registry fills."""
    return [n for n in _parts(fact) if n != SUBJECT and not n.startswith(ANSWERED)]


def _has_records(fact: Fact) -> bool:
    return isinstance(fact.type, t.ListType) and isinstance(fact.type.of, t.ContextType)


def _parts(fact: Fact) -> list[str]:
    assert isinstance(fact.type, t.ListType) and isinstance(fact.type.of, t.ContextType)
    return [name for name, _type in fact.type.of.fields]


def reader_of_persons(fact: Fact) -> Read:
    """The rows of one person in a fact; None where they are unknown."""
    parts = _registered(fact)
    answered = [name for name in _parts(fact) if name.startswith(ANSWERED)]
    whole, field, nullable = fact.field == WHOLE, fact.field, fact.nullable

    def read(person: str, item: Item, outcome: str, data: Mapping[str, Any]) -> Rows | None:
        answers_of_person: dict[str, Any] = {SUBJECT: person}
        for name in answered:
            answers_of_person[name] = plain(item.get(name.removeprefix(ANSWERED)))
        if outcome == "absent" and nullable:
            return [{**answers_of_person, **dict.fromkeys(parts)}] if whole else []
        if outcome != "found":
            return None
        records = [data] if whole else data.get(field)
        if records is None and nullable and field in data:
            return []
        if records.__class__ is not list:
            return None
        rows = []
        for record in records:
            if not isinstance(record, Mapping) or not all(part in record for part in parts):
                return None
            rows.append(
                {**answers_of_person, **{part: _named(part, record[part]) for part in parts}}
            )
        return rows

    return read


def _named(part: str, value: Any) -> Any:
    return names.normal(value) if part == NAME and isinstance(value, str) else value


def faults(source: Source, pack: Pack) -> Iterator[SourceError]:
    """What is wrong with a question about several persons, or with a fact of its answers."""
    for registry in pack.registries.values():
        path: Path = ("registries", registry.name, "subject")
        if registry.item and not registry.naming:
            yield from _listing(source, pack, registry, path)
        elif registry.asks and not registry.naming:
            zh, en = "asks 只用于查询他人", "asks is for questions about others"
            yield source.error(path[:2], zh, en)
    for fact in pack.facts.values():
        if fact.of_persons:
            yield from _fact(source, pack, fact)
        elif fact.field == WHOLE:
            zh = "只有查询多人的数据源可写 *"
            en = "* is for registries that are asked about several persons"
            yield source.error(("facts", fact.name, "from"), zh, en)


def _listing(source: Source, pack: Pack, registry: Registry, path: Path) -> Iterator[SourceError]:
    node = _child(_child(pack.form, "properties"), registry.subject)
    number = _child(_child(_child(node, "items"), "properties"), registry.item)
    if node.get("type") != "array" or number.get("format") != FORMAT:
        zh = f"answers.{registry.subject} 应为列表，其 {registry.item} 的 format 为 {FORMAT}"
        en = f"answers.{registry.subject} must be a list whose {registry.item} has format {FORMAT}"
        yield source.error(path, zh, en)
    elif not str(node.get("maxItems", "")).isdecimal() or int(node["maxItems"]) > MOST:
        zh = f"查询对象的列表须写 maxItems，且不超过 {MOST}"
        en = f"a list of whom to ask about needs maxItems, at most {MOST}"
        yield source.error(path, zh, en)


def _fact(source: Source, pack: Pack, fact: Fact) -> Iterator[SourceError]:
    path: Path = ("facts", fact.name)
    kind = fact.type.of if isinstance(fact.type, t.ListType) else None
    if not isinstance(kind, t.ContextType) or dict(kind.fields).get(SUBJECT) != t.STRING:
        zh = "关于多人的事实应为记录的列表，其 of 有 subject: text"
        en = "a fact about several persons is a list of records, with subject: text in its of"
        yield source.error(path, zh, en)
    elif answered := [n for n in _parts(fact) if n.startswith(ANSWERED)]:
        yield from _answered(source, pack, fact, answered)
    if fact.field == WHOLE and fact.key != SUBJECT:
        zh, en = "每人一条记录的 key 是 subject", "the key of one record a person is subject"
        yield source.error(path, zh, en)
    if fact.change != "never":
        zh, en = "他人的信息不能由申请人更改", "what is of others is not changed by the applicant"
        yield source.error((*path, "change"), zh, en)


def _answered(source: Source, pack: Pack, fact: Fact, parts: list[str]) -> Iterator[SourceError]:
    """Parts that the list of those named fills: its records have to have them."""
    registry = pack.registries[fact.source]
    if registry.naming:
        naming = pack.facts.get(registry.naming)
        parts_of_list: Collection[str] = _parts(naming) if naming and _has_records(naming) else ()
    else:
        node = _child(_child(pack.form, "properties"), registry.subject)
        parts_of_list = _child(_child(node, "items"), "properties")
    for part in parts:
        if part.removeprefix(ANSWERED) not in parts_of_list:
            zh, en = f"所列的记录没有 {part}", f"the records that list them have nothing for {part}"
            yield source.error(("facts", fact.name, "of", part), zh, en)


def _child(node: Any, key: str) -> Mapping[str, Any]:
    found = node.get(key) if isinstance(node, Mapping) else None
    return found if isinstance(found, Mapping) else {}
