"""Fifteen requirements such as a pack has, for the figures of the analysis."""

from __future__ import annotations

from dmn import YearsMonths, parse
from dmn import types as t
from dmn.requirements import Requirement

TYPES: dict[str, t.Type] = {
    "as_of": t.DATE,
    "born": t.DATE,
    "licensed": t.DATE,
    "graduated": t.DATE,
    "hukou": t.STRING,
    "city": t.STRING,
    "permit": t.enumeration(t.STRING, "valid", "expired"),
    "level": t.STRING,
    "full_time": t.BOOLEAN,
    "income": t.NUMBER,
    "months": t.NUMBER,
    "debts": t.NUMBER,
    "record": t.BOOLEAN,
    "capacity": t.STRING,
    "alive": t.BOOLEAN,
    "dishonest": t.BOOLEAN,
    "address": t.STRING,
    "periods": t.list_of(t.context_of(ended=t.DATE, points=t.NUMBER)),
}
CONSTANTS: dict[str, object] = {
    "experience": YearsMonths(36),
    "adult": YearsMonths(18 * 12),
    "oldest": YearsMonths(65 * 12),
    "recent": YearsMonths(60),
}


def _one(name: str, must: str, applies: str | None = None) -> Requirement:
    known = [*TYPES, *CONSTANTS]
    return Requirement(
        name,
        parse(must, dialect="total", names=known),
        parse(applies, dialect="total", names=known) if applies else None,
    )


REQUIREMENTS = (
    _one("alive", "alive"),
    _one("capacity", 'capacity = "full"'),
    _one("adult", "born + adult <= as_of"),
    _one("not_old", "born + oldest > as_of"),
    _one("no_record", "not(record)"),
    _one("credit", "not(dishonest)"),
    _one("level", 'level in ("本科", "硕士", "博士")'),
    _one("full_time", "full_time"),
    _one("recent", "graduated + recent >= as_of and graduated <= as_of"),
    _one("experience", "licensed + experience <= as_of"),
    _one(
        "points",
        "every p in periods satisfies p.points < 12 or p.ended + experience <= as_of",
    ),
    _one("resident", 'permit = "valid"', "hukou != city"),
    _one("income", "income >= 3000 and income < 1000000"),
    _one("insured", "months >= 6 or income >= 20000"),
    _one("address", "string length(address) > 0 and debts < 4"),
)
