"""Whether two spellings are nearly one: typing errors, and sounds that many people mix. Pure."""

from __future__ import annotations

import re

# sounds that speakers of southern China often spell alike
_MIXED = re.compile("zh|ch|sh|ng")


def sound(pinyin: str) -> str:
    """Return pinyin with zh, ch, sh and a last ng as z, c, s and n."""
    return _MIXED.sub(lambda found: found[0][0], pinyin)


def distance(one: str, other: str, most: int) -> int:
    """Return how many letters differ, two that are swapped counted once; ``most + 1`` for more.

    Damerau and Levenshtein, of neighbours only (optimal string alignment).
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, another in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != another))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == another:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def allowed(length: int) -> int:
    """Return how many letters of a word of so many may be wrong."""
    return 0 if length < 4 else 1 if length < 8 else 2


def stem(word: str) -> str:
    """Return an English word without the endings of plural and verb: companies, graduated."""
    for ending, instead in (("ies", "y"), ("ing", ""), ("ed", ""), ("es", "e"), ("s", "")):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)] + instead
            break
    return word.removesuffix("e") if len(word) > 4 else word
