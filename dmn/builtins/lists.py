"""List functions (DMN 1.5, table 76), statistics apart.

Positions count from 1, or from the end by -1; of one with a fraction the whole part counts, as in
`substring`.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cmp_to_key

from dmn.builtins.registry import builtin
from dmn.limits import Budget
from dmn.operators.comparison import both, compare, contains, either, equal

Items = list[object]


@builtin("list contains(list: list, element: any)", handles_unknown=True)
def has(items: Items, element: object) -> object:
    return contains(items, element)


@builtin("count(list: list)", handles_unknown=True)
def count(items: Items) -> object:
    return Decimal(len(items))


@builtin("all(list: list)", "all(list: any...)", handles_unknown=True)
def all_of(*items: object) -> object:
    return both(_booleans(items))


@builtin("any(list: list)", "any(list: any...)", handles_unknown=True)
def any_of(*items: object) -> object:
    return either(_booleans(items))


def _booleans(items: tuple[object, ...]) -> Items:
    return items[0] if len(items) == 1 and isinstance(items[0], list) else list(items)


@builtin("sublist(list: list, start position: number, length?: number)")
def sublist(items: Items, start: Decimal, length: Decimal | None = None) -> object:
    begin = _index(items, start)
    if begin is None:
        return None
    if length is None:
        return items[begin:]
    size = int(length)
    return items[begin : begin + size] if 1 <= size <= len(items) - begin else None


def _index(items: Items, position: Decimal, extra: int = 0) -> int | None:
    """The index of a position from 1 or from -1; `extra` allows positions beyond the end."""
    at = int(position)
    if not at or abs(at) > len(items) + (extra if at > 0 else 0):
        return None
    return at - 1 if at > 0 else len(items) + at


@builtin("append(list: list, item: any...)", handles_unknown=True, needs=("budget",))
def append(items: Items, *more: object, budget: Budget) -> object:
    budget.make(len(items) + len(more))
    return [*items, *more]


@builtin("concatenate(list: list...)", handles_unknown=True, needs=("budget",))
def concatenate(*lists: Items, budget: Budget) -> object:
    budget.make(sum(map(len, lists)))
    return [item for items in lists for item in items]


@builtin("insert before(list: list, position: number, newItem: any)", needs=("budget",))
def insert(items: Items, position: Decimal, new: object, *, budget: Budget) -> object:
    at = _index(items, position)
    if at is None:
        return None
    budget.make(len(items) + 1)
    return [*items[:at], new, *items[at:]]


@builtin("remove(list: list, position: number)", needs=("budget",))
def remove(items: Items, position: Decimal, *, budget: Budget) -> object:
    at = _index(items, position)
    budget.make(len(items))
    return None if at is None else items[:at] + items[at + 1 :]


@builtin("list replace(list: list, position: number, newItem: any)", needs=("budget",))
def replace_at(items: Items, position: Decimal, new: object, *, budget: Budget) -> object:
    at = _index(items, position)
    budget.make(len(items))
    return None if at is None else [*items[:at], new, *items[at + 1 :]]


@builtin("list replace(list: list, match: function, newItem: any)", needs=("budget", "apply"))
def replace_matching(
    items: Items, match: object, new: object, *, budget: Budget, apply: Callable[..., object]
) -> object:
    budget.make(len(items))
    verdicts = [apply(match, item, new) for item in items]
    if not all(isinstance(verdict, bool) for verdict in verdicts):
        return None
    return [new if hit else item for item, hit in zip(items, verdicts, strict=True)]


@builtin("reverse(list: list)", handles_unknown=True, needs=("budget",))
def reverse(items: Items, *, budget: Budget) -> object:
    budget.make(len(items))
    return items[::-1]


@builtin("index of(list: list, match: any)")
def index_of(items: Items, match: object) -> object:
    return [Decimal(at) for at, item in enumerate(items, 1) if equal(item, match) is True]


@builtin("distinct values(list: list)", needs=("budget",))
def distinct(items: Items, *, budget: Budget) -> object:
    made: Items = []
    for item in items:
        budget.spend(1 + len(made) // 2)
        if contains(made, item) is not True:
            made.append(item)
    return made


@builtin("union(list: list...)", needs=("budget",))
def union(*lists: Items, budget: Budget) -> object:
    return distinct([item for items in lists for item in items], budget=budget)


@builtin("flatten(list: list)", needs=("budget",))
def flatten(items: Items, *, budget: Budget) -> object:
    made: Items = []
    stack = list(reversed(items))
    while stack:
        budget.spend(1)
        top = stack.pop()
        if isinstance(top, list):
            stack.extend(reversed(top))
        else:
            made.append(top)
    return made


@builtin("sort(list: list, precedes?: function)", needs=("budget", "apply"))
def sort(
    items: Items,
    precedes: object = None,
    *,
    budget: Budget,
    apply: Callable[..., object],
) -> object:
    """Stable; without a function by `<`. Null when two items cannot be ordered."""

    def before(a: object, b: object) -> bool:
        budget.spend(2 if precedes is None else 8)
        found = compare("<", a, b) if precedes is None else apply(precedes, a, b)
        if not isinstance(found, bool):
            raise ValueError("no order")
        return found

    return sorted(items, key=cmp_to_key(lambda a, b: -1 if before(a, b) else int(before(b, a))))
