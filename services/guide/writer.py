"""How a guide says things: words of either language, laws, terms, and rules in words."""

from __future__ import annotations

import datetime
import re
from collections import Counter

from city.model import City
from dmn.types import DATE, STRING
from services.explain import Wording
from services.guide.codes import Vocabulary
from services.guide.sentences import Sentences
from services.guide.values import TooDeep
from services.guide.words import NAMES, NUMBERING, NUMERALS, OTHER_NAMES, SHORT, UNITS, Pair
from services.pack.entitlement import CONFIRMED_ON
from services.pack.model import ANSWERS, APPLICANT, AS_OF, ISSUED, Fact, Limit
from services.rulebook import Rulebook


class Writer:
    """An edition on a day, to be said in one language; ``city``: whose registries it reads."""

    def __init__(
        self, book: Rulebook, on: datetime.date, language: str, city: City | None = None
    ) -> None:
        self.book, self.pack, self.on = book, book.pack, on
        self.wording = Wording(book, {AS_OF: on.isoformat()}, language)
        self.language = self.wording.language
        self.words = Vocabulary(self.wording, city)
        self.terms = self.wording.terms = {**self.words.terms(), **self.wording.terms}
        self.names = self.labels()
        others = {APPLICANT: STRING, CONFIRMED_ON: DATE, **ISSUED}
        self.sentences = Sentences(self.words, self.names, {**others, **book.program.names})

    def say(self, zh: str, en: str) -> str:
        return zh if self.language == "zh" else en

    def pair(self, words: Pair) -> str:
        return self.say(*words)

    def labels(self) -> dict[str, str]:
        """What is called what, of everything that an expression may name."""
        pack = self.pack
        found = {
            AS_OF: self.say("受理之日", "day of receipt"),
            APPLICANT: self.say("申请人", "applicant"),
            **{name: self.pair(words) for name, words in OTHER_NAMES.items()},
        }
        called = Counter(self.say(fact.zh, fact.en) for fact in pack.facts.values())
        for fact in pack.facts.values():
            label = self.say(fact.zh, fact.en)
            found[fact.name] = label + (self.law(self.source(fact)) if called[label] > 1 else "")
        for table in pack.tables.values():
            found[table.name] = table.label[self.language] if table.label else table.name
        for one in pack.parameters.values():
            value = self.wording.parameter(one.name) if one.name in self.wording.fixed else ""
            shown = f" {value}" if 0 < len(value) <= SHORT else ""
            found[one.name] = (one.label[self.language] if one.label else one.name) + shown
        return found

    def source(self, fact: Fact) -> str:
        """Who says what a fact is: two of one name are told apart by it."""
        asked = fact.source == ANSWERS
        return self.say("所填", "as filled in") if asked else self.words.registry(fact.source)

    def rule_of(self, expression: str) -> str:
        """A rule in words; as it is written, its names called by their words, where it has none."""
        try:
            return self.sentences.of(expression)
        except TooDeep:
            return f"`{self.written(expression)}`"

    def written(self, expression: str) -> str:
        open_, close = ("〔", "〕") if self.language == "zh" else ("[", "]")

        def called(found: re.Match[str]) -> str:
            text = found[0]
            return f"{open_}{self.names[text]}{close}" if text in self.names else text

        return NAMES.sub(called, " ".join(expression.split()))

    def numbered(self, scheme: str) -> str:
        """How certificates are numbered, in words."""
        name, _, argument = scheme.partition(":")
        return self.pair(NUMBERING[name]).format(argument)

    def row(self, label: Pair, text: str) -> str:
        return f"- {self.pair(label)}{self.say('：', ': ')}{text}"

    def listed(self, parts: list[str]) -> str:
        return self.say("、", ", ").join(parts)

    def numeral(self, number: int) -> str:
        if self.language != "zh":
            return f"{number}. "
        ten, one = divmod(number, 10)
        digits = NUMERALS[one - 1] if one else ""
        return f"{'十' if ten else ''}{digits}、"

    def term(self, limit: Limit) -> str:
        return f"{limit.days} {self.pair(UNITS[limit.unit])}" + self.law(limit.law)

    def law(self, text: str) -> str:
        return self.say(f"（{text}）", f" ({text})") if text else ""
