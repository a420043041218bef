"""What is written as it should be in a pack, and cannot be meant or kept. Pure.

Terms of no day, answers that nobody can give, a guard that is one for everybody. Looked for before
publishing alone: an edition that is published is read as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import dmn
from city.errors import SourceError
from city.source import TYPED, Path, Source
from dmn.values.temporal import YearsMonths, read_duration
from people.numbers import has_id_number, uscc_ok
from services.pack.model import Pack
from services.pack.program import Program

YEARS_MOST = 100  # that a certificate is valid
LONGEST = 40  # characters of a name in a message
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_BOUNDS = (
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minimum", "maximum"),
    ("exclusiveMinimum", "exclusiveMaximum"),
)

_MOST = (("maxLength", 10_000), ("maxItems", 1_000))  # that a person answers


def faults(source: Source, pack: Pack, program: Program) -> Iterator[SourceError]:
    """Yield everything of the kind, each at its line."""
    yield from _texts(source, source.data, ())
    yield from _terms(source, pack)
    yield from _certificate(source, pack)
    yield from _questions(source, pack.form, ("form",))
    for place, item in enumerate(pack.filings.items.values() if pack.filings else ()):
        yield from _questions(source, item.form, ("filings", "items", place, "form"))
    yield from _outcomes(source, pack)
    for place, guard in enumerate(pack.guards):
        trees = [program.trees.get(("guards", place, "key", at)) for at in range(len(guard.key))]
        if not any(tree is None or dmn.names(tree) for tree in trees):
            zh = "唯一性约束的键没有用到申请人或答案，全市只能有一件"
            en = "the key names neither the applicant nor an answer: one case for the whole city"
            yield source.error(("guards", place, "key"), zh, en)


def _outcomes(source: Source, pack: Pack) -> Iterator[SourceError]:
    """Of several results each has what it gives, and nothing is given on another's conditions."""
    if pack.outcomes is None or not pack.entitlements:
        return
    for place, one in enumerate(pack.entitlements):
        if not one.outcome:
            zh = f"{one.kind} 没有写明属于哪个结果（for），会随每个结果重复发放"
            en = f"{one.kind} says no result (for): it would be paid with each of them"
            is_listed = "entitlements" in source.data
            yield source.error(("entitlements", place) if is_listed else ("entitlement",), zh, en)
    given = {one.outcome for one in pack.entitlements}
    for place, item in enumerate(pack.outcomes.items):
        if item.id not in given:
            zh, en = f"结果 {item.id} 没有待遇", f"the result {item.id} gives nothing"
            yield source.error(("outcomes", "items", place), zh, en)


def _texts(source: Source, node: Any, path: Path) -> Iterator[SourceError]:
    """Texts that say nothing, and texts with an ID number: a pack is shown to everybody."""
    if isinstance(node, Mapping | list):
        parts = node.items() if isinstance(node, Mapping) else enumerate(node)
        for key, part in parts:
            if key not in TYPED or key == "form":
                yield from _texts(source, part, (*path, key))
    elif isinstance(node, str) and node and not node.strip():
        yield source.error(path, "只有空格，没有内容", "the text is nothing but spaces")
    elif isinstance(node, str) and has_id_number(node):
        zh = "事项是公开的，不得写有身份证号码"
        en = "what a pack says is public: it holds no ID number"
        yield source.error(path, zh, en)


def _terms(source: Source, pack: Pack) -> Iterator[SourceError]:
    """Days in which something has to be done are one at least, and what is promised is sooner."""
    statutory, promised = pack.clock.statutory, pack.clock.promised
    for path, days in (
        (("clock", "statutory", "days"), statutory.days),
        (("clock", "promised", "days"), promised.days),
        (("correct_within", "days"), pack.correct_within),
    ):
        if days < 1:
            yield source.error(path, "期限至少 1 日", "a term is one day at least")
    by_other_days = (promised.unit, statutory.unit) == ("calendar", "working")
    if promised.days > statutory.days and not by_other_days:
        zh = f"承诺期限 {promised.days} 日长于法定期限 {statutory.days} 日"
        en = f"{promised.days} days are promised where the law gives {statutory.days}"
        yield source.error(("clock", "promised", "days"), zh, en)


def _certificate(source: Source, pack: Pack) -> Iterator[SourceError]:
    kind = pack.certificate
    if kind is None:
        return
    if not uscc_ok(kind.type21[:18]):
        zh = "证照类型代码的前 18 位不是统一社会信用代码（GB/T 36904、GB 32100）"
        en = "the first 18 characters are no unified social credit code (GB/T 36904, GB 32100)"
        yield source.error(("certificate", "type21"), zh, en)
    if isinstance(kind.valid, str) and kind.valid:
        length = read_duration(kind.valid)
        if isinstance(length, YearsMonths):
            is_term = 0 < length.months <= YEARS_MOST * 12
        else:
            is_term = isinstance(length, timedelta) and 0 < length.days <= YEARS_MOST * 366
        if not is_term:
            zh = f"有效期 {kind.valid} 应长于 0、不超过 {YEARS_MOST} 年；长期有效写 none"
            en = f"{kind.valid} is no term: above 0, {YEARS_MOST} years at most; none: without end"
            yield source.error(("certificate", "valid"), zh, en)


def _questions(source: Source, node: Any, path: Path) -> Iterator[SourceError]:
    """Questions that no answer fits, choices that stand twice, names that nothing can refer to."""
    if not isinstance(node, Mapping):
        return
    for low, high in _BOUNDS:
        least, most = node.get(low), node.get(high)
        if isinstance(least, int) and isinstance(most, int) and least > most:
            zh, en = f"{low} {least} 大于 {high} {most}", f"{low} {least} is above {high} {most}"
            yield source.error((*path, low), zh, en)
    for word, most in _MOST:
        if isinstance(node.get(word), int) and node[word] > most:
            zh, en = f"{word} 不得超过 {most}", f"{word} is {most} at most"
            yield source.error((*path, word), zh, en)
    yield from _choices(source, node, path)
    properties = node.get("properties")
    for name, part in properties.items() if isinstance(properties, Mapping) else ():
        where: Path = (*path, "properties", name)
        if not _NAME.fullmatch(name):
            zh = f"{name[:LONGEST]} 不能作名称：小写字母开头，只用小写字母、数字和 _"
            en = f"{name[:LONGEST]} is no name: small letters, digits and _, a letter first"
            yield source.error(where, zh, en)
        yield from _questions(source, part, where)
    yield from _questions(source, node.get("items"), (*path, "items"))


def _choices(source: Source, node: Mapping[str, Any], path: Path) -> Iterator[SourceError]:
    for word in ("enum", "oneOf"):
        listed = node.get(word)
        if not isinstance(listed, list):
            continue
        if not listed:
            yield source.error((*path, word), "没有选项", "there is nothing to choose from")
        seen: set[str] = set()
        for place, one in enumerate(listed):
            value = repr(one.get("const") if isinstance(one, Mapping) else one)
            if value in seen:
                zh, en = f"选项 {value} 重复", f"the choice {value} stands twice"
                yield source.error((*path, word, place), zh, en)
            seen.add(value)
