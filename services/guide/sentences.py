"""The expressions of a pack as sentences that a lawyer reads without knowing FEEL. Pure.

A sentence says what its expression says, no more and no less: what is unknown stays out of both.
An expression that is too deep for a sentence, such as a list within a list, raises ``TooDeep``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace

import dmn
from dmn import types as t
from dmn.errors import FeelError
from dmn.feel import tree
from dmn.feel.tree import Node
from services.functions import FUNCTIONS
from services.guide.phrases import BY_DATE, BY_SIZE, DATES, OPPOSITE, SAYS, SPANS, WITHIN
from services.guide.values import Scope, TooDeep, Values, is_of_each
from services.guide.words import Pair
from services.pack.model import ANSWERS


class Sentences(Values):
    """Conditions, whole expressions, and rows of tables."""

    def of(self, expression: str) -> str:
        """The sentence of a condition, or the words of a value. Raises ``TooDeep``."""
        try:
            node = dmn.parse(
                expression, dialect="total", names=self.scope.types, functions=FUNCTIONS
            )
        except FeelError as error:
            raise TooDeep from error
        return self.text(node, self.scope)

    def result(self, node: Node) -> str:
        """The words of what a row of a table gives. Raises ``TooDeep``."""
        return self.text(node, self.scope)

    def text(self, node: Node, scope: Scope) -> str:
        is_truth = t.base_type(self.kind(node, scope)) == t.BOOLEAN
        if is_truth and not isinstance(node, tree.If):
            return self.condition(node, scope)
        return self.value(node, scope)

    def condition(self, node: Node, scope: Scope, *, holds: bool = True) -> str:
        """The sentence that a condition holds; or, with ``holds`` false, that it does not."""
        match node:
            case tree.Not(operand=operand):
                return self.condition(operand, scope, holds=not holds)
            case tree.Comparison(op=op, left=left, right=right):
                return self.compared(op if holds else OPPOSITE[op], left, right, scope)
            case tree.Logic():
                return self.joined(node, scope, holds)
            case tree.In(value=value, tests=tests):
                return self.within(value, tests, scope, holds)
            case tree.Between(value=value, low=low, high=high) if holds:
                parts = [self.value(one, scope) for one in (value, low, high)]
                return self.say(("{0}在{1}至{2}之间（含）", "{0} is from {1} to {2}"), *parts)
            case tree.Quantified():
                return self.each(node, scope, holds)
            case tree.Call(function=tree.Name(name=name), args=args) if name in SAYS:
                pairs = (
                    WITHIN if name == "starts with" and self.is_division(args[1]) else SAYS[name]
                )
                one = args[0]
                codes = self.codes(one, scope)
                parts = [self.value(arg, scope, codes) for arg in args]
                return self.say(pairs[not holds], *parts)
            case tree.Literal(value=bool() as value):
                return self.truth(value is holds)
        yes = self.truth(holds)
        return self.say(("{0}为“{1}”", "{0} is “{1}”"), self.value(node, scope), yes)

    def joined(self, node: tree.Logic, scope: Scope, holds: bool) -> str:
        """Both hold, or one of them; denied, it is the other of the two with each denied."""
        parts = []
        for one in node.operands:
            text = self.condition(one, scope, holds=holds)
            inner = one
            while isinstance(inner, tree.Not):
                inner = inner.operand
            parts.append(self.apart(text) if _has_parts(inner) else text)
        both = (node.op == "and") is holds
        return self.say(("，并且", ", and ") if both else ("，或者", ", or ")).join(parts)

    def apart(self, text: str) -> str:
        return self.say(("（{0}）", "({0})"), text)

    def compared(self, op: str, left: Node, right: Node, scope: Scope) -> str:
        if _is_null(left):
            left, right = right, left
        if _is_null(right):
            return self.recorded(left, scope, is_there=op == "!=")
        if isinstance(right, tree.Literal) and isinstance(right.value, bool):
            if op == "=" and not isinstance(left, tree.Name | tree.Path):
                return self.condition(left, scope, holds=right.value)
            pair = (
                ("{0}为“{1}”", "{0} is “{1}”")
                if op == "="
                else ("{0}不为“{1}”", "{0} is not “{1}”")
            )
            return self.say(pair, self.value(left, scope), self.truth(right.value))
        kind = self.kind(left, scope)
        if t.base_type(kind) == t.BOOLEAN:
            parts = [self.text(one, scope) for one in (left, right)]
            same = ("（{0}）与（{1}）同时成立或者同时不成立", "({0}) where, and only where, ({1})")
            other = ("（{0}）与（{1}）恰有一项成立", "either ({0}) or ({1}), not both")
            return self.say(same if op == "=" else other, *parts)
        codes = {**self.codes(right, scope), **self.codes(left, scope)}
        a, b = self.value(left, scope, codes), self.value(right, scope, codes)
        if op in ("=", "!=") and kind.name not in (*DATES, *SPANS, "number"):
            literal = isinstance(right, tree.Literal)
            pair = _SAME[literal][op == "!="]
            return self.say(pair, a, b)
        table = BY_DATE if kind.name in DATES else BY_SIZE
        middle = self.say(table[op])
        return self.say(("{0}{1}{2}", "{0} {1} {2}"), a, middle, b)

    def recorded(self, node: Node, scope: Scope, *, is_there: bool) -> str:
        """Null: a registry has none, or the form was given none."""
        text = self.value(node, scope)
        fact = self.facts.get(node.name) if isinstance(node, tree.Name) else None
        if fact is not None and fact.source == ANSWERS:
            yes, no = ("填写了{0}", "{0} is given"), ("没有填写{0}", "{0} is not given")
        elif fact is not None:
            yes, no = ("登记有{0}", "{0} is on record"), ("没有登记{0}", "{0} is not on record")
        else:
            yes, no = ("{0}有登记", "{0} is on record"), ("{0}没有登记", "{0} is not on record")
        return self.say(yes if is_there else no, text)

    def within(self, value: Node, tests: tuple[Node, ...], scope: Scope, holds: bool) -> str:
        parts = [self.tested(value, test, scope, holds) for test in tests]
        return self.say(("，或者", ", or ") if holds else ("，并且", ", and ")).join(parts)

    def tested(self, value: Node, test: Node, scope: Scope, holds: bool) -> str:
        if isinstance(test, tree.Call | tree.Logic | tree.Not | tree.Comparison):
            return self.condition(test, scope, holds=holds)  # of a table's cell, its column put in
        if isinstance(test, tree.CompareTest):
            return self.compared(test.op if holds else OPPOSITE[test.op], value, test.value, scope)
        if isinstance(test, tree.RangeLiteral):
            return self.between(value, test, scope, holds)
        if not isinstance(self.kind(test, scope), t.ListType):
            return self.compared("=" if holds else "!=", value, test, scope)
        text = self.value(value, scope)
        ones = self.value(test, scope, self.codes(value, scope))
        pair = ("{0}为{1}之一", "{0} is one of {1}")
        if not holds:
            pair = ("{0}不是{1}中的任何一项", "{0} is none of {1}")
        return self.say(pair, text, ones)

    def row(self, columns: tuple[Node, ...], cells: tuple[tree.UnaryTests, ...]) -> str:
        """When a row of a table applies; empty: always. Raises ``TooDeep``."""
        scope, parts = self.scope, []
        for column, cell in zip(columns, cells, strict=True):
            if cell.tests:
                tests = tuple(_filled(test, column) for test in cell.tests)
                text = self.within(column, tests, scope, not cell.negated)
                parts.append(self.apart(text) if _has_parts(tree.In(column, tests)) else text)
        return self.say(("，并且", ", and ")).join(parts)

    def between(self, value: Node, test: tree.RangeLiteral, scope: Scope, holds: bool) -> str:
        ends = (
            (test.low, ">=" if test.low_closed else ">"),
            (test.high, "<=" if test.high_closed else "<"),
        )
        parts = [
            self.compared(op if holds else OPPOSITE[op], value, end, scope)
            for end, op in ends
            if end is not None
        ]
        return self.say(("，并且", ", and ") if holds else ("，或者", ", or ")).join(parts)

    def each(self, node: tree.Quantified, scope: Scope, holds: bool) -> str:
        if len(node.iterators) > 1 or node.iterators[0].until is not None:
            raise TooDeep
        iterator = node.iterators[0]
        inner = self.inside(iterator.domain, iterator.name, scope)
        every = (node.kind == "every") is holds
        persons = inner.of is not None and is_of_each(inner.of)
        if every:
            pair = ("{0}中的每一项：{1}", "each of {0}: {1}")
            if persons:
                pair = ("{0}中的每一人：{1}", "each person of {0}: {1}")
        else:
            pair = ("{0}中至少有一项：{1}", "at least one of {0}: {1}")
            if persons:
                pair = ("{0}中至少有一人：{1}", "at least one person of {0}: {1}")
        said = self.condition(node.satisfies, inner, holds=holds)
        return self.say(pair, self.value(iterator.domain, scope), said)


# of texts: compared with another value, or with one that is written out
_SAME: Mapping[bool, tuple[Pair, Pair]] = {
    False: (("{0}与{1}相同", "{0} is the same as {1}"), ("{0}与{1}不同", "{0} differs from {1}")),
    True: (("{0}为{1}", "{0} is {1}"), ("{0}不是{1}", "{0} is not {1}")),
}


def _filled(node: Node, column: Node) -> Node:
    """A test of a cell with its column in place of ``?``."""
    if isinstance(node, tree.Input):
        return column
    changes: dict[str, object] = {}
    for slot in fields(node):
        part = getattr(node, slot.name)
        if isinstance(part, Node):
            changes[slot.name] = _filled(part, column)
        elif isinstance(part, tuple) and part and isinstance(part[0], Node):
            changes[slot.name] = tuple(_filled(one, column) for one in part)
    return replace(node, **changes) if changes else node


def _has_parts(node: Node) -> bool:
    """Whether a condition's sentence has an "and", an "or" or a list of its own."""
    match node:
        case tree.Logic() | tree.Quantified():
            return True
        case tree.In(tests=tests):
            ranges = any(isinstance(one, tree.RangeLiteral) for one in tests)
            return len(tests) > 1 or ranges or any(map(_has_parts, tests))
        case tree.Comparison(left=left, right=tree.Literal(value=bool())):
            return _has_parts(left)
        case tree.Comparison(right=tree.Comparison() | tree.Logic() | tree.Not()):
            return True
    return False


def _is_null(node: Node) -> bool:
    return isinstance(node, tree.Literal) and node.value is None
