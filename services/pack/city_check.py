"""A pack held against its city: registries and their fields, offices, partners. Pure.

A pack whose tests invent a value that no registry can answer would pass them, and approve nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path as File

from city.errors import SourceError
from city.model import City, Registry, RegistryField
from city.source import Path, Source
from city.values import record_faults
from dmn import types as t
from services.pack.model import EACH, SUBJECT, Case, Fact, Pack
from services.pack.persons import ANSWERED, WHOLE

_DISTRICT = re.compile(r'"([0-9]{6})"')  # a code of GB/T 2260 within an expression
TYPES = {"text": t.STRING, "number": t.NUMBER, "boolean": t.BOOLEAN, "date": t.DATE}


def faults(source: Source, pack: Pack, city: City) -> Iterator[SourceError]:
    """Yield everything that the pack names and the city does not have, or has otherwise."""
    file = File(source.file)
    if file.stem != pack.service and file.resolve() in {path.resolve() for path in city.packs}:
        zh, en = f"文件名 {file.stem} 应为事项代码", f"its file, {file.stem}, is named otherwise"
        yield source.error(("service",), zh, en)
    yield from _names(source, pack, city)
    yield from _entries(source, pack, city)
    for name, entry in pack.registries.items():
        if (code := entry.registry) not in city.registries:
            have = "、".join(city.registries)
            zh, en = f"本市没有数据源 {code}（有 {have}）", f"the city has no registry {code}"
            yield source.error(("registries", name), zh, en)
    yield from _numbers(source, pack, city)
    yield from _found_by_answers(source, pack, city)
    in_city = {name: city.registries.get(one.registry) for name, one in pack.registries.items()}
    for fact in pack.facts.values():
        registry = in_city.get(fact.source)
        if registry is not None and fact.of_persons and fact.field == WHOLE:
            yield from _records(source, fact, registry)
        elif registry is not None:
            yield from _fact(source, fact, registry)
    for place, case in enumerate(pack.cases):
        for name, record in _records_of(pack, case):
            registry = in_city.get(name)
            if registry is None or not isinstance(record, Mapping):
                continue
            for zh, en in record_faults(registry, record):
                zh = f"测试“{case.name}”：{name} 不会这样回答：{zh}"
                en = f"test {case.name!r}: {name} cannot answer so: {en}"
                yield source.error(("tests", place), zh, en, case.line)


def _numbers(source: Source, pack: Pack, city: City) -> Iterator[SourceError]:
    """Another agency is asked by number: the registry that names somebody has to have it."""
    for name, entry in pack.registries.items():
        asked, naming = city.registries.get(entry.registry), pack.facts.get(entry.naming)
        if asked is None or naming is None or asked.answered_by != "agency":
            continue
        by = city.registries.get(pack.registries[naming.source].registry)
        field = by.fields.get(entry.item if naming.field == WHOLE else naming.field) if by else None
        if field is not None and entry.item and isinstance(field.of, Mapping):
            field = field.of.get(entry.item)
        if by is None or field is None or asked.subject != "person" or field.is_number:
            continue
        zh = f"{by.code}.{naming.field} 只有索引，{asked.code} 须按号码查询"
        en = f"{asked.code} is asked by number, and {by.code}.{naming.field} has none"
        yield source.error(("registries", name, "subject"), zh, en)


def _found_by_answers(source: Source, pack: Pack, city: City) -> Iterator[SourceError]:
    """What anybody finds by typing a number is public, or its record's values are kept apart."""
    for name, entry in pack.registries.items():
        asked = city.registries.get(entry.registry)
        if asked is None or asked.shown or entry.of_others or entry.is_private:
            continue
        if entry.subject:
            zh = f"{name} 凭申请人填写的编号查询，本市又不向申请人展示，须写 private: yes"
            en = f"{name} is found by an answer and not shown by the city: it needs private: yes"
            yield source.error(("registries", name), zh, en)


def _records_of(pack: Pack, case: Case) -> Iterator[tuple[str, object]]:
    """Each record that a test invents, with the entry of registries that it is of."""
    for name, record in case.evidence.items():
        entry = pack.registries.get(name)
        if entry is not None and entry.item and isinstance(record, Mapping):
            yield from ((name, one) for one in record.values())
        else:
            yield name, record


def _records(source: Source, fact: Fact, registry: Registry) -> Iterator[SourceError]:
    """A record of each person: every part is a field of the registry."""
    assert isinstance(fact.type, t.ListType) and isinstance(fact.type.of, t.ContextType)
    for part, kind in fact.type.of.fields:
        path: Path = ("facts", fact.name, "of", part)
        if part == SUBJECT or part.startswith(ANSWERED):
            continue
        if (field := registry.fields.get(part)) is None:
            zh = f"{registry.code} 没有字段 {part}（有 {'、'.join(registry.fields)}）"
            yield source.error(path, zh, f"{registry.code} has no field {part}")
        elif reason := _differs(kind, field):
            zh, en = reason
            yield source.error(path, zh, en)


def _names(source: Source, pack: Pack, city: City) -> Iterator[SourceError]:
    office = pack.department["office"]
    if office not in city.offices:
        have = "、".join(city.offices)
        zh, en = f"本市没有部门 {office}（有 {have}）", f"the city has no office {office}"
        yield source.error(("department", "office"), zh, en)
    yield from _districts(source, pack, city)
    for place, consent in enumerate(pack.consents):
        if consent.partner not in city.partners:
            yield _no_partner(source, ("consents", place, "partner"), consent.partner)
    for place, item in enumerate(pack.filings.items.values() if pack.filings else ()):
        if item.receiver not in city.partners:
            yield _no_partner(source, ("filings", "items", place, "receiver"), item.receiver)


