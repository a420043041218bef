"""The form in a pack: a bounded, labelled part of JSON Schema 2020-12.

Each property has ``x-zh`` and ``x-en``; each text and list has a limit, so that what a form lets
in is bounded by the form. Blocks of questions are nested objects.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from jsonschema_rs import ReferencingError, ValidationError, meta

from city import cures
from city.errors import SourceError
from city.messages import sentence
from city.source import Path, Source
from dmn import types as t
from dmn.errors import FeelError
from services.pack import bounds, conditions, materials, provisional, supply, undertakings
from services.pack.formats import FORMATS, compiled
from services.pack.keywords import NULL, OF_ANY, OF_TYPE, refusal
from services.pack.model import Fact, Pack

# annotations: labels, a hint below the label, a block's heading, where the value is prefilled
# from, which control shows it, why it is asked (the law), an example; on a question of the top, the
# part of the form that begins with it, and the text answer that suggests choices of a picker
ANNOTATIONS = {
    "x-zh", "x-en", "x-hint-zh", "x-hint-en", "x-prefill", "x-widget", "x-law", "x-example",
    "x-part-zh", "x-part-en", "x-suggest",
}  # fmt: skip
WIDGETS = {
    "text", "textarea", "select", "radio", "checkbox", "checkboxes", "date", "address", "picker",
    "money",
}  # fmt: skip


def faults(source: Source, pack: Pack) -> Iterator[SourceError]:
    """Everything wrong with the form, or between it and the facts and registries."""
    path: Path = ("form",)
    if found := list(_shape(source, dict(pack.form), path)):
        yield from found
        return
    plain = {word: part for word, part in pack.form.items() if word not in conditions.WORDS}
    yield from _node(source, plain, path, labelled=False)
    if pack.form.get("type") != "object":
        yield source.error(path, "表单应为 type: object", "a form is of type object")
        return
    for place, zh, en in conditions.faults(pack.form):
        yield source.error((*path, *place), zh, en)
    properties = pack.form.get("properties", {})
    if not isinstance(properties, dict):
        return
    if "filings" in properties:
        yield source.error(
            (*path, "properties", "filings"), "filings 是保留名", "filings is reserved"
        )
    yield from _divided(source, properties, path)
    required = pack.form.get("required", ())
    for fact in pack.facts.values():
        if fact.source == "answers":
            yield from _agrees(source, fact, properties.get(fact.field), required)
    yield from materials.faults(source, pack)
    yield from undertakings.faults(source, pack)
    yield from supply.faults(source, pack)
    yield from provisional.faults(source, pack)
    for name, registry in pack.registries.items():
        if registry.of_others:
            continue  # nobody listed is nobody to ask about
        if registry.subject and registry.subject not in required:
            zh = f"指明查询对象的答案 {registry.subject} 必须是必填项"
            en = f"the answer {registry.subject} names whom to ask about, so it must be required"
            yield source.error(("registries", name, "subject"), zh, en)
    for name, part in properties.items():
        prefill = part.get("x-prefill") if isinstance(part, dict) else None
        if prefill is not None and prefill not in pack.facts:
            zh, en = f"没有名为 {prefill} 的事实", f"there is no fact {prefill}"
            yield source.error((*path, "properties", name, "x-prefill"), zh, en)


def _divided(source: Source, properties: Mapping[str, Any], path: Path) -> Iterator[SourceError]:
    """A form in parts begins with one, and each part has a name in both languages."""
    nodes = {name: node for name, node in properties.items() if isinstance(node, dict)}
    begun = [name for name, node in nodes.items() if {"x-part-zh", "x-part-en"} & set(node)]
    for name in begun:
        if not {"x-part-zh", "x-part-en"} <= set(nodes[name]):
            zh, en = "x-part-zh 和 x-part-en 须同时写", "x-part-zh and x-part-en go together"
            yield source.error((*path, "properties", name), zh, en)
    if begun and begun[0] != next(iter(properties)):
        zh, en = "表单的第一项须开始一个部分", "the first question of a form in parts begins one"
        yield source.error((*path, "properties"), zh, en)
    for name, node in nodes.items():
        if "x-suggest" in node and nodes.get(node["x-suggest"], {}).get("type") != "string":
            zh, en = "x-suggest 应为一项文字答案", "x-suggest names an answer that is a text"
            yield source.error((*path, "properties", name, "x-suggest"), zh, en)


def block_faults(source: Source, block: dict[str, Any], path: Path) -> Iterator[SourceError]:
    """Everything wrong with a block of questions that opens with something else."""
    if found := list(_shape(source, block, path)):
        yield from found
        return
    yield from _node(source, block, path, labelled=False)
    if block.get("type") != "object":
        yield source.error(path, "应为 type: object", "a block is of type object")


def _shape(source: Source, form: dict[str, Any], path: Path) -> Iterator[SourceError]:
    """What keeps a form from being JSON Schema at all; the rest relies on its being one."""
    try:
        meta.validate(form)
        compiled(form)
    except ValidationError as error:
        zh, en = sentence(error)
        where = (*path, *error.instance_path)
        yield source.error(where, f"不是有效的 JSON Schema：{zh}", f"no JSON Schema: {en}")
    except (ValueError, ReferencingError) as error:
        yield source.error(path, f"不是有效的 JSON Schema：{error}", f"no JSON Schema: {error}")
    else:
        yield from _annotations(source, form, path)


def _annotations(source: Source, node: Any, path: Path) -> Iterator[SourceError]:
    """Annotations that are no text, anywhere: JSON Schema itself does not look at them."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node)
    for key, part in pairs:
        if isinstance(key, str) and key in ANNOTATIONS and not isinstance(part, str):
            zh, en = f"{key} 应为文字", f"{key} must be text"
            yield source.error((*path, key), zh, en)
        elif isinstance(part, dict | list):
            yield from _annotations(source, part, (*path, key))


