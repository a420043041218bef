"""Rules for single values: literals, names, arithmetic, comparison, `if`, `and`, `or`, `not`.

Comparisons of a name with a literal, and of two values of one kind, take a short way, since
requirements consist mostly of them; everything else goes through `operators`.
"""

from __future__ import annotations

from decimal import Decimal

from dmn.evaluate.compiler import INPUT, Compiler, Run, Scope
from dmn.evaluate.conformance import is_instance
from dmn.evaluate.properties import path
from dmn.feel import tree
from dmn.operators.arithmetic import TABLES, minus
from dmn.operators.comparison import (
    EQUATABLE,
    SIMPLE,
    SYMBOLS,
    both,
    common_result,
    compare,
    either,
    negated,
)
from dmn.values import UNKNOWN


def literal(c: Compiler, node: tree.Literal) -> Run:
    value = node.value
    return lambda scope: value


def name(c: Compiler, node: tree.Name) -> Run:
    key = node.name
    fallback = c.functions.get(key, c.missing)

    def get(scope: Scope) -> object:
        try:
            return scope[key]
        except KeyError:
            return fallback

    return get


def input_value(c: Compiler, node: tree.Input) -> Run:
    missing = c.missing
    return lambda scope: scope.get(INPUT, missing)


def path_of(c: Compiler, node: tree.Path) -> Run:
    of, key = c.of(node.of), node.name

    def get(scope: Scope) -> object:
        value = of(scope)
        if value.__class__ is dict:
            return value.get(key)
        return path(value, key)

    return get


def arithmetic_of(c: Compiler, node: tree.Arithmetic) -> Run:
    op, left, right = node.op, c.of(node.left), c.of(node.right)
    table, limit, budget, place = TABLES[op], c.budget.length * 16, c.budget, node.place

    def run(scope: Scope) -> object:
        a = left(scope)
        b = right(scope)
        operation = table.get((a.__class__, b.__class__))
        if operation is None:
            return UNKNOWN if a is UNKNOWN or b is UNKNOWN else None
        try:
            found = operation(a, b)
        except (ArithmeticError, ValueError):
            return None
        if found.__class__ is str:
            if len(found) > limit:
                budget.make(len(found) // 16 + 1, place)
            elif len(found) > 1000:
                budget.spend(len(found) // 16, place)
        return found

    return run


def negation(c: Compiler, node: tree.Negation) -> Run:
    if isinstance(node.operand, tree.Literal) and node.operand.value.__class__ is Decimal:
        value = minus(node.operand.value)
        return lambda scope: value
    operand = c.of(node.operand)
    return lambda scope: minus(operand(scope))


def comparison(c: Compiler, node: tree.Comparison) -> Run:
    op, test = node.op, SYMBOLS[node.op]
    short = EQUATABLE if op in ("=", "!=") else SIMPLE
    left, right = c.of(node.left), c.of(node.right)
    if isinstance(node.right, tree.Literal):
        fixed = node.right.value
        if fixed is None and op in ("=", "!="):
            return _with_null(left, op == "=")
        if fixed.__class__ in short and isinstance(node.left, tree.Name):
            return _name_with_literal(c, node.left.name, op, fixed)

    def run(scope: Scope) -> object:
        a = left(scope)
        b = right(scope)
        if a.__class__ is b.__class__ and a.__class__ in short:
            return test(a, b)
        return compare(op, a, b)

    return run


def _with_null(left: Run, same: bool) -> Run:
    def run(scope: Scope) -> object:
        a = left(scope)
        if a is UNKNOWN:
            return UNKNOWN
        return (a is None) is same

    return run


def _name_with_literal(c: Compiler, key: str, op: str, fixed: object) -> Run:
    missing, kind, test = c.functions.get(key, c.missing), fixed.__class__, SYMBOLS[op]

    def run(scope: Scope) -> object:
        try:
            a = scope[key]
        except KeyError:
            a = missing
        if a.__class__ is kind:
            return test(a, fixed)
        return compare(op, a, fixed)

    return run


def between(c: Compiler, node: tree.Between) -> Run:
    value, low, high = c.of(node.value), c.of(node.low), c.of(node.high)

    def run(scope: Scope) -> object:
        v, first, last = value(scope), low(scope), high(scope)
        kind = v.__class__
        if kind is first.__class__ and kind is last.__class__ and kind in SIMPLE:
            return first <= v <= last  # type: ignore[operator]
        return both((compare(">=", v, first), compare("<=", v, last)))

    return run


def logic(c: Compiler, node: tree.Logic) -> Run:
    parts = [c.of(operand) for operand in node.operands]
    join, decisive = (both, False) if node.op == "and" else (either, True)
    plain = not decisive

    def run(scope: Scope) -> object:
        unsure = False
        for part in parts:
            value = part(scope)
            if value is decisive:
                return decisive
            if value is not plain:
                unsure = True
                break
        if not unsure:
            return plain
        return join([part(scope) for part in parts])

    return run


def negated_of(c: Compiler, node: tree.Not) -> Run:
    operand = c.of(node.operand)

    def run(scope: Scope) -> object:
        value = operand(scope)
        if value.__class__ is list and len(value) == 1:
            value = value[0]
        return negated(value)

    return run


def choice(c: Compiler, node: tree.If) -> Run:
    condition, then, otherwise = c.of(node.condition), c.of(node.then), c.of(node.otherwise)

    def run(scope: Scope) -> object:
        value = condition(scope)
        if value is True:
            return then(scope)
        if value is UNKNOWN:
            return common_result([then(scope), otherwise(scope)])
        return otherwise(scope)

    return run


def instance_of(c: Compiler, node: tree.InstanceOf) -> Run:
    value, kind = c.of(node.value), c.type(node.type)
    assert kind is not None
    return lambda scope: is_instance(value(scope), kind)
