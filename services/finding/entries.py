"""The words by which each service, and what is done at a counter only, can be found. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from city.model import City, LifeEvent, Typed
from services.rulebook import Rulebook

Kind = Literal["service", "elsewhere", "choice"]
Weights = Mapping[str, float]

# how much a word says about what somebody wants, by where it stands
NAME, CALLED, EVENT, OF_SUMMARY, PIECE, OFFICE, SUMMARY = 1.0, 0.95, 0.6, 0.6, 0.4, 0.3, 0.15
# a verb in front, without which the word says nearly the same: 开奶茶店, 奶茶店
_VERB = re.compile("^(?:开|办|做|迁|注册|成立|设立|办理|申请)(?=..)")
_VERB_LOST = 0.8
# an ending that most lines of business have, and nobody types: 咖啡馆服务, 服装零售
_ENDING = re.compile("(?<=..)(?:服务|活动|零售|销售|开发|经营)$")
_HAN = re.compile("[\u3400-\u9fff]+")
ENGLISH = re.compile("[a-z]+")


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to find: the weight of each of its words, in Chinese and in English."""

    kind: Kind
    code: str
    zh: Weights
    en: Weights


class _Words:
    def __init__(self) -> None:
        self.zh: dict[str, float] = {}
        self.en: dict[str, float] = {}

    def chinese(self, text: str, weight: float) -> None:
        for word in _HAN.findall(text):
            _raise(self.zh, word, weight)
            if shorter := _VERB.sub("", word):
                _raise(self.zh, shorter, weight * (_VERB_LOST if shorter != word else 1))

    def pieces(self, text: str, weight: float) -> None:
        """Add every two characters that stand together: names are not divided into words."""
        for run in _HAN.findall(text):
            for at in range(len(run) - 1):
                _raise(self.zh, run[at : at + 2], weight)

    def english(self, text: str, weight: float) -> None:
        for word in ENGLISH.findall(text.casefold()):
            _raise(self.en, word, weight)

    def typed(self, words: Typed, weight: float) -> None:
        for text in words.get("zh", ()):
            self.chinese(text, weight)
        for text in words.get("en", ()):
            self.english(text, weight)


def _raise(weights: dict[str, float], word: str, weight: float) -> None:
    weights[word] = max(weight, weights.get(word, 0))


def entries(books: Iterable[Rulebook], city: City) -> list[Entry]:
    """Return everything that can be found in a city: services first, then what is not online."""
    found = [_service(book, city) for book in books]
    seen: set[str] = set()
    for event in city.life_events.values():
        for entry in _elsewhere(event):
            if entry.code not in seen:
                seen.add(entry.code)
                found.append(entry)
    return found


def _service(book: Rulebook, city: City) -> Entry:
    pack, words = book.pack, _Words()
    words.chinese(pack.name["zh"], NAME)
    words.english(pack.name["en"], NAME)
    words.typed(pack.keywords, NAME)
    words.pieces(pack.name["zh"], PIECE)
    words.pieces(pack.summary["zh"], SUMMARY)
    words.english(pack.summary["en"], SUMMARY)
    words.chinese(pack.department["zh"], OFFICE)
    words.english(pack.department["en"], OFFICE)
    called = f"{pack.name['zh']} {' '.join(pack.keywords.get('zh', ()))}"
    for word, synonyms in city.words.items():
        if word in called or word in pack.summary["zh"]:
            weight = CALLED if word in called else OF_SUMMARY
            words.chinese(word, weight)
            words.typed(synonyms, weight)
    for event in city.life_events.values():
        if pack.service in event.services:
            words.chinese(event.zh, EVENT)
            words.english(event.en, EVENT)
            words.typed(event.words, EVENT)
    return Entry("service", pack.service, words.zh, words.en)


def _elsewhere(event: LifeEvent) -> Iterator[Entry]:
    for one in event.elsewhere.values():
        words = _Words()
        words.chinese(one.zh, NAME)
        words.english(one.en, NAME)
        words.typed(one.words, NAME)
        words.pieces(one.zh, PIECE)
        words.chinese(event.zh, EVENT)
        words.english(event.en, EVENT)
        words.typed(event.words, EVENT)
        yield Entry("elsewhere", one.code, words.zh, words.en)


def of_choice(code: str, zh: str, en: str, city: City) -> Entry:
    """Return one choice of a question: by its words, those that mean the same, and its code."""
    words = _Words()
    words.chinese(zh, NAME)
    words.chinese(_ENDING.sub("", zh), CALLED)
    words.pieces(zh, OF_SUMMARY)
    words.english(en, NAME)
    words.english(code, NAME)
    for word, synonyms in city.words.items():
        if word in zh:
            words.typed(synonyms, CALLED)
    return Entry("choice", code, words.zh, words.en)


def all_words(found: Iterable[Entry]) -> set[str]:
    """Return every Chinese word of some entries: those whose pinyin is needed."""
    return {word for entry in found for word in entry.zh}