def _node(source: Source, node: Any, path: Path, *, labelled: bool) -> Iterator[SourceError]:
    if not isinstance(node, dict):
        yield source.error(path, "应为一组键值", "must be a map of keywords")
        return
    kind = node.get("type")
    if not isinstance(kind, str) or kind not in OF_TYPE:
        zh = "type 只能是 " + "、".join(OF_TYPE) + "（小数用 string 加 format: decimal）"
        en = "type is one of " + ", ".join(OF_TYPE) + " (a decimal: string, format: decimal)"
        yield source.error(path, zh, en)
        return
    known = {*OF_ANY, *OF_TYPE[kind], *ANNOTATIONS, NULL}
    for word in node:
        if word not in known:
            zh, en = cures.COMMA if node[word] in ("", None) else refusal(word, kind)
            yield source.error((*path, word), zh, en)
    if labelled and not (node.get("x-zh") and node.get("x-en")):
        yield source.error(path, "缺少标签 x-zh 和 x-en", "the labels x-zh and x-en are missing")
    if node.get("x-widget", "text") not in WIDGETS:
        zh, en = "x-widget 只能是 " + "、".join(sorted(WIDGETS)), "no such widget"
        yield source.error((*path, "x-widget"), zh, en)
    yield from _bounded(source, node, kind, path)
    yield from _choices(source, node, path)
    if kind == "object":
        yield from _object(source, node, path)
    elif kind == "array" and "items" in node:
        yield from _node(source, node["items"], (*path, "items"), labelled=False)


def _object(source: Source, node: Mapping[str, Any], path: Path) -> Iterator[SourceError]:
    if node.get("additionalProperties") is not False:
        zh, en = "应写 additionalProperties: false", "write additionalProperties: false"
        yield source.error(path, zh, en)
    properties = node.get("properties")
    if not isinstance(properties, dict):
        yield source.error(path, "缺少 properties", "properties is missing")
        return
    for name in node.get("required", ()):
        if name not in properties:
            zh, en = f"必填项 {name} 未定义", f"the required {name} is not defined"
            yield source.error((*path, "required"), zh, en)
    for name, part in properties.items():
        yield from _node(source, part, (*path, "properties", name), labelled=True)


