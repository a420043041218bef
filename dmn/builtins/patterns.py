"""Regular expressions of XPath 2.0 (as DMN asks) as Python's, refused when they may run wild.

Python's engine cannot be stopped once it runs, so a pattern with a repetition inside a
repetition (`(a+)+`), a back-reference or many repetitions is refused for any but short texts.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from math import factorial

LONGEST = 500
SHORT = 8  # characters of a text that even a wild pattern is through with at once
_INITIAL = r":A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u3001-\ud7ff"
_ESCAPES = {
    "i": f"[{_INITIAL}]",
    "I": f"[^{_INITIAL}]",
    "c": f"[{_INITIAL}\\-.0-9\u00b7]",
    "C": f"[^{_INITIAL}\\-.0-9\u00b7]",
}
_INSIDE = {"i": _INITIAL, "c": f"{_INITIAL}\\-.0-9\u00b7"}
_BLOCKS = {
    "BasicLatin": "\x00-\x7f",
    "Latin-1Supplement": "\x80-\xff",
    "Greek": "\u0370-\u03ff",
    "Cyrillic": "\u0400-\u04ff",
    "Hebrew": "\u0590-\u05ff",
    "Arabic": "\u0600-\u06ff",
    "Hiragana": "\u3040-\u309f",
    "Katakana": "\u30a0-\u30ff",
    "CJKUnifiedIdeographs": "\u4e00-\u9fff",
    "HangulSyllables": "\uac00-\ud7a3",
}


@lru_cache(maxsize=64)
def category(name: str) -> str:
    """The inside of a character class for `\\p{name}`: a Unicode category or a block."""
    if name.startswith("Is"):
        if name[2:] not in _BLOCKS:
            raise ValueError(name)
        return _BLOCKS[name[2:]]
    spans: list[tuple[int, int]] = []
    for code in range(0x110000):
        if unicodedata.category(chr(code)).startswith(name):
            if spans and spans[-1][1] == code - 1:
                spans[-1] = (spans[-1][0], code)
            else:
                spans.append((code, code))
    if not spans:
        raise ValueError(name)
    return "".join(f"\\U{low:08x}-\\U{high:08x}" for low, high in spans)


class _Translator:
    def __init__(self, text: str, *, verbose: bool, lines: bool) -> None:
        self.text = text
        self.at = 0
        self.groups = 0
        self.verbose = verbose
        self.lines = lines

    def whole(self) -> str:
        made = []
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == "\\" and self.text[self.at + 1 : self.at + 2].isdigit():
                made.append(self._reference())
            elif char == "\\":
                made.append(self._escape(inside=False))
            elif char == "[":
                made.append(self._class())
            elif self.verbose and char in " \t\r\n":
                self.at += 1
            elif char == "(" and self.text[self.at + 1 : self.at + 2] == "?":
                if self.text[self.at + 2 : self.at + 3] != ":":
                    raise ValueError("only (?: is known")
                made.append("(?:")
                self.at += 3
            else:
                self.groups += char == ")"
                made.append("\\Z" if char == "$" and not self.lines else char)
                self.at += 1
        return "".join(made)

    def _escape(self, *, inside: bool) -> str:
        code = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        if code in ("p", "P"):
            end = self.text.index("}", self.at)
            name = self.text[self.at + 1 : end]
            name = "".join(name.split()) if self.verbose else name
            self.at = end + 1
            if inside and code == "P":
                raise ValueError("negated category inside a class")
            return category(name) if inside else f"[{'^' if code == 'P' else ''}{category(name)}]"
        if code in _ESCAPES:
            if inside and code not in _INSIDE:
                raise ValueError("negated class inside a class")
            return _INSIDE[code] if inside else _ESCAPES[code]
        if not code or (code.isalnum() and code not in "nrtsSdDwW"):
            raise ValueError(f"unknown escape {code}")
        return "\\" + code

    def _reference(self) -> str:
        """A back-reference; to the longest number of a group that was closed before."""
        end = self.at + 1
        while self.text[end + 1 : end + 2].isdigit() and int(self.text[self.at + 1 : end + 2]) <= (
            self.groups
        ):
            end += 1
        number = int(self.text[self.at + 1 : end + 1])
        if not 1 <= number <= self.groups:
            raise ValueError("no such group")
        self.at = end + 1
        return f"(?:\\{number})"

    def _class(self) -> str:
        """`[...]`, with XPath's subtraction `[a-z-[aeiou]]` as a look-ahead."""
        self.at += 1
        made, without = ["["], ""
        if self.text[self.at : self.at + 1] == "^":
            made.append("^")
            self.at += 1
        while True:
            char = self.text[self.at : self.at + 1]
            if not char:
                raise ValueError("class without end")
            if char == "]" and len(made) > 1:
                self.at += 1
                return f"(?!{without}){''.join(made)}]" if without else "".join(made) + "]"
            if char == "-" and self.text[self.at + 1 : self.at + 2] == "[":
                self.at += 1
                without = self._class()
            elif char == "\\":
                made.append(self._escape(inside=True))
            else:
                made.append("\\[" if char == "[" else char)
                self.at += 1


