"""A pack as a spreadsheet that a policy officer can change, and back into the pack's text. Pure.

A sheet each for parameters, requirements, the list of tables, every table, the facts (for reading)
and a guide. Every cell is text, so that nothing becomes a formula, a date or a rounded number.
"""

from __future__ import annotations

import hashlib

from city.errors import SourceError
from city.source import read as read_source
from dmn.tables.text import DEFAULT
from services.interchange import grids, logic
from services.interchange.grids import Grid, Row
from services.interchange.logic import Data, Logic
from services.interchange.places import fault
from services.interchange.spreadsheets import layout, workbooks
from services.interchange.spreadsheets import rows as sheet_rows
from services.interchange.spreadsheets.layout import (
    COLUMNS,
    FACTS,
    GUIDE,
    PARAMETERS,
    REQUIREMENTS,
    TABLES,
)
from services.interchange.spreadsheets.workbooks import Cell, Sheet, letter, rows_of
from services.interchange.spreadsheets.writing import Book
from services.pack.model import Pack


def write(text: str, pack: Pack, file: str = "pack.yaml") -> bytes:
    """The workbook of a pack; ``pack``: the text as read, for words and types of what it names.

    Raises ``SourceError`` for what no cell can say, such as a text with blanks around it.
    """
    source = read_source(text, file)
    found = logic.of(source)
    book = Book()
    book.guide(guide_rows(text, pack))
    try:
        rows = [
            row for n, part in found.parameters.items() for row in sheet_rows.of_parameter(n, part)
        ]
        book.list(PARAMETERS, rows)
        book.list(REQUIREMENTS, [sheet_rows.of_requirement(part) for part in found.requirements])
        names = layout.sheet_names(list(found.tables))
        book.list(TABLES, table_rows(found, names))
        for name, (_words, grid) in found.tables.items():
            book.grid(names[name], grid, [layout.describe(pack, one) for one in grid.inputs])
        book.list(FACTS, layout.fact_rows(pack))
        return book.bytes()
    except ValueError as error:
        zh = f"内容不能写入单元格：{error}"
        raise SourceError(file, 1, zh, f"a cell cannot say this: {error}") from error


def guide_rows(text: str, pack: Pack) -> list[dict[str, str]]:
    """What the first sheet says: the format, the service, and which text it was made of."""
    head = (
        (layout.FORMAT_KEY, layout.FORMAT),
        (layout.SERVICE, pack.service),
        ("名称 Name", f"{pack.name['zh']} {pack.name['en']}"),
        ("来自 Made of", hashlib.sha256(text.encode()).hexdigest()),
    )
    return [{"key": key, "value": value} for key, value in (*head, *layout.INSTRUCTIONS)]


def table_rows(found: Logic, names: dict[str, str]) -> list[dict[str, str]]:
    return [
        {"name": name, **words, "policy": grid.policy, "sheet": names[name]}
        for name, (words, grid) in found.tables.items()
    ]


def read(data: bytes, text: str, pack: Pack, file: str = "pack.xlsx") -> str:
    """The pack's text with what the workbook says; raises ``SourceError`` with sheet and cell.

    ``text`` and ``pack``: what it is compared with and put into. Sections that say the same stay
    byte for byte. Whether the result is a sound pack is for ``services.edition.draft`` to say.
    """
    return _Reader(workbooks.read(data, file), text, pack, file).text()


def service_of(data: bytes, file: str = "pack.xlsx") -> str:
    """The service that a workbook says it is of; raises ``SourceError`` as ``read``."""
    sheets = workbooks.read(data, file)
    if GUIDE not in sheets:
        raise fault(file, GUIDE, "缺少这张工作表", "this sheet is missing")
    rows = sheets[GUIDE].rows.values()
    said = {cells["A"].text: cells["B"].text for cells in rows if {"A", "B"} <= set(cells)}
    return said.get(layout.SERVICE, "")


