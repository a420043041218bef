"""Whether a value is of a type, and the implicit conversions that make it so.

Source: DMN 1.5, 10.3.2.9.4: a single value for a list, a list of one for its item, a date for
a date and time (midnight UTC). UNKNOWN conforms to everything: its completion will have to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from dmn import types as t
from dmn.feel.tree import UnaryTests
from dmn.operators.comparison import same
from dmn.values import UNKNOWN, Closure, Range, has_unknown, type_of
from dmn.values.extended_dates import ExtendedDate
from dmn.values.temporal import midnight_utc


@dataclass(frozen=True, slots=True)
class Restricted(t.Type):
    """A type of a model: `base`, narrowed by a test of the value (three-valued)."""

    base: t.Type = t.ANY
    tests: UnaryTests | None = field(default=None, compare=False)
    test: Callable[[object], object] = field(default=lambda value: True, compare=False)


class Nonconforming:
    """The mark of a value that does not conform."""

    def __repr__(self) -> str:
        return "NONCONFORMING"


NONCONFORMING: Final = Nonconforming()


def conform(value: object, kind: t.Type | None, *, whole: bool = False) -> object:
    """The value as the type has it, converted where allowed, else NONCONFORMING. Null stays null.

    whole: a context must have every field of its type, if only as null.
    """
    if value is None or value is UNKNOWN or kind is None or kind.name in ("Any", "any"):
        return value
    if fits(value, kind, whole=whole):
        return value
    base = kind
    while isinstance(base, Restricted):
        base = base.base
    if isinstance(base, t.ListType):
        if not isinstance(value, list):
            one = [value]
            if fits(one, kind, whole=whole):
                return one
            nested = isinstance(base.of, t.ListType)  # one list is put around a value, not two
            return NONCONFORMING if nested else _items(one, base, kind, whole)
        return _items(value, base, kind, whole)
    if isinstance(value, list):  # opened once: what is in it may not be a list again
        if len(value) != 1 or isinstance(value[0], list):
            return NONCONFORMING
        return conform(value[0], kind, whole=whole)
    if isinstance(base, t.ContextType) and isinstance(value, dict):
        return _fields(value, base, kind, whole)
    if base == t.DATE_TIME and value.__class__ in (date, ExtendedDate):
        moment = midnight_utc(value)
        return moment if fits(moment, kind) else NONCONFORMING
    return NONCONFORMING


def _items(value: list[object], base: t.ListType, kind: t.Type, whole: bool) -> object:
    """A list whose items need a conversion of their own (not that of one from a list)."""
    if any(isinstance(item, list) for item in value):
        return NONCONFORMING
    made = [conform(item, base.of, whole=whole) for item in value]
    return made if NONCONFORMING not in made and fits(made, kind, whole=whole) else NONCONFORMING


def _fields(value: dict[str, object], base: t.ContextType, kind: t.Type, whole: bool) -> object:
    """A context with fields that need a conversion, such as a list of one for its item."""
    made = dict(value)
    for name, of in base.fields:
        if name in made:
            made[name] = conform(made[name], of, whole=whole)
            if made[name] is NONCONFORMING:
                return NONCONFORMING
    return made if fits(made, kind, whole=whole) else NONCONFORMING


def fits(value: object, kind: t.Type, *, strict: bool = False, whole: bool = False) -> bool:
    """Whether the value is of the type as it stands; null and UNKNOWN are of any.

    A context may lack a field, which is null then, unless `whole`; `strict` (as `instance of`
    is) also wants functions to say what they give, and looks at the structure alone: which
    values are allowed is asked where a value is assigned.
    """
    if value is None or value is UNKNOWN:
        return True
    if isinstance(kind, Restricted):
        return fits(value, kind.base, strict=strict, whole=whole) and (
            strict or kind.test(value) in (True, UNKNOWN)
        )
    allowed = None if strict else kind.allowed
    if allowed is not None and not any(same(value, one) for one in allowed):
        return False
    if isinstance(kind, t.ListType):
        return isinstance(value, list) and all(
            fits(item, kind.of, strict=strict, whole=whole) for item in value
        )
    if isinstance(kind, t.ContextType):
        return isinstance(value, dict) and all(
            fits(value[name], of, strict=strict, whole=whole)
            if name in value
            else not (strict or whole)
            for name, of in kind.fields
        )
    if isinstance(kind, t.RangeType):
        ends = (value.low, value.high) if isinstance(value, Range) else ()
        return bool(ends) and all(fits(end, kind.of, strict=strict) for end in ends)
    if isinstance(kind, t.FunctionType):
        return _function_fits(value, kind, strict=strict)
    if kind.name in ("Any", "any"):
        return True
    return type_of(value).name == kind.name


def _function_fits(value: object, kind: t.FunctionType, *, strict: bool) -> bool:
    """Unless strict, a function that does not say what it gives may give anything."""
    found = type_of(value)
    if not isinstance(found, t.FunctionType):
        return False
    if kind == t.FunctionType() or found == t.FunctionType():
        return True
    undeclared = isinstance(value, Closure) and value.result is None and value.inferred is None
    if undeclared or (not strict and found.result == t.ANY):
        found = replace(found, result=kind.result)
    return subtype(found, kind)


def subtype(a: t.Type, b: t.Type) -> bool:
    """Whether every value of `a` is one of `b` (DMN 1.5, 10.3.2.9.2)."""
    if b.name in ("Any", "any") or a.name == "Null":
        return True
    if isinstance(a, t.FunctionType) and isinstance(b, t.FunctionType):
        return (
            len(a.parameters) == len(b.parameters)
            and subtype(a.result, b.result)
            and all(map(subtype, b.parameters, a.parameters))
        )
    if isinstance(a, t.ListType) and isinstance(b, t.ListType):
        return subtype(a.of, b.of)
    if isinstance(a, t.RangeType) and isinstance(b, t.RangeType):
        return subtype(a.of, b.of)
    if isinstance(a, t.ContextType) and isinstance(b, t.ContextType):
        fields = dict(a.fields)
        return all(name in fields and subtype(fields[name], of) for name, of in b.fields)
    return a.name == b.name


def is_instance(value: object, kind: t.Type) -> object:
    """`value instance of kind`: null is an instance of Null alone."""
    if has_unknown(value):
        return UNKNOWN
    if kind == t.NULL:
        return value is None
    return value is not None and fits(value, kind, strict=True)
