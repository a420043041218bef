"""Rules for what goes over lists: `for`, `some`, `every` and filters, each step paid for.

Where the list itself is UNKNOWN, so is what depends on it; where only one round is, Kleene's
logic may still decide (`some` by one true round).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from dmn.errors import Place
from dmn.evaluate.compiler import Compiler, Run, Scope
from dmn.evaluate.searches import Search, search_of
from dmn.feel import tree
from dmn.limits import Budget
from dmn.operators.comparison import both, either
from dmn.values import UNKNOWN, Range

Domain = Callable[[Scope], object]
STEP = timedelta(days=1)


def span(low: object, high: object, budget: Budget, place: Place) -> object:
    """Whole numbers or dates from low to high, either way; null when they are neither."""
    if low is UNKNOWN or high is UNKNOWN:
        return UNKNOWN
    if low.__class__ is Decimal and high.__class__ is Decimal:
        first, last = low, high
        if first != first.to_integral_value() or last != last.to_integral_value():
            return None
        distance = abs(last - first)
        budget.make(int(min(distance, Decimal(10**12))) + 1, place)
        start, stop = int(first), int(last)
        return (
            [Decimal(n) for n in range(start, stop + 1)]
            if start <= stop
            else [Decimal(n) for n in range(start, stop - 1, -1)]
        )
    if low.__class__ is date and high.__class__ is date:
        days = (high - low).days
        budget.make(abs(days) + 1, place)
        sign = 1 if days >= 0 else -1
        return [low + sign * n * STEP for n in range(abs(days) + 1)]
    return None


def elements(value: object, budget: Budget, place: Place) -> object:
    """What an iteration goes over: a list, UNKNOWN, or None."""
    if value.__class__ is list or value is UNKNOWN or value is None:
        return value
    if isinstance(value, Range):
        found = span(value.low, value.high, budget, place)
        if isinstance(found, list):
            drop_low, drop_high = not value.low_closed, not value.high_closed
            return found[drop_low : len(found) - drop_high]
        return found
    return [value]


def _domain(c: Compiler, node: tree.Iterator) -> Domain:
    low, budget, place = c.of(node.domain), c.budget, node.place
    if node.until is None:
        return lambda scope: elements(low(scope), budget, place)
    high = c.of(node.until)
    return lambda scope: span(low(scope), high(scope), budget, place)


Plan = list[tuple[str, Domain]]


def _plan(c: Compiler, iterators: tuple[tree.Iterator, ...]) -> Plan:
    return [(iterator.name, _domain(c, iterator)) for iterator in iterators]


def _rounds(
    plan: Plan, body: Run, scope: dict[str, object], budget: Budget, cost: int
) -> Iterator[tuple[object, bool]]:
    """The body's value in each round, marked True; a domain that is no list, marked False."""
    (key, domain), rest = plan[0], plan[1:]
    items = domain(scope)
    if not isinstance(items, list):
        yield items, False
        return
    for item in items:
        scope[key] = item
        if rest:
            yield from _rounds(rest, body, dict(scope), budget, cost)
        else:
            budget.spend(cost)
            yield body(scope), True


def all_rounds(
    c: Compiler, iterators: tuple[tree.Iterator, ...], body: tree.Node
) -> Callable[[Scope], Iterator[object]]:
    """The body's value in every round; a domain that is no list stands for its rounds."""
    plan, run, cost = _plan(c, iterators), c.of(body), _cost(body)
    return lambda scope: (found for found, _ in _rounds(plan, run, dict(scope), c.budget, cost))


def _cost(node: tree.Node) -> int:
    """Steps of one round: more for a larger body, and for calls above all."""
    parts = list(tree.walk(node))
    return 1 + len(parts) // 4 + 4 * sum(isinstance(part, tree.Call) for part in parts)


def quantified(c: Compiler, node: tree.Quantified) -> Run:
    join = either if node.kind == "some" else both
    if len(node.iterators) == 1:
        iterator = node.iterators[0]
        cost = _cost(node.satisfies)
        rounds = _one_by_one(iterator.name, c.of(node.satisfies), join)
        return _over_one(c, iterator, rounds, search_of(c, node), join is either, cost)
    each = all_rounds(c, node.iterators, node.satisfies)
    return lambda scope: join(each(scope))


def _over_one(
    c: Compiler,
    iterator: tree.Iterator,
    rounds: Callable[[Scope, list[object]], object],
    search: Search | None,
    decisive: bool,
    cost: int,
) -> Run:
    """A quantifier over one list: by search where that can tell, else round by round."""
    domain, budget, place = c.of(iterator.domain), c.budget, iterator.place
    if iterator.until is not None:
        domain = _domain(c, iterator)

    def run(scope: Scope) -> object:
        items = domain(scope)
        if items.__class__ is not list:
            items = elements(items, budget, place)
            if not isinstance(items, list):
                return items
        if not items:
            return not decisive
        budget.left = left = budget.left - cost * len(items)
        if left < 0:
            budget.spend(0)
        if search is not None:
            found = search(items, scope)
            if found is not None:
                return found is decisive
        return rounds(scope, items)

    return run


def _one_by_one(
    key: str, body: Run, join: Callable[[Iterable[object]], object]
) -> Callable[[Scope, list[object]], object]:
    decisive = join is either

    def rounds(scope: Scope, items: list[object]) -> object:
        inner = dict(scope)
        unsure = []
        for item in items:
            inner[key] = item
            value = body(inner)
            if value is decisive:
                return decisive
            if value is not (not decisive):
                unsure.append(value)
        return join(unsure) if unsure else not decisive

    return rounds


def for_each(c: Compiler, node: tree.For) -> Run:
    plan, body, budget = _plan(c, node.iterators), c.of(node.result), c.budget
    cost, place = _cost(node.result), node.place
    partial = "partial" in names_used(node.result)

    def run(scope: Scope) -> object:
        made: list[object] = []
        failed: list[object] = []
        with_partial = _with_partial(body, made, budget) if partial else body
        for value, is_round in _rounds(plan, with_partial, dict(scope), budget, cost):
            (made if is_round else failed).append(value)
        if failed:
            return UNKNOWN if UNKNOWN in failed else None
        budget.make(len(made), place)
        return made

    return run


def names_used(node: tree.Node) -> frozenset[str]:
    """Every name that stands in the expression, bound or not."""
    return frozenset(n.name for n in tree.walk(node) if isinstance(n, tree.Name))


def _with_partial(body: Run, made: list[object], budget: Budget) -> Run:
    """The body, given its own copy of what was made so far, so that no value changes later."""

    def run(scope: Scope) -> object:
        budget.spend(len(made) // 8)
        return body({**scope, "partial": list(made)})

    return run
