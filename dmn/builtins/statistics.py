"""Sums, extremes and averages over lists (DMN 1.5, table 76). Each takes a list, or its items."""

from __future__ import annotations

from decimal import Decimal
from functools import reduce

from dmn.builtins.registry import builtin
from dmn.operators.comparison import compare
from dmn.values.decimals import CONTEXT

Items = tuple[object, ...]


def _items(arguments: Items) -> list[object]:
    return (
        arguments[0] if len(arguments) == 1 and isinstance(arguments[0], list) else list(arguments)
    )


def _numbers(arguments: Items) -> list[Decimal]:
    """The numbers; ValueError when one is none, or when there is none at all."""
    items = _items(arguments)
    for item in items:
        if item.__class__ is not Decimal:
            raise ValueError("numbers wanted")
    if not items:
        raise ValueError("a number wanted")
    return items  # type: ignore[return-value]


def _extreme(arguments: Items, op: str) -> object:
    items = _items(arguments)
    if not items:
        return None
    best = items[0]
    if compare("<=", best, best) is not True:
        return None
    for item in items[1:]:
        better = compare(op, item, best)
        if better is None:
            return None
        if better:
            best = item
    return best


@builtin("min(list: list)", "min(c: any...)")
def least(*arguments: object) -> object:
    return _extreme(arguments, "<")


@builtin("max(list: list)", "max(c: any...)")
def most(*arguments: object) -> object:
    return _extreme(arguments, ">")


@builtin("sum(list: list)", "sum(n: any...)")
def total(*arguments: object) -> object:
    return reduce(CONTEXT.add, _numbers(arguments))


@builtin("product(list: list)", "product(n: any...)")
def product(*arguments: object) -> object:
    return reduce(CONTEXT.multiply, _numbers(arguments))


@builtin("mean(list: list)", "mean(n: any...)")
def mean(*arguments: object) -> object:
    numbers = _numbers(arguments)
    return CONTEXT.divide(reduce(CONTEXT.add, numbers), Decimal(len(numbers)))


@builtin("median(list: list)", "median(n: any...)")
def median(*arguments: object) -> object:
    numbers = sorted(_numbers(arguments))
    middle = len(numbers) // 2
    if len(numbers) % 2:
        return numbers[middle]
    return CONTEXT.divide(CONTEXT.add(numbers[middle - 1], numbers[middle]), Decimal(2))


@builtin("stddev(list: list)", "stddev(n: any...)")
def deviation(*arguments: object) -> object:
    """Of a sample: the squares' sum is divided by one less than the count."""
    numbers = _numbers(arguments)
    if len(numbers) < 2:
        return None
    middle = CONTEXT.divide(reduce(CONTEXT.add, numbers), Decimal(len(numbers)))
    differences = [CONTEXT.subtract(n, middle) for n in numbers]
    squares = reduce(CONTEXT.add, [CONTEXT.multiply(d, d) for d in differences])
    return CONTEXT.sqrt(CONTEXT.divide(squares, Decimal(len(numbers) - 1)))


@builtin("mode(list: list)", "mode(n: any...)")
def mode(*arguments: object) -> object:
    """The most frequent numbers, in ascending order; the empty list for the empty list."""
    if not _items(arguments):
        return []
    numbers = _numbers(arguments)
    times: dict[Decimal, int] = {}
    for number in numbers:
        times[number] = times.get(number, 0) + 1
    most_often = max(times.values())
    return sorted(number for number, often in times.items() if often == most_often)
