"""Regular expressions of XPath 2.0 (as DMN asks) as Python's, refused when they may take too long.

Python's engine cannot be stopped once it runs, so a pattern with a repetition inside a
repetition (`(a+)+`), a back-reference or many repetitions is refused for any but short texts;
`matches` then tries backtrack.py, which counts its steps.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from math import factorial

LONGEST = 500
SHORT = 8  # characters of a text that even a slow pattern is through with at once
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


_BLANK = " \t\r\n"
_WORD = "\\w$+<=>^`|~"  # XML Schema's \w: no punctuation, and so no underscore, but symbols
_SHORTHAND = {
    "s": "[ \\t\\n\\r]",
    "S": "[^ \\t\\n\\r]",
    "w": f"(?:(?!_)[{_WORD}])",
    "W": f"(?:_|[^{_WORD}])",
}
QUANTIFIER = re.compile(r"(?:[*+?]|\{\d+(?:,\d*)?\})\??")


def unspaced(text: str) -> str:
    """The pattern of flag `x`: without its blanks, but for those inside `[...]`."""
    made: list[str] = []
    depth, at = 0, 0
    while at < len(text):
        char = text[at]
        at += 1
        if char in _BLANK and not depth:
            continue
        if char == "\\" and depth:
            made.append(text[at - 1 : at + 1])
            at += 1
            continue
        if char == "\\":  # what is escaped is no bracket
            while at < len(text) and text[at] in _BLANK:
                at += 1
            made.append(char + text[at : at + 1])
            at += 1
            continue
        depth += (char == "[") - (char == "]" and depth > 0)
        made.append(char)
    return "".join(made)


class Translator:
    """marks: those of Python for XPath's flags. With `i` letters of either case count as one,
    but not in `\\p{...}`; without `s` a dot is any character but line feed and carriage return.
    """

    def __init__(self, text: str, marks: int) -> None:
        self.text = text
        self.at = 0
        self.groups = 0
        self.lines = bool(marks & re.MULTILINE)
        self.cased = bool(marks & re.IGNORECASE)
        self.dot = "." if marks & re.DOTALL else "[^\\n\\r]"

    def whole(self) -> str:
        made, repeatable = [], False
        while self.at < len(self.text):
            char = self.text[self.at]
            quantifier = QUANTIFIER.match(self.text, self.at)
            if quantifier and not repeatable:
                raise ValueError("nothing to repeat")
            repeatable = not quantifier
            if quantifier:
                made.append(quantifier[0])
                self.at = quantifier.end()
            elif char == "\\" and self.text[self.at + 1 : self.at + 2].isdigit():
                made.append(self._reference())
            elif char == "\\":
                made.append(self._escape())
            elif char == "[":
                made.append(self._class())
            elif char == "(" and self.text[self.at + 1 : self.at + 2] == "?":
                if self.text[self.at + 2 : self.at + 3] != ":":
                    raise ValueError("only (?: is known")
                made.append("(?:")
                self.at += 3
                repeatable = False
            elif char in "]{}":
                raise ValueError("bracket")
            else:
                self.groups += char == ")"
                made.append(self._plain(char))
                self.at += 1
                repeatable = char not in "(|"
        return "".join(made)

    def _plain(self, char: str) -> str:
        if char == "$" and not self.lines:
            return "\\Z"
        return self.dot if char == "." else char

    def _category(self) -> str:
        """The inside of a class for `\\p{...}`, whose end is looked for from here."""
        end = self.text.index("}", self.at)
        if self.text[self.at : self.at + 1] != "{":
            raise ValueError("category")
        name = self.text[self.at + 1 : end]
        self.at = end + 1
        return category(name)

    def _as_written(self, inside: str, negated: bool) -> str:
        made = f"[{'^' if negated else ''}{inside}]"
        return f"(?-i:{made})" if self.cased else made

    def _escape(self) -> str:
        code = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        if code in ("p", "P"):
            return self._as_written(self._category(), code == "P")
        if code in _ESCAPES or code in _SHORTHAND:
            return _ESCAPES.get(code) or _SHORTHAND[code]
        if not code or (code.isalnum() and code not in "nrtdD"):
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
        negated = self.text[self.at : self.at + 1] == "^"
        self.at += negated
        made: list[str] = []
        others: list[str] = []  # what must be matched apart from the letters: `(?-i:[...])`
        without = ""
        while True:
            char = self.text[self.at : self.at + 1]
            if not char or char == "[":
                raise ValueError("class without end")
            if char == "]":
                if not made and not others:
                    raise ValueError("empty class")
                self.at += 1
                return (f"(?!{without})" if without else "") + _joined(made, others, negated)
            if char == "-" and self.text[self.at + 1 : self.at + 2] == "[":
                self.at += 1
                without = self._class()
                if self.text[self.at : self.at + 1] != "]":
                    raise ValueError("a subtraction comes last")
            elif char == "\\":
                self._inside(made, others)
            elif self.text.startswith("--", self.at):  # a span to, or from, the hyphen itself
                made.append("-\\-" if made else "\\--")
                self.at += 2
            else:
                made.append("\\" + char if char in "&~|^" else char)
                self.at += 1

    def _inside(self, made: list[str], others: list[str]) -> None:
        """An escape inside a class, added to what stands in it or beside it."""
        code = self.text[self.at + 1 : self.at + 2]
        self.at += 2
        if code in ("p", "P"):
            found = self._category()
            if code == "p" and not self.cased:
                made.append(found)
            else:
                others.append(self._as_written(found, code == "P"))
        elif code in _INSIDE:
            made.append(_INSIDE[code])
        elif code in ("I", "C", "w", "W", "S"):
            others.append(_ESCAPES.get(code) or _SHORTHAND[code])
        elif code == "s":
            made.append(" \\t\\n\\r")
        elif not code or (code.isalnum() and code not in "nrtdD"):
            raise ValueError(f"unknown escape {code}")
        else:
            made.append("\\" + code)


def _joined(made: list[str], others: list[str], negated: bool) -> str:
    inside = "".join(made)
    if not others:
        return f"[{'^' if negated else ''}{inside}]"
    either = "|".join([f"[{inside}]"] * bool(inside) + others)
    return f"(?:(?!{either})[\\s\\S])" if negated else f"(?:{either})"


_REPEAT = re.compile(r"\*|\+|\{\d+(?:,\d*)?\}")
_SMALL = re.compile(r"\{\d(?:,\d)?\}")
_SKIP = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]", re.DOTALL)


_FIXED = re.compile(r"\{\d+\}")
MOST_TRIES = 3_000_000
MOST_CHOICES = 18


@lru_cache(maxsize=256)
def _repeats(text: str) -> tuple[int, int]:
    """How many repetitions without bound, and how many choices, may share a text.

    -1 repetitions: one inside another.
    """
    stack: list[tuple[bool, int]] = []
    inner, at, repeats, choices = False, 0, 0, 0
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
            at += 2 * text.startswith("?:", at + 1)
        elif char == ")" and stack:
            before, start = stack.pop()
            clear = _clear_choice(text[start:at])
            inner, choices = inner or not clear, choices + (not clear)
            if inner and _REPEAT.match(text, at + 1) and not _SMALL.match(text, at + 1):
                return -1, choices
            inner = inner or before
        elif char == "?":
            inner, choices = True, choices + 1
        else:
            found = _REPEAT.match(text, at)
            if found and not _FIXED.match(text, at):
                inner, repeats = True, repeats + (not _SMALL.match(text, at))
            if found:
                at = found.end() - 1
                at += text.startswith("?", at + 1)  # a reluctant one
        at += 1
    return repeats, choices


def _clear_choice(inside: str) -> bool:
    """Whether at most one branch of a group can match at any place of a text."""
    branches = inside.removeprefix("?:").split("|")
    if len(branches) == 1:
        return True
    plain = all(branch and not re.search(r"[\\\[().?*+{]", branch) for branch in branches)
    return plain and not any(a.startswith(b) for a in branches for b in branches if a is not b)


def _may_be_slow(text: str, length: int) -> bool:
    """Whether a search through so many characters may take too long."""
    repeats, choices = _repeats(text)
    if length <= SHORT and choices < MOST_CHOICES:
        return False
    if repeats < 0 or choices >= MOST_CHOICES:
        return True
    return length**repeats // factorial(repeats) << choices > MOST_TRIES


def pattern(text: str, flags: str, *, length: int) -> re.Pattern[str]:
    """The compiled pattern; ValueError for one that is wrong, too long or may be too slow.

    length: how many characters the text has that it will be applied to.
    """
    if may_be_slow(text, flags, length):
        raise ValueError("this may take too long")
    return compiled(text, flags)


def may_be_slow(text: str, flags: str, length: int) -> bool:
    """Whether Python's engine may take too long over so many characters."""
    return "q" not in flags and _may_be_slow(text, length)


def marks_of(flags: str) -> int:
    marks = 0
    for flag, mark in (("s", re.DOTALL), ("m", re.MULTILINE), ("i", re.IGNORECASE)):
        marks |= mark if flag in flags else 0
    return marks


@lru_cache(maxsize=256)
def compiled(text: str, flags: str) -> re.Pattern[str]:
    """ValueError for a pattern that is wrong or too long."""
    if len(text) > LONGEST or set(flags) - set("smixq"):
        raise ValueError("pattern")
    if "q" in flags:
        return re.compile(re.escape(text), marks_of(flags))
    text = unspaced(text) if "x" in flags else text
    made = Translator(text, marks_of(flags)).whole()
    try:
        return re.compile(made, marks_of(flags))
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
