"""Rounds of `some` and `every` done in one go, where one simple test decides each item.

Requirements ask mostly the same few things of a list: whether an item, or a field of each, equals
a value, stands in another list, is a part of a text. Such a test is made ready once, before the
rounds, and then tried on each item without a scope of its own. It answers only where all values
are of one plain kind; the rest (UNKNOWN, null, kinds that differ) is left to the rounds, as the
operators define them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from dmn.builtins.registry import Builtin
from dmn.evaluate.calls import CALL_ERRORS, is_overridden, scalars
from dmn.evaluate.compiler import Compiler, Run, Scope
from dmn.evaluate.properties import path
from dmn.feel import tree
from dmn.operators.comparison import EQUATABLE, SIMPLE, SYMBOLS

Items = list[Any]
Pick = Callable[[Items], Items]
Search = Callable[[Items, Scope], bool | None]
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "!=": "!="}
MANY = 8  # items from which a set pays for its making


def search_of(c: Compiler, node: tree.Quantified) -> Search | None:
    """Whether an item decides the quantifier (makes `some` true, `every` false).

    The search returns None where only the rounds can tell; None instead of a search: always.
    """
    key, test, wanted = node.iterators[0].name, node.satisfies, node.kind == "some"
    while isinstance(test, tree.Not):
        test, wanted = test.operand, not wanted
    match test:
        case tree.Comparison(op=op, left=left, right=right):
            pick = _pick(left, key)
            if pick and _fixed(right, key):
                return _compared(op, pick, c.of(right), wanted)
            pick = _pick(right, key)
            if pick and _fixed(left, key):
                return _compared(TURNED[op], pick, c.of(left), wanted)
        case tree.In(value=value, tests=(options,)):
            pick = _pick(value, key)
            if pick and _fixed(options, key):
                return _member(pick, c.of(options), wanted)
        case tree.Call(
            function=tree.Name(name=name), args=(first, second), names=None, target=None
        ):
            known = c.functions.get(name)
            if isinstance(known, Builtin):
                return _called(c, known, (first, second), key, wanted)
    return None


def _pick(node: tree.Node, key: str) -> Pick | None:
    """What takes from the items the values that are tested: themselves, or one field of each."""
    match node:
        case tree.Name(name=name) if name == key:
            return lambda items: items
        case tree.Path(of=tree.Name(name=name), name=field) if name == key:
            return lambda items: [
                item.get(field) if item.__class__ is dict else path(item, field) for item in items
            ]
    return None


def _fixed(node: tree.Node, key: str) -> bool:
    """Whether the value is the same in every round, and costs nothing that must be counted."""
    match node:
        case tree.Literal():
            return True
        case tree.Name(name=name):
            return name != key
        case tree.Path(of=of):
            return _fixed(of, key)
        case tree.ListLiteral(items=items):
            return all(isinstance(item, tree.Literal) for item in items)
    return False


def _compared(op: str, pick: Pick, other: Run, wanted: bool) -> Search:
    if op == "=":
        return _equal(pick, other, wanted)
    if op == "!=":
        return _equal(pick, other, not wanted)
    test = SYMBOLS[op]

    def search(items: Items, scope: Scope) -> bool | None:
        value = other(scope)
        kind, comparable = value.__class__, True
        if kind not in SIMPLE:
            return None
        for item in pick(items):
            if item.__class__ is not kind:
                comparable = False
            elif test(item, value) is wanted:
                return True
        return False if comparable else None

    return search


def _equal(pick: Pick, other: Run, wanted: bool) -> Search:
    def search(items: Items, scope: Scope) -> bool | None:
        value = other(scope)
        kind, comparable = value.__class__, True
        if kind not in EQUATABLE:
            return None
        for item in pick(items):
            if item.__class__ is not kind:
                comparable = False
            elif (item == value) is wanted:
                return True
        return False if comparable else None

    return search


def _member(pick: Pick, other: Run, wanted: bool) -> Search:
    def search(items: Items, scope: Scope) -> bool | None:
        options: Any = other(scope)
        if options.__class__ is not list or not options:
            return None
        kind, comparable = options[0].__class__, True
        if kind not in EQUATABLE:
            return None
        for option in options:
            if option.__class__ is not kind:
                return None
        if len(items) >= MANY and len(options) >= MANY:
            options = frozenset(options)
        for item in pick(items):
            if item.__class__ is not kind:
                comparable = False
            elif (item in options) is wanted:
                return True
        return False if comparable else None

    return search


def _called(
    c: Compiler, known: Builtin, args: tuple[tree.Node, tree.Node], key: str, wanted: bool
) -> Search | None:
    """A built-in of an item and a value, in either order; `list contains` of a list and an item."""
    turned = _pick(args[0], key) is None
    item, other = (args[1], args[0]) if turned else args
    pick = _pick(item, key)
    if pick is None or not _fixed(other, key):
        return None
    if scalars(known, 2) is not None:
        return _tested(known, pick, c.of(other), turned, wanted)
    if known.name == "list contains" and turned:
        member = _member(pick, c.of(other), wanted)
        return lambda items, scope: (
            None if is_overridden(known.name, scope) else member(items, scope)
        )
    return None


def _tested(known: Builtin, pick: Pick, other: Run, turned: bool, wanted: bool) -> Search:
    name, test, kinds = known.name, known.signatures[0].call, scalars(known, 2) or []
    kind, fixed = reversed(kinds) if turned else kinds

    def search(items: Items, scope: Scope) -> bool | None:
        value = other(scope)
        if value.__class__ is not fixed or is_overridden(name, scope):
            return None
        apply: Callable[[object], object] = (
            partial(test, value) if turned else lambda item: test(item, value)
        )
        comparable = True
        try:
            for item in pick(items):
                found = apply(item) if item.__class__ is kind else None
                if found is wanted:
                    return True
                if found is not True and found is not False:
                    comparable = False
        except CALL_ERRORS:
            return None
        return False if comparable else None

    return search
