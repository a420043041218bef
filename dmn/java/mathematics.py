"""java.lang.Math: what depends on its arguments alone, over Python's doubles and whole numbers."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable

from dmn.java.values import WHOLE, Method, Single, cut, single, spanned

Signature = tuple[str, ...]
KINDS = ("int", "long", "float", "double")
TOP = 2**63 - 1


def _one(*kinds: str) -> frozenset[Signature]:
    return frozenset((kind,) for kind in kinds)


def _two(*kinds: str) -> frozenset[Signature]:
    return frozenset((kind, kind) for kind in kinds)


def _quiet(call: Callable[..., float]) -> Callable[..., float]:
    """NaN instead of an error outside the domain, and infinity on overflow, as in Java."""

    def run(*args: float) -> float:
        try:
            return call(*args)
        except OverflowError:
            return math.inf
        except (ValueError, ZeroDivisionError):
            return math.nan

    return run


def _by_kind(call: Callable[..., float]) -> Callable[..., object]:
    """Over any of the four kinds: singles stay singles, whole numbers keep their bits."""

    def run(*args: object) -> object:
        *values, kind = args
        if isinstance(values[0], Single):
            return single(call(*(value.value for value in values)))  # type: ignore[attr-defined]
        found = call(*values)
        return cut(int(found), WHOLE[str(kind)]) if str(kind) in WHOLE else found

    return run


def _least(a: float, b: float) -> float:
    return math.nan if math.isnan(a) or math.isnan(b) else min(a, b)


def _most(a: float, b: float) -> float:
    return math.nan if math.isnan(a) or math.isnan(b) else max(a, b)


def _round(value: float | Single) -> int:
    """To the nearest whole number, halves up, within `long` (or `int` for a float)."""
    real, top = (value.value, 2**31 - 1) if isinstance(value, Single) else (value, TOP)
    if math.isnan(real):
        return 0
    if abs(real) > top:
        return top if real > 0 else -top - 1
    down = math.floor(real)
    return down + (real - down >= 0.5)


def _signum(value: float | Single) -> object:
    real = value.value if isinstance(value, Single) else value
    return math.nan if math.isnan(real) else float((real > 0) - (real < 0))


def _exact(call: Callable[..., int]) -> Callable[..., object]:
    """In the span of its kind, else an error, as Java's `...Exact` throw."""
    return lambda *args: spanned(call(*args[:-1]), WHOLE[str(args[-1])])


def _whole_part(call: Callable[[float], int]) -> Callable[[float], float]:
    return lambda value: float(call(value)) if math.isfinite(value) else value


def _log(value: float, call: Callable[[float], float] = math.log) -> float:
    return -math.inf if value == 0 else call(value)


def _log1p(value: float) -> float:
    return -math.inf if value == -1 else math.log1p(value)


def _pow(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except OverflowError:
        odd = exponent == math.floor(exponent) and exponent % 2 == 1
        return -math.inf if base < 0 and odd else math.inf
    except ValueError:
        return math.inf if base == 0 else math.nan


def _methods(calls: Iterable[tuple[str, Callable[..., float]]]) -> dict[str, Method]:
    return {name: Method(_quiet(call), _one("double")) for name, call in calls}


MATHEMATICS: dict[str, Method] = {
    **_methods(
        (name, getattr(math, name))
        for name in ("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh")
    ),
    **_methods(
        [
            ("sqrt", math.sqrt),
            ("cbrt", math.cbrt),
            ("exp", math.exp),
            ("expm1", math.expm1),
            ("log", _log),
            ("log10", lambda value: _log(value, math.log10)),
            ("log1p", _log1p),
            ("ceil", _whole_part(math.ceil)),
            ("floor", _whole_part(math.floor)),
            ("rint", _whole_part(round)),
            ("toRadians", math.radians),
            ("toDegrees", math.degrees),
        ]
    ),
    "abs": Method(_by_kind(abs), _one(*KINDS), typed=True),
    "max": Method(_by_kind(_most), _two(*KINDS), typed=True),
    "min": Method(_by_kind(_least), _two(*KINDS), typed=True),
    "pow": Method(_pow, _two("double")),
    "atan2": Method(math.atan2, _two("double")),
    "hypot": Method(_quiet(math.hypot), _two("double")),
    "round": Method(_round, _one("float", "double")),
    "signum": Method(_signum, _one("float", "double")),
    "floorMod": Method(operator.mod, _two("int", "long")),
    "floorDiv": Method(operator.floordiv, _two("int", "long")),
    "addExact": Method(_exact(operator.add), _two("int", "long"), typed=True),
    "subtractExact": Method(_exact(operator.sub), _two("int", "long"), typed=True),
    "multiplyExact": Method(_exact(operator.mul), _two("int", "long"), typed=True),
    "negateExact": Method(_exact(operator.neg), _one("int", "long"), typed=True),
    "incrementExact": Method(_exact(lambda a: a + 1), _one("int", "long"), typed=True),
    "decrementExact": Method(_exact(lambda a: a - 1), _one("int", "long"), typed=True),
    "toIntExact": Method(lambda value: spanned(value, 32), _one("long")),
}
