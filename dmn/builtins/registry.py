"""How built-in functions are declared: a written signature each, several where DMN has several.

A signature reads `substring(string: string, start position: number, length?: number)`; a `?`
after the name makes the parameter optional, `...` at the end takes any number of values, and
`|` joins types. A call whose values fit no signature gives null (DMN 1.5, 10.3.4).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from dmn.limits import Budget
from dmn.values import UNKNOWN, Closure, Range
from dmn.values.extended_dates import ExtendedDate, ExtendedDateTime
from dmn.values.nanoseconds import LongDuration, NanosecondTime
from dmn.values.temporal import YearsMonths, midnight_utc


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    kinds: tuple[str, ...]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """needs: `budget`, `clock` or `apply` (to call functions), passed by keyword when named;
    missing_as_null: in a call by name, parameters that are not named are null.
    """

    parameters: tuple[Parameter, ...]
    call: Callable[..., object]
    variadic: bool = False
    needs: tuple[str, ...] = ()
    missing_as_null: bool = False


@dataclass(slots=True, eq=False)
class Builtin:
    """A built-in function as a value.

    handles_unknown: it deals with UNKNOWN in its arguments itself; others give UNKNOWN for it.
    """

    name: str
    signatures: list[Signature] = field(default_factory=list)
    handles_unknown: bool = False

    def __call__(self) -> object:  # pragma: no cover - marks the value as a function
        raise TypeError("built-ins are called through the evaluator")


REGISTRY: dict[str, Builtin] = {}
_PARAMETER = re.compile(r"\s*([^:?]+?)(\?)?\s*:\s*(.+?)\s*$")


def builtin(
    *signatures: str,
    handles_unknown: bool = False,
    needs: tuple[str, ...] = (),
    missing_as_null: bool = False,
) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Declare the Python function as a built-in, under each written signature."""

    def declare(call: Callable[..., object]) -> Callable[..., object]:
        for text in signatures:
            name, _, rest = text.partition("(")
            entry = REGISTRY.setdefault(name, Builtin(name, [], handles_unknown))
            made = _signature(rest.rstrip(")"), call, needs)
            entry.signatures.append(replace(made, missing_as_null=missing_as_null))
        return call

    return declare


def _signature(text: str, call: Callable[..., object], needs: tuple[str, ...]) -> Signature:
    variadic = text.endswith("...")
    parts = [p for p in text.removesuffix("...").split(",") if p.strip()]
    parameters = []
    for part in parts:
        found = _PARAMETER.match(part)
        assert found, part
        kinds = tuple(kind.strip() for kind in found[3].split("|"))
        parameters.append(Parameter(found[1].strip(), kinds, bool(found[2])))
    return Signature(tuple(parameters), call, variadic, needs)


def is_function(value: object) -> bool:
    return isinstance(value, Builtin | Closure)


def _is(kind: type) -> Callable[[object], bool]:
    return lambda value: value.__class__ is kind


CLASSES: Mapping[str, type] = {
    "number": Decimal,
    "string": str,
    "boolean": bool,
    "date": date,
    "time": time,
    "date and time": datetime,
    "days": timedelta,
    "months": YearsMonths,
    "list": list,
    "context": dict,
}
KINDS: Mapping[str, Callable[[object], bool]] = {
    "any": lambda value: True,
    "null": lambda value: value is None,
    **{kind: _is(of) for kind, of in CLASSES.items()},
    "date": lambda value: value.__class__ is date or value.__class__ is ExtendedDate,
    "date and time": lambda value: (
        value.__class__ is datetime or value.__class__ is ExtendedDateTime
    ),
    "time": lambda value: value.__class__ is time or value.__class__ is NanosecondTime,
    "days": lambda value: value.__class__ is timedelta or value.__class__ is LongDuration,
    "range": lambda value: isinstance(value, Range),
    "function": is_function,
    "point": lambda value: not isinstance(value, Range | list | dict | bool) and value is not None,
}
FAILED = object()


def fit(value: object, kinds: tuple[str, ...]) -> object:
    """The value as one of the kinds, converted where DMN converts by itself, else FAILED."""
    for kind in kinds:
        if KINDS[kind](value):
            return value
    if value is UNKNOWN:
        return value
    if value is None:
        return FAILED
    if value.__class__ is list:  # opened once: what is in it may not be a list again
        one = value[0] if len(value) == 1 else None
        return FAILED if one is None or one.__class__ is list else fit(one, kinds)
    if "list" in kinds:
        return [value]
    if "date and time" in kinds and isinstance(value, date | ExtendedDate):
        return midnight_utc(value)
    return FAILED


def bind(
    signature: Signature, args: tuple[object, ...], names: tuple[str, ...] | None
) -> list[object] | None:
    """The arguments in the order of the parameters, or None when they do not fit."""
    if names is not None:
        return _bind_named(signature, args, names)
    parameters = signature.parameters
    least = sum(not p.optional for p in parameters)
    if len(args) < least or (len(args) > len(parameters) and not signature.variadic):
        return None
    made = []
    for index, value in enumerate(args):
        parameter = parameters[min(index, len(parameters) - 1)]
        found = None if value is None and parameter.optional else fit(value, parameter.kinds)
        if found is FAILED:
            return None
        made.append(found)
    return made


def _bind_named(
    signature: Signature, args: tuple[object, ...], names: tuple[str, ...]
) -> list[object] | None:
    by_name = dict(zip(names, args, strict=True))
    if len(by_name) != len(names):
        return None
    made: list[object] = []
    for parameter in signature.parameters:
        value = by_name.pop(parameter.name, FAILED)
        if value is FAILED:
            if not parameter.optional and not signature.missing_as_null:
                return None
            made.append(None)
            continue
        found = None if value is None and parameter.optional else fit(value, parameter.kinds)
        if found is FAILED:
            return None
        made.append(found)
    return None if by_name else made


@dataclass(slots=True)
class CallEnvironment:
    """What built-ins may need beside their arguments."""

    budget: Budget
    clock: Callable[[], datetime] | None
    apply: Callable[..., object]
