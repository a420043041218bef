"""What-if statements as sentences for an officer, in both languages. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dmn import to_json
from dmn import types as t
from services.explain import Wording
from services.pack.model import AS_OF, Fact
from services.rulebook import Rulebook
from services.verdict import UNKNOWN
from services.whatif import Statement, Values, WhatIf

# where no condition that was open is unmet, by outcome
_PASSES = {
    "approve": ("全部条件符合", "all conditions are met"),
    "wait": ("全部条件符合，另须其他部门同意", "all conditions are met; others must agree"),
}
_FOLLOWS = {
    "return": ("可退回补正", "it can be returned for correction"),
    "refer": ("由工作人员决定", "an officer decides"),
    "wait": ("另须其他部门同意", "others must agree"),
}
_NOT_WORSE = ("待核实的条件符合", "the open conditions are met")


@dataclass(frozen=True, slots=True)
class Line:
    """One row: whose answer, about what, which values, and what follows.

    ``tone``: ok, or bad where a condition would not be met.
    """

    source: str
    fact: str
    values: str
    follows: str
    tone: str


def lines(found: WhatIf, rulebook: Rulebook, on: datetime.date, language: str) -> list[Line]:
    """Return the statements in words; ``on`` is the case's day, for the parameters."""
    wording = Wording(rulebook, {AS_OF: on.isoformat()}, language, officer=True)
    return [_line(one, found, wording) for one in found.statements]


def open_facts(found: WhatIf, rulebook: Rulebook, language: str) -> list[str]:
    """Return what the facts are called whose values were not all worked out."""
    en = language.startswith("en")
    return [rulebook.facts[name].en if en else rulebook.facts[name].zh for name in found.open]


def _line(one: Statement, found: WhatIf, wording: Wording) -> Line:
    fact = wording.rulebook.facts[one.facts[0]]
    source = wording.fact(fact, None, False).source
    label, values = wording.words_of(fact), _either(wording, _values(one, fact, wording))
    if one.absent:
        label, values = "", wording.in_words(("查无记录", "no record at all"))
    return Line(source, label, values, _follows(one, found, wording), _tone(one))


def _tone(one: Statement) -> str:
    return "bad" if one.against else "ok"


def _follows(one: Statement, found: WhatIf, wording: Wording) -> str:
    comma = wording.in_words(("；", "; "))
    if not one.against:
        if found.already:
            return wording.in_words(_NOT_WORSE)
        return wording.in_words(_PASSES.get(one.outcome, _NOT_WORSE))
    specs = {spec.id: spec for spec in wording.rulebook.pack.requirements}
    parts = []
    for id_, result in one.against:
        unknown = result == UNKNOWN
        sign = ("仍无法核实：", "still unknown: ") if unknown else ("不符合：", "not met: ")
        parts.append(wording.in_words(sign) + wording.filled(specs[id_]))
    return comma.join([*parts, wording.in_words(_FOLLOWS[one.outcome])])


def _either(wording: Wording, parts: Iterator[str]) -> str:
    return wording.in_words((" 或 ", " or ")).join(parts)


def _values(one: Statement, fact: Fact, wording: Wording) -> Iterator[str]:
    for values in one.values:
        match values.kind:
            case "ones":
                shown = [_text(fact, value, wording) for value in values.ones]
                yield wording.in_words(("、", ", ")).join(shown)
            case "span":
                yield _span(values, fact, wording)
            case "same":
                other = wording.rulebook.facts[values.same_as]
                yield wording.in_words(
                    (f"与“{other.zh}”（{_source(other, wording)}）相同",
                     f"the same as “{other.en}” ({_source(other, wording)})")
                )  # fmt: skip
            case _:
                yield _other(values, fact, wording)


def _source(fact: Fact, wording: Wording) -> str:
    return wording.fact(fact, None, False).source


def _other(values: Values, fact: Fact, wording: Wording) -> str:
    if values.same_as:
        other = wording.rulebook.facts[values.same_as]
        return wording.in_words((f"与“{other.zh}”不同", f"another than “{other.en}”"))
    if not values.but:
        return wording.in_words(("任何内容", "anything"))
    known = wording.in_words(("、", ", ")).join(_text(fact, one, wording) for one in values.but)
    return wording.in_words((f"“{known}”以外的内容", f"anything but “{known}”"))


def _text(fact: Fact, value: Any, wording: Wording) -> str:
    raw = [] if value == () else to_json(value)
    return wording.fact(fact, raw, True).text


def _span(span: Values, fact: Fact, wording: Wording) -> str:
    """From and to; days are counted, so that each end is a day that is within."""
    low, high = span.low, span.high
    low_in, high_in = span.low_in, span.high_in
    if t.base_type(fact.type) == t.DATE:
        day = datetime.timedelta(days=1)
        low = low + day if low is not None and not low_in else low
        high = high - day if high is not None and not high_in else high
        low_in = high_in = True
    least, most = fact.bounds
    if low is not None and low == high:
        return _text(fact, low, wording)
    begin = None if low is None or (low == least and low_in) else _text(fact, low, wording)
    end = None if high is None or (high == most and high_in) else _text(fact, high, wording)
    if begin is None and end is None:
        return wording.in_words(("任何值", "any value"))
    if begin is not None and end is not None and low_in and high_in:
        return wording.in_words((f"{begin} 至 {end}", f"{begin} to {end}"))
    parts = []
    if begin is not None:
        words = ("{} 及以上", "{} or more") if low_in else ("大于 {}", "more than {}")
        if t.base_type(fact.type) == t.DATE:
            words = ("{} 及以后", "{} or later")
        parts.append(wording.in_words(words).format(begin))
    if end is not None:
        words = ("{} 及以下", "{} or less") if high_in else ("小于 {}", "less than {}")
        if t.base_type(fact.type) == t.DATE:
            words = ("{} 及以前", "{} or earlier")
        parts.append(wording.in_words(words).format(end))
    return wording.in_words(("且", " and ")).join(parts)
