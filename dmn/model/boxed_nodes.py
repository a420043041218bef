"""Kinds of node that only boxed expressions make, and the rules by which they are judged.

`Typed` is a value made to conform to a declared type, else null; `TableNode` a decision table;
`UnreadableText` a text that could not be read, which gives null (the model lists the fault).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dmn.errors import NOWHERE, Place
from dmn.evaluate.calls import function_literal
from dmn.evaluate.compiler import Compiler, Run, Scope
from dmn.evaluate.conformance import NONCONFORMING, conform
from dmn.evaluate.lists import CONDITIONS
from dmn.evaluate.loops import all_rounds, quantified
from dmn.evaluate.scalars import choice
from dmn.feel import tree
from dmn.operators.comparison import both, common_result, either
from dmn.tables.judging import compile_table
from dmn.tables.model import Table
from dmn.types import BOOLEAN, Type
from dmn.values import UNKNOWN, has_unknown

TRUTHS = (True, False, None, UNKNOWN)


@dataclass(frozen=True, slots=True)
class Typed(tree.Node):
    """`itself`: the name of the entry where a function stands, by which it can call itself."""

    value: tree.Node
    type: Type
    itself: str = ""
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class TableNode(tree.Node):
    """`parts` are all expressions of the table, so that a walk finds them."""

    table: Table
    parts: tuple[tree.Node, ...] = ()
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class UnreadableText(tree.Node):
    fault: str = ""
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class StrictIf(tree.If):
    """A boxed conditional: a condition that gives neither true, false nor null gives null."""


@dataclass(frozen=True, slots=True)
class StrictQuantified(tree.Quantified):
    """A boxed `some` or `every`: null as soon as a round gives neither true, false nor null."""


def typed(c: Compiler, node: tree.Node) -> Run:
    assert isinstance(node, Typed)
    kind = node.type
    if isinstance(node.value, tree.FunctionLiteral):
        value = function_literal(c, node.value, node.itself)
    else:
        value = c.of(node.value)

    def run(scope: Scope) -> object:
        found = conform(value(scope), kind, whole=True)
        if found is NONCONFORMING:
            return None
        return UNKNOWN if has_unknown(found) else found  # its completion may not conform

    return run


def table_node(c: Compiler, node: tree.Node) -> Run:
    assert isinstance(node, TableNode)
    return compile_table(c, node.table)


def unreadable_text(c: Compiler, node: tree.Node) -> Run:
    return lambda scope: None


def is_condition(node: tree.Node) -> bool:
    """Whether the value can be nothing but true, false, null or UNKNOWN."""
    return isinstance(node, CONDITIONS) or (isinstance(node, Typed) and node.type == BOOLEAN)


def strict_if(c: Compiler, node: tree.Node) -> Run:
    assert isinstance(node, StrictIf)
    if is_condition(node.condition):
        return choice(c, node)
    condition, then, otherwise = c.of(node.condition), c.of(node.then), c.of(node.otherwise)

    def run(scope: Scope) -> object:
        found = condition(scope)
        if found is UNKNOWN:
            return common_result([then(scope), otherwise(scope), None])
        if found is True:
            return then(scope)
        return otherwise(scope) if found is False or found is None else None

    return run


def strict_quantified(c: Compiler, node: tree.Node) -> Run:
    """All rounds are gone through, for any of them may give what is no condition."""
    assert isinstance(node, StrictQuantified)
    if is_condition(node.satisfies):
        return quantified(c, node)
    each = all_rounds(c, node.iterators, node.satisfies)
    join = either if node.kind == "some" else both

    def run(scope: Scope) -> object:
        values = list(each(scope))
        if not all(any(value is one for one in TRUTHS) for value in values):
            return None
        return UNKNOWN if UNKNOWN in values else join(values)

    return run


RULES = {
    Typed: typed,
    TableNode: table_node,
    UnreadableText: unreadable_text,
    StrictIf: strict_if,
    StrictQuantified: strict_quantified,
}
