"""What most likely went wrong in a file that cannot be read, and what to write instead. Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence

_Cure = tuple[str, str]  # in Chinese and English

_TAB = re.compile(r"[ ]*\t")
_WIDE_COLON = re.compile(r"^[\s\-]*[\w\-]+\s*：")
_TIGHT_COLON = re.compile(r"^[\s\-]*[A-Za-z_][\w\-]*:[^\s:/]")
_TWO_COLONS = re.compile(r"^[\s\-]*[\w\-]+:\s+[^\s\"'{\[|>].*:(\s|$)")
_QUOTE_FIRST = re.compile(r":\s+[@`%&*!]")
_OPEN, _CLOSE = "{[", "}]"

TAB = ("这一行用制表符缩进，请改用空格", "the line is indented by a tab; use spaces")
WIDE_COLON = (
    "全角冒号应为半角冒号加空格（键: 值）",
    "write : and a space, not the full-width colon",
)
TIGHT_COLON = ("冒号后缺少空格（键: 值）", "a space is missing after the colon (key: value)")
TWO_COLONS = (
    "文字中有冒号，请把整段文字加上引号",
    "the text holds a colon; put the text in quotes",
)
FIRST_SIGN = (
    "文字以特殊符号开头，请加上引号",
    "the text begins with a special sign; put it in quotes",
)
UNCLOSED = ("括号或引号没有成对", "a bracket or a quotation mark is not closed")
INDENT = ("缩进与上一行不一致", "the indentation differs from that of the line above")
COMMA = (
    "文字中有英文逗号时须加引号，例如 {zh: '一, 二'}",
    "a text with a comma needs quotes, as in {en: 'one, two'}",
)

_CODE = (
    "小写字母开头，只用小写字母、数字和下划线，至多 40 个",
    "small letters, digits and _, a letter first, 40 at most",
)
_DAY = ("日期写作 2026-01-31", "a date is written 2026-01-31")
# what is written as a pattern of a schema wants it, by the pattern
OF_PATTERN: Mapping[str, _Cure] = {
    "^[a-z][a-z0-9_]{0,39}$": _CODE,
    "^[a-z][a-z0-9_]*$": _CODE,
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}$": _DAY,
    "^(0|[1-9][0-9]{0,3})$": ("应为 0 至 9999 的整数", "a whole number from 0 to 9999"),
    "^[1-9][0-9]{0,3}$": ("应为 1 至 9999 的整数", "a whole number from 1 to 9999"),
    r"^answers\.[a-z][a-z0-9_]*$": ("写作 answers.问题", "it is written answers.QUESTION"),
    r"^[a-z][a-z0-9_]*\.([a-z][a-z0-9_]*|\*)$": (
        "写作 来源.字段，都是小写字母",
        "it is written SOURCE.FIELD, in small letters",
    ),
}


def of_yaml(lines: Sequence[str], line: int) -> _Cure | None:
    """The likely fault near a line (from 1) at which YAML could not be read on; None: no guess.

    A reader stops where it can go on no more, which is often the line after the fault.
    """
    for number in (line, line - 1):
        if not 1 <= number <= len(lines):
            continue
        text = lines[number - 1]
        for pattern, cure in (
            (_TAB, TAB),
            (_WIDE_COLON, WIDE_COLON),
            (_TIGHT_COLON, TIGHT_COLON),
            (_TWO_COLONS, TWO_COLONS),
        ):
            if pattern.match(text):
                return cure
        if _QUOTE_FIRST.search(text):
            return FIRST_SIGN
        if sum(map(text.count, _OPEN)) != sum(map(text.count, _CLOSE)) or text.count('"') % 2:
            return UNCLOSED
    if 2 <= line <= len(lines) and _indent(lines[line - 1]) != _indent(lines[line - 2]):
        return INDENT
    return None


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


def of_key(key: str, value: object, known: Collection[str]) -> _Cure | None:
    """What an unknown key was meant to be; ``known``: the keys of such files; None: no guess."""
    if value in ("", None):
        return COMMA
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.75)
    if near and near[0] != key:
        return f"是不是 {near[0]}？", f"did you mean {near[0]}?"
    return None
