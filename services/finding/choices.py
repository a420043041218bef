"""Finding among the choices of a question, such as lines of business: words, pinyin, initials."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from django.conf import settings

from services.finding import pinyin
from services.finding.entries import Entry, all_words, of_choice
from services.finding.search import Index
from services.rulebook import Rulebook

PICKER = "picker"  # x-widget of the questions whose choices are searched


def find(book: Rulebook, question: str, text: str) -> list[str]:
    """Return the choices of a question that answer ``text``, the best first, by their value."""
    found = _index(book, question).find(text, pinyin.read)
    return [hit.code for hit in found.hits or found.near]


def suggest(book: Rulebook, question: str, text: str) -> list[str]:
    """Return the choices that a name of the applicant's own choosing speaks of; mostly none."""
    return [hit.code for hit in _index(book, question).find(text).hits]


def store(books: Iterable[Rulebook]) -> int:
    """Write the pinyin of every word by which choices are found."""
    found = (one for book in books for q in _questions(book) for one in _entries(book, q))
    return pinyin.store(all_words(found))


@lru_cache(maxsize=32)
def _index(book: Rulebook, question: str) -> Index:
    found = list(_entries(book, question))
    return Index(found, pinyin.syllables(all_words(found)))


def _questions(book: Rulebook) -> Iterator[str]:
    for name, node in book.form["properties"].items():
        if node.get("x-widget") == PICKER:
            yield name


def _entries(book: Rulebook, question: str) -> Iterator[Entry]:
    node: Mapping[str, Any] = book.form["properties"][question]
    for option in (node.get("items") or node).get("oneOf", ()):
        yield of_choice(str(option["const"]), option["x-zh"], option["x-en"], settings.CITY)
