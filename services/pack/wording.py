"""What a pack must say for people and for the law, beside what it computes."""

from __future__ import annotations

import re
from collections.abc import Iterator

import dmn
from city.errors import SourceError
from city.source import Path, Source
from services.pack.model import Pack
from services.pack.program import Program

SLOT = re.compile(r"\{\s*([a-z][a-z0-9_]*)\s*\}")  # a parameter in the words of a requirement
# a figure in words goes out of date when the law changes; one in braces is the parameter itself
_FIGURE = re.compile(
    r"[0-9０-９]+|[一二三四五六七八九十百千万两]+(?=[年月日天岁周元人个名次项]|周岁)"
)


def faults(source: Source, pack: Pack, program: Program) -> Iterator[SourceError]:
    """Figures in words, unknown slots, parameters without a value, and what nobody uses."""
    for place, requirement in enumerate(pack.requirements):
        for language, words in (("zh", requirement.zh), ("en", requirement.en)):
            yield from _words(source, pack, words, ("requirements", place, language))
    for name, parameter in pack.parameters.items():
        first = min(on for on, _value in parameter.values)
        if first > pack.in_force_from:
            zh = f"参数 {name} 在 {pack.in_force_from} 至 {first} 之间没有值"
            en = f"parameter {name} has no value between {pack.in_force_from} and {first}"
            yield source.error(("parameters", name), zh, en)
        dates = [on for on, _value in parameter.values]
        if len(set(dates)) != len(dates):
            zh, en = f"参数 {name} 的日期重复", f"parameter {name} has a date twice"
            yield source.error(("parameters", name), zh, en)
    yield from _unused(source, pack, program)


def _words(source: Source, pack: Pack, words: str, path: Path) -> Iterator[SourceError]:
    for slot in SLOT.findall(words):
        if slot not in pack.parameters:
            yield source.error(path, f"没有参数 {slot}", f"there is no parameter {slot}")
    bare = SLOT.sub("", words)
    if "{" in bare or "}" in bare:
        yield source.error(path, "花括号内应为参数名", "braces hold the name of a parameter")
    figure = _FIGURE.search(bare)
    if figure:
        zh = f"文字中的数字“{figure[0]}”应改为参数，例如 {{window}}"
        en = f"the figure {figure[0]} in words should be a parameter, such as {{window}}"
        yield source.error(path, zh, en)


def _unused(source: Source, pack: Pack, program: Program) -> Iterator[SourceError]:
    """Personal data may be read only as far as needed (个人信息保护法 art. 6)."""
    used = {name for node in program.trees.values() for name in dmn.names(node)}
    used |= {name for table in program.table_runs for name in table.reads}
    used |= set(program.filings.reads) if program.filings else set()
    used |= {slot for r in pack.requirements for slot in SLOT.findall(r.zh + r.en)}
    used |= {registry.naming for registry in pack.registries.values()}
    properties = pack.form.get("properties", {})
    if isinstance(properties, dict):
        parts = [part for part in properties.values() if isinstance(part, dict)]
        used |= {str(part["x-prefill"]) for part in parts if "x-prefill" in part}
    for name, fact in pack.facts.items():
        if fact.source != "answers" and name not in used:
            zh = f"{name} 没有用到，不得查询（个人信息保护法 §6）"
            en = f"{name} is used nowhere, so it may not be read (个人信息保护法 §6)"
            yield source.error(("facts", name), zh, en)
    for name in pack.parameters:
        if name not in used:
            yield source.error(
                ("parameters", name), f"参数 {name} 没有用到", f"{name} is used nowhere"
            )
    sources = {fact.source for fact in pack.facts.values()}
    for name in pack.registries:
        if name not in sources:
            zh, en = f"{name} 没有用到", f"the registry {name} is used nowhere"
            yield source.error(("registries", name), zh, en)
