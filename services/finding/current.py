"""The index of what can be found now, made once a process for each state of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings

from city.model import City
from services.finding import pinyin
from services.finding.entries import all_words, entries
from services.finding.search import Answer, Index
from services.rulebook import Rulebook


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    city: City
    editions: tuple[str, ...]
    index: Index


_last: _Made | None = None


def find(text: str, books: Sequence[Rulebook]) -> Answer:
    """Return what of the services in ``books``, and of the city's life events, answers a text."""
    return _index(books).find(text, pinyin.read)


def store(books: Iterable[Rulebook]) -> int:
    """Write the pinyin of every word by which some services, and life events, are found."""
    return pinyin.store(all_words(entries(books, settings.CITY)))


def _index(books: Sequence[Rulebook]) -> Index:
    global _last  # noqa: PLW0603
    made, city, editions = _last, settings.CITY, tuple(book.hash for book in books)
    if made is None or made.city is not city or made.editions != editions:
        found = entries(books, city)
        made = _last = _Made(city, editions, Index(found, pinyin.syllables(all_words(found))))
    return made.index
