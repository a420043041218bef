"""The cells of an .xlsx as text, read strictly: what is not plainly text or a number is refused.

No value is guessed: a number is kept as it is written in the file, a text as its characters. Rows
and cells stand in order, once each. Formulas, dates kept as numbers, merged cells, hidden sheets,
rows and columns, errors and true/false cells are refused with sheet and cell.
Source: ECMA-376 part 1, clause 18.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from city.characters import UNSAFE
from city.errors import SourceError
from services.interchange.places import fault
from services.interchange.spreadsheets.packages import MAIN, Package, opened

SHEETS, ROWS, COLUMNS = 40, 5_000, 60
LONGEST = 32_767  # characters of a cell, as spreadsheets allow
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_P = f"{{{MAIN}}}"
_REF = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([Ee][+-]?[0-9]{1,3})?")
_ESCAPE = re.compile("_x[0-9A-Fa-f]{4}_")
_DATES = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
GENERAL = (0, 49)  # formats that show a number as it is: General, and text
_DATE_SIGNS = re.compile(r"[ymdhs年月日]", re.I)
_NO_SIGNS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')  # of a format: texts and colours
_TRUE = ("1", "true")


@dataclass(frozen=True, slots=True)
class Cell:
    """``kind``: text or number."""

    ref: str
    text: str
    kind: str = "text"


@dataclass(frozen=True, slots=True)
class Sheet:
    """``rows``: by number from 1, cells by letter of their column; empty cells are left out."""

    file: str
    name: str
    rows: dict[int, dict[str, Cell]]

    def kind(self, ref: str) -> str:
        """The kind of the cell at a place; an empty one is text."""
        match = _REF.fullmatch(ref)
        cell = self.rows.get(int(match[2]), {}).get(match[1]) if match else None
        return cell.kind if cell else "text"

    def number(self, ref: str, text: str) -> str:
        """A number of a cell as spreadsheets show it: 15 digits; raises where it has more."""
        shown = format(float(text), ".15g")
        if float(shown) != float(text) or "e" in shown or len(text.split(".")[0]) > 15:
            zh, en = "数字超过 15 位，应写作文字", "a number of over 15 digits: write it as text"
            raise self.fault(ref, zh, en)
        return shown

    def fault(self, ref: str, zh: str, en: str) -> SourceError:
        """A fault in a cell: ``line`` is its row."""
        digits = "".join(sign for sign in ref if sign.isdigit())
        return fault(self.file, f"{self.name}!{ref}", zh, en, int(digits or 1))


def letter(number: int) -> str:
    """The letters of a column, from 1."""
    name = ""
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def read(data: bytes, file: str) -> dict[str, Sheet]:
    """The sheets of an .xlsx by name; raises ``SourceError`` with sheet, cell and reason."""
    package = opened(data, file)
    book = package.xml("xl/workbook.xml")
    if book.tag != f"{_P}workbook":
        zh, en = "不是 Excel 工作簿（请另存为 .xlsx）", "not a workbook: save it as .xlsx"
        raise fault(file, "xl/workbook.xml", zh, en)
    for one in book.iter(f"{_P}definedName"):
        if not one.get("name", "").startswith("_xlnm."):
            zh, en = f"含有名称 {one.get('name')}", f"it defines the name {one.get('name')}"
            raise fault(file, "xl/workbook.xml", zh, en)
    relations = package.relations("xl/workbook.xml")
    texts, formats = _shared(package, relations), _formats(package, relations)
    sheets: dict[str, Sheet] = {}
    targets: set[str] = set()
    for node in book.findall(f"{_P}sheets/{_P}sheet"):
        name = node.get("name", "")
        if node.get("state", "visible") != "visible":
            raise fault(file, name, "工作表已隐藏", "the sheet is hidden")
        kind, target = relations.get(node.get(_LINK, ""), ("", ""))
        if kind != "worksheet" or not name or name in sheets or target in targets:
            raise fault(file, name, "工作表有误或重复", "the sheet is wrong, or stands twice")
        targets.add(target)
        reader = _Reader(Sheet(file, name, {}), texts, formats)
        sheets[name] = reader.sheet(package.xml(target))
    if not sheets or len(sheets) > SHEETS:
        zh, en = f"工作表应为 1 至 {SHEETS} 张", f"a file has from 1 to {SHEETS} sheets"
        raise fault(file, "", zh, en)
    return sheets


def _part(package: Package, relations: dict[str, tuple[str, str]], kind: str) -> Element | None:
    targets = [target for one, target in relations.values() if one == kind]
    if len(targets) > 1:
        raise fault(package.file, kind, "重复出现", "it stands twice")
    return package.xml(targets[0]) if targets else None


def _shared(package: Package, relations: dict[str, tuple[str, str]]) -> list[str]:
    root = _part(package, relations, "sharedStrings")
    if root is None:
        return []
    if root.tag != f"{_P}sst" or any(node.tag != f"{_P}si" for node in root):
        raise fault(package.file, "xl/sharedStrings.xml", "内容有误", "its content is wrong")
    try:
        return [_text(node) for node in root]
    except ValueError as error:
        zh = "文字的结构有误"
        raise fault(package.file, "xl/sharedStrings.xml", zh, str(error)) from error


def _text(node: Element) -> str:
    """The text of a string item, its runs joined; readings above characters (rPh) are left out."""
    found: list[str] = []
    for part in node:
        tag = part.tag.removeprefix(_P)
        if tag == "t" and not len(part):
            found.append(part.text or "")
        elif tag == "r":
            runs = [one for one in part if one.tag == f"{_P}t"]
            if (
                len(runs) != 1
                or len(runs[0])
                or any(one.tag not in (f"{_P}t", f"{_P}rPr") for one in part)
            ):
                raise ValueError("a run of text is wrong")
            found.append(runs[0].text or "")
        elif tag not in ("rPh", "phoneticPr"):
            raise ValueError(f"{tag} is not expected in a text")
    if len([part for part in node if part.tag == f"{_P}t"]) > (
        0 if node.find(f"{_P}r") is not None else 1
    ):
        raise ValueError("a text stands twice")
    return "".join(found)


def _formats(package: Package, relations: dict[str, tuple[str, str]]) -> list[str]:
    """How each style shows a number: general, date or shown."""
    root = _part(package, relations, "styles")
    if root is None:
        return ["general"]
    own = {n.get("numFmtId", ""): n.get("formatCode", "") for n in root.iter(f"{_P}numFmt")}
    found = []
    for style in root.findall(f"{_P}cellXfs/{_P}xf"):
        key = style.get("numFmtId", "0")
        number = int(key) if key.isascii() and key.isdigit() else -1
        is_date = number in _DATES or bool(
            _DATE_SIGNS.search(_NO_SIGNS.sub("", own.get(key, "")).replace("General", ""))
        )
        plain = number in GENERAL or own.get(key) in ("General", "@")
        found.append("date" if is_date else "general" if plain else "shown")
    return found or ["general"]


class _Reader:
    def __init__(self, sheet: Sheet, texts: list[str], formats: list[str]) -> None:
        self.made = sheet
        self.texts = texts
        self.formats = formats

    def sheet(self, root: Element) -> Sheet:
        if root.tag != f"{_P}worksheet":
            raise self.made.fault("", "不是工作表", "it is no worksheet")
        merged = root.find(f".//{_P}mergeCell")
        if merged is not None:
            raise self.made.fault(merged.get("ref", ""), "单元格已合并", "cells are merged")
        for column in root.iter(f"{_P}col"):
            if column.get("hidden") in _TRUE or column.get("width") in ("0", "0.0"):
                ref = letter(_whole(column.get("min", "1")) or 1)
                raise self.made.fault(ref, "列已隐藏", "the column is hidden")
        data = root.findall(f"{_P}sheetData")
        if len(data) != 1 or any(node.tag == f"{_P}row" for node in root):
            raise self.made.fault("", "工作表内容有误", "the content of the sheet is wrong")
        last = 0
        for row in data[0]:
            number = _whole(row.get("r", ""))
            if row.tag != f"{_P}row" or not last < number:
                raise self.made.fault(
                    f"A{last + 1}", "行重复或次序有误", "a row stands twice or out of order"
                )
            last = number
            self._row(row, number)
        if last > ROWS and any(n > ROWS for n, cells in self.made.rows.items() if cells):
            raise self.made.fault(f"A{last}", f"超过 {ROWS} 行", f"more than {ROWS} rows")
        return self.made

    def _row(self, row: Element, number: int) -> None:
        if row.get("hidden") in _TRUE or row.get("ht") in ("0", "0.0"):
            raise self.made.fault(f"A{number}", "行已隐藏", "the row is hidden")
        found: dict[str, Cell] = {}
        last = 0
        for node in row:
            ref = node.get("r", "")
            match = _REF.fullmatch(ref)
            column = _column(match[1]) if match else 0
            if node.tag != f"{_P}c" or not match or int(match[2]) != number or not last < column:
                zh, en = "单元格位置有误", "the place of a cell is wrong"
                raise self.made.fault(ref or f"A{number}", zh, en)
            last = column
            cell = self._cell(node, ref)
            if cell.text and column > COLUMNS:
                raise self.made.fault(ref, f"超过 {COLUMNS} 列", f"more than {COLUMNS} columns")
            if cell.text:
                found[match[1]] = cell
        if found:
            self.made.rows[number] = found

    def _cell(self, node: Element, ref: str) -> Cell:
        tags = [part.tag.removeprefix(_P) for part in node]
        if "f" in tags:
            zh, en = "是公式；请改为数值（选择性粘贴“值”）", "a formula: paste its value instead"
            raise self.made.fault(ref, zh, en)
        kind = node.get("t", "n")
        holder = "is" if kind == "inlineStr" else "v"
        if len(tags) != len(set(tags)) or set(tags) - {holder, "extLst"}:
            raise self.made.fault(ref, "单元格内容有误", "the content of the cell is wrong")
        value = node.find(f"{_P}v")
        raw = "" if value is None else value.text or ""
        if value is not None and len(value):
            raise self.made.fault(ref, "单元格内容有误", "the content of the cell is wrong")
        if kind == "n":
            return self._number(node, ref, raw)
        return Cell(ref, self._checked(ref, self._string(node, ref, kind, raw)))

    def _string(self, node: Element, ref: str, kind: str, raw: str) -> str:
        if kind == "str":
            return raw
        if kind == "s":
            place = _whole(raw)
            if raw and (raw != str(place) or place >= len(self.texts)):
                zh, en = "文字编号有误", "the number of its text is wrong"
                raise self.made.fault(ref, zh, en)
            return self.texts[place] if raw else ""
        if kind == "inlineStr":
            inline = node.find(f"{_P}is")
            try:
                return "" if inline is None else _text(inline)
            except ValueError as error:
                raise self.made.fault(ref, "文字的结构有误", str(error)) from error
        words = {
            "d": ("日期应写作文字 2026-01-31", "a date is written as text, 2026-01-31"),
            "b": ("是逻辑值；请写成文字", "a logical value: write it as text"),
            "e": ("是错误值", "an error value"),
        }
        raise self.made.fault(ref, *words.get(kind, ("单元格类型有误", "its type is wrong")))

    def _number(self, node: Element, ref: str, raw: str) -> Cell:
        if not raw:
            return Cell(ref, "")
        style = node.get("s", "0")
        place = _whole(style)
        if str(place) != style or place >= len(self.formats) or not _NUMBER.fullmatch(raw):
            raise self.made.fault(ref, "数值有误", "the number is wrong")
        how = self.formats[place]
        if how == "date":
            zh, en = (
                "日期存成了数字；应写作文字 2026-01-31",
                "a date kept as a number: write 2026-01-31",
            )
            raise self.made.fault(ref, zh, en)
        if how == "shown":
            zh = "数字的显示格式与其值不同；格式应为“文本”或“常规”"
            en = "a number shown otherwise than it is: its format should be Text or General"
            raise self.made.fault(ref, zh, en)
        return Cell(ref, self.made.number(ref, raw), "number")

    def _checked(self, ref: str, text: str) -> str:
        text = text.strip()
        if len(text) > LONGEST:
            raise self.made.fault(ref, "文字过长", "the text is too long")
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        if hidden := UNSAFE.search(text):
            code = f"U+{ord(hidden[0]):04X}"
            raise self.made.fault(ref, f"不允许的隐藏字符 {code}", f"hidden character {code}")
        if escaped := _ESCAPE.search(text):
            zh, en = f"不允许的转义 {escaped[0]}", f"the escape {escaped[0]} is not permitted"
            raise self.made.fault(ref, zh, en)
        return text


def is_escaped(text: str) -> bool:
    """Whether spreadsheets would read a part of the text as the code of a character."""
    return _ESCAPE.search(text) is not None


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0


def _column(letters: str) -> int:
    number = 0
    for sign in letters:
        number = number * 26 + ord(sign) - 64
    return number


def rows_of(sheet: Sheet, first: int = 1) -> Iterator[tuple[int, dict[str, Cell]]]:
    """The rows that say something, from a row on, in order."""
    return ((number, cells) for number, cells in sorted(sheet.rows.items()) if number >= first)
