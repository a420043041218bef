"""The one typed tree of an expression; every use (judge, lint, SQL, fix) reads this.

Nodes are frozen and compare by structure: `place` is not part of equality. `children` and
`walk` visit without recursion; `names` gives the free names, that is the inputs.
"""

from __future__ import annotations

from collections.abc import Iterator as Iterable_
from dataclasses import dataclass, field, fields
from typing import Literal as Choice

from dmn.errors import NOWHERE, Place
from dmn.types import Function, Type


@dataclass(frozen=True, slots=True)
class Node:
    """Any part of an expression."""


@dataclass(frozen=True, slots=True, eq=False)
class Literal(Node):
    """A value written out: number, string, boolean, null or `@"..."`.

    `1` and `true` differ here, though Python takes them for equal.
    """

    value: object
    place: Place = field(default=NOWHERE, compare=False, repr=False)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Literal):
            return NotImplemented
        return self.value.__class__ is other.value.__class__ and self.value == other.value

    def __hash__(self) -> int:
        return hash((self.value.__class__, self.value))


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable, or in a call the function's name; inner white space is one blank."""

    name: str
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Input(Node):
    """`?`: the value a unary test is about."""

    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Path(Node):
    """`of.name`; over a list it gives the list of that field."""

    of: Node
    name: str
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """`of[condition]`: by condition over `item`, or by position."""

    of: Node
    condition: Node
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    op: Choice["+", "-", "*", "/", "**"]
    left: Node
    right: Node
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Negation(Node):
    """`-operand`"""

    operand: Node
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    op: Choice["=", "!=", "<", "<=", ">", ">="]
    left: Node
    right: Node
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """`a and b and c`, flat; op is `and` or `or`."""

    op: Choice["and", "or"]
    operands: tuple[Node, ...]
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Not(Node):
    """`not(operand)` as an expression."""

    operand: Node
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Between(Node):
    """`value between low and high`, both ends included."""

    value: Node
    low: Node
    high: Node
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class In(Node):
    """`value in test` or `value in (test, test)`: any test may hold."""

    value: Node
    tests: tuple[Node, ...]
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class CompareTest(Node):
    """A unary test such as `>= 18`; stands only under In and UnaryTests."""

    op: Choice["=", "!=", "<", "<=", ">", ">="]
    value: Node
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class UnaryTests(Node):
    """A cell of a table: any of `tests` holds for `?`; none at all is `-` (anything)."""

    tests: tuple[Node, ...]
    negated: bool = False
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class If(Node):
    condition: Node
    then: Node
    otherwise: Node
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Iterator(Node):
    """`name in domain`, or `name in domain..until` over whole numbers or dates."""

    name: str
    domain: Node
    until: Node | None = None
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class For(Node):
    iterators: tuple[Iterator, ...]
    result: Node
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Quantified(Node):
    """`some` or `every` iterator `satisfies` condition."""

    kind: Choice["some", "every"]
    iterators: tuple[Iterator, ...]
    satisfies: Node
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A call; `names` holds the parameter names of a call by name, else None.

    `target` is the caller's registered function, when the callee's name is one.
    """

    function: Node
    args: tuple[Node, ...]
    names: tuple[str, ...] | None = None
    target: Function | None = field(default=None, compare=False)
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Parameter(Node):
    name: str
    type: Type | None = None
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class FunctionLiteral(Node):
    parameters: tuple[Parameter, ...]
    body: Node
    external: bool = False
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ListLiteral(Node):
    items: tuple[Node, ...]
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Entry(Node):
    name: str
    value: Node
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class ContextLiteral(Node):
    entries: tuple[Entry, ...]
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class RangeLiteral(Node):
    """`[low..high)`; an end that is None is open without bound, as in `(< 5)`."""

    low: Node | None
    high: Node | None
    low_closed: bool = True
    high_closed: bool = True
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class InstanceOf(Node):
    value: Node
    type: Type
    place: Place = field(default=NOWHERE, compare=False, repr=False)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below, in the order of the text."""
    found: list[Node] = []
    for slot in fields(node):
        part = getattr(node, slot.name)
        if isinstance(part, Node):
            found.append(part)
        elif isinstance(part, tuple) and part and isinstance(part[0], Node):
            found.extend(part)
    return tuple(found)


def walk(node: Node) -> Iterable_[Node]:
    """The node and all below it, parents first, in the order of the text."""
    stack = [node]
    while stack:
        top = stack.pop()
        yield top
        stack.extend(reversed(children(top)))


def names(node: Node) -> tuple[str, ...]:
    """The free names in order of first use: what must be in scope. Callees do not count."""
    found: dict[str, None] = {}
    _free(node, frozenset(), found)
    return tuple(found)


def place_of(node: object) -> Place:
    """Where something stands in the text that it was read from; ``NOWHERE`` for what was not."""
    found: Place = getattr(node, "place", NOWHERE)
    return found


def _free(node: Node, bound: frozenset[str], found: dict[str, None]) -> None:
    match node:
        case Name(name=name):
            if name not in bound:
                found.setdefault(name)
        case Filter(of=of, condition=condition):
            _free(of, bound, found)
            _free(condition, bound | {"item"}, found)
        case Call(function=Name(), args=args):
            for arg in args:
                _free(arg, bound, found)
        case (
            For(iterators=iterators, result=body) | Quantified(iterators=iterators, satisfies=body)
        ):
            for iterator in iterators:
                _free(iterator, bound, found)
                bound = bound | {iterator.name}
            _free(body, bound | {"partial"} if isinstance(node, For) else bound, found)
        case FunctionLiteral(parameters=parameters, body=body):
            _free(body, bound | {p.name for p in parameters}, found)
        case ContextLiteral(entries=entries):
            for entry in entries:
                _free(entry.value, bound | {entry.name}, found)
                bound = bound | {entry.name}
        case _:
            for child in children(node):
                _free(child, bound, found)
