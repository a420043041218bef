"""Static types: what a value may be, and which values are allowed.

Written forms are those of DMN: `number`, `string`, `boolean`, `date`, `time`,
`date and time`, `days and time duration`, `years and months duration`, `Any`, `Null`,
`list<T>`, `range<T>`, `context<name: T, ...>`, `function<T, ...> -> T`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from dmn.errors import FeelTypeError


@dataclass(frozen=True, slots=True)
class Type:
    """Any type. `allowed` enumerates the values permitted, when they are few and known."""

    name: str
    allowed: tuple[object, ...] | None = None

    def __str__(self) -> str:
        return self.name


ANY = Type("Any")


@dataclass(frozen=True, slots=True)
class ListType(Type):
    name: str = "list"
    allowed: tuple[object, ...] | None = None
    of: Type = ANY

    def __str__(self) -> str:
        return f"list<{self.of}>"


@dataclass(frozen=True, slots=True)
class RangeType(Type):
    name: str = "range"
    allowed: tuple[object, ...] | None = None
    of: Type = ANY

    def __str__(self) -> str:
        return f"range<{self.of}>"


@dataclass(frozen=True, slots=True)
class ContextType(Type):
    """`fields` as pairs, so that the type can be hashed."""

    name: str = "context"
    allowed: tuple[object, ...] | None = None
    fields: tuple[tuple[str, Type], ...] = ()

    def field(self, name: str) -> Type | None:
        return dict(self.fields).get(name)

    def __str__(self) -> str:
        return "context<" + ", ".join(f"{n}: {t}" for n, t in self.fields) + ">"


@dataclass(frozen=True, slots=True)
class FunctionType(Type):
    name: str = "function"
    allowed: tuple[object, ...] | None = None
    parameters: tuple[Type, ...] = ()
    result: Type = ANY

    def __str__(self) -> str:
        return "function<" + ", ".join(map(str, self.parameters)) + f"> -> {self.result}"


@dataclass(frozen=True, slots=True)
class NamedType(Type):
    """A type known only by name until a model gives its definition."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the engine that a caller registers: named, typed and versioned.

    `call` takes one Python value per parameter and returns one; it must be pure.
    """

    name: str
    parameters: tuple[tuple[str, Type], ...]
    result: Type
    version: str
    call: Callable[..., object] = field(compare=False)


NULL = Type("Null")
NUMBER = Type("number")
STRING = Type("string")
BOOLEAN = Type("boolean")
DATE = Type("date")
TIME = Type("time")
DATE_TIME = Type("date and time")
DAYS_TIME = Type("days and time duration")
YEARS_MONTHS = Type("years and months duration")

SIMPLE: Mapping[str, Type] = {
    t.name: t
    for t in (
        ANY,
        NULL,
        NUMBER,
        STRING,
        BOOLEAN,
        DATE,
        TIME,
        DATE_TIME,
        DAYS_TIME,
        YEARS_MONTHS,
    )
}
# Spellings met in models written by other tools.
ALIASES: Mapping[str, Type] = {
    "any": ANY,
    "null": NULL,
    "dateTime": DATE_TIME,
    "dayTimeDuration": DAYS_TIME,
    "yearMonthDuration": YEARS_MONTHS,
    "daysAndTimeDuration": DAYS_TIME,
    "yearsAndMonthsDuration": YEARS_MONTHS,
    "integer": NUMBER,
    "list": ListType(),
    "context": ContextType(),
    "range": RangeType(),
    "function": FunctionType(),
}
ORDERED = frozenset({NUMBER, STRING, DATE, TIME, DATE_TIME, DAYS_TIME, YEARS_MONTHS})


def enumeration(base: Type, *values: object) -> Type:
    """The type narrowed to an enumeration of values."""
    return replace(base, allowed=tuple(values))


def base_type(kind: Type) -> Type:
    """The type without its enumeration."""
    return kind if kind.allowed is None else replace(kind, allowed=None)


def list_of(of: Type) -> ListType:
    return ListType(of=of)


def range_of(of: Type) -> RangeType:
    return RangeType(of=of)


def context_of(**named: Type) -> ContextType:
    return ContextType(fields=tuple(named.items()))


_TYPE_TOKEN = re.compile(r"\s*(->|[<>,:]|[^\s<>,:\-][^<>,:\-]*)")


def parse_type(text: str, known: Mapping[str, Type] | None = None) -> Type:
    """Read a written type; a name that is neither FEEL's nor in `known` gives NamedType."""
    tokens = [t.strip() for t in _TYPE_TOKEN.findall(text)]
    kind, rest = _read_type(tokens, known or {}, 0)
    if rest:
        raise FeelTypeError("type.syntax", f"无法读懂类型：{text}", f"cannot read the type {text}")
    return kind


def _read_type(tokens: list[str], known: Mapping[str, Type], depth: int) -> tuple[Type, list[str]]:
    if not tokens or depth > 20:
        raise FeelTypeError("type.syntax", "类型不完整或过深", "the type is incomplete or too deep")
    head, rest = " ".join(tokens[0].split()), tokens[1:]
    if not rest or rest[0] != "<":
        if head in known:
            return known[head], rest
        return SIMPLE.get(head) or ALIASES.get(head) or NamedType(head), rest
    rest = rest[1:]
    parts: list[tuple[str, Type]] = []
    while rest and rest[0] != ">":
        label = ""
        if head == "context" and len(rest) > 1 and rest[1] == ":":
            label, rest = rest[0], rest[2:]
        kind, rest = _read_type(rest, known, depth + 1)
        parts.append((label, kind))
        if rest and rest[0] == ",":
            rest = rest[1:]
    rest = rest[1:]
    kinds = tuple(kind for _, kind in parts)
    if head == "function":
        result: Type = ANY
        if rest and rest[0] == "->":
            result, rest = _read_type(rest[1:], known, depth + 1)
        return FunctionType(parameters=kinds, result=result), rest
    if head == "context":
        return ContextType(fields=tuple(parts)), rest
    if head in ("list", "range") and len(kinds) == 1:
        return (list_of if head == "list" else range_of)(kinds[0]), rest
    raise FeelTypeError("type.syntax", f"无法读懂类型：{head}", f"cannot read the type {head}")
