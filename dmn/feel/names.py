"""Words and names: which characters they may hold, and the pattern of names with blanks or signs.

Source: DMN 1.5, 10.3.1.2 (grammar rules 26 to 30) and table 56 on white space; the full-width
punctuation that those rules would let into names is left out, because nobody means it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

START = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u167f\u1681-\u180d"
    "\u180f-\u1fff\u200c-\u200d\u2070-\u218f\u2c00-\u2fef\u3003-\u3007\u3012-\ud7ff"
    "\uf900-\ufdcf\ufdf0-\ufefe\uff21-\uff3a\uff41-\uff5a\uff5f-\ufffd\U00010000-\U000effff"
)
PART = START + "0-9\u00b7\u0300-\u036f\u203f-\u2040\uff10-\uff19"
SPACE = "\t\n\x0b\x0c\r \u0085\u00a0\u1680\u180e\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff"
WORD = re.compile(rf"[{START}?][{PART}?]*")
MORE = re.compile(rf"[{PART}?]+")
_PARTS = re.compile(rf"[{PART}?]+|[^{PART}?{SPACE}]")
_NEXT = re.compile(rf"[{SPACE}]*({_PARTS.pattern})")
KEYWORDS = {
    word: word.upper()
    for word in [
        "if",
        "then",
        "else",
        "for",
        "in",
        "return",
        "some",
        "every",
        "satisfies",
        "and",
        "or",
        "between",
        "function",
        "true",
        "false",
        "null",
    ]
}
BUILT_IN = ("date and time", "years and months duration")

# What a text declares itself: parameters and iterators. Bounded, so as to stay linear.
_QUOTED = re.compile(r'[{,]\s*"([^"\\]{1,200})"\s*:')
_PARAMETERS = re.compile(r"\bfunction\s*\(([^()]*)\)")
_ITERATOR = re.compile(r"\b(?:for|some|every)\b([^,:(){}\[\]\"]{1,200}?)\bin\b")


@lru_cache(maxsize=20_000)
def normal_name(name: str) -> str:
    """A name with each of its inner blanks made one space."""
    return " ".join(name.split())


@lru_cache(maxsize=20_000)
def without_blanks(name: str) -> str:
    """A name without its blanks, as it stands in a text without blanks."""
    return "".join(name.split())


def declared_names(text: str) -> set[str]:
    found = {m[1].strip() for m in _ITERATOR.finditer(text)}
    for match in _PARAMETERS.finditer(text):
        found |= {part.split(":")[0].strip() for part in match[1].split(",")}
    return found


def quoted_keys(text: str) -> set[str]:
    """Keys of contexts written as strings; after a point they may stand as names."""
    return {normal_name(match[1]) for match in _QUOTED.finditer(text)}


@lru_cache(maxsize=20_000)
def is_special(name: str) -> bool:
    """Whether a name must be known to be read: it holds a sign or a keyword, or starts oddly.

    Plain words side by side are one name anyway.
    """
    words = name.split()
    plain = bool(words) and WORD.fullmatch(words[0]) and all(map(MORE.fullmatch, words))
    return bool(words) and not (plain and KEYWORDS.keys().isdisjoint(words))


class SpecialNames:
    """Names with signs or keywords in them, found in a text part by part, the longest first."""

    def __init__(self, names: Iterable[str]) -> None:
        self._root: dict[str, Any] = {}  # by part; under the empty one the name that ends there
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        at = self._root
        for part in _PARTS.findall(name):
            at = at.setdefault(part, {})
        at[""] = name

    def match(self, text: str, at: int) -> tuple[int, str] | None:
        """Where the longest name that stands at this place ends, and its proper spelling."""
        branch, found = self._root, None
        while branch and (part := _NEXT.match(text, at)):
            branch, at = branch.get(part[1], {}), part.end()
            if "" in branch:
                found = at, branch[""]
        return found
