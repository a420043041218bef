"""What a file says, read by others: openpyxl for .xlsx, lxml for .dmn, the YAML library for packs.

Nothing here knows how the product reads them; each gives the same flat form, to be compared.
"""

from __future__ import annotations

import io
import json
import re
from typing import Any

import openpyxl
import yaml
from lxml import etree
from python_calamine import CalamineWorkbook

Flat = dict[str, Any]
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_KEYS = {
    "参数 Parameters": {
        "参数 Parameter": "name", "中文 Chinese": "zh", "英文 English": "en",
        "单位 Unit (Chinese)": "unit_zh", "单位 Unit (English)": "unit_en",
        "取自城市 From the city": "from", "起始日 From day": "since", "值 Value": "value",
        "法律依据 Law": "law", "存疑 Doubt": "doubt", "编码 Codes": "codes",
    },
    "条件 Requirements": {
        "编号 Id": "id", "中文 Chinese": "zh", "英文 English": "en", "法律依据 Law": "law",
        "适用 Applies (FEEL)": "applies", "须满足 Must (FEEL)": "must",
        "不满足时 If unmet": "unmet",
        "不公开 Undisclosed": "undisclosed", "无答复时 If unanswered": "when_unanswered",
        "办理结果 Outcome": "for", "窗口携带 Bring (Chinese)": "bring_zh",
        "窗口携带 Bring (English)": "bring_en",
    },
    "决策表 Tables": {
        "决策表 Table": "name", "中文 Chinese": "zh", "英文 English": "en", "法律依据 Law": "law",
        "命中策略 Hit policy": "policy", "工作表 Sheet": "sheet",
    },
}  # fmt: skip


def _clean(row: Flat) -> Flat:
    return {key: value for key, value in row.items() if value not in ("", None)}


def _lines(items: Any) -> str:
    return "\n".join(items) if items else "[]"


def pack(text: str) -> Flat:
    """The logic of a pack's text, by the YAML library alone (scalars as text)."""
    data = yaml.load(text, Loader=yaml.BaseLoader)
    values, parameters = {}, {}
    for name, part in data.get("parameters", {}).items():
        dated = {key: one for key, one in part.items() if _DAY.fullmatch(key)}
        values |= {(name, k): _lines(v) if isinstance(v, list) else v for k, v in dated.items()}
        head = {k: v.strip() for k, v in part.items() if k not in dated and isinstance(v, str)}
        head.pop("type", None)
        unit = {f"unit_{key}": one for key, one in part.get("unit", {}).items()}
        parameters[name] = _clean({**head, **unit})
    requirements = []
    for part in data["requirements"]:
        row = {key: one.strip() for key, one in part.items() if isinstance(one, str)}
        bring = part.get("at_counter", {}).get("bring", ())
        for language in ("zh", "en"):
            row[f"bring_{language}"] = "\n".join(one[language].strip() for one in bring)
        requirements.append(_clean(row))
    tables = {}
    for name, part in data.get("tables", {}).items():
        words = {} if isinstance(part, str) else {k: v for k, v in part.items() if k != "table"}
        tables[name] = (words, _matrix(part if isinstance(part, str) else part["table"]))
    if "filings" in data:
        tables["filings"] = ({}, _matrix(data["filings"]["table"]))
    return {
        "service": data["service"], "values": values, "parameters": parameters,
        "requirements": requirements, "tables": tables,
    }  # fmt: skip


def _matrix(text: str) -> Any:
    """Rows of cells; bars within quotes part nothing."""
    rows = []
    for line in text.splitlines():
        if line.strip() and not line.strip().startswith("//"):
            cells = [c.strip() for c in re.findall(r'(?:^|\|)((?:"(?:[^"\\]|\\.)*"|[^|"])*)', line)]
            rows.append(cells)
    return [[cell for cell in row if cell] for row in rows]


def workbook(data: bytes) -> Flat:
    """The logic that an .xlsx shows, by openpyxl; by calamine where that cannot open it."""
    try:
        opened = openpyxl.load_workbook(io.BytesIO(data))
        book = {one.title: [[_text(c.value) for c in r] for r in one.iter_rows()] for one in opened}
    except Exception:  # of views and styles that say nothing: openpyxl is stricter there
        book = by_calamine(data)
    rows = {name: _rows(book[name], keys) for name, keys in _KEYS.items()}
    said = _rows(book["说明 Guide"], {"项目 Item": "key", "内容 Content": "value"})
    guide = {row["key"]: row.get("value") for row in said}
    values, parameters = {}, {}
    for row in rows["参数 Parameters"]:
        name = row.pop("name")
        value, since = row.pop("value", ""), row.pop("since", "")
        if since:
            values[name, since] = value
        parameters[name] = {**row, **parameters.get(name, {})}
    requirements = []
    for row in rows["条件 Requirements"]:
        for key in ("unmet", "undisclosed", "when_unanswered"):
            if key in row:
                row[key] = row[key].split()[-1]
        requirements.append(row)
    tables = {}
    for row in rows["决策表 Tables"]:
        words = {key: row[key] for key in ("zh", "en", "law") if key in row}
        tables[row["name"]] = (words, _grid(book[row["sheet"]], row["policy"]))
    return {
        "service": guide["事项 Service"], "values": values, "parameters": parameters,
        "requirements": requirements, "tables": tables,
    }  # fmt: skip


