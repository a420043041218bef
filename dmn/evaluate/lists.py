"""Rules for lists, contexts, ranges, filters, `in` and unary tests."""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from dmn import tree
from dmn.evaluate.calls import function_literal
from dmn.evaluate.compiler import INPUT, Compiler, Run, Scope
from dmn.evaluate.loops import names_used
from dmn.evaluate.operators import EQUATABLE, SIMPLE, compare, either, equal, negated, within
from dmn.values import UNKNOWN, Range

BOOLEAN = (
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


def make_range(
    low: object, high: object, low_closed: bool, high_closed: bool, *, half: bool = False
) -> object:
    """A range of two ends of one ordered kind, else null."""
    if half:
        end = high if low is None else low
        comparable = end is UNKNOWN or compare("=", end, end) is True
        if isinstance(end, list | dict | bool | Range) or end is None:
            return None
    else:
        if low is None or high is None:
            return None
        comparable = compare("<=", low, high) is not None
    return Range(low, high, low_closed, high_closed) if comparable else None


def _position(items: list[object], at: Decimal) -> object:
    if at != at.to_integral_value() or not at or abs(at) > len(items):
        return None
    index = int(at)
    return items[index - 1 if index > 0 else index]


def filter_of(c: Compiler, node: tree.Filter) -> Run:
    """By position when the condition gives a number for the first item, else by condition."""
    of, condition, budget = c.of(node.of), c.of(node.condition), c.budget
    used = names_used(node.condition) | {"item"}
    free = [name for name in tree.names(node.condition) if name != "item"]
    boolean = isinstance(node.condition, BOOLEAN)
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
    made = []
    for item in items:
        found = UNKNOWN if item is UNKNOWN else condition(_inside(item, scope, used))
        if found is UNKNOWN:
            return UNKNOWN
        if found is True:
            made.append(item)
    return made


def meets(value: object, test: object) -> object:
    """`value in test` for the value of a test: in the range, in the list, or equal."""
    if test.__class__ is list:
        plain = _among(value, test)
        if plain is not None:
            return plain
    if test is UNKNOWN:
        return UNKNOWN
    if isinstance(test, Range):
        return within(value, test)
    if isinstance(test, list):
        found = [_holds(value, one) for one in test]
        found.append(equal(value, test))
        return either(False if one is None else one for one in found)
    return equal(value, test)


def _among(value: object, items: Any) -> bool | None:
    """Whether the value is one of the items, when it or all of them are of its plain kind."""
    kind, sure = value.__class__, True
    if kind not in EQUATABLE:
        return None
    for item in items:
        if item.__class__ is not kind:
            sure = False
        elif item == value:
            return True
    return False if sure else None


def _holds(value: object, one: object) -> object:
    if isinstance(one, Range) and not isinstance(value, Range):
        return within(value, one)
    return equal(value, one)


Test = Callable[[object, Scope], object]


def _test(c: Compiler, node: tree.Node, *, boolean: bool) -> Test:
    """One test of a value; `boolean` lets an expression that is a condition decide by itself."""
    if isinstance(node, tree.CompareTest):
        return _compare_test(c, node)
    if isinstance(node, tree.RangeLiteral):
        short = _literal_range(node)
        if short:
            return short
    expression = c.of(node)
    if isinstance(node, tree.Literal) and node.value.__class__ in SIMPLE:
        fixed = node.value
        return lambda value, scope: (
            value == fixed if value.__class__ is fixed.__class__ else meets(value, fixed)
        )
    if any(isinstance(part, tree.Input) for part in tree.walk(node)):
        return lambda value, scope: _truth(expression(_asked(value, scope)), value)
    if not boolean:
        return lambda value, scope: meets(value, expression(scope))

    def run(value: object, scope: Scope) -> object:
        found = expression(scope)
        if found is True and value is not True and value is not False and value is not None:
            return UNKNOWN if value is UNKNOWN else True
        return meets(value, found)

    return run


def _truth(found: object, value: object) -> object:
    """The verdict of a test that speaks of `?` itself; one that is no condition is a value."""
    if found is True or found is False or found is UNKNOWN or found is None:
        return found
    return meets(value, found)


def _asked(value: object, scope: Scope) -> Scope:
    """The scope with the value as `?`, which a table's cell has given already."""
    return scope if INPUT in scope else {**scope, INPUT: value}


def _compare_test(c: Compiler, node: tree.CompareTest) -> Test:
    op, end = node.op, c.of(node.value)
    return lambda value, scope: compare(op, value, end(scope))


def _literal_range(node: tree.RangeLiteral) -> Test | None:
    low, high = node.low, node.high
    if not isinstance(low, tree.Literal) or not isinstance(high, tree.Literal):
        return None
    span = make_range(low.value, high.value, node.low_closed, node.high_closed)
    kind: type = low.value.__class__
    first: Any = low.value
    last: Any = high.value
    after = operator.ge if node.low_closed else operator.gt
    until = operator.le if node.high_closed else operator.lt
    if span is None or kind not in SIMPLE:
        return lambda value, scope: meets(value, span)

    def run(value: Any, scope: Scope) -> object:
        if value.__class__ is kind:
            return after(value, first) and until(value, last)  # type: ignore[arg-type]
        return meets(value, span)

    return run


def is_in(c: Compiler, node: tree.In) -> Run:
    value = c.of(node.value)
    if len(node.tests) == 1 and isinstance(node.tests[0], tree.Name):
        listed = c.of(node.tests[0])
        return lambda scope: meets(value(scope), listed(scope))
    tests = [_test(c, test, boolean=False) for test in node.tests]
    if len(tests) == 1:
        only = tests[0]
        return lambda scope: only(value(scope), scope)

    kind, options = _options(node.tests)

    def run(scope: Scope) -> object:
        v = value(scope)
        if v.__class__ is kind:
            return v in options
        return either([test(v, scope) for test in tests])

    return run


def _options(tests: tuple[tree.Node, ...]) -> tuple[type | None, tuple[object, ...]]:
    """The values to choose from when all tests are literals of one kind."""
    values = tuple(test.value for test in tests if isinstance(test, tree.Literal))
    kinds = {value.__class__ for value in values}
    if len(values) == len(tests) and len(kinds) == 1 and kinds <= EQUATABLE:
        return kinds.pop(), values
    return None, ()


def unary_tests(c: Compiler, node: tree.UnaryTests) -> Run:
    """Over the scope's `?`; a test that cannot be applied does not hold."""
    tests = [_test(c, test, boolean=True) for test in node.tests]
    missing, negative = c.missing, node.negated
    if not tests:
        return lambda scope: True

    def run(scope: Scope) -> object:
        value = scope.get(INPUT, missing)
        found = either([test(value, scope) for test in tests])
        if negative:
            return negated(found)
        return found

    return run
