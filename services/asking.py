"""What a question in plain words says about the person, held against a service's conditions. Pure.

"我毕业一年半，能落户吗" says when somebody graduated. Facts are recognised by words that the pack
has for them; the conditions that rest on nothing else are evaluated by the edition's own
expressions. It is a hint, of an unverified sentence, and never a verdict.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dmn import types as t
from dmn.values import UNKNOWN
from dmn.values.temporal import add_months
from services.inputs import gather_inputs
from services.pack.model import Fact
from services.rulebook import Rulebook, run_safely

_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_HAN_NUMBER = "[零〇一二两三四五六七八九十]{1,3}"
_NUMBER = rf"(?:(?<![0-9.])[0-9]{{1,3}}(?:\.[05])?|{_HAN_NUMBER})"
# a span of time: 一年半, 1.5年, 18个月, 半年, 两年零三个月
_SPAN = re.compile(
    rf"(?:(?P<years>{_NUMBER})\s*年(?P<half>半)?(?:零|又)?(?:(?P<more>{_NUMBER})\s*个?月)?)"
    rf"|(?:(?P<months>{_NUMBER})\s*个月)|(?P<six>半年)"
)
_ENGLISH_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_ENGLISH_SPAN = re.compile(
    r"\b(?P<number>[0-9]{1,3}(?:\.5)?|a|an|one|two|three|four|five|six)"
    r"(?P<half> and a half)? (?P<unit>year|month)s?(?P<after> and a half)?\b"
)
# a day, month or year of the calendar: 2024年6月, 24年6月, 2024-06-30, June 2024
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CALENDAR = re.compile(
    r"(?<![0-9])(?P<year>(?:19|20)[0-9]{2}|[0-9]{2}(?=年[0-9]{1,2}月(?!前)))\s?[年./-]"
    r"(?:\s?(?P<month>1[0-2]|0?[1-9])(?![0-9])\s?[月./-]?"
    r"(?:\s?(?P<day>[12][0-9]|3[01]|0?[1-9])(?![0-9])\s?[日号]?)?)?"
    rf"|(?:\b(?P<name>{'|'.join(_MONTHS)})[a-z]*\.? )?\b(?P<alone>(?:19|20)[0-9]{{2}})\b"
)
_YEARS_AGO = {"今年": 0, "去年": 1, "前年": 2, "this year": 0, "last year": 1}
_RELATIVE = re.compile(rf"(?P<ago>{'|'.join(_YEARS_AGO)})(?:(?P<month>1[0-2]|0?[1-9])月)?")
_AGE = re.compile(rf"(?P<years>{_NUMBER})\s*周?岁")
_ENGLISH_AGE = re.compile(r"\b(?:i am|i'm|aged) (?P<years>[0-9]{1,3})(?: years old)?\b(?! month)")
_NOT = re.compile(r"(?:不是|不算|没有|没|非|无|不|not? (?:a |an |on )?)$")
_OF_BIRTH = ("出生", "birth")
_TIME_WORDS = re.compile("日期|时间|年月|date of |date$")
Synonyms = Mapping[str, Sequence[str]]
NO_SYNONYMS: Synonyms = {}
NEAR = 8  # characters between a fact's word and the time that it is about
SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Mention:
    """A fact that the question speaks of: the words it does so by, and what is taken from them.

    ``last``: of a month or a year, its last day, where ``value`` is the first; else empty.
    """

    fact: str
    text: str
    value: Any  # as a registry would answer
    last: str = ""


@dataclass(frozen=True, slots=True)
class Hint:
    """A condition, and whether it would be met if just what was said were true."""

    requirement: str
    met: bool
    mentions: tuple[Mention, ...]


def hints(
    question: str, book: Rulebook, on: datetime.date, synonyms: Synonyms = NO_SYNONYMS
) -> list[Hint]:
    """Return the conditions that the question speaks of, in the order of the pack.

    ``synonyms``: what people say for a word of the pack (大专 for 专科).
    """
    found = {mention.fact: mention for mention in mentions(question, book, on, synonyms)}
    values = _values(found, book, on)
    ends = [_values(found, book, on, last=True)] if any(m.last for m in found.values()) else []
    made = []
    for requirement, condition in zip(book.pack.requirements, book.program.conditions, strict=True):
        spoken = tuple(m for name, m in found.items() if name in condition.uses)
        if not spoken or requirement.undisclosed:
            continue
        result = run_safely(condition.must, values)
        if result not in (True, False) or not _rests_on(spoken, condition.must, values):
            continue
        if any(run_safely(condition.must, end) is not result for end in ends):
            continue  # it depends on the day, which was not said
        if not _is_met_by_any(spoken, book, condition.must, values):
            made.append(Hint(condition.id, bool(result), spoken))
    return made


def _values(
    found: Mapping[str, Mention], book: Rulebook, on: datetime.date, *, last: bool = False
) -> dict[str, object]:
    values = dict(gather_inputs(book, {}, {}, {}, on).values)
    values |= dict.fromkeys(book.facts, UNKNOWN)
    for name, read in book.readers:
        if name in found:
            mention = found[name]
            values[name] = read((mention.last if last else "") or mention.value)
    return values


def _rests_on(spoken: tuple[Mention, ...], must: Any, values: Mapping[str, object]) -> bool:
    """Tell whether the result changes into unknown without what was said."""
    without = {**values, **{mention.fact: UNKNOWN for mention in spoken}}
    return run_safely(must, without) is UNKNOWN


def _is_met_by_any(
    spoken: tuple[Mention, ...], book: Rulebook, must: Any, values: Mapping[str, object]
) -> bool:
    """Tell whether any other value of what was said would do: it asks for a record alone."""
    choices = [book.facts[mention.fact].labels for mention in spoken]
    if len(spoken) != 1 or not choices[0]:
        return False
    return all(run_safely(must, {**values, spoken[0].fact: value}) is True for value in choices[0])


def mentions(
    question: str, book: Rulebook, on: datetime.date, synonyms: Synonyms = NO_SYNONYMS
) -> Iterator[Mention]:
    """Yield the facts of registries that a question speaks of, each once."""
    text = _plain(question)
    for name, fact in book.facts.items():
        if fact.source not in book.pack.registries or name in book.withheld:
            continue
        mention = _mention(text, name, fact, on, synonyms)
        if mention is not None:
            yield mention


def _plain(question: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", question).casefold().split())


def _mention(
    text: str, name: str, fact: Fact, on: datetime.date, synonyms: Synonyms
) -> Mention | None:
    if fact.type == t.DATE:
        return _date(text, name, fact, on)
    if fact.labels:
        return _label(text, name, fact, synonyms)
    if fact.type == t.BOOLEAN:
        for word in (fact.zh, fact.en):
            place = _place(text, word.casefold())
            if place >= 0 and len(word) >= SHORTEST:
                return Mention(name, word, not _NOT.search(text[:place]))
    return None


def _label(text: str, name: str, fact: Fact, synonyms: Synonyms) -> Mention | None:
    """Find the longest of the words for a fact's values, unless the sentence denies it.

    Where a value is a code, its words say little by themselves (limited, full): then the fact's own
    name has to stand in the question, too.
    """
    is_named = fact.zh in text or fact.en.casefold() in text
    known = [
        (place, word, value)
        for value, words in fact.labels.items()
        if is_named or value == words["zh"]
        for word in {value, words["zh"], words["en"], *synonyms.get(words["zh"], ())}
        if len(word) >= SHORTEST and (place := _place(text, word.casefold())) >= 0
    ]
    for place, word, value in sorted(known, key=lambda found: -len(found[1])):
        if not _NOT.search(text[:place]):
            return Mention(name, word, value)
    return None


def _place(text: str, word: str) -> int:
    """Return where a word stands, one of letters not inside another (full-time); -1: nowhere."""
    if not word.isascii():
        return text.find(word)
    found = re.search(rf"(?<![a-z-]){re.escape(word)}(?![a-z-])", text)
    return found.start() if found else -1


def _date(text: str, name: str, fact: Fact, on: datetime.date) -> Mention | None:
    """Read when it was: of a birth from an age, else from a day or a span near the fact's word."""
    if any(word in fact.zh + fact.en for word in _OF_BIRTH):
        age = _AGE.search(text) or _ENGLISH_AGE.search(text)
        years = _number(age["years"]) if age else None
        if years is not None:
            return _ago(name, age[0], int(years * 12), on)  # type: ignore[index]
    for word in (_TIME_WORDS.sub("", fact.zh), _stem(_TIME_WORDS.sub("", fact.en))):
        place = text.find(word.casefold()) if len(word) >= SHORTEST else -1
        if place < 0:
            continue
        ends = place + len(word)
        window = text, max(0, place - NEAR * 2), ends + NEAR * 3
        for patterns in ((_CALENDAR, _SPAN, _ENGLISH_SPAN), (_RELATIVE,)):
            times = [time for pattern in patterns for time in pattern.finditer(*window)]
            for time in sorted(times, key=lambda one: max(one.start() - ends, place - one.end())):
                if mention := _when(name, time, on):
                    return mention
    return None


