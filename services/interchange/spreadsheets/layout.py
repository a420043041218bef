"""The sheets of a pack's workbook: headings, widths and choices, in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.interchange.grids import POLICIES
from services.pack import types
from services.pack.model import Pack

FORMAT = "miaopi-pack-1"
FORMAT_KEY, SERVICE = "格式 Format", "事项 Service"  # items of the guide
GUIDE, PARAMETERS, REQUIREMENTS = "说明 Guide", "参数 Parameters", "条件 Requirements"
TABLES, FACTS = "决策表 Tables", "事实 Facts"
GRID = "表 "  # begins the name of a sheet that holds one table
ROW, EXPRESSION, NOTE = "行 Row", "表达式 Expression", "说明 Note"  # the head of such a sheet
INPUT, OUTPUT = "输入 Input", "结果 Result"
FIRST_RULE = 4  # row of a grid's first rule

_KINDS = {
    "text": "文本 text",
    "number": "数字 number",
    "boolean": "是否 boolean",
    "date": "日期 date",
    "duration": "年月时长 duration",
    "days": "日时长 days",
}
KINDS = {**_KINDS, **{f"list of {name}": f"列表 list of {words}" for name, words in _KINDS.items()}}
ENUMERATION = "枚举 one of"  # first line of a type that lists the texts allowed


@dataclass(frozen=True, slots=True)
class Column:
    """``key``: of the pack. ``choices``: what a cell may say, by the value in the pack."""

    key: str
    heading: str
    width: int
    choices: dict[str, str] | None = None


_WORDS = (Column("zh", "中文 Chinese", 30), Column("en", "英文 English", 36))
_LAW = Column("law", "法律依据 Law", 34)
COLUMNS: dict[str, tuple[Column, ...]] = {
    GUIDE: (Column("key", "项目 Item", 22), Column("value", "内容 Content", 90)),
    PARAMETERS: (
        Column("name", "参数 Parameter", 20),
        *_WORDS,
        Column("unit_zh", "单位 Unit (Chinese)", 14),
        Column("unit_en", "单位 Unit (English)", 14),
        Column("type", "类型 Type", 22, KINDS),
        Column("from", "取自城市 From the city", 20,
               {name: name for name in ("city.code", "city.name", "city.prefix")}),
        Column("since", "起始日 From day", 14),
        Column("value", "值 Value", 28),
        _LAW,
        Column("doubt", "存疑 Doubt", 36),
        Column("codes", "编码 Codes", 14, {"GB/T 2260": "GB/T 2260"}),
    ),
    REQUIREMENTS: (
        Column("id", "编号 Id", 20),
        *_WORDS,
        _LAW,
        Column("applies", "适用 Applies (FEEL)", 34),
        Column("must", "须满足 Must (FEEL)", 44),
        Column("unmet", "不满足时 If unmet", 18,
               {"refer": "转人工 refer", "return": "退回补正 return"}),
        Column("undisclosed", "不公开 Undisclosed", 16, {"yes": "是 yes", "no": "否 no"}),
        Column("when_unanswered", "无答复时 If unanswered", 20,
               {"refer": "转人工 refer", "provisional": "暂准 provisional"}),
        Column("for", "办理结果 Outcome", 18),
        Column("bring_zh", "窗口携带 Bring (Chinese)", 30),
        Column("bring_en", "窗口携带 Bring (English)", 30),
    ),
    TABLES: (
        Column("name", "决策表 Table", 20),
        *_WORDS,
        _LAW,
        Column("policy", "命中策略 Hit policy", 16, {one: one for one in POLICIES}),
        Column("sheet", "工作表 Sheet", 24),
    ),
    FACTS: (
        Column("name", "事实 Fact", 20),
        *_WORDS,
        Column("type", "类型 Type", 34),
        Column("source", "来源 Source", 30),
        Column("none", "可无 May be absent", 14),
    ),
}  # fmt: skip

INSTRUCTIONS = (
    ("怎么改 How to change", "在“参数”“条件”“决策表”各表中修改；“事实”和本页只供查阅。\n"
     "Change the sheets of parameters, requirements and tables; facts and this page are to read."),
    ("写法 Writing", "所有单元格都是文字：日期 2026-01-31，时长 P18Y、P90D，列表一行一项。\n"
     "All cells are text: a date 2026-01-31, durations P18Y and P90D, a list with an item a line."),
    ("条件 Conditions", "表达式用 FEEL；决策表中任意值写 -，default 行是其余情况的结果。\n"
     "Expressions are FEEL; in a table - is any value, and the row default gives what holds else."),
    ("不要 Do not", "不要用公式、合并单元格、隐藏行列、宏或外部链接：上传时会退回，并注明位置。\n"
     "No formulas, merged cells, hidden rows or columns, macros or links: an upload is refused "
     "with the place."),
)  # fmt: skip


def fact_rows(pack: Pack) -> list[dict[str, str]]:
    """The inputs that expressions may name, for reading."""
    rows = []
    for fact in pack.facts.values():
        kind = describe_type(fact.type)
        source = f"{fact.source}.{fact.field}"
        none = "是 yes" if fact.nullable else ""
        row = {"name": fact.name, "zh": fact.zh, "en": fact.en, "type": kind, "source": source}
        rows.append({**row, "none": none})
    return rows


def describe_type(kind: Any) -> str:
    """A type in words: its name, with the texts that it allows."""
    if kind.allowed:
        return "、".join(map(str, kind.allowed))
    if kind.name == "list":
        return f"列表 list of {describe_type(kind.of)}"
    if kind.name == "context":
        return "{" + ", ".join(f"{name}: {describe_type(part)}" for name, part in kind.fields) + "}"
    return next((_KINDS[name] for name, one in types.NAMED.items() if one == kind), str(kind))


def describe(pack: Pack, expression: str) -> str:
    """What a column of a table holds, where its expression names a fact or a parameter."""
    if expression in pack.facts:
        fact = pack.facts[expression]
        return f"{fact.zh} {fact.en}\n{describe_type(fact.type)}"
    if expression in pack.parameters:
        one = pack.parameters[expression]
        words = f"{one.label['zh']} {one.label['en']}\n" if one.label else ""
        unit = f"（{one.unit['zh']} {one.unit['en']}）" if one.unit else ""
        return f"{words}{describe_type(one.type)}{unit}"
    return ""


def sheet_names(tables: list[str]) -> dict[str, str]:
    """A sheet for each table, by its name: at most 31 characters, none twice."""
    found: dict[str, str] = {}
    for name in tables:
        wanted, place = f"{GRID}{name}"[:31], 2
        while wanted.lower() in {one.lower() for one in found.values()}:
            wanted, place = f"{GRID}{name}"[:27] + f" {place}", place + 1
        found[name] = wanted
    return found
