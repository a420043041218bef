"""Registries asked about whom another registry's answer names, in rounds. Pure.

``subject: facts.spouse`` asks about the person whom the fact ``spouse`` names, ``subject:
facts.children[*].person`` about everybody whom a list of records names in ``person``. The fact
comes from another entry of the pack's registries, which is asked a round before; at most
``DEEPEST`` rounds, and no entry in a circle. A person is named by keyed index or by number, kept
encrypted (``services.tokens``); any other subject, such as an address, by its code.

Where the naming fact is unknown, nobody is asked and what rests on it is unknown. Where a registry
answered that it names nobody, a list is empty, and a single fact is null if the pack allows that.
What is learned so is kept apart from what the applicant reads, as of persons whom an answer lists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from city.errors import SourceError
from city.source import Path, Source
from dmn import types as t
from dmn.values import UNKNOWN
from people import names
from services.pack import readers
from services.pack.model import Fact, Pack, Registry
from services.pack.persons import MOST, NAME, UNANSWERED, Found, Item, fields_of, reader_of_persons
from services.pack.persons import Read as ReadPersons
from services.tokens import subject

DEEPEST = 3  # rounds, the first included
Named = Mapping[str, tuple[str, Item]]  # by reference: the text that names it, its whole record


@dataclass(frozen=True, slots=True)
class NamedSource:
    """One entry of a pack's registries that asks about whom another one names, with its facts.

    ``round``: 2 or more. ``naming``: the fact that names whom, ``typed`` its reader. ``single``:
    facts of the one named, with the fields that they are of; ``listed``: facts of everybody named.
    """

    registry: Registry
    round: int
    naming: str
    typed: readers.Read
    single: tuple[tuple[str, str], ...]
    listed: tuple[tuple[str, ReadPersons], ...]
    fields: tuple[str, ...]  # of the city's registry, sorted


def sources(pack: Pack) -> tuple[NamedSource, ...]:
    """The sources of a pack that are asked in later rounds, in order; mostly none."""
    found = []
    for registry in pack.registries.values():
        if not registry.naming:
            continue
        facts = [fact for fact in pack.facts.values() if fact.source == registry.name]
        found.append(
            NamedSource(
                registry=registry,
                round=_round(pack, registry),
                naming=registry.naming,
                typed=readers.reader(pack.facts[registry.naming]),
                single=tuple((f.name, f.field) for f in facts if not f.of_persons),
                listed=tuple((f.name, reader_of_persons(f)) for f in facts if f.of_persons),
                fields=tuple(sorted({name for fact in facts for name in fields_of(fact)})),
            )
        )
    return tuple(sorted(found, key=lambda source: source.round))


def named(source: NamedSource, raw: Mapping[str, Any]) -> Named | None:
    """Whom a source is asked about, each once, by what was answered before; None: unknown.

    ``raw``: facts in canonical form. A list that cannot be relied on names nobody for sure.
    """
    whole = raw.get(source.naming, UNKNOWN)
    if whole is UNKNOWN or source.typed(whole) is UNKNOWN:
        return None
    part = source.registry.item
    if not part:
        return {} if whole is None else _single(whole)
    found: dict[str, tuple[str, Item]] = {}
    for item in whole or ():
        text = item.get(part)
        if not isinstance(text, str) or not text:
            return None
        found.setdefault(subject(text), (text, item))
    return found


def _single(text: str) -> Named | None:
    return {subject(text): (text, {})} if text else None


def raw(source: NamedSource, whom: Named | None, found: Found) -> dict[str, Any]:
    """The facts of a source in canonical form; those missing that are unknown."""
    if whom is None:
        return {}
    facts: dict[str, Any] = {}
    for name, read in source.listed:
        rows: list[dict[str, Any]] = []
        for reference, (_text, item) in whom.items():
            more = read(reference, item, *found.get(reference, UNANSWERED))
            if more is None:
                break
            rows += more
        else:
            facts[name] = rows
    outcome: str = "absent"  # of nobody
    data: Mapping[str, Any] = {}
    for reference in whom if source.single else ():  # one at most
        outcome, data = found.get(reference, UNANSWERED)
    for name, field in source.single:
        if outcome == "absent":
            facts[name] = None
        elif outcome == "found" and field in data:
            value = data[field]
            facts[name] = names.normal(value) if field == NAME and value.__class__ is str else value
    return facts


def _round(pack: Pack, registry: Registry) -> int:
    """In which round an entry is asked; ``DEEPEST`` + 1 for more, and for a circle."""
    return len(_chain(pack, registry))


def faults(source: Source, pack: Pack) -> Iterator[SourceError]:
    """What is wrong with a question about whom another registry names, or with its facts."""
    for registry in pack.registries.values():
        if registry.naming:
            yield from _naming(source, pack, registry, ("registries", registry.name, "subject"))
    for fact in pack.facts.values():
        if fact.of_named and not fact.of_persons and fact.change != "never":
            zh, en = "他人的信息不能由申请人更改", "what is of others the applicant cannot change"
            yield source.error(("facts", fact.name, "change"), zh, en)


def _naming(source: Source, pack: Pack, registry: Registry, path: Path) -> Iterator[SourceError]:
    fact = pack.facts.get(registry.naming)
    if fact is None:
        zh, en = f"没有名为 {registry.naming} 的事实", f"there is no fact {registry.naming}"
        yield source.error(path, zh, en)
    elif fact.source not in pack.registries:
        zh = f"{fact.name} 不是数据源答复的事实；填报的对象写 answers.…"
        en = f"{fact.name} is no fact of a registry; write answers.… for what is answered"
        yield source.error(path, zh, en)
    elif not _names_somebody(fact, registry.item):
        zh, en = f"{fact.name} 应为文字", f"{fact.name} must be text"
        if registry.item:
            zh = f"{fact.name} 应为记录的列表，其 {registry.item} 为文字"
            en = f"{fact.name} must be a list of records, whose {registry.item} is text"
        yield source.error(path, zh, en)
    elif registry.item and fact.longest > MOST:
        zh = f"{fact.name} 的 max 不得超过 {MOST}，每项查询一人"
        en = f"max of {fact.name} is at most {MOST}, since each item is asked about"
        yield source.error(path, zh, en)
    elif _round(pack, registry) > DEEPEST:
        chain = " → ".join(_chain(pack, registry))
        zh = f"查询不得循环，且不超过 {DEEPEST} 轮：{chain}"
        en = f"look-ups make no circle, and no more than {DEEPEST} rounds: {chain}"
        yield source.error(path, zh, en)
    elif not fact.complete:
        for other in pack.facts.values():
            if other.source == registry.name and other.complete:
                zh = f"{fact.name} 不完整，{other.name} 也须写 complete: no"
                en = f"{fact.name} is not complete, so {other.name} needs complete: no"
                yield source.error(("facts", other.name), zh, en)


def _names_somebody(fact: Fact, part: str) -> bool:
    if not part:
        return t.base_type(fact.type) == t.STRING
    of = fact.type.of if isinstance(fact.type, t.ListType) else None
    return isinstance(of, t.ContextType) and dict(of.fields).get(part) == t.STRING


def _chain(pack: Pack, registry: Registry) -> list[str]:
    """The entries from one back to the first, as far as the rounds allow and one more."""
    found = [registry.name]
    while len(found) <= DEEPEST and (before := _named_by(pack, registry)) is not None:
        registry = before
        found.append(registry.name)
    return found[::-1]


def _named_by(pack: Pack, registry: Registry) -> Registry | None:
    """The entry whose answer names whom this one is about; None where none does."""
    fact = pack.facts.get(registry.naming)
    return pack.registries.get(fact.source) if fact is not None else None
