"""The parts of a pack that the desk has forms for, and the changes that a form asks for. Pure.

A field is named by the JSON pointer of its part (RFC 6901). What a form does not show is changed
in the pack's text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from city.source import Path
from services.editing.edits import DAY, EditRefused
from services.pack.types import day

Data = Mapping[str, Any]
Words = tuple[str, str]  # in Chinese, in English
SECTIONS: Mapping[str, Words] = {
    "parameters": ("参数", "Parameters"),
    "tables": ("决策表", "Decision tables"),
    "requirements": ("条件", "Requirements"),
    "terms": ("期限与生效", "Terms and date"),
    "texts": ("文字", "Texts"),
    "raw": ("全文", "Whole text"),
}
UNMET: Sequence[tuple[str, Words]] = (
    ("refer", ("转人工办理", "an officer decides")),
    ("return", ("退回补正", "returned for correction")),
)
UNITS: Sequence[tuple[str, Words]] = (
    ("working", ("工作日", "working days")),
    ("calendar", ("自然日", "calendar days")),
)
STATUTORY, PROMISED = ("法定期限", "Statutory"), ("承诺期限", "Promised")
LAW, ZH, EN = ("依据", "Law"), ("中文", "Chinese"), ("英文", "English")
_TEXTS = ("zh", "en", "x-zh", "x-en", "x-hint-zh", "x-hint-en", "law")
_NO_TEXTS = ("requirements", "parameters", "tests", "tables")  # have forms of their own, or none


@dataclass(frozen=True, slots=True)
class Field:
    """One part as a form shows it: a line, an area of lines, FEEL, or a choice.

    ``optional``: left empty it is not there. ``lang``: of its text, for those who hear the page.
    """

    path: Path
    label: Words
    value: str
    kind: str = "line"  # line, area, feel, choice, day
    optional: bool = False
    choices: Sequence[tuple[str, Words]] = ()
    lang: str = ""
    hint: Words = ("", "")

    @property
    def name(self) -> str:
        return pointer(self.path)

    @property
    def id(self) -> str:
        return element_id(self.path)

    @property
    def is_dated(self) -> bool:
        """Whether it is the value of a parameter from a day on."""
        return DAY.fullmatch(str(self.path[-1])) is not None


@dataclass(frozen=True, slots=True)
class Card:
    """Fields that belong together: one parameter, one requirement, one question."""

    path: Path
    title: str
    fields: Sequence[Field]
    note: Words = ("", "")
    is_dated: bool = False  # a value may be added to it, from a day on
    label: Words = ("", "")  # in place of the title, which is a name of the pack

    @property
    def id(self) -> str:
        return "card-" + element_id(self.path)  # a field may have the same path


def pointer(path: Path) -> str:
    """The JSON pointer of a path."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def element_id(path: Path) -> str:
    """What the part's element on the page is called."""
    return "f" + "".join(f"-{step}" for step in path).replace(" ", "_")


def section_of(path: Path) -> str:
    """The form on which a part of the pack stands."""
    first = path[0] if path else ""
    if first in ("parameters", "requirements", "tables"):
        return str(first)
    if path[:2] == ("filings", "table"):
        return "tables"
    return "terms" if first in ("clock", "correct_within", "in_force_from") else "raw"


def parameters(data: Data) -> Iterator[Card]:
    """A card a parameter: each value by its day, with its words. Lists stand in the text."""
    for name, written in _map(data.get("parameters")).items():
        path: Path = ("parameters", name)
        part, unit = _map(written), _map(_map(written).get("unit"))
        days = [key for key in part if DAY.fullmatch(key)]
        single = [key for key in days if isinstance(part[key], str)]
        zh, en = (f"（{unit.get('zh')}）", f" ({unit.get('en')})") if unit else ("", "")
        fields = [
            Field((*path, key), (f"自 {key} 起{zh}", f"From {key} on{en}"), part[key])
            for key in single
        ]
        fields += [
            _text((*path, "zh"), ("名称（中文）", "Name (Chinese)"), part, "zh"),
            _text((*path, "en"), ("名称（英文）", "Name (English)"), part, "en"),
            _text((*path, "law"), LAW, part),
            _text((*path, "doubt"), ("存疑", "Doubt"), part, optional=True),
        ]
        note = ("", "")
        if single != days:
            note = ("列表的值请在“全文”中修改", "a list: change it in the whole text")
        if "from" in part:
            note = (f"取自城市数据 {part['from']}", f"from the city's data: {part['from']}")
        yield Card(path, name, fields, note, is_dated=bool(days) and single == days)


