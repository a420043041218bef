"""Rules for lists, contexts, ranges and filters."""

from __future__ import annotations

from decimal import Decimal

from dmn.evaluate.calls import function_literal
from dmn.evaluate.compiler import Compiler, Run, Scope
from dmn.evaluate.loops import names_used
from dmn.feel import tree
from dmn.operators.comparison import compare
from dmn.values import UNKNOWN, Range

# nodes whose value is true, false, null or UNKNOWN and nothing else
CONDITIONS = (
    tree.Comparison,
    tree.Logic,
    tree.Not,
    tree.Between,
    tree.In,
    tree.InstanceOf,
    tree.Quantified,
)


def list_literal(c: Compiler, node: tree.ListLiteral) -> Run:
    items = [c.of(item) for item in node.items]
    return lambda scope: [item(scope) for item in items]


def context_literal(c: Compiler, node: tree.ContextLiteral) -> Run:
    entries = [(entry.name, entry_value(c, entry)) for entry in node.entries]

    def run(scope: Scope) -> object:
        inner = dict(scope)
        made: dict[str, object] = {}
        for key, value in entries:
            made[key] = inner[key] = value(inner)
        return made

    return run


def entry_value(c: Compiler, entry: tree.Entry) -> Run:
    """An entry's value; a function that stands there can call itself by the entry's name."""
    if isinstance(entry.value, tree.FunctionLiteral):
        return function_literal(c, entry.value, entry.name)
    return c.of(entry.value)


def range_literal(c: Compiler, node: tree.RangeLiteral) -> Run:
    low = c.of(node.low) if node.low else None
    high = c.of(node.high) if node.high else None
    closed = (node.low_closed, node.high_closed)

    def run(scope: Scope) -> object:
        start = low(scope) if low else None
        end = high(scope) if high else None
        return make_range(start, end, *closed, half=not (low and high))

    return run


def test_as_value(c: Compiler, node: tree.CompareTest) -> Run:
    """`(= 5)` where no value is tested is the range [5..5]; `(!= 5)` is none, so null."""
    if node.op != "=":
        return lambda scope: None
    end = c.of(node.value)

    def run(scope: Scope) -> object:
        value = end(scope)
        return make_range(value, value, True, True)

    return run


def make_range(
    low: object, high: object, low_closed: bool, high_closed: bool, *, half: bool = False
) -> object:
    """A range of two ends of one ordered kind, the first not after the second; else null."""
    if half:
        end = high if low is None else low
        if isinstance(end, list | dict | bool | Range) or end is None:
            return None
        sound = end is UNKNOWN or compare("=", end, end) is True
    elif low is None or high is None:
        return None
    else:
        found = compare("<=", low, high)
        sound = found is True or found is UNKNOWN
    return Range(low, high, low_closed, high_closed) if sound else None


def _position(items: list[object], at: Decimal) -> object:
    if at != at.to_integral_value() or not at or abs(at) > len(items):
        return None
    index = int(at)
    return items[index - 1 if index > 0 else index]


def filter_of(c: Compiler, node: tree.Filter) -> Run:
    """By position when the condition gives a number for the first item, else by condition.

    Null when the condition gives anything but true, false or null.
    """
    of, condition, budget = c.of(node.of), c.of(node.condition), c.budget
    used = names_used(node.condition) | {"item"}
    free = [name for name in tree.names(node.condition) if name != "item"]
    boolean = isinstance(node.condition, CONDITIONS)
    fixed = isinstance(node.condition, tree.Literal | tree.Negation)

    def run(scope: Scope) -> object:
        value = of(scope)
        if value is UNKNOWN or value is None:
            return value
        items = value if isinstance(value, list) else [value]
        if not boolean:
            at = condition(scope if fixed or not items else _inside(items[0], scope, used))
            if at.__class__ is Decimal:
                return _position(items, at)
            if at is UNKNOWN and (items or all(name in scope for name in free)):
                return UNKNOWN
        budget.spend(len(items))
        return _kept(items, condition, scope, used)

    return run


def _inside(item: object, scope: Scope, used: frozenset[str]) -> Scope:
    """The scope of a filter's condition: `item`, and the fields of an item that is a context."""
    inner = {**scope, "item": item}
    if item.__class__ is dict:
        inner.update((k, v) for k, v in item.items() if k in used)
    elif item is UNKNOWN:  # its fields may hide any name
        inner.update((key, UNKNOWN) for key in used)
    return inner


def _kept(items: list[object], condition: Run, scope: Scope, used: frozenset[str]) -> object:
    """The items for which the condition holds; UNKNOWN as soon as one may or may not."""
    made: list[object] = []
    for item in items:
        found = UNKNOWN if item is UNKNOWN else condition(_inside(item, scope, used))
        if found is UNKNOWN:
            return UNKNOWN
        if found is True:
            made.append(item)
        elif found is not False and found is not None:
            return None
    return made
