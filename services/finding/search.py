"""The ranking: how well each entry answers what was typed, from 0 to 1. Pure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from services.finding.entries import Entry, Kind
from services.finding.spelling import allowed, distance, sound, stem
from services.finding.typed import Typed, take_apart

FOUND, NEAR = 0.3, 0.1  # from which score an entry is a result, and a suggestion
BEGUN, PARTLY, INITIALS, SOUNDS, MISTYPED, HOMOPHONE = 0.9, 0.8, 0.75, 0.8, 0.7, 0.6
LONGEST_WORD, SHORTEST_PINYIN = 24, 4
Postings = Sequence[tuple[int, float]]  # (number of an entry, what a match of its word is worth)
Syllables = Mapping[str, Sequence[str]]  # by Chinese word


@dataclass(frozen=True, slots=True)
class Hit:
    kind: Kind
    code: str
    score: float


@dataclass(frozen=True, slots=True)
class Answer:
    """``hits``: the best first; ``near``: without any, what may have been meant."""

    hits: tuple[Hit, ...]
    near: tuple[Hit, ...] = ()


class Index:
    """The words of some entries, ready to be searched; made once for a catalogue."""

    def __init__(self, entries: Sequence[Entry], syllables: Syllables) -> None:
        self.entries = entries
        self.zh = self._postings((word, weight) for word, weight in self._each("zh"))
        self.en = self._postings((word, weight) for word, weight in self._each("en"))
        self.pinyin = self._read(syllables, "".join)
        self.initials = self._read(syllables, lambda parts: "".join(part[0] for part in parts))
        self.sounds: dict[str, list[str]] = defaultdict(list)
        for word in self.pinyin:
            self.sounds[sound(word)].append(word)
        self.stems: dict[str, list[str]] = defaultdict(list)
        for word in self.en:
            self.stems[stem(word)].append(word)

    def _each(self, language: str) -> Iterator[tuple[str, tuple[int, float]]]:
        for number, entry in enumerate(self.entries):
            for word, weight in getattr(entry, language).items():
                yield word, (number, weight)

    def _postings(
        self, pairs: Iterable[tuple[str, tuple[int, float]]]
    ) -> dict[str, list[tuple[int, float]]]:
        """Gather by word; one that many entries have says less of each."""
        found: dict[str, dict[int, float]] = defaultdict(dict)
        for word, (number, weight) in pairs:
            found[word][number] = max(weight, found[word].get(number, 0))
        most = math.log(len(self.entries) + 1)
        return {
            word: [(n, w * (1 - 0.7 * math.log(len(held)) / most)) for n, w in held.items()]
            for word, held in found.items()
        }

    def _read(self, syllables: Syllables, write: object) -> dict[str, list[tuple[int, float]]]:
        assert callable(write)
        return self._postings(
            (write(syllables[word]), posting)
            for word, posting in self._each("zh")
            if word in syllables and len(word) > 1
        )

    def find(
        self, text: str, syllables_of: Callable[[Iterable[str]], Syllables] | None = None
    ) -> Answer:
        """Return what answers ``text``.

        ``syllables_of`` looks up how characters are read. It is asked when nothing was found: then
        characters that only sound like the right ones (洛户) are understood, too.
        """
        typed = take_apart(text)
        if typed.is_empty:
            return Answer(())
        scores = self._scores(typed)
        hits = self._ranked(scores, FOUND)
        if not hits and typed.han and syllables_of:
            read = syllables_of(typed.wanted)
            spoken = "".join(part for sign in typed.wanted for part in read.get(sign, ()))
            hits = self._ranked(_worth(self._spoken(spoken), HOMOPHONE), FOUND)
        return Answer(hits) if hits else Answer((), self._ranked(scores, NEAR)[:3])

    def _ranked(self, scores: Mapping[int, float], least: float) -> tuple[Hit, ...]:
        found = [(-score, number) for number, score in scores.items() if score >= least]
        best = -min(found)[0] if found else 0
        return tuple(
            Hit(self.entries[number].kind, self.entries[number].code, -score)
            for score, number in sorted(found)
            if -score >= best / 3
        )

    def _scores(self, typed: Typed) -> dict[int, float]:
        """Weigh both scripts by how much of them was typed."""
        total: dict[int, float] = defaultdict(float)
        han, letters = len(typed.wanted), len(typed.read)
        for number, score in self._chinese(typed).items():
            total[number] += score * han / (han + letters)
        for number, score in self._latin(typed).items():
            total[number] += score * letters / (han + letters)
        return total

    def _chinese(self, typed: Typed) -> dict[int, float]:
        if not typed.han:
            return {}
        length = len(typed.wanted)
        found = _best(
            _covered(typed.han, self.zh, len(typed.han)), _covered(typed.wanted, self.zh, length)
        )
        for word, held in self.zh.items():  # begun, or a part of a longer word
            if length < len(word) and typed.wanted in word:
                share = PARTLY * math.sqrt(length / len(word))
                for number, worth in held:
                    found[number] = max(found.get(number, 0), worth * share)
        return found

    def _latin(self, typed: Typed) -> dict[int, float]:
        if not typed.letters:
            return {}
        found = _best(self._spoken(typed.read), self._english(typed.english))
        if 2 <= len(typed.read) <= 8:
            found = _best(found, _worth(dict(self.initials.get(typed.read, ())), INITIALS))
        if not any(score >= FOUND for score in found.values()):
            found = _best(found, self._mistyped(typed.read))
        return found

    def _spoken(self, letters: str) -> dict[int, float]:
        """Score pinyin: whole words in it, one that is begun, and sounds that are mixed."""
        if not letters:
            return {}
        found = _covered(letters, self.pinyin, len(letters), SHORTEST_PINYIN)
        found = {number: score for number, score in found.items() if score >= 2 * FOUND}
        if len(letters) >= 3:
            for word, held in self.pinyin.items():
                if word.startswith(letters):
                    share = BEGUN * math.sqrt(len(letters) / len(word))
                    found = _best(found, _worth(dict(held), share))
        for word in self.sounds.get(sound(letters), ()):
            found = _best(found, _worth(dict(self.pinyin[word]), SOUNDS))
        return found

    def _mistyped(self, letters: str) -> dict[int, float]:
        most = allowed(len(letters))
        if not most:
            return {}
        found: dict[int, float] = {}
        for word, held in self.pinyin.items():
            wrong = distance(letters, word, most)
            if wrong <= most:
                found = _best(found, _worth(dict(held), MISTYPED - 0.1 * (wrong - 1)))
        return found

    def _english(self, words: Sequence[str]) -> dict[int, float]:
        total: dict[int, float] = defaultdict(float)
        for word in words:
            for number, worth in self._english_word(word).items():
                total[number] += worth / len(words)
        return total

    def _english_word(self, word: str) -> dict[int, float]:
        known = [word] if word in self.en else self.stems.get(stem(word), [])
        if not known and len(word) >= 4:
            known = [other for other in self.en if other.startswith(word)]
        share = 1.0
        if not known and len(word) >= 5:
            most, share = allowed(len(word)), MISTYPED
            known = [other for other in self.en if distance(word, other, most) <= most]
        return _best(*(_worth(dict(self.en[other]), share) for other in known))


def _worth(found: Mapping[int, float], share: float) -> dict[int, float]:
    return {number: score * share for number, score in found.items()}


def _best(*found: Mapping[int, float]) -> dict[int, float]:
    best: dict[int, float] = {}
    for scores in found:
        for number, score in scores.items():
            best[number] = max(score, best.get(number, 0))
    return best


def _covered(
    text: str, words: Mapping[str, Postings], length: int, shortest: int = 1
) -> dict[int, float]:
    """Return for each entry how much of ``text`` its words cover, each by what it is worth."""
    ends: dict[int, dict[int, list[tuple[int, float]]]] = defaultdict(lambda: defaultdict(list))
    for start in range(len(text)):
        for end in range(start + shortest, min(len(text), start + LONGEST_WORD) + 1):
            for number, worth in words.get(text[start:end], ()):
                ends[number][end].append((start, worth * (end - start)))
    scores = {}
    for number, at in ends.items():
        best = [0.0] * (len(text) + 1)
        for end in range(1, len(text) + 1):
            ways = (best[start] + worth for start, worth in at.get(end, ()))
            best[end] = max(best[end - 1], max(ways, default=0.0))
        scores[number] = min(1.0, best[-1] / length)
    return scores
