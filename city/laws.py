"""The register of laws: what a city's services rest on, clause by clause (``laws.yaml``). Pure.

A pack cites the law as it is printed on decisions (``公司法 §47；企业名称登记管理规定 §§11–12``); a
title and an article are the name of one clause here, so a citation is not written a second time as
a code that could say something else (docs/clauses.md).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from city.source import Path

Words = Mapping[str, str]
Fault = Callable[[Path, str, str], None]

_CITED = re.compile(r"(?P<title>.*?)\s*(?:§+\s*(?P<articles>\d.*))?")
_RANGE = re.compile(r"(\d+)(?:[–-](\d+))?")
RANGE_MOST = 40  # articles that one range may name


@dataclass(frozen=True, slots=True)
class Clause:
    """One article of a law, or a law as a whole (``article`` empty).

    ``zh``, ``en``: what it says, in the city's own words. ``amended_on``: from this day it says
    something else than before; rules that cite it are looked at again. ``not_a_rule``: why no rule
    of the ``services`` that it concerns carries it out.
    """

    id: str
    law: Law
    article: str
    zh: str
    en: str
    in_force_from: datetime.date | None
    amended_on: datetime.date | None
    services: tuple[str, ...] = ()
    not_a_rule: Words | None = None

    @property
    def citation(self) -> str:
        """As packs and decisions cite it."""
        return f"{self.law.zh} §{self.article}" if self.article else self.law.zh


@dataclass(frozen=True, slots=True)
class Law:
    """A law, regulation or order. ``zh``: the title as cited; ``title``: in full, if longer.

    ``also``: other names by which packs cite it, such as its number.
    """

    code: str
    zh: str
    en: str
    title: str = ""
    number: str = ""
    link: str = ""
    also: tuple[str, ...] = ()
    clauses: Mapping[str, Clause] = field(default_factory=dict, repr=False, compare=False)

    def article(self, number: str) -> Clause | None:
        return self.clauses.get(number)


@dataclass(frozen=True, slots=True)
class Cited:
    """What a citation names: clauses of the register, and the pieces that it does not have."""

    clauses: tuple[Clause, ...]
    missing: tuple[str, ...]


Laws = Mapping[str, Law]


def cited(text: str, laws: Laws) -> Cited:
    """The clauses that a citation names, in its order; ranges article by article."""
    titles = {title: law for law in laws.values() for title in (law.zh, law.title, *law.also)}
    found: dict[str, Clause] = {}
    missing: list[str] = []
    for piece in filter(None, (one.strip() for one in text.split("；"))):
        match = _CITED.fullmatch(piece)
        law = titles.get(match["title"]) if match and match["title"] else None
        if match is None or law is None:
            missing.append(piece)
            continue
        for article in _articles(match["articles"] or ""):
            clause = law.article(article)
            if clause is None:
                missing.append(f"{match['title']} §{article}" if article else piece)
            else:
                found.setdefault(clause.id, clause)
    return Cited(tuple(found.values()), tuple(dict.fromkeys(missing)))


def _articles(text: str) -> Iterator[str]:
    if not text:
        yield ""
        return
    for part in text.split("、"):
        match = _RANGE.match(part.strip())
        if match is None:
            yield part.strip()
            continue
        first, last = int(match[1]), int(match[2] or match[1])
        yield from map(str, range(first, min(last, first + RANGE_MOST) + 1))


def clauses(laws: Laws) -> Iterator[Clause]:
    """Every clause of the register, those of a law together."""
    for law in laws.values():
        yield from law.clauses.values()


def build(data: Mapping[str, Any], services: frozenset[str], fault: Fault) -> dict[str, Law]:
    """The register, from files whose shape was checked; ``services``: those that may be named."""
    found: dict[str, Law] = {}
    titles: dict[str, str] = {}
    for code, part in data.items():
        law = found[code] = _law(code, part, services, fault)
        for title in dict.fromkeys((law.zh, law.title, *law.also)):
            if title and titles.setdefault(title, code) != code:
                zh, en = (
                    f"{title} 已是 {titles[title]} 的名称",
                    f"{title} names {titles[title]}, too",
                )
                fault(("laws", code), zh, en)
    return found


def _law(code: str, part: Mapping[str, Any], services: frozenset[str], fault: Fault) -> Law:
    place: Path = ("laws", code)
    since = _day(part, "in_force_from", place, fault)
    amended = _day(part, "amended_on", place, fault)
    articles: dict[str, Clause] = {}
    law = Law(
        code=code,
        zh=part["zh"],
        en=part["en"],
        title=part.get("title", ""),
        number=part.get("number", ""),
        link=part.get("link", ""),
        also=tuple(part.get("also", ())),
        clauses=articles,
    )
    articles[""] = Clause(code, law, "", law.zh, law.en, since, amended)
    for article, one in part.get("clauses", {}).items():
        at: Path = (*place, "clauses", article)
        own = _day(one, "amended_on", at, fault)
        named = tuple(one.get("services", ()))
        for service in named:
            if service not in services:
                fault((*at, "services"), f"没有事项 {service}", f"there is no service {service}")
        articles[article] = Clause(
            id=f"{code}/{article}",
            law=law,
            article=article,
            zh=one["zh"],
            en=one["en"],
            in_force_from=_day(one, "in_force_from", at, fault) or since,
            amended_on=max(filter(None, (own, amended)), default=None),
            services=named,
            not_a_rule=one.get("not_a_rule"),
        )
    return law


def _day(part: Mapping[str, Any], key: str, place: Path, fault: Fault) -> datetime.date | None:
    if key not in part:
        return None
    try:
        return datetime.date.fromisoformat(part[key])
    except ValueError:
        text = part[key]
        fault((*place, key), f"{text} 不是日期", f"{text} is not a date")
        return None
