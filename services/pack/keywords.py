"""Every keyword of JSON Schema 2020-12, and what a form makes of it. Pure.

A form is a part of JSON Schema: what a citizen can be asked on a page, and what another program
can read from it. A keyword is accepted as JSON Schema means it, translated into something simpler,
or refused with a reason and, where there is one, another way to say it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

NULL = "x-null"  # of a question in a translated form: null stands for "left out"

# the keywords that a form reads, by the type of the question; ``oneOf`` is read as labelled choices
OF_ANY = ("type", "title", "enum", "const", "oneOf", "default")
OF_TYPE: Mapping[str, tuple[str, ...]] = {
    "object": ("properties", "required", "additionalProperties"),
    "array": ("items", "minItems", "maxItems", "uniqueItems"),
    "string": ("minLength", "maxLength", "pattern", "format", "formatMinimum", "formatMaximum"),
    "integer": ("minimum", "maximum", "multipleOf"),
    "boolean": (),
}
OF_FORM = ("if", "then", "else", "allOf", "dependentRequired")  # at the top of a form only


class Keyword(NamedTuple):
    """What becomes of a keyword, and in which words it is said."""

    status: Literal["accepted", "translated", "refused"]
    zh: str
    en: str


def _all(words: str, keyword: Keyword) -> dict[str, Keyword]:
    return dict.fromkeys(words.split(), keyword)


def _accepted(zh: str, en: str) -> Keyword:
    return Keyword("accepted", zh, en)


def _refused(zh: str, en: str) -> Keyword:
    return Keyword("refused", zh, en)


_WHOLE_FORM = (
    "只用于整个表单：按答案决定问哪些问题",
    "of the whole form: answers decide what is asked",
)
_ELSEWHERE = (
    "事项包自成一体，不引用别处的定义；把问题写全",
    "a pack stands alone and refers to nothing else; write the question out",
)
_KNOWN_KEYS = (
    "每个问题都要有名称和标签；在 properties 中逐一列出",
    "each question has a name and labels; list them under properties",
)
_UNCLEAR = (
    "页面无法据此提问；用 if、then、else 写明何时问什么",
    "no page can ask by it; say what is asked when by if, then and else",
)
_LISTS = "列表的每项都相同；用 items", "the items of a list are alike; use items"
_EXCLUSIVE = (
    "含边界的界限才能原样写进说明；用 minimum 或 maximum",
    "bounds are shown as they are, both included; use minimum or maximum",
)
_COUNTED = (
    "按个数的条件写进 requirements，附法律依据",
    "a condition on counts is a requirement, with its law",
)
_FILES = "文件用 format: material（见 materials）", "files have format: material, see materials"

KEYWORDS: Mapping[str, Keyword] = {
    "type": Keyword(
        "translated",
        "object、array、string、integer、boolean；[类型, 'null'] 表示可以不填，null 等于不填；"
        "小数为 string 加 format: decimal",
        "object, array, string, integer, boolean; [TYPE, 'null'] is a question that may be left"
        " out, null being the same as that; a decimal is a string of format decimal",
    ),
    "properties": _accepted("各个问题，按提问的次序", "the questions, in the order they are asked"),
    "required": _accepted("必填的问题", "the questions that must be answered"),
    "additionalProperties": _accepted("必须写 false", "must be false"),
    "items": _accepted("列表的每一项；可以是一组问题", "each item of a list; may be an object"),
    **_all(
        "minItems maxItems",
        _accepted("列表的项数，须有上限", "items of a list; maxItems is needed"),
    ),
    "uniqueItems": _accepted("列表的各项不得重复", "no two items of a list are the same"),
    **_all("minLength maxLength", _accepted("字数，须有上限", "characters; maxLength is needed")),
    "pattern": _accepted("RE2 正则表达式，线性时间", "a regular expression in linear time"),
    "format": _accepted(
        "date、decimal、id-number、uscc、phone、material",
        "date, decimal, id-number, uscc, phone, material",
    ),
    **_all(
        "formatMinimum formatMaximum",
        _accepted("日期和小数的界限，含边界", "bounds of dates and decimals, included"),
    ),
    **_all("minimum maximum", _accepted("整数的界限，含边界", "bounds of whole numbers, included")),
    "multipleOf": _accepted("整数的倍数", "whole numbers that are multiples of it"),
    "enum": _accepted("允许的值；有标签的选项用 oneOf", "values allowed; for labels use oneOf"),
    "const": _accepted("唯一允许的值，如须勾选的承诺", "the one value, as of a box to be ticked"),
    "oneOf": Keyword(
        "translated",
        "只用作有标签的选项：{const, x-zh, x-en}",
        "labelled choices only: {const, x-zh, x-en}",
    ),
    **_all("if then else allOf dependentRequired", _accepted(*_WHOLE_FORM)),
    "title": _accepted(
        "只供阅读事项包的人看；页面用 x-zh、x-en", "for readers; pages show x-zh, x-en"
    ),
    "default": _accepted("只供阅读；预先填好用 x-prefill", "for readers; prefill by x-prefill"),
    **_all(
        "$schema $id $ref $defs $anchor $dynamicRef $dynamicAnchor $vocabulary",
        _refused(*_ELSEWHERE),
    ),
    **_all("anyOf not dependentSchemas", _refused(*_UNCLEAR)),
    **_all(
        "patternProperties propertyNames unevaluatedProperties minProperties maxProperties",
        _refused(*_KNOWN_KEYS),
    ),
    **_all("prefixItems unevaluatedItems", _refused(*_LISTS)),
    **_all("contains minContains maxContains", _refused(*_COUNTED)),
    **_all("exclusiveMinimum exclusiveMaximum", _refused(*_EXCLUSIVE)),
    **_all("contentEncoding contentMediaType contentSchema", _refused(*_FILES)),
    "description": _refused(
        "页面须有两种语言；用 x-hint-zh、x-hint-en",
        "pages are in two languages; use x-hint-zh, x-hint-en",
    ),
    "examples": _refused("用 x-example", "use x-example"),
    "$comment": _refused("用 YAML 的 # 注释", "use a comment of YAML, #"),
    "deprecated": _refused(
        "不再问的问题，从下一版本的表单中删去", "leave the question out of the next edition"
    ),
    **_all(
        "readOnly writeOnly",
        _refused(
            "已知的不问；预先填好用 x-prefill", "what is known is not asked; prefill by x-prefill"
        ),
    ),
}


def refusal(word: str, kind: str) -> tuple[str, str]:
    """Why a question of this type may not have a keyword, in Chinese and English."""
    known = KEYWORDS.get(word)
    if known is None:
        return f"表单中没有关键字 {word}", f"forms have no keyword {word}"
    if known.status == "refused":
        return f"表单不支持 {word}：{known.zh}", f"{word} is not for forms: {known.en}"
    if word in OF_FORM:
        return f"{word} {known.zh}", f"{word} is {known.en}"
    kinds = [name for name, words in OF_TYPE.items() if word in words]
    zh = f"{word} 用于 {'、'.join(kinds)}，不用于 {kind}"
    return zh, f"{word} is for {', '.join(kinds)}, not for {kind}"


def plain(node: Any) -> Any:
    """A form in which no type is a list: what may be null is marked, and is not required."""
    if isinstance(node, list):
        return [plain(part) for part in node]
    if not isinstance(node, dict):
        return node
    found = {word: plain(part) for word, part in node.items()}
    kinds = node.get("type")
    if isinstance(kinds, list) and len(kinds) == 2 and "null" in kinds:
        found["type"] = next((kind for kind in kinds if kind != "null"), "null")
        found[NULL] = True
    questions, required = found.get("properties"), found.get("required")
    if isinstance(questions, dict) and isinstance(required, list):
        found["required"] = [
            n for n in required if not (isinstance(n, str) and _may_be_null(questions.get(n)))
        ]
    return found


def _may_be_null(node: Any) -> bool:
    return isinstance(node, dict) and node.get(NULL) is True


def without_nulls(node: Any, value: Any) -> Any:
    """Answers without those that are null and may be: the same as left out."""
    if isinstance(value, list):
        items = node.get("items") if isinstance(node, dict) else None
        return [without_nulls(items, item) for item in value]
    if not isinstance(value, dict):
        return value
    questions = node.get("properties") if isinstance(node, dict) else None
    known = questions if isinstance(questions, dict) else {}
    return {
        name: without_nulls(known.get(name), part)
        for name, part in value.items()
        if not (part is None and _may_be_null(known.get(name)))
    }


def lines() -> list[str]:
    """Every keyword as a row of a table in Markdown, in the order of this module."""
    head = ["| keyword | status | in a form | 说明 |", "|---|---|---|---|"]
    rows = [f"| `{word}` | {k.status} | {k.en} | {k.zh} |" for word, k in KEYWORDS.items()]
    return [*head, *rows]
