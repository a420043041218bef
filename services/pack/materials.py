"""Materials in a pack (材料): which files an applicant may hand in, when, and what rests on them.

A question of the form is answered by files where its items have the format ``material``; the same
name under ``materials`` says which kinds, when it is asked, and what becomes of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from city.errors import SourceError
from city.source import Path, Source
from dmn import types as t
from materials.content import LARGEST, Kind
from services.pack import undertakings
from services.pack.model import Case, MaterialSpec, Pack

FORMAT = "material"
MOST = 10  # files of one question
MEGABYTES = LARGEST // 1_000_000
FACTS_LONGEST = 200  # characters of the facts of one question, as a case keeps them
SHOWN, NOT_SHOWN = "shown", "not_shown"  # what an officer says of what was handed in
_Words = Mapping[str, str]


def is_question(node: Any) -> bool:
    """Tell whether a question is answered by files."""
    items = node.get("items") if isinstance(node, Mapping) else None
    return isinstance(items, Mapping) and items.get("format") == FORMAT


def questions(form: Mapping[str, Any]) -> list[str]:
    """Return the names of the questions that are answered by files, in the form's order."""
    found = form.get("properties")
    nodes = found.items() if isinstance(found, Mapping) else ()
    return [name for name, node in nodes if is_question(node)]


def spec(name: str, part: Mapping[str, Any]) -> MaterialSpec:
    because = part.get("because")
    return MaterialSpec(
        question=name,
        kinds=tuple(part.get("kinds", [kind.value for kind in Kind])),
        megabytes=int(part.get("megabytes", MEGABYTES)),
        use=part["use"],
        when=str(part.get("when", "")),
        because={k: because[k].strip() for k in ("zh", "en")} if because else None,
        later=undertakings.later(part.get("later")),
    )


def faults(source: Source, pack: Pack) -> Iterator[SourceError]:
    """Everything wrong between the form's questions, ``materials`` and the facts."""
    asked = questions(pack.form)
    properties = pack.form.get("properties", {})
    for name in asked:
        path: Path = ("form", "properties", name)
        node = properties[name]
        if name not in pack.materials:
            zh, en = f"materials 中没有 {name}", f"materials does not say what {name} is for"
            yield source.error(path, zh, en)
        if node.get("maxItems", MOST + 1) > MOST or not node.get("uniqueItems"):
            zh = f"材料须写 maxItems（不超过 {MOST}）和 uniqueItems: true"
            en = f"files need maxItems, {MOST} at most, and uniqueItems: true"
            yield source.error(path, zh, en)
        if not node.get("x-law"):
            zh, en = "收取材料须写依据 x-law", "files are asked for by a law: x-law"
            yield source.error(path, zh, en)
        if name in pack.form.get("required", ()):
            zh = f"{name} 不能必填：是否缺少，由 requirements 判断"
            en = f"{name} cannot be required: requirements say what follows where it is missing"
            yield source.error(path, zh, en)
    yield from _nowhere_else(source, pack.form, ("form",))
    for name, one in pack.materials.items():
        if name not in asked:
            zh, en = f"表单中没有材料 {name}", f"the form has no question {name} with files"
            yield source.error(("materials", name), zh, en)
        yield from _spec(source, pack, one)
    for fact in pack.facts.values():
        if fact.is_material and fact.type != t.BOOLEAN:
            zh, en = "关于材料的事实只能是 boolean", "a fact of files is a boolean"
            yield source.error(("facts", fact.name, "type"), zh, en)


def _spec(source: Source, pack: Pack, one: MaterialSpec) -> Iterator[SourceError]:
    path: Path = ("materials", one.question)
    if bool(one.when) == (one.because is not None):
        zh = "须写 when（何时需要）或 because（为何没有数据源可以代替），且只写一项"
        en = "write when it is asked for, or because of what no registry has it: one of the two"
        yield source.error(path, zh, en)
    read_by = [fact.name for fact in pack.facts.values() if _reads(fact, one.question)]
    if len(",".join(read_by)) > FACTS_LONGEST:
        zh = f"用到 {one.question} 的事实过多，名称合计不得超过 {FACTS_LONGEST} 个字符"
        en = f"too many facts rest on {one.question}: {FACTS_LONGEST} characters of names at most"
        yield source.error((*path, "use"), zh, en)
    if one.use != "kept" and not read_by:
        zh, en = "没有事实用到这项材料", "no fact rests on it, so nobody need hand it in"
        yield source.error((*path, "use"), zh, en)
    if one.use == "kept" and read_by:
        zh = f"事实 {'、'.join(read_by)} 用到这项材料，须由工作人员阅读：use: read"
        en = f"{', '.join(read_by)} rests on it, so an officer has to read it: use: read"
        yield source.error((*path, "use"), zh, en)


def _reads(fact: Any, question: str) -> bool:
    return bool(fact.is_material and fact.field == question)


def _nowhere_else(source: Source, node: Any, path: Path, depth: int = 0) -> Iterator[SourceError]:
    """Files answer a question of the form's top, in a list; nowhere else."""
    pairs = node.items() if isinstance(node, Mapping) else enumerate(node)
    for key, part in pairs:
        if isinstance(part, Mapping) and part.get("format") == FORMAT:
            at_top = len(path) == 3 and path[1] == "properties" and key == "items"
            if not at_top or set(part) != {"type", "format"} or part["type"] != "string":
                zh = "材料只能写在表单第一层：type: array，items: {type: string, format: material}"
                en = "files are a list of the form's top: items: {type: string, format: material}"
                yield source.error((*path, key), zh, en)
        elif isinstance(part, Mapping | list) and depth < 8:
            yield from _nowhere_else(source, part, (*path, key), depth + 1)


def in_test(case: Case) -> dict[str, object]:
    """Return the answers of a pack's test, with what an officer says of the files in it."""
    findings = {name: word == SHOWN for name, word in case.materials.items()}
    return {**case.answers, **findings}
