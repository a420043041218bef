"""Numeric functions (DMN 1.5, table 75) and boolean negation (table 73)."""

from __future__ import annotations

import decimal
from decimal import Decimal

from dmn.builtins.registry import builtin
from dmn.values.decimals import CONTEXT, DIGITS
from dmn.values.nanoseconds import AnyDuration
from dmn.values.temporal import YearsMonths

ZERO = Decimal(0)
WIDE = decimal.Context(prec=12_500, Emax=10**6, Emin=-(10**6))
LEAST_SCALE, MOST_SCALE = -6111, 6176


def _scaled(value: Decimal, scale: Decimal, rounding: str) -> object:
    places = int(scale)
    if not LEAST_SCALE <= places <= MOST_SCALE:
        return None
    if -int(value.as_tuple().exponent) <= places:
        return value
    found = value.quantize(Decimal((0, (1,), -places)), rounding=rounding, context=WIDE)
    return CONTEXT.plus(found)


@builtin("decimal(n: number, scale: number)")
def rounded(value: Decimal, scale: Decimal) -> object:
    return _scaled(value, scale, decimal.ROUND_HALF_EVEN)


@builtin("floor(n: number)", "floor(n: number, scale: number)")
def floor(value: Decimal, scale: Decimal = ZERO) -> object:
    return _scaled(value, scale, decimal.ROUND_FLOOR)


@builtin("ceiling(n: number)", "ceiling(n: number, scale: number)")
def ceiling(value: Decimal, scale: Decimal = ZERO) -> object:
    return _scaled(value, scale, decimal.ROUND_CEILING)


@builtin("round up(n: number, scale: number)")
def round_up(value: Decimal, scale: Decimal) -> object:
    return _scaled(value, scale, decimal.ROUND_UP)


@builtin("round down(n: number, scale: number)")
def round_down(value: Decimal, scale: Decimal) -> object:
    return _scaled(value, scale, decimal.ROUND_DOWN)


@builtin("round half up(n: number, scale: number)")
def round_half_up(value: Decimal, scale: Decimal) -> object:
    return _scaled(value, scale, decimal.ROUND_HALF_UP)


@builtin("round half down(n: number, scale: number)")
def round_half_down(value: Decimal, scale: Decimal) -> object:
    return _scaled(value, scale, decimal.ROUND_HALF_DOWN)


@builtin("abs(n: number | days)")
def absolute(value: Decimal | AnyDuration) -> object:
    return CONTEXT.abs(value) if isinstance(value, Decimal) else abs(value)


@builtin("abs(n: months)")
def absolute_months(value: YearsMonths) -> object:
    return YearsMonths(abs(value.months))


@builtin("modulo(dividend: number, divisor: number)")
def modulo(dividend: Decimal, divisor: Decimal) -> object:
    """With the sign of the divisor: dividend - divisor * floor(dividend / divisor)."""
    if not divisor:
        return None
    gap = dividend.adjusted() - divisor.adjusted()  # the quotient must fit, whatever its length
    rest = (WIDE if gap >= DIGITS else CONTEXT).remainder(dividend, divisor)
    return CONTEXT.add(rest, divisor) if rest and (rest < 0) != (divisor < 0) else rest


@builtin("sqrt(number: number)")
def root(value: Decimal) -> object:
    return CONTEXT.sqrt(value) if value >= 0 else None


@builtin("log(number: number)")
def logarithm(value: Decimal) -> object:
    return CONTEXT.ln(value) if value > 0 else None


@builtin("exp(number: number)")
def exponential(value: Decimal) -> object:
    return CONTEXT.exp(value)


@builtin("odd(number: number)")
def odd(value: Decimal) -> object:
    return modulo(value, Decimal(2)) == 1


@builtin("even(number: number)")
def even(value: Decimal) -> object:
    return modulo(value, Decimal(2)) == 0


@builtin("not(negand: any)")
def negation(value: object) -> object:
    return not value if isinstance(value, bool) else None
