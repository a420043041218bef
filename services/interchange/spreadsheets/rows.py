"""Parameters and requirements as rows of a sheet, and back. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from city.errors import SourceError
from dmn.errors import FeelError
from services.interchange import logic
from services.interchange.spreadsheets.layout import ENUMERATION, KINDS
from services.pack import types

Row = dict[str, str]  # a cell's text by the key of its column
Refs = Mapping[str, str]  # the cell's place by the key of its column
EMPTY = "[]"  # an empty list
_ONCE = ("zh", "en", "unit_zh", "unit_en", "type", "from", "law", "doubt", "codes")


class Located(Protocol):
    """What the rows stand in: faults are raised with the place of a cell."""

    def fault(self, ref: str, zh: str, en: str) -> SourceError: ...

    def kind(self, ref: str) -> str: ...


def of_parameter(name: str, part: Mapping[str, Any]) -> list[Row]:
    """A row for each day from which a value holds; ``ValueError`` for what a cell cannot say."""
    unit = part.get("unit", {})
    kind = logic.type_of(part)
    head = {key: str(part.get(key, "")) for key in ("zh", "en", "from", "law", "doubt", "codes")}
    head |= {"name": name, "unit_zh": unit.get("zh", ""), "unit_en": unit.get("en", "")}
    if isinstance(kind, list):
        head["type"] = "\n".join([ENUMERATION, *kind])
    else:
        head["type"] = KINDS[kind] if kind else ""
    dated = [(key, value) for key, value in part.items() if key[0].isdigit()]
    if not dated:
        return [{**head, "since": "", "value": ""}]
    return [{**head, "since": since, "value": _written(value)} for since, value in dated]


def _written(value: Any) -> str:
    items = value if isinstance(value, list) else [value]
    for item in items:
        if not isinstance(item, str) or item != item.strip() or not item or item == EMPTY:
            raise ValueError(f"{item!r} cannot stand in a cell")
        if "\n" in item:
            raise ValueError(f"{item!r} has several lines")
    return "\n".join(items) if items else EMPTY


def parameters(
    sheet: Located, rows: Sequence[tuple[Row, Refs]], before: Mapping[str, Any]
) -> dict[str, Any]:
    """The parameters of a sheet; raises ``SourceError`` with the cell.

    What a further row of a parameter leaves empty is as in its others; what it says must agree.
    """
    found: dict[str, tuple[Row, Refs, dict[str, Any]]] = {}
    for row, refs in rows:
        name = row["name"]
        head, first, dated = found.setdefault(name, (dict(row), refs, {}))
        for key in _ONCE:
            if row[key] and head[key] and row[key] != head[key]:
                zh = f"与 {first[key]} 不一致（同一参数）"
                en = f"not what {first[key]} says of the same parameter"
                raise sheet.fault(refs[key], zh, en)
            head[key] = head[key] or row[key]
        since = row["since"]
        if not since and not row["value"] and row["from"]:
            continue
        if types.day(since) is None:
            zh, en = "起始日应写作 2026-01-31", "the day is written 2026-01-31"
            raise sheet.fault(refs["since"], zh, en)
        if since in dated:
            raise sheet.fault(
                refs["since"], "同一参数的日期重复", "the parameter has the day twice"
            )
        dated[since] = (row["value"], refs["value"])
    return {
        name: _parameter(sheet, head, refs, dated, before.get(name, {}))
        for name, (head, refs, dated) in found.items()
    }


def _parameter(
    sheet: Located, head: Row, refs: Refs, dated: dict[str, Any], before: Mapping[str, Any]
) -> dict[str, Any]:
    if bool(head["from"]) == bool(dated):
        zh, en = "“取自城市”与各日期的值二者择一", "either from the city or dated values"
        raise sheet.fault(refs["from"], zh, en)
    if head["from"] and head["type"]:
        raise sheet.fault(refs["type"], "取自城市的参数没有类型", "one from the city has no type")
    kind = _kind(sheet, head["type"], refs["type"]) if dated else ""
    part: dict[str, Any] = {"from": head["from"]} if head["from"] else {}
    for since, (value, ref) in dated.items():
        part[since] = _value(sheet, value, kind, ref)
    part |= {key: head[key] for key in ("codes", "zh", "en", "law", "doubt") if head[key]}
    unit = {language: head[f"unit_{language}"] for language in ("zh", "en")}
    if any(unit.values()):
        part["unit"] = unit
    return logic.with_type(part, kind, before)


def _kind(sheet: Located, text: str, ref: str) -> str | list[str]:
    first, *rest = text.split("\n")
    if first == ENUMERATION and rest:
        return [item.strip() for item in rest]
    kind = next((name for name, words in KINDS.items() if words == text), None)
    if kind is None:
        zh, en = f"没有类型“{text}”，请从列表中选择", f"no type {text!r}: choose one of the list"
        raise sheet.fault(ref, zh, en)
    return kind


def _value(sheet: Located, text: str, kind: str | list[str], ref: str) -> Any:
    if not text:
        raise sheet.fault(ref, "没有值", "there is no value")
    if sheet.kind(ref) != "text" and kind != "number":
        raise sheet.fault(ref, "是数字；应写作文字", "a number: write it as text")
    if isinstance(kind, list):
        if text not in kind:
            raise sheet.fault(ref, f"“{text}”不在枚举中", f"{text!r} is not one of its type")
        return text
    lines = [line.strip() for line in text.split("\n")]
    bare = kind.removeprefix("list of ")
    if bare == kind and len(lines) > 1:
        raise sheet.fault(
            ref, "只能有一个值；列表的类型应为列表", "one value: a list has a list's type"
        )
    items = [] if bare != kind and text == EMPTY else lines
    for item in items:
        try:
            if not item:
                raise ValueError
            types.written(item, types.NAMED[bare])
        except (FeelError, ValueError) as error:
            zh, en = f"“{item}”不是{KINDS[kind]}", f"{item!r} is no {kind}"
            raise sheet.fault(ref, zh, en) from error
    return items if bare != kind else text


_PLAIN = ("id", "applies", "must", "unmet", "undisclosed", "when_unanswered", "for")


def of_requirement(part: Mapping[str, Any]) -> Row:
    """One row; ``ValueError`` for what a cell cannot say."""
    row = {key: str(part.get(key, "")) for key in (*_PLAIN, "zh", "en", "law")}
    bring = part.get("at_counter", {}).get("bring", ())
    for language in ("zh", "en"):
        lines = [one[language].strip() for one in bring]
        if any("\n" in line or not line for line in lines):
            raise ValueError("an original to bring has several lines")
        row[f"bring_{language}"] = "\n".join(lines)
    return row


def requirement(sheet: Located, row: Row, refs: Refs) -> dict[str, Any]:
    """The requirement of a row; raises ``SourceError`` where a cell that is needed is empty."""
    for key in ("id", "must", "zh", "en", "law"):
        if not row[key]:
            raise sheet.fault(refs[key], "不能为空", "it cannot be empty")
    part: dict[str, Any] = {key: row[key] for key in ("id", "for", "applies", "must") if row[key]}
    part |= {key: row[key] for key in ("unmet", "zh", "en", "law") if row[key]}
    part |= {key: row[key] for key in ("undisclosed", "when_unanswered") if row[key]}
    bring = {key: row[f"bring_{key}"].split("\n") for key in ("zh", "en") if row[f"bring_{key}"]}
    if bring:
        if len(bring) != 2 or len(bring["zh"]) != len(bring["en"]):
            zh, en = "中英文项数不同", "not as many items in both languages"
            raise sheet.fault(refs["bring_zh"], zh, en)
        pairs = zip(bring["zh"], bring["en"], strict=True)
        part["at_counter"] = {"bring": [{"zh": z.strip(), "en": e.strip()} for z, e in pairs]}
    return part
