"""Rules for `in` and for the unary tests of a table's cells.

A range that cannot be made (an end is null, the ends are of two kinds or the wrong way round) is
an error and not the value null: a test by it gives null for every value, null among them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from dmn.evaluate.compiler import INPUT, Compiler, Run, Scope
from dmn.evaluate.lists import make_range
from dmn.feel import tree
from dmn.operators.comparison import (
    EQUATABLE,
    SIMPLE,
    common_result,
    compare,
    either,
    equal,
    negated,
    within,
)
from dmn.values import UNKNOWN, Range


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
        found = [_held(_holds(value, one)) for one in test]
        return either([*found, _held(equal(value, test))])
    return equal(value, test)


def _among(value: object, items: Any) -> bool | None:
    """Whether the value is one of the items, when it or all of them are of its plain kind."""
    kind, comparable = value.__class__, True
    if kind not in EQUATABLE:
        return None
    for item in items:
        if item.__class__ is not kind:
            comparable = False
        elif item == value:
            return True
    return False if comparable else None


def _holds(value: object, one: object) -> object:
    if isinstance(one, Range) and not isinstance(value, Range):
        return within(value, one)
    return equal(value, one)


Test = Callable[[object, Scope], object]


def _test(c: Compiler, node: tree.Node, *, boolean: bool) -> Test:
    """One test of a value; `boolean` lets an expression that is a condition decide by itself."""
    if isinstance(node, tree.CompareTest):
        return _compare_test(c, node)
    if is_range(node):
        return _literal_range(node) or _range_test(c, node)
    if isinstance(node, tree.Literal) and node.value.__class__ in SIMPLE:
        fixed = node.value
        return lambda value, scope: (
            value == fixed if value.__class__ is fixed.__class__ else meets(value, fixed)
        )
    if isinstance(node, tree.ListLiteral) and holds_range(node):
        return _list_test(c, node)
    uses_input = any(isinstance(part, tree.Input) for part in tree.walk(node))
    if isinstance(node, tree.If) and holds_range(node):
        return _choice_test(c, node, boolean=boolean, uses_input=uses_input)
    expression = c.of(node)
    if uses_input:
        return lambda value, scope: _truth(expression(_with_input(value, scope)), value)
    if not boolean:
        return lambda value, scope: meets(value, expression(scope))

    def run(value: object, scope: Scope) -> object:
        found = expression(scope)
        if (found is True or found is False) and value is not None:
            if value is UNKNOWN:
                return UNKNOWN
            if value is not True and value is not False:
                return found  # a condition, met or not, whatever the value
        return meets(value, found)

    return run


def is_range(node: tree.Node) -> bool:
    """Whether the expression makes a range, or fails to."""
    match node:
        case tree.RangeLiteral() | tree.Call(function=tree.Name(name="range")):
            return True
    return False


def holds_range(node: tree.Node) -> bool:
    """Whether the value of a test is, or may be, a range written there, or a list of such."""
    match node:
        case tree.CompareTest():
            return True
        case tree.ListLiteral(items=items):
            return any(holds_range(item) for item in items)
        case tree.If(then=then, otherwise=otherwise):
            return holds_range(then) or holds_range(otherwise)
    return is_range(node)


def _range_test(c: Compiler, node: tree.Node) -> Test:
    make = c.of(node)

    def run(value: object, scope: Scope) -> object:
        span = make(scope)
        return None if span is None else meets(value, span)

    return run


def _list_test(c: Compiler, node: tree.ListLiteral) -> Test:
    """A list with ranges among its items, of which one that cannot be made is an error."""
    items = [_item_test(c, item) for item in node.items]
    whole = c.of(node)

    def run(value: object, scope: Scope) -> object:
        found = [item(value, scope) for item in items]
        return either([*found, _held(equal(value, whole(scope)))])

    return run


def _item_test(c: Compiler, node: tree.Node) -> Test:
    """Whether a value is what an item of a list is; null only for a range that cannot be made."""
    if isinstance(node, tree.CompareTest):
        test = _compare_test(c, node)
        return lambda value, scope: _held(test(value, scope))
    of, ranged = c.of(node), is_range(node)

    def run(value: object, scope: Scope) -> object:
        one = of(scope)
        return None if ranged and one is None else _held(_holds(value, one))

    return run


def _held(found: object) -> object:
    """An item that cannot be compared is not the one."""
    return False if found is None else found


def _choice_test(c: Compiler, node: tree.If, *, boolean: bool, uses_input: bool) -> Test:
    """`if` between tests."""
    condition = c.of(node.condition)
    then, otherwise = (_test(c, part, boolean=boolean) for part in (node.then, node.otherwise))

    def run(value: object, scope: Scope) -> object:
        inner = _with_input(value, scope) if uses_input else scope
        found = condition(inner)
        if found is UNKNOWN:
            return common_result([then(value, inner), otherwise(value, inner)])
        return (then if found is True else otherwise)(value, inner)

    return run


def _truth(found: object, value: object) -> object:
    """The verdict of a test that speaks of `?` itself; one that is no condition is a value."""
    if found is True or found is False or found is UNKNOWN or found is None:
        return found
    return meets(value, found)


def _with_input(value: object, scope: Scope) -> Scope:
    """The scope with the value as `?`, which a table's cell has given already."""
    return scope if INPUT in scope else {**scope, INPUT: value}


def _compare_test(c: Compiler, node: tree.CompareTest) -> Test:
    op, end = node.op, c.of(node.value)
    return lambda value, scope: compare(op, value, end(scope))


def _literal_range(node: tree.Node) -> Test | None:
    if not isinstance(node, tree.RangeLiteral):
        return None
    low, high = node.low, node.high
    if not isinstance(low, tree.Literal) or not isinstance(high, tree.Literal):
        return None
    span = make_range(low.value, high.value, node.low_closed, node.high_closed)
    kind: type = low.value.__class__
    first: Any = low.value
    last: Any = high.value
    after = operator.ge if node.low_closed else operator.gt
    until = operator.le if node.high_closed else operator.lt
    if span is None:
        return lambda value, scope: None
    if kind not in SIMPLE:
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
