"""FEEL numbers: IEEE 754 decimal128, that is 34 digits, half even, exponents to 6144."""

from __future__ import annotations

import decimal
from decimal import Decimal

DIGITS = 34
CONTEXT = decimal.Context(
    prec=DIGITS,
    rounding=decimal.ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    capitals=1,
    clamp=0,
    flags=[],
    traps=[decimal.InvalidOperation, decimal.DivisionByZero, decimal.Overflow],
)


def number(value: int | str | Decimal) -> Decimal:
    """The nearest decimal128; ArithmeticError when there is none."""
    found = CONTEXT.create_decimal(value)
    if not found.is_finite():
        raise decimal.InvalidOperation
    return found


def plain(value: Decimal) -> str:
    """Digits without exponent or trailing zeros: `1E+2` is `100`, `1.50` is `1.5`."""
    if not value:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
