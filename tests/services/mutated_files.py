"""Seeded changes of .xlsx and .dmn files, as damage, other programs and forgers make them."""

from __future__ import annotations

import datetime
import io
import random
import zipfile
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import openpyxl
from lxml import etree


def workbook(data: bytes, seed: int) -> tuple[str, bytes]:
    """What was done, and the file."""
    chance = random.Random(seed)
    name = list(_OF_WORKBOOKS)[seed % len(_OF_WORKBOOKS)]
    return name, _OF_WORKBOOKS[name](data, chance)


def model(data: bytes, seed: int) -> tuple[str, bytes]:
    chance = random.Random(seed)
    name = list(_OF_MODELS)[seed % len(_OF_MODELS)]
    return name, _OF_MODELS[name](data, chance)


def _flipped(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << chance.randrange(8))]) + data[place + 1 :]


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def _repacked(data: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w", 8) as new:
        for name in old.namelist():
            found = old.read(name)
            new.writestr(name, change(found) if name == part else found)
    return made.getvalue()


def _a_part(data: bytes, chance: random.Random) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        names = [n for n in old.namelist() if "sheet" in n or "shared" in n or "workbook" in n]
    return chance.choice(names)


def _byte_of_a_part(data: bytes, chance: random.Random) -> bytes:
    return _repacked(data, _a_part(data, chance), lambda part: _flipped(part, chance))


def _element_of_a_part(data: bytes, chance: random.Random) -> bytes:
    return _repacked(data, _a_part(data, chance), lambda part: _elements(part, chance))


def _elements(data: bytes, chance: random.Random) -> bytes:
    """One element dropped, doubled, renamed or moved behind the next."""
    root = etree.fromstring(data)
    nodes = [node for node in root.iter(etree.Element) if node is not root]
    node = chance.choice(nodes)
    how = chance.choice(("drop", "double", "rename", "move"))
    parent = node.getparent()
    if how == "drop":
        parent.remove(node)
    elif how == "double":
        parent.insert(parent.index(node), deepcopy(node))
    elif how == "rename":
        node.tag = chance.choice(nodes).tag
    else:
        parent.insert(parent.index(node) + 1, node) if len(parent) > 1 else parent.remove(node)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _attributes(data: bytes, chance: random.Random) -> bytes:
    """One attribute dropped, or given the value that it has elsewhere."""
    root = etree.fromstring(data)
    nodes = [node for node in root.iter(etree.Element) if node.attrib]
    node = chance.choice(nodes)
    name = chance.choice(list(node.attrib))
    others = [one.get(name) for one in nodes if one.get(name)]
    if chance.random() < 0.4:
        del node.attrib[name]
    else:
        node.set(name, chance.choice(others))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _texts(data: bytes, chance: random.Random) -> bytes:
    """The text of one element replaced by that of another, or by nothing."""
    root = etree.fromstring(data)
    nodes = [node for node in root.iter(etree.Element) if (node.text or "").strip()]
    node = chance.choice(nodes)
    node.text = chance.choice((None, "", chance.choice(nodes).text, f" {node.text}\n", "1 +"))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _attribute_of_a_part(data: bytes, chance: random.Random) -> bytes:
    return _repacked(data, _a_part(data, chance), lambda part: _attributes(part, chance))


def _edited(
    change: Callable[[Any, random.Random], None],
) -> Callable[[bytes, random.Random], bytes]:
    def edit(data: bytes, chance: random.Random) -> bytes:
        book = openpyxl.load_workbook(io.BytesIO(data))
        change(chance.choice(book.worksheets), chance)
        made = io.BytesIO()
        book.save(made)
        return made.getvalue()

    return edit


def _filled(sheet: Any) -> list[Any]:
    return [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]


def _formula(sheet: Any, chance: random.Random) -> None:
    chance.choice(_filled(sheet)).value = "=1+1"


def _merge(sheet: Any, chance: random.Random) -> None:
    row = chance.randint(1, 6)
    sheet.merge_cells(start_row=row, end_row=row + 1, start_column=1, end_column=2)


def _typed(sheet: Any, chance: random.Random) -> None:
    cell = chance.choice(_filled(sheet))
    day = datetime.date(2026, 1, 31)
    cell.value = chance.choice((5, 1.5, 0.1 + 0.2, 10**17, True, day, datetime.timedelta(days=3)))
    if chance.random() < 0.5 and not isinstance(cell.value, datetime.date):
        cell.number_format = chance.choice(("General", "0%", "0", "yyyy-mm-dd", '"P"0"Y"'))


def _as_number(sheet: Any, chance: random.Random) -> None:
    """What a spreadsheet makes of a text of digits once its cell is no text cell."""
    cells = [cell for cell in _filled(sheet) if str(cell.value).replace(".", "", 1).isdigit()]
    if cells:
        cell = chance.choice(cells)
        cell.value, cell.number_format = float(cell.value), "General"


def _swap_rows(sheet: Any, chance: random.Random) -> None:
    one, other = chance.sample(range(1, min(sheet.max_row, 30) + 1), 2)
    for column in range(1, sheet.max_column + 1):
        first, second = sheet.cell(one, column), sheet.cell(other, column)
        first.value, second.value = second.value, first.value


def _swap_columns(sheet: Any, chance: random.Random) -> None:
    one, other = chance.sample(range(1, sheet.max_column + 1), 2)
    for row in range(1, sheet.max_row + 1):
        first, second = sheet.cell(row, one), sheet.cell(row, other)
        first.value, second.value = second.value, first.value


def _hide(sheet: Any, chance: random.Random) -> None:
    how = chance.randrange(3)
    if how == 0:
        sheet.row_dimensions[chance.randint(1, 5)].hidden = True
    elif how == 1:
        sheet.column_dimensions["B"].hidden = True
    else:
        sheet.sheet_state = chance.choice(("hidden", "veryHidden"))


def _erase(sheet: Any, chance: random.Random) -> None:
    chance.choice(_filled(sheet)).value = None


def _copy_cell(sheet: Any, chance: random.Random) -> None:
    cells = _filled(sheet)
    chance.choice(cells).value = chance.choice(cells).value


def _heading_twice(sheet: Any, chance: random.Random) -> None:
    sheet["B1"].value = sheet["C1"].value


def _delete(sheet: Any, chance: random.Random) -> None:
    chance.choice((sheet.delete_rows, sheet.delete_cols, sheet.insert_rows))(chance.randint(1, 5))


def _retitle(sheet: Any, chance: random.Random) -> None:
    sheet.title = "Sheet9"


_OF_WORKBOOKS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "byte": _flipped,
    "byte of a part": _byte_of_a_part,
    "element": _element_of_a_part,
    "attribute": _attribute_of_a_part,
    "cut": _cut,
    "formula": _edited(_formula),
    "merged": _edited(_merge),
    "typed": _edited(_typed),
    "as number": _edited(_as_number),
    "rows": _edited(_swap_rows),
    "columns": _edited(_swap_columns),
    "hidden": _edited(_hide),
    "erased": _edited(_erase),
    "copied": _edited(_copy_cell),
    "heading": _edited(_heading_twice),
    "deleted": _edited(_delete),
    "retitled": _edited(_retitle),
}
_OF_MODELS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "byte": _flipped,
    "elements": _elements,
    "attributes": _attributes,
    "texts": _texts,
    "elements again": _elements,
    "cut": _cut,
}