def _districts(source: Source, pack: Pack, city: City) -> Iterator[SourceError]:
    """Districts that the pack names, in ``district`` or as choices of the answer that gives it."""
    for code in _DISTRICT.findall(pack.district):
        if code not in city.regions:
            yield source.error(("district",), *_no_district(code, city))
    fact = pack.facts.get(pack.district.strip())
    if fact is None or fact.source != "answers":
        return
    node = pack.form.get("properties", {}).get(fact.field, {})
    named = [one["const"] for one in node.get("oneOf", ())] or node.get("enum", ())
    for code in named:
        if code not in city.regions:
            path: Path = ("form", "properties", fact.field)
            yield source.error(path, *_no_district(code, city))


def _no_district(code: object, city: City) -> tuple[str, str]:
    zh, en = "、".join(city.regions), ", ".join(city.regions)
    return f"本市没有区 {code}（有 {zh}）", f"the city has no district {code} (it has {en})"


def _entries(source: Source, pack: Pack, city: City) -> Iterator[SourceError]:
    """What certificates enter: into registries of the city's own store, and fields they have."""
    for place, entry in enumerate(pack.certificate.enters if pack.certificate else ()):
        path: Path = ("certificate", "enters", place)
        registry = city.registries.get(entry.registry)
        if registry is None or registry.answered_by != "store":
            have = "、".join(r.code for r in city.registries.values() if r.answered_by == "store")
            zh = f"本市自有库中没有 {entry.registry}（有 {have}）"
            en = f"the city keeps no registry {entry.registry} in its own store"
            yield source.error((*path, "registry"), zh, en)
            continue
        for field, value in entry.record.items():
            known = registry.fields.get(field)
            if known is None:
                zh = f"{registry.code} 没有字段 {field}（有 {'、'.join(registry.fields)}）"
                en = f"{registry.code} has no field {field}"
                yield source.error((*path, "record", field), zh, en)
            elif not isinstance(value, str):
                parts = known.of if isinstance(known.of, Mapping) else {}
                for part in {part for item in value for part in item} - parts.keys() - {EACH}:
                    zh = f"{registry.code}.{field} 的记录没有 {part}"
                    en = f"the records of {registry.code}.{field} have no {part}"
                    yield source.error((*path, "record", field), zh, en)


def _no_partner(source: Source, path: Path, code: str) -> SourceError:
    return source.error(path, f"本市没有合作部门 {code}", f"the city has no partner {code}")


def _fact(source: Source, fact: Fact, registry: Registry) -> Iterator[SourceError]:
    path: Path = ("facts", fact.name)
    field = registry.fields.get(fact.field)
    if field is None:
        zh = f"{registry.code} 没有字段 {fact.field}（有 {'、'.join(registry.fields)}）"
        en = f"{registry.code} has no field {fact.field}"
        yield source.error((*path, "from"), zh, en)
        return
    if reason := _differs(fact.type, field, of_persons=fact.of_persons):
        zh, en = reason
        yield source.error((*path, "type"), zh, en)
    if field.nullable and not fact.nullable:
        zh = f"{registry.code}.{fact.field} 可能为空，事实须写 none: allowed"
        en = f"{registry.code}.{fact.field} may be null, so the fact needs none: allowed"
        yield source.error(path, zh, en)
    for code in fact.labels:
        if field.codes is not None and code not in field.codes:
            zh, en = f"{fact.field} 没有取值 {code}", f"{fact.field} is never {code}"
            yield source.error((*path, "labels", code), zh, en)


def _differs(
    kind: t.Type, field: RegistryField, *, of_persons: bool = False
) -> tuple[str, str] | None:
    """Return why a fact of this type cannot be read from the field, or None."""
    if isinstance(kind, t.ListType) != (field.type == "list"):
        return f"数据源中的类型是 {field.type}", f"the registry's type is {field.type}"
    if isinstance(kind, t.ListType):
        return _items_differ(kind.of, field, of_persons=of_persons)
    if t.base_type(kind) != TYPES[field.type]:
        return f"数据源中的类型是 {field.type}", f"the registry's type is {field.type}"
    return _values_differ(kind, field)


def _items_differ(
    kind: t.Type, field: RegistryField, *, of_persons: bool
) -> tuple[str, str] | None:
    if isinstance(field.of, str):
        if t.base_type(kind) != TYPES[field.of]:
            return f"数据源中列表的项是 {field.of}", f"the registry's items are {field.of}"
        return None
    if not isinstance(kind, t.ContextType):
        return "数据源中列表的项是记录", "the registry's items are records"
    for name, part in kind.fields:
        if of_persons and (name == SUBJECT or name.startswith(ANSWERED)):
            continue
        if name not in field.of:
            return f"数据源的记录没有 {name}", f"the registry's records have no {name}"
        if reason := _differs(part, field.of[name]):
            return f"{name}：{reason[0]}", f"{name}: {reason[1]}"
    return None


def _values_differ(kind: t.Type, field: RegistryField) -> tuple[str, str] | None:
    allowed = kind.allowed
    if allowed is None or field.codes is None:
        return None
    missing = [code for code in field.codes if code not in allowed]
    never = [value for value in allowed if value not in field.codes]
    if missing:
        return (
            f"未列出数据源的取值 {'、'.join(missing)}",
            f"the type leaves out {', '.join(missing)}",
        )
    if never:
        zh, en = "、".join(map(str, never)), ", ".join(map(str, never))
        return f"数据源不会有 {zh}", f"the registry never says {en}"
    return None
