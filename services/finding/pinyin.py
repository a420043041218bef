"""How Chinese words are read: made when something is published, kept in a table.

The dictionary (`pypinyin`) takes 60 MB and half a second, so processes that answer citizens read
the table, and load the dictionary only for words that nobody has stored yet.
"""

from __future__ import annotations

from collections.abc import Iterable

from services.characters import standard_characters
from services.models import Pinyin


def store(words: Iterable[str]) -> int:
    """Write the pinyin of words that have none; returns of how many."""
    wanted = set(words)
    missing = sorted(wanted - read(wanted).keys())
    made = [Pinyin(word=word, syllables=" ".join(of)) for word, of in _look_up(missing).items()]
    Pinyin.objects.bulk_create(made, ignore_conflicts=True, batch_size=1000)
    return len(made)


def store_characters() -> int:
    """Write the pinyin of every standard character, for what only sounds right (洛户, 落户)."""
    return store(standard_characters())


def read(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the syllables of those words that have been stored. One query."""
    rows = Pinyin.objects.filter(word__in=set(words)).values_list("word", "syllables")
    return {word: tuple(syllables.split()) for word, syllables in rows}


def syllables(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the syllables of words, from the dictionary where the table has none."""
    wanted = set(words)
    found = read(wanted)
    return found | _look_up(sorted(wanted - found.keys()))


def _look_up(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    words = tuple(words)
    if not words:
        return {}
    from pypinyin import lazy_pinyin  # late: see above

    return {word: tuple(lazy_pinyin(word)) for word in words}
