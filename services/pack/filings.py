"""The decision table of filings, read: rows matched to items, cells and blocks typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import dmn
from city.errors import SourceError
from city.source import Source
from dmn import Budget, Table, Type
from dmn import types as t
from dmn.errors import FeelError, FeelModelError
from dmn.evaluate.rules import compiler, with_budget
from dmn.feel import tree
from services.functions import FUNCTIONS
from services.pack import form
from services.pack.model import Fact, FilingItem, FilingSheet, Pack
from services.pack.program import FilingColumn, FilingRow, FilingTable, Run
from services.pack.readers import plain, reader

LEVELS = ("mandatory", "optional")


def read(sheet: FilingSheet, names: Mapping[str, Type], pack: Pack) -> FilingTable:
    """Compile the sheet; raises ``FeelError`` with the place in the table's text."""
    facts = pack.facts.items()
    answers = {n for n, fact in facts if fact.source == "answers" and not fact.is_material}
    known = {n: k for n, k in names.items() if n in answers or n in pack.parameters or n == "as_of"}
    table = dmn.read_table(sheet.text, names=known, dialect="total", functions=FUNCTIONS)
    if table.policy != "R" or len(table.outputs) != 1:
        zh, en = "备案表的命中策略应为 R，且只有一列结果", "the hit policy is R, with one output"
        raise FeelModelError("filings.policy", zh, en, table.place)
    columns = tuple(_columns(sheet, table, known))
    rows = []
    reads: set[str] = set()
    for rule in table.rules:
        item = sheet.items.get(rule.label)
        if item is None:
            zh, en = f"没有备案 {rule.label}", f"there is no filing {rule.label}"
            raise FeelModelError("filings.row", zh, en, rule.place)
        tests = []
        for column, cell in zip(table.inputs, rule.tests, strict=True):
            kind = dmn.check(column.expression, known)
            dmn.check(cell, {**known, "?": kind})
            tests.append(_compiled(cell) if cell.tests else None)
        output = rule.outputs[0]
        if not isinstance(output, tree.Literal) or output.value not in LEVELS:
            zh = "结果只能是 mandatory 或 optional（加引号）"
            raise FeelModelError("filings.level", zh, "write mandatory or optional", rule.place)
        only_if, kinds, used = _only_if(item, known)
        reads |= used
        rows.append(FilingRow(item, tuple(tests), str(output.value), only_if, _typed(kinds)))
    _each_once(sheet, table)
    reads |= {n for c in table.inputs for n in dmn.names(c.expression)}
    reads |= {n for r in table.rules for cell in r.tests for n in dmn.names(cell)}
    return FilingTable(columns, tuple(rows), tuple(sorted(reads)))


def _columns(sheet: FilingSheet, table: Table, names: Mapping[str, Type]) -> Iterator[FilingColumn]:
    head = next(line for line in sheet.text.splitlines() if line.strip())
    for written, column in zip(head.split("|")[1:], table.inputs, strict=False):
        words = sheet.columns.get(written.strip())
        if words is None:
            zh = f"列 {written.strip()} 没有写明 columns 中的文字"
            en = f"the column {written.strip()} has no words under columns"
            raise FeelModelError("filings.words", zh, en, column.place)
        dmn.check(column.expression, names)
        yield FilingColumn(_compiled(column.expression), *words)


def _each_once(sheet: FilingSheet, table: Table) -> None:
    labels = [rule.label for rule in table.rules]
    missing = [name for name in sheet.items if labels.count(name) != 1]
    if missing:
        zh = "每个备案应恰好一行：" + "、".join(missing)
        en = "each filing has exactly one row: " + ", ".join(missing)
        raise FeelModelError("filings.rows", zh, en, table.place)


def _compiled(node: dmn.Node) -> Run:
    budget = Budget()
    return with_budget(compiler(budget).of(node), budget)


def _only_if(
    item: FilingItem, names: Mapping[str, Type]
) -> tuple[Run | None, dict[str, Type], set[str]]:
    """The condition over a block, the types of its answers, and the names used beside them."""
    kinds = _block_types(item)
    if not item.only_if:
        return None, kinds, set()
    scope = {**names, **kinds}
    node = dmn.parse(item.only_if, dialect="total", names=scope, functions=FUNCTIONS)
    if t.base_type(dmn.check(node, scope)) != t.BOOLEAN:
        zh, en = f"{item.id} 的 only_if 应为是或否", f"only_if of {item.id} must be true or false"
        raise FeelModelError("filings.only_if", zh, en)
    return _compiled(node), kinds, set(dmn.names(node)) - set(kinds)


_KINDS = {"integer": t.NUMBER, "boolean": t.BOOLEAN, "string": t.STRING}
_FORMATS = {"decimal": t.NUMBER, "date": t.DATE}


def _block_types(item: FilingItem) -> dict[str, Type]:
    """The types of a block's plain questions, by name."""
    properties: Any = (item.form or {}).get("properties", {})
    found = {}
    for name, node in properties.items() if isinstance(properties, dict) else ():
        kind = _FORMATS.get(node.get("format", "")) or _KINDS.get(node.get("type"))
        if kind is not None:
            found[name] = kind
    return found


def _typed(kinds: Mapping[str, Type]) -> Any:
    readers = {
        name: reader(Fact(name, "answers", name, kind, "", "", nullable=True))
        for name, kind in kinds.items()
    }

    def typed(block: Mapping[str, Any]) -> dict[str, object]:
        return {name: read(plain(block.get(name))) for name, read in readers.items()}

    return typed


def faults(source: Source, sheet: FilingSheet) -> Iterator[SourceError]:
    """What is wrong with the blocks of questions."""
    for place, item in enumerate(sheet.items.values()):
        path = ("filings", "items", place, "form")
        if item.form is not None:
            yield from form.block_faults(source, dict(item.form), path)


def whole_form(pack: Pack) -> dict[str, Any]:
    """The form with every block of the filings under ``filings``, none of them required."""
    whole = dict(pack.form)
    blocks = {
        item.id: {**item.form, "x-zh": item.zh, "x-en": item.en}
        for item in (pack.filings.items.values() if pack.filings else ())
        if item.form is not None
    }
    if blocks:
        section = {
            "type": "object",
            "additionalProperties": False,
            "properties": blocks,
            "x-zh": "一并办理的备案",
            "x-en": "Filings made together",
        }
        whole["properties"] = {**whole["properties"], "filings": section}
    return whole


def line_of(sheet: FilingSheet, error: FeelError) -> int:
    return sheet.line + max(error.place.line - 1, 0)