def _bounded(
    source: Source, node: Mapping[str, Any], kind: str, path: Path
) -> Iterator[SourceError]:
    few = "enum" in node or "const" in node or "oneOf" in node or node.get("format") in FORMATS
    if kind == "string" and not few and "maxLength" not in node:
        yield source.error(path, "文字须有 maxLength", "a text needs maxLength")
    if kind == "boolean" and not isinstance(node.get("const", True), bool):
        zh, en = "是非写 true 或 false，不加引号", "write true or false, without quotes"
        yield source.error((*path, "const"), zh, en)
    if kind == "array" and "maxItems" not in node:
        yield source.error(path, "列表须有 maxItems", "a list needs maxItems")
    if kind == "array" and "items" not in node:
        yield source.error(path, "列表须有 items", "a list needs items")
    limits = [node.get(word) for word in ("formatMinimum", "formatMaximum")]
    if limits != [None, None]:
        yield from _limits(source, node, limits, path)
    if "format" in node and node["format"] not in FORMATS:
        zh, en = "format 只能是 " + "、".join(FORMATS), "format is one of " + ", ".join(FORMATS)
        yield source.error((*path, "format"), zh, en)


def _limits(
    source: Source, node: Mapping[str, Any], limits: list[Any], path: Path
) -> Iterator[SourceError]:
    """``formatMinimum`` and ``formatMaximum`` (of the JSON Schema proposal) bound texts."""
    kind = bounds.BOUNDED.get(str(node.get("format")))
    if kind is None:
        zh, en = "formatMinimum 只用于 date 和 decimal", "formatMinimum is for date and decimal"
        yield source.error(path, zh, en)
        return
    try:
        bounds.read(kind, *limits)
    except FeelError as error:
        yield source.error(path, error.zh, error.en)


def _choices(source: Source, node: Mapping[str, Any], path: Path) -> Iterator[SourceError]:
    """``oneOf`` serves for labelled choices only: {const, x-zh, x-en}."""
    choices = node.get("oneOf", [])
    for place, choice in enumerate(choices if isinstance(choices, list) else [None]):
        if not isinstance(choice, dict) or set(choice) != {"const", "x-zh", "x-en"}:
            zh = "oneOf 的每个选项应为 const、x-zh、x-en"
            en = "each choice of oneOf has const, x-zh and x-en"
            yield source.error((*path, "oneOf", place), zh, en)


_KINDS = {
    "string": {t.STRING, t.DATE, t.NUMBER},
    "integer": {t.NUMBER},
    "boolean": {t.BOOLEAN},
}


def _list(node: Mapping[str, Any], keyword: str) -> list[Any]:
    found = node.get(keyword)
    return found if isinstance(found, list) else []


def _agrees(
    source: Source, fact: Fact, node: Any, required: Collection[str]
) -> Iterator[SourceError]:
    path: Path = ("facts", fact.name, "from")
    if not isinstance(node, dict):
        zh, en = f"表单中没有 {fact.field}", f"the form has no {fact.field}"
        yield source.error(path, zh, en)
        return
    if fact.is_material:
        return  # ``materials`` says what such a fact is
    kind, wanted = node.get("type"), t.base_type(fact.type)
    if kind == "array" or isinstance(fact.type, t.ListType):
        agrees = kind == "array" and isinstance(fact.type, t.ListType)
    else:
        agrees = wanted in _KINDS.get(str(kind), ())
    formats = {t.DATE: "date", t.NUMBER: "decimal"}
    if agrees and kind == "string" and wanted in formats:
        agrees = node.get("format") == formats[wanted]
    if not agrees:
        zh = f"{fact.field} 在表单中是 {kind}，与事实的类型 {wanted} 不符"
        en = f"{fact.field} is {kind} in the form, which is no {wanted}"
        yield source.error(("facts", fact.name, "type"), zh, en)
    if agrees and fact.type.allowed is not None:
        offered = [one.get("const") for one in _list(node, "oneOf") if isinstance(one, dict)]
        for value in (*offered, *_list(node, "enum")):
            if value not in fact.type.allowed:
                zh = f"表单可选 {value}，而事实的类型中没有"
                en = f"the form offers {value}, which the type of the fact has not"
                yield source.error(("facts", fact.name, "type"), zh, en)
    if fact.field not in required and not fact.nullable:
        zh = f"{fact.field} 可以不填，所以事实须写 none: allowed"
        en = f"{fact.field} may be left out, so the fact needs none: allowed"
        yield source.error(("facts", fact.name), zh, en)