def requirements(data: Data) -> Iterator[Card]:
    """A card a requirement: what has to be true, whom it concerns, its words, what follows."""
    must = ("须满足（FEEL）", "Must be true (FEEL)")
    applies = ("适用于（FEEL，留空为全部）", "Applies to (FEEL; empty: all)")
    unmet = ("不满足时", "When it is not met")
    for place, written in enumerate(_list(data.get("requirements"))):
        path: Path = ("requirements", place)
        part = _map(written)
        follows = _scalar(part.get("unmet")) or "refer"
        fields = [
            Field((*path, "must"), must, _scalar(part.get("must")), "feel"),
            Field((*path, "applies"), applies, _scalar(part.get("applies")), "feel", optional=True),
            _text((*path, "zh"), ZH, part, "zh"),
            _text((*path, "en"), EN, part, "en"),
            _text((*path, "law"), LAW, part),
            Field((*path, "unmet"), unmet, follows, "choice", choices=UNMET),
        ]
        yield Card(path, _scalar(part.get("id")) or str(place), fields)


def terms(data: Data) -> Iterator[Card]:
    """The term of the law, the promised one, that of corrections, the day it is in force from."""
    for key, label in (("statutory", STATUTORY), ("promised", PROMISED)):
        path: Path = ("clock", key)
        part = _map(_map(data.get("clock")).get(key))
        unit = _scalar(part.get("unit"))
        fields = [
            Field((*path, "days"), ("天数", "Days"), _scalar(part.get("days"))),
            Field((*path, "unit"), ("单位", "Unit"), unit, "choice", choices=UNITS),
            _text((*path, "law"), LAW, part, optional=key == "promised"),
        ]
        yield Card(path, key, fields, label=label)
    correct, within = _map(data.get("correct_within")), ("correct_within", "days")
    days = Field(within, ("天数（自然日）", "Calendar days"), _scalar(correct.get("days")))
    yield Card(("correct_within",), "correct_within", [days], label=("补正", "Correction"))
    start, label = ("in_force_from",), ("自…起生效", "In force from")
    begins = Field(start, label, _scalar(data.get("in_force_from")), "day")
    yield Card(start, "in_force_from", [begins], label=("生效", "In force"))


def texts(data: Data) -> Iterator[Card]:
    """Every text in both languages that is not of a form of its own, and the service's law."""
    if isinstance(data.get("law"), str):
        yield Card(("law",), "law", [_text(("law",), LAW, data)])
    for path, part in _worded(data, ()):
        keys = [key for key in _TEXTS if isinstance(part.get(key), str)]
        fields = [_text((*path, key), (key, key), part, key[-2:] * (key != "law")) for key in keys]
        yield Card(path, " · ".join(str(step) for step in path), fields)


def _worded(node: Any, path: Path) -> Iterator[tuple[Path, Data]]:
    if isinstance(node, list):
        for place, item in enumerate(node):
            yield from _worded(item, (*path, place))
    elif isinstance(node, dict):
        if path and ("zh" in node or "x-zh" in node):
            yield path, node
        for key, value in node.items():
            if path or key not in _NO_TEXTS:
                yield from _worded(value, (*path, key))


def _text(path: Path, label: Words, part: Data, lang: str = "", *, optional: bool = False) -> Field:
    value = _scalar(part.get(str(path[-1])))
    kind = "area" if "\n" in value or len(value) > 80 else "line"
    return Field(path, label, value, kind, optional=optional or not value, lang=lang)


def _map(value: Any) -> Data:
    """The value where it is a map; a draft may be of any shape."""
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def _scalar(value: Any) -> str:
    return "" if value is None or isinstance(value, dict | list) else str(value)


CARDS = {"parameters": parameters, "requirements": requirements, "terms": terms, "texts": texts}


def changes(cards: Sequence[Card], form: Mapping[str, str]) -> dict[Path, str | None]:
    """What a form asks to be changed: paths with their new text, None to take a part away.

    A field that was not sent, or has the text that it had, changes nothing. Raises ``EditRefused``
    for a part that cannot be left empty, and for a new value without a day or amount.
    """
    found: dict[Path, str | None] = {}
    for card in cards:
        for field in card.fields:
            typed = form.get(field.name)
            if typed is None or _bare(typed) == _bare(field.value):
                continue
            if not _bare(typed) and not field.optional:
                raise EditRefused(field.path, "不能为空", "it cannot be empty")
            found[field.path] = _bare(typed) or None
        if card.is_dated:
            found |= _added(card, form)
    return found


def _bare(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _added(card: Card, form: Mapping[str, str]) -> dict[Path, str | None]:
    """The value that a parameter gets from another day on."""
    name = pointer(card.path)
    on, value = form.get(f"{name}:on", "").strip(), form.get(f"{name}:value", "").strip()
    path: Path = (*card.path, on)
    if not on and not value:
        return {}
    if not DAY.fullmatch(on) or day(on) is None:
        raise EditRefused(
            (*card.path, ":on"), "应为日期，如 2026-07-01", "a day, such as 2026-07-01"
        )
    if not value:
        raise EditRefused((*card.path, ":value"), "请填写新值", "give the value from that day on")
    if any(field.path == path for field in card.fields):
        raise EditRefused(
            (*card.path, ":on"), f"{on} 已有值", f"there is a value from {on} already"
        )
    return {path: value}
