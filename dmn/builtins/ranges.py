"""Relations of points and ranges (DMN 1.5, table 77, after Allen), and `range` from text."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from dmn.builtins.registry import REGISTRY, builtin
from dmn.errors import FeelError
from dmn.feel import tree
from dmn.feel.reader import read
from dmn.operators.arithmetic import minus
from dmn.operators.comparison import compare
from dmn.values import Range


class End(NamedTuple):
    """One end of a range; `side` is -1 or 1 for an end without bound, else 0."""

    value: object
    closed: bool
    side: int = 0


def _ends(span: Range) -> tuple[End, End]:
    low = End(span.low, span.low_closed, 0 if span.low is not None else -1)
    high = End(span.high, span.high_closed, 0 if span.high is not None else 1)
    return low, high


def _order(a: End, b: End) -> int:
    """-1, 0 or 1; ValueError for two values without an order."""
    if a.side or b.side:
        return (a.side > b.side) - (a.side < b.side)
    if compare("=", a.value, b.value) is True:
        return 0
    found = compare("<", a.value, b.value)
    if found is None:
        raise ValueError("no order")
    return -1 if found else 1


def _before(a: End, b: End) -> bool:
    """Whether what ends at a lies wholly before what starts at b."""
    order = _order(a, b)
    return order < 0 or (order == 0 and not (a.closed and b.closed))


def _reaches(a: End, b: End) -> bool:
    """Whether what ends at a shares a point with what starts at b, by these ends."""
    order = _order(a, b)
    return order > 0 or (order == 0 and a.closed and b.closed)


def _starts_no_later(a: End, b: End) -> bool:
    order = _order(a, b)
    return order < 0 or (order == 0 and (a.closed or not b.closed))


def _ends_no_later(a: End, b: End) -> bool:
    order = _order(a, b)
    return order < 0 or (order == 0 and (b.closed or not a.closed))


def _same(a: End, b: End) -> bool:
    return _order(a, b) == 0 and a.closed == b.closed


def _point(value: object) -> Range:
    return Range(value, value)


PAIR = "(range1: range, range2: range)"
POINT_RANGE = "(point: point, range: range)"
RANGE_POINT = "(range: range, point: point)"


@builtin(f"before{PAIR}", f"before{POINT_RANGE}", f"before{RANGE_POINT}")
@builtin("before(point1: point, point2: point)")
def before(a: object, b: object) -> object:
    return _before(_ends(_ranged(a))[1], _ends(_ranged(b))[0])


@builtin(f"after{PAIR}", f"after{POINT_RANGE}", f"after{RANGE_POINT}")
@builtin("after(point1: point, point2: point)")
def after(a: object, b: object) -> object:
    return before(b, a)


def _ranged(value: object) -> Range:
    return value if isinstance(value, Range) else _point(value)


@builtin(f"meets{PAIR}")
def meets(a: Range, b: Range) -> object:
    end, start = _ends(a)[1], _ends(b)[0]
    return _order(end, start) == 0 and end.closed and start.closed


@builtin(f"met by{PAIR}")
def met_by(a: Range, b: Range) -> object:
    return meets(b, a)


@builtin(f"overlaps{PAIR}")
def overlaps(a: Range, b: Range) -> object:
    (a_low, a_high), (b_low, b_high) = _ends(a), _ends(b)
    return _reaches(a_high, b_low) and _reaches(b_high, a_low)


@builtin(f"overlaps before{PAIR}")
def overlaps_before(a: Range, b: Range) -> object:
    (a_low, a_high), (b_low, b_high) = _ends(a), _ends(b)
    order = _order(a_low, b_low)
    first = order < 0 or (order == 0 and a_low.closed and not b_low.closed)
    return first and _reaches(a_high, b_low) and _ends_no_later(a_high, b_high)


@builtin(f"overlaps after{PAIR}")
def overlaps_after(a: Range, b: Range) -> object:
    return overlaps_before(b, a)


@builtin(f"finishes{PAIR}")
def finishes(a: Range, b: Range) -> object:
    (a_low, a_high), (b_low, b_high) = _ends(a), _ends(b)
    return _same(a_high, b_high) and _starts_no_later(b_low, a_low)


@builtin(f"finishes{POINT_RANGE}")
def point_finishes(point: object, span: Range) -> object:
    end = _ends(span)[1]
    return end.closed and _order(End(point, True), end) == 0


@builtin(f"finished by{PAIR}")
def finished_by(a: Range, b: Range) -> object:
    return finishes(b, a)


@builtin(f"finished by{RANGE_POINT}")
def finished_by_point(span: Range, point: object) -> object:
    return point_finishes(point, span)


@builtin(f"includes{PAIR}", f"includes{RANGE_POINT}")
def includes(a: Range, b: object) -> object:
    (a_low, a_high), (b_low, b_high) = _ends(a), _ends(_ranged(b))
    return _starts_no_later(a_low, b_low) and _ends_no_later(b_high, a_high)


@builtin(f"during{PAIR}", f"during{POINT_RANGE}")
def during(a: object, b: Range) -> object:
    return includes(b, a)


@builtin(f"starts{PAIR}")
def starts(a: Range, b: Range) -> object:
    (a_low, a_high), (b_low, b_high) = _ends(a), _ends(b)
    return _same(a_low, b_low) and _ends_no_later(a_high, b_high)


@builtin(f"starts{POINT_RANGE}")
def point_starts(point: object, span: Range) -> object:
    start = _ends(span)[0]
    return start.closed and _order(End(point, True), start) == 0


@builtin(f"started by{PAIR}")
def started_by(a: Range, b: Range) -> object:
    return starts(b, a)


@builtin(f"started by{RANGE_POINT}")
def started_by_point(span: Range, point: object) -> object:
    return point_starts(point, span)


@builtin(f"coincides{PAIR}", "coincides(point1: point, point2: point)")
def coincides(a: object, b: object) -> object:
    (a_low, a_high), (b_low, b_high) = _ends(_ranged(a)), _ends(_ranged(b))
    return _same(a_low, b_low) and _same(a_high, b_high)


_NO_LOW = re.compile(r"[(\]]\s*\.\.(.+)([\])\[])", re.DOTALL)
_NO_HIGH = re.compile(r"([\[(\]])(.+?)\.\.\s*[)\[]", re.DOTALL)
_BRACKETS = re.compile(r"[\[(\]].*[\])\[]", re.DOTALL)
CONSTRUCTORS = frozenset({"date", "time", "date and time", "duration", "years and months duration"})


@builtin("range(from: string)")
def from_text(text: str) -> object:
    """From the text of a range whose ends are literals or dates made from text.

    An end may be left out at an open bracket: `(..5]`, `[5..)` (grammar rule 66 of DMN 1.4).
    """
    whole = text.strip()
    below, above = _NO_LOW.fullmatch(whole), _NO_HIGH.fullmatch(whole)
    if below:
        whole = f"({'<=' if below[2] == ']' else '<'} {below[1]})"
    elif above:
        whole = f"({'>=' if above[1] == '[' else '>'} {above[2]})"
    elif not _BRACKETS.fullmatch(whole):
        return None
    try:
        node = read(whole)
    except FeelError:
        return None
    if isinstance(node, tree.CompareTest) and node.op == "=":
        node = tree.RangeLiteral(node.value, node.value)
    if not isinstance(node, tree.RangeLiteral):
        return None
    low = _constant(node.low) if node.low else None
    high = _constant(node.high) if node.high else None
    if (node.low and low is None) or (node.high and high is None):
        return None
    if low is not None and high is not None and compare("<=", low, high) is not True:
        return None
    return Range(low, high, node.low_closed, node.high_closed)


def _constant(node: tree.Node) -> object:
    if isinstance(node, tree.Literal):
        return None if isinstance(node.value, bool) else node.value
    if isinstance(node, tree.Negation) and isinstance(node.operand, tree.Literal):
        return minus(node.operand.value) if isinstance(node.operand.value, Decimal) else None
    if isinstance(node, tree.Call) and isinstance(node.function, tree.Name):
        args = [_constant(arg) for arg in node.args]
        if node.function.name in CONSTRUCTORS and len(args) == 1 and isinstance(args[0], str):
            call: Callable[..., object] = REGISTRY[node.function.name].signatures[0].call
            return call(args[0])
    return None