def _stem(word: str) -> str:
    """Cut ``graduation`` so that ``graduated`` is found, too."""
    return word.removesuffix("ion") if word.endswith("ation") else word


def _ago(name: str, text: str, months: int, on: datetime.date) -> Mention | None:
    try:
        day = add_months(on, -months)
    except (OverflowError, ValueError):
        return None
    return Mention(name, text, day.isoformat())


def _when(name: str, time: re.Match[str], on: datetime.date) -> Mention | None:
    if time.re in (_CALENDAR, _RELATIVE):
        return _on(name, time, on)
    months = _months(time)
    return None if months is None else _ago(name, time[0], months, on)


def _on(name: str, found: re.Match[str], on: datetime.date) -> Mention | None:
    """Read a day, month or year of the calendar: its first and last day; none that is to come."""
    parts = found.groupdict()
    if ago := parts.get("ago"):
        year = on.year - _YEARS_AGO[ago]
    else:
        year = int(parts["year"] or parts["alone"])
        if year < 100:  # 24年6月
            year += 2000 if 2000 + year <= on.year else 1900
    month, day = int(parts["month"] or 0), int(parts.get("day") or 0)
    if english := parts.get("name"):
        month = _MONTHS.index(english) + 1
    try:
        first = datetime.date(year, month or 1, day or 1)
    except ValueError:
        return None  # the 31st of June
    if first > on:
        return None
    text = found[0].strip(" ./-")
    if day:
        return Mention(name, text, first.isoformat())
    last = add_months(first, 1 if month else 12) - datetime.timedelta(days=1)
    return Mention(name, text, first.isoformat(), min(last, on).isoformat())


def _months(span: re.Match[str]) -> int | None:
    parts = span.groupdict()
    if parts.get("six"):
        return 6
    if "unit" in parts:
        number = _number(parts["number"])
        if number is None:
            return None
        number += 0.5 if parts["half"] or parts["after"] else 0
        return int(number * 12 if parts["unit"] == "year" else number)
    if parts["months"]:
        months = _number(parts["months"])
        return None if months is None else int(months)
    years, more = _number(parts["years"]), _number(parts["more"] or "0")
    if years is None or more is None:
        return None
    return int(years * 12 + more + (6 if parts["half"] else 0))


def _number(text: str) -> float | None:
    """Read 18, 1.5, 十八, 两 and one; None for what is no number up to 999."""
    if text in _ENGLISH_NUMBERS:
        return float(_ENGLISH_NUMBERS[text])
    if text[0].isdigit() and text.isascii():
        return float(text)
    tens, ten, ones = text.partition("十")
    if not ten:
        return float(_DIGITS[text]) if text in _DIGITS else None
    if (tens and tens not in _DIGITS) or (ones and ones not in _DIGITS):
        return None
    return float((_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0))