_REPEAT = re.compile(r"\*|\+|\{\d+(?:,\d*)?\}")
_SMALL = re.compile(r"\{\d(?:,\d)?\}")
_SKIP = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]", re.DOTALL)


MOST_TRIES = 3_000_000


@lru_cache(maxsize=256)
def _repeats(text: str) -> int:
    """How many repetitions without bound may share a text; -1 for one inside another."""
    stack: list[tuple[bool, int]] = []
    inner, at, repeats = False, 0, 0
    while at < len(text):
        skip = _SKIP.match(text, at)
        if skip:
            if skip[0][1].isdigit():  # as long as a repetition made it: no choice of its own
                inner, repeats = True, repeats + 1
            at = skip.end()
            continue
        char = text[at]
        if char == "(":
            stack.append((inner, at + 1))
            inner = False
        elif char == ")" and stack:
            before, start = stack.pop()
            inner = inner or not _clear_choice(text[start:at])
            if inner and _REPEAT.match(text, at + 1) and not _SMALL.match(text, at + 1):
                return -1
            inner = inner or before
        else:
            found = _REPEAT.match(text, at)
            if found:
                inner, repeats = True, repeats + (not _SMALL.match(text, at))
                at = found.end() - 1
        at += 1
    return repeats


def _clear_choice(inside: str) -> bool:
    """Whether at most one branch of a group can match at any place of a text."""
    branches = inside.removeprefix("?:").split("|")
    if len(branches) == 1:
        return True
    plain = all(branch and not re.search(r"[\\\[().?*+{]", branch) for branch in branches)
    return plain and not any(a.startswith(b) for a in branches for b in branches if a is not b)


def _wild(text: str, length: int) -> bool:
    """Whether a search through so many characters may take too long."""
    repeats = _repeats(text)
    if length <= SHORT:
        return False
    return repeats < 0 or length**repeats // factorial(repeats) > MOST_TRIES


def pattern(text: str, flags: str, *, length: int) -> re.Pattern[str]:
    """The compiled pattern; ValueError for one that is wrong, too long or may run wild.

    length: how many characters the text has that it will be applied to.
    """
    if "q" not in flags and _wild(text, length):
        raise ValueError("this may take too long")
    return _compiled(text, flags)


@lru_cache(maxsize=256)
def _compiled(text: str, flags: str) -> re.Pattern[str]:
    if len(text) > LONGEST or set(flags) - set("smixq"):
        raise ValueError("pattern")
    marks = 0
    for flag, mark in (("s", re.DOTALL), ("m", re.MULTILINE), ("i", re.IGNORECASE)):
        marks |= mark if flag in flags else 0
    if "q" in flags:
        return re.compile(re.escape(text), marks)
    made = _Translator(text, verbose="x" in flags, lines="m" in flags).whole()
    try:
        return re.compile(made, marks)
    except re.error as error:
        raise ValueError("pattern") from error


_DOLLAR = re.compile(r"\\([\\$])|\$(\d+)|([\\$])", re.DOTALL)


def substitution(text: str, found: re.Pattern[str], *, literal: bool) -> str:
    """XPath's replacement (`$1`, `\\$`) as Python's template; ValueError when it is wrong."""
    if literal:
        return text.replace("\\", "\\\\")

    def one(match: re.Match[str]) -> str:
        if match[3]:
            raise ValueError("replacement")
        if match[1]:
            return "\\\\" if match[1] == "\\" else "$"
        digits = match[2]
        while len(digits) > 1 and int(digits) > found.groups:
            digits = digits[:-1]
        rest = match[2][len(digits) :]
        return (f"\\g<{digits}>" if int(digits) <= found.groups else "") + rest

    return _DOLLAR.sub(one, text)