def by_calamine(data: bytes) -> dict[str, list[list[str]]]:
    """Every cell as text, by sheet, read by another program than openpyxl."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    found = {}
    for name in book.sheet_names:
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        found[name] = [[_text(cell) for cell in row] for row in rows]
    return found


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return format(value, ".15g")
    return str(value).replace("\r\n", "\n").replace("\r", "\n").strip()


def _rows(sheet: list[list[str]], keys: dict[str, str]) -> list[Flat]:
    heads = [keys.get(cell) for cell in sheet[0]]
    found = [
        _clean({key: cell for key, cell in zip(heads, row, strict=False) if key})
        for row in sheet[1:]
    ]
    return [row for row in found if row]


def _grid(rows: list[list[str]], policy: str) -> Any:
    head = [policy, *rows[1][1:]]
    body = [row for row in rows[3:] if any(row)]
    rules = [row for row in body if row[0] != "default"] + [r for r in body if r[0] == "default"]
    return [[cell for cell in row if cell] for row in (head, *rules)]


def model(data: bytes) -> Flat:
    """The logic that a .dmn says, by lxml."""
    root = etree.fromstring(data)
    dmn = "{" + etree.QName(root).namespace + "}"
    ours = "{urn:miaopi:interchange:1}"

    def content(node: Any) -> Flat:
        return {
            part.tag.removeprefix(ours): (part.text or "").strip()
            for part in node.findall(f"{dmn}extensionElements/{ours}*/{ours}*")
        }

    def kind(node: Any) -> str:
        part = node.find(f"{dmn}extensionElements/{ours}*")
        return "" if part is None else part.tag.removeprefix(ours)

    def text(node: Any) -> str:
        return (node.findtext(f"{dmn}text") or "").strip()

    found: Flat = {
        "service": root.get("namespace").removeprefix("urn:miaopi:pack:"),
        "values": {}, "parameters": {}, "requirements": [], "tables": {},
    }  # fmt: skip
    for node in root.iter(f"{dmn}inputData"):
        if kind(node) == "parameter":
            found["parameters"][node.get("name")] = content(node)
    for node in root.iter(f"{dmn}decision"):
        name = node.get("name")
        if kind(node) == "parameter":
            words = content(node)
            words.pop("type")
            found["parameters"][name] = words
            for rule in node.iter(f"{dmn}rule"):
                since = _DAY.search(text(rule.find(f"{dmn}inputEntry")))
                value = _spoken(text(rule.find(f"{dmn}outputEntry")))
                found["values"][name, since[0] if since else ""] = value
        elif kind(node) == "table":
            found["tables"][name] = (content(node), _table(node, dmn, text))
        else:
            row = {**content(node), "id": name.removeprefix("requirement_")}
            boxes = {e.getparent().tag.removeprefix(dmn): text(e)
                     for e in node.iter(f"{dmn}literalExpression")}  # fmt: skip
            row["must"] = boxes.get("decision") or boxes["then"]
            row["applies"] = boxes.get("if", "")
            found["requirements"].append(_clean(row))
    return found


def _table(node: Any, dmn: str, text: Any) -> Any:
    short = {"UNIQUE": "U", "ANY": "A", "FIRST": "F", "RULE ORDER": "R", "COLLECT": "C"}
    totals = {"SUM": "+", "MIN": "<", "MAX": ">", "COUNT": "#", None: ""}
    table = node.find(f"{dmn}decisionTable")
    policy = short[table.get("hitPolicy", "UNIQUE")] + totals[table.get("aggregation")]
    outputs = table.findall(f"{dmn}output")
    rows = [[
        policy,
        *(text(one.find(f"{dmn}inputExpression")) for one in table.findall(f"{dmn}input")),
        *(one.get("name") or one.get("label") for one in outputs),
    ]]  # fmt: skip
    for place, rule in enumerate(table.findall(f"{dmn}rule"), 1):
        label = rule.find(f"{dmn}annotationEntry")
        cells = [*rule.findall(f"{dmn}inputEntry"), *rule.findall(f"{dmn}outputEntry")]
        rows.append([text(label) if label is not None else str(place), *map(text, cells)])
    defaults = [one.find(f"{dmn}defaultOutputEntry") for one in outputs]
    if any(one is not None for one in defaults):
        rows.append(["default", *(text(one) for one in defaults)])
    return rows


def _spoken(literal: str) -> str:
    """A FEEL literal as a cell says it."""
    if literal.startswith("["):
        return _lines(
            [_spoken(one) for one in re.findall(r'"(?:[^"\\]|\\.)*"|[^\s,\[\]]+', literal)]
        )
    quoted = re.search(r'"(?:[^"\\]|\\.)*"', literal)
    return json.loads(quoted[0]) if quoted else literal.strip()