class _Reader:
    def __init__(self, sheets: dict[str, Sheet], text: str, pack: Pack, file: str) -> None:
        self.sheets = sheets
        self.source = read_source(text)
        self.pack = pack
        self.file = file

    def text(self) -> str:
        for name in (GUIDE, PARAMETERS, REQUIREMENTS, TABLES, FACTS):
            if name not in self.sheets:
                raise fault(self.file, name, "缺少这张工作表", "this sheet is missing")
        service = self._service()
        tables = self._tables()
        known = {*COLUMNS, *(ref for _words, ref in tables.values())}
        for name, sheet in self.sheets.items():
            if name not in known and sheet.rows:
                raise fault(self.file, name, "不应有这张工作表", "this sheet is not expected")
        self._facts()
        before = logic.of(self.source)
        sheet = self.sheets[PARAMETERS]
        found = Logic(
            service,
            sheet_rows.parameters(sheet, self._rows(sheet), before.parameters),
            {
                name: (words, self._grid(self.sheets[ref], str(words.pop("policy"))))
                for name, (words, ref) in tables.items()
            },
            self._requirements(),
        )
        return logic.put(self.source, found)

    def _requirements(self) -> list[Data]:
        sheet = self.sheets[REQUIREMENTS]
        found: dict[str, Data] = {}
        for row, refs in self._rows(sheet):
            if row["id"] in found:
                raise sheet.fault(refs["id"], f"编号 {row['id']} 重复", f"{row['id']} stands twice")
            found[row["id"]] = sheet_rows.requirement(sheet, row, refs)
        return list(found.values())

    def _rows(self, sheet: Sheet) -> list[tuple[sheet_rows.Row, dict[str, str]]]:
        """The rows below the headings: texts and places of cells, by the key of their column."""
        columns = COLUMNS[sheet.name]
        letters = self._headings(sheet)
        found = []
        for number, cells in rows_of(sheet, 2):
            stray = next((at for at in cells if at not in letters.values()), None)
            if stray is not None:
                zh, en = "这一列没有标题", "this column has no heading"
                raise sheet.fault(f"{stray}{number}", zh, en)
            refs = {column.key: f"{letters[column.key]}{number}" for column in columns}
            row = {}
            for column in columns:
                cell = cells.get(letters[column.key], Cell("", ""))
                if cell.kind != "text" and column.key != "value":
                    raise sheet.fault(cell.ref, "是数字；应写作文字", "a number: write it as text")
                row[column.key] = self._chosen(sheet, column, cell)
            if not row[columns[0].key]:
                raise sheet.fault(f"{letters[columns[0].key]}{number}", "不能为空", "it is empty")
            found.append((row, refs))
        return found

    def _chosen(self, sheet: Sheet, column: layout.Column, cell: Cell) -> str:
        if not cell.text or column.choices is None or column.key == "type":
            return cell.text
        value = next((key for key, words in column.choices.items() if words == cell.text), None)
        if value is None:
            zh, en = f"“{cell.text}”不在列表中", f"{cell.text!r} is not one of the list"
            raise sheet.fault(cell.ref, zh, en)
        return value

    def _headings(self, sheet: Sheet) -> dict[str, str]:
        """The letter of each column, by its key."""
        keys = {column.heading: column.key for column in COLUMNS[sheet.name]}
        found: dict[str, str] = {}
        for at, cell in sheet.rows.get(1, {}).items():
            key = keys.get(cell.text)
            if key is None:
                zh, en = f"没有“{cell.text}”这一列", f"there is no column {cell.text!r}"
                raise sheet.fault(cell.ref, zh, en)
            if key in found:
                zh, en = f"标题“{cell.text}”重复", f"the heading {cell.text!r} stands twice"
                raise sheet.fault(cell.ref, zh, en)
            found[key] = at
        for heading, key in keys.items():
            if key not in found:
                raise sheet.fault("A1", f"缺少“{heading}”列", f"the column {heading!r} is missing")
        return found

    def _service(self) -> str:
        sheet = self.sheets[GUIDE]
        said: dict[str, str] = {}
        for row, refs in self._rows(sheet):
            if row["key"] in said:
                raise sheet.fault(refs["key"], "重复出现", "it stands twice")
            said[row["key"]] = row["value"]
        if said.get(layout.FORMAT_KEY) != layout.FORMAT:
            zh, en = f"格式应为 {layout.FORMAT}", f"the format is to be {layout.FORMAT}"
            raise sheet.fault("B2", zh, en)
        return said.get(layout.SERVICE, "")

    def _tables(self) -> dict[str, tuple[Data, str]]:
        """Words (with the hit policy) and sheet of each table."""
        sheet = self.sheets[TABLES]
        found: dict[str, tuple[Data, str]] = {}
        used: set[str] = set()
        for row, refs in self._rows(sheet):
            name, ref = row["name"], row["sheet"]
            if name in found:
                raise sheet.fault(refs["name"], f"{name} 重复", f"{name} stands twice")
            if ref not in self.sheets or ref in COLUMNS or ref in used:
                zh, en = (
                    f"没有工作表“{ref}”，或者已被使用",
                    f"no sheet {ref!r}, or it is used already",
                )
                raise sheet.fault(refs["sheet"], zh, en)
            if not row["policy"]:
                raise sheet.fault(refs["policy"], "没有命中策略", "there is no hit policy")
            used.add(ref)
            words = {key: row[key] for key in (*logic.WORDS, "policy") if row[key]}
            found[name] = (words, ref)
        return found

    def _facts(self) -> None:
        """The sheet of facts is for reading: a change there would change nothing."""
        sheet = self.sheets[FACTS]
        expected = layout.fact_rows(self.pack)
        rows = self._rows(sheet)
        for (row, refs), wanted in zip(rows, expected, strict=False):
            for key, value in row.items():
                if value != wanted[key].strip():
                    raise sheet.fault(refs[key], *_READ_ONLY)
        if len(rows) != len(expected):
            raise sheet.fault(f"A{min(len(rows), len(expected)) + 2}", *_READ_ONLY)

    def _grid(self, sheet: Sheet, policy: str) -> Grid:
        kinds = sheet.rows.get(1, {})
        inputs = [at for at, cell in kinds.items() if cell.text == layout.INPUT]
        outputs = [at for at, cell in kinds.items() if cell.text == layout.OUTPUT]
        expected = ["A", *(letter(n + 2) for n in range(len(kinds) - 1))]
        if [*kinds] != expected or [*kinds][1:] != [*inputs, *outputs] or not outputs:
            zh = f"第 1 行应为“{layout.ROW}”、各“{layout.INPUT}”列、各“{layout.OUTPUT}”列"
            en = f"row 1 is {layout.ROW}, then the columns {layout.INPUT} and {layout.OUTPUT}"
            raise sheet.fault("A1", zh, en)
        for number, words in ((1, layout.ROW), (2, layout.EXPRESSION), (3, layout.NOTE)):
            cell = sheet.rows.get(number, {}).get("A", Cell("", ""))
            if cell.text != words:
                raise sheet.fault(f"A{number}", f"应为“{words}”", f"it is to be {words!r}")
        heads = self._cells(sheet, 2, [*inputs, *outputs])
        for at, head in zip(inputs, heads, strict=False):
            note = sheet.rows[3].get(at)
            if note and note.text != layout.describe(self.pack, head).strip():
                raise sheet.fault(note.ref, *_READ_ONLY)
        for at in sheet.rows[3]:
            if at != "A" and at not in inputs:
                raise sheet.fault(f"{at}3", *_READ_ONLY)
        return self._rules(sheet, Grid(policy, heads[: len(inputs)], heads[len(inputs) :], ()))

    def _rules(self, sheet: Sheet, head: Grid) -> Grid:
        count = len(head.inputs)
        letters = [letter(n + 2) for n in range(count + len(head.outputs))]
        default: tuple[str, ...] = ()
        rows = []
        for number, cells in rows_of(sheet, layout.FIRST_RULE):
            label = cells.get("A", Cell(f"A{number}", ""))
            if not label.text or label.kind != "text" or "|" in label.text or "\n" in label.text:
                zh, en = "行的编号应为文字，不能为空", "the label of a row is a text, and not empty"
                raise sheet.fault(label.ref, zh, en)
            if label.text == DEFAULT:
                if default or set(cells) & set(letters[:count]):
                    zh, en = (
                        "default 行只有一行，只填结果",
                        "one row is default, with results alone",
                    )
                    raise sheet.fault(label.ref, zh, en)
                default = self._cells(sheet, number, letters[count:], besides=letters[:count])
                continue
            said = self._cells(sheet, number, letters)
            rows.append(Row(label.text, said[:count], said[count:]))
        if not rows:
            raise sheet.fault(f"A{layout.FIRST_RULE}", "决策表没有行", "the table has no rows")
        return Grid(head.policy, head.inputs, head.outputs, tuple(rows), default)

    def _cells(
        self, sheet: Sheet, number: int, letters: list[str], besides: list[str] | None = None
    ) -> tuple[str, ...]:
        """The cells of a row of a grid; each says something, on one line, without ``|``."""
        cells = sheet.rows.get(number, {})
        for at in cells:
            if at not in ("A", *letters, *(besides or ())):
                raise sheet.fault(f"{at}{number}", "这一列没有标题", "this column has no heading")
        found = []
        for at in letters:
            text = cells[at].text if at in cells else ""
            if not text:
                zh, en = "格子为空；任意值请写 -", "the cell is empty; write - for any value"
                raise sheet.fault(f"{at}{number}", zh, en)
            if "\n" in text or not grids.is_cell(text):
                zh, en = "格子只能有一行，不能有 |", "a cell has one line, and no | outside quotes"
                raise sheet.fault(f"{at}{number}", zh, en)
            found.append(text)
        return tuple(found)


_READ_ONLY = ("这里只供查阅，请恢复原状", "this is for reading: leave it as it was")
