"""Writes the sheets of a pack's workbook by openpyxl: text cells, frozen headings, choices."""

from __future__ import annotations

import io
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from dmn.tables.text import DEFAULT
from services.interchange.grids import Grid
from services.interchange.spreadsheets import layout
from services.interchange.spreadsheets.layout import COLUMNS, FACTS, GUIDE, Column
from services.interchange.spreadsheets.workbooks import LONGEST, is_escaped

SPARE = 40  # rows below the last one that are made ready to be filled in
TEXT = "@"
_LINE = Side(style="thin", color="C8CED8")
_EDGE = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_WRAPPED = Alignment(vertical="top", wrap_text=True)
_HEAD = PatternFill("solid", fgColor="1450C8")
_PALE = PatternFill("solid", fgColor="EEF1F6")  # what is for reading
_RESULT = PatternFill("solid", fgColor="E9F5EE")


class Book:
    def __init__(self) -> None:
        self.book = Workbook()
        self.book.remove(self.book.worksheets[0])
        self.cell = self._style("pack cell")
        self.heading = self._style("pack heading", _HEAD, Font(bold=True, color="FFFFFF"))
        self.pale = self._style("pack note", _PALE, Font(color="4A5568"))
        self.result = self._style("pack result", _RESULT)

    def _style(
        self, name: str, fill: PatternFill | None = None, font: Font | None = None
    ) -> NamedStyle:
        style = NamedStyle(name)
        style.number_format, style.alignment, style.border = TEXT, _WRAPPED, _EDGE
        if fill is not None:
            style.fill = fill
        if font is not None:
            style.font = font
        self.book.add_named_style(style)
        return style

    def bytes(self) -> bytes:
        """The file."""
        made = io.BytesIO()
        self.book.active = 1  # what an officer came for; the guide is the first sheet
        self.book.save(made)
        return made.getvalue()

    def guide(self, rows: Sequence[dict[str, str]]) -> None:
        self._list(GUIDE, rows, self.pale)

    def list(self, name: str, rows: Sequence[dict[str, str]]) -> None:
        """A sheet of rows under headings, with the choices of its columns."""
        sheet = self._list(name, rows, self.pale if name == FACTS else self.cell)
        if name == FACTS:
            return
        last = len(rows) + 1 + SPARE
        for place, column in enumerate(COLUMNS[name], 1):
            at = get_column_letter(place)
            for number in range(len(rows) + 2, last + 1):
                sheet[f"{at}{number}"].style = self.cell
            if column.choices is not None:
                self._choices(sheet, column, f"{at}2:{at}{last}")
        if name == layout.PARAMETERS:
            self._truths(sheet, rows)

    def _list(self, name: str, rows: Sequence[dict[str, str]], style: NamedStyle) -> Worksheet:
        sheet = self.book.create_sheet(name)
        columns = COLUMNS[name]
        for place, column in enumerate(columns, 1):
            self._put(sheet.cell(1, place), column.heading, self.heading)
            sheet.column_dimensions[get_column_letter(place)].width = column.width
            for number, row in enumerate(rows, 2):
                text = row.get(column.key, "")
                if column.choices is not None and column.key != "type":
                    text = column.choices.get(text, text)
                self._put(sheet.cell(number, place), text, style)
        sheet.freeze_panes = "B2"
        return sheet

    def _choices(self, sheet: Worksheet, column: Column, cells: str) -> None:
        """A drop-down; a type may be typed, too, where it lists the texts allowed."""
        assert column.choices is not None
        strict = column.key != "type"
        self._validation(sheet, list(column.choices.values()), cells, strict)

    def _truths(self, sheet: Worksheet, rows: Sequence[dict[str, str]]) -> None:
        """true and false for the values of parameters that are one or the other."""
        keys = [column.key for column in COLUMNS[layout.PARAMETERS]]
        at = get_column_letter(keys.index("value") + 1)
        for number, row in enumerate(rows, 2):
            if row["type"] == layout.KINDS["boolean"]:
                self._validation(sheet, ["true", "false"], f"{at}{number}", True)

    def _validation(self, sheet: Worksheet, words: Sequence[str], cells: str, strict: bool) -> None:
        listed = DataValidation("list", formula1='"' + ",".join(words) + '"', allow_blank=True)
        listed.errorTitle, listed.error = "请从列表中选择", "Choose one of the list"
        listed.showErrorMessage = strict
        listed.add(cells)
        sheet.add_data_validation(listed)

    def grid(self, name: str, grid: Grid, notes: Sequence[str]) -> None:
        """A table: the kinds of its columns, their expressions, notes for reading, and the rows."""
        sheet = self.book.create_sheet(name)
        heads = [layout.INPUT] * len(grid.inputs) + [layout.OUTPUT] * len(grid.outputs)
        lines = [
            ([layout.ROW, *heads], self.heading),
            ([layout.EXPRESSION, *grid.inputs, *grid.outputs], self.heading),
            ([layout.NOTE, *notes, *([""] * len(grid.outputs))], self.pale),
            *(([row.label, *row.tests, *row.outputs], self.cell) for row in grid.rows),
        ]
        if grid.default:
            lines.append(([DEFAULT, *([""] * len(grid.inputs)), *grid.default], self.cell))
        lines += [([""] * len(lines[0][0]), self.cell)] * SPARE
        for number, (cells, style) in enumerate(lines, 1):
            for place, text in enumerate(cells, 1):
                is_result = style is self.cell and place > 1 + len(grid.inputs)
                self._put(sheet.cell(number, place), text, self.result if is_result else style)
        for place in range(1, len(lines[0][0]) + 1):
            longest = max(len(cells[place - 1]) for cells, _style in lines)
            sheet.column_dimensions[get_column_letter(place)].width = min(max(16, longest + 2), 60)
        sheet.freeze_panes = f"B{layout.FIRST_RULE}"

    def _put(self, cell: Cell, text: str, style: NamedStyle) -> None:
        """A text cell, whatever its text looks like: ``=`` begins no formula."""
        cell.style = style
        text = text.strip()
        if not text:
            return
        if len(text) > LONGEST or is_escaped(text):
            raise ValueError(f"{text[:40]!r}")
        cell.value = text
        cell.data_type = "s"
        if text[0] in "=+-@'":
            cell.quotePrefix = True
