"""The atoms of a condition: which inputs it compares with which values.

`read_atoms` walks the boolean skeleton (`and or not if in between`, comparisons, booleans) and
notes, for every variable, the values at which its truth can change:

- a cut: an input compared with a constant or a parameter, also as an interval, a list, an
  enumeration, or moved by a constant (`licensed + @"P3Y" <= @"2026-01-01"`);
- a shift: `one + by` compared with another input: one difference axis of the two;
- everything else (quantifiers, calls, sums of several inputs) is opaque. Its comparisons still
  suggest values to try, but nothing can be proved from their absence.

A variable is an input's name, or a dotted path into a context; the fields of a list's elements
are `list[].field`. Between two cuts of a variable that stands in no shift, the truth of a
condition without opaque parts is constant: that is an elementary cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from dmn import types as t
from dmn.analysis.steps import preimage
from dmn.evaluate.rules import compile_tree
from dmn.feel import tree
from dmn.feel.tree import Node, names
from dmn.operators.arithmetic import arithmetic, minus
from dmn.values import UNKNOWN, Range, type_of
from dmn.values.temporal import YearsMonths

Types = Mapping[str, t.Type]


@dataclass(frozen=True, slots=True)
class Shift:
    """`moved + by` is compared with `other`; by None compares the two as they are."""

    moved: str
    by: object
    other: str

    def at_moved(self, other: object) -> list[object]:
        """The values of `moved` where the comparison with this `other` can change."""
        return [other] if self.by is None else preimage(self.by, other)

    def at_other(self, moved: object) -> list[object]:
        found = moved if self.by is None else arithmetic("+", moved, self.by)
        return [] if found.__class__ is not moved.__class__ else [found]


@dataclass(slots=True)
class Atoms:
    """What a condition compares. `opaque` holds the parts that were not understood."""

    cuts: dict[str, list[object]] = field(default_factory=dict)
    shifts: list[Shift] = field(default_factory=list)
    opaque: list[Node] = field(default_factory=list)
    variables: dict[str, None] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)  # text variables compared by order
    lengths: dict[str, set[int]] = field(default_factory=dict)  # lengths worth trying

    def cut(self, variable: str, *values: object) -> None:
        self.variables.setdefault(variable)
        known = self.cuts.setdefault(variable, [])
        known.extend(value for value in values if value not in known)

    def join(self, other: Atoms) -> None:
        for variable, values in other.cuts.items():
            self.cut(variable, *values)
        self.variables.update(other.variables)
        self.shifts += [shift for shift in other.shifts if shift not in self.shifts]
        self.opaque += other.opaque
        self.texts |= other.texts
        for variable, lengths in other.lengths.items():
            self.lengths.setdefault(variable, set()).update(lengths)


def kind_of(variable: str, types: Types) -> t.Type:
    """The type of a variable by its path, Any when it is not declared."""
    if variable in types:
        return types[variable]
    of, dot, name = variable.rpartition(".")
    if dot and not name.endswith("[]"):
        kind = kind_of(of, types)
        return (kind.field(name) if isinstance(kind, t.ContextType) else None) or t.ANY
    if variable.endswith("[]"):
        kind = kind_of(variable.removesuffix("[]"), types)
        return kind.of if isinstance(kind, t.ListType) else t.ANY
    return t.ANY


def read_atoms(node: Node, types: Types, constants: Mapping[str, object]) -> Atoms:
    """The atoms of a condition over typed inputs; `constants` gives the parameters' values."""
    reader = _Reader(types, constants, Atoms())
    reader.condition(node, {})
    return reader.atoms


def variable_of(expression: Node, types: Types, constants: Mapping[str, object]) -> str | None:
    """The variable that an expression is, None when it is anything more."""
    return _Reader(types, constants, Atoms()).variable(expression, {})


def cell_atoms(
    tests: Node, expression: Node, types: Types, constants: Mapping[str, object]
) -> Atoms:
    """The atoms of unary tests about the value of an expression."""
    reader = _Reader(types, constants, Atoms())
    variable = reader.variable(expression, {})
    bound: Bound = {}
    if variable is not None:
        reader.atoms.variables.setdefault(variable)
        bound = {tree.Input(): variable}
    for test in tests.tests if isinstance(tests, tree.UnaryTests) else (tests,):
        reader.test(expression, test, bound)
    return reader.atoms


Bound = Mapping[object, str]  # names bound by iterators (or `?`) to variables


@dataclass(slots=True)
class _Reader:
    types: Types
    constants: Mapping[str, object]
    atoms: Atoms

    def condition(self, node: Node, bound: Bound) -> None:
        """A part that stands where a truth value is wanted."""
        match node:
            case tree.Logic(operands=operands):
                for operand in operands:
                    self.condition(operand, bound)
            case tree.Not(operand=operand):
                self.condition(operand, bound)
            case tree.If(condition=test, then=then, otherwise=otherwise):
                for part in (test, then, otherwise):
                    self.condition(part, bound)
            case tree.Comparison(left=left, right=right, op=op):
                self.compare(left, right, node, bound, ordering=op not in ("=", "!="))
            case tree.Between(value=value, low=low, high=high):
                self.compare(value, low, node, bound, ordering=True)
                self.compare(value, high, node, bound, ordering=True)
            case tree.In(value=value, tests=tests):
                for test in tests:
                    self.test(value, test, bound)
            case tree.Literal():
                pass
            case tree.Name() | tree.Path() | tree.Input():
                variable = self.variable(node, bound)
                if variable is None:
                    if self.constant(node, bound) is UNKNOWN:
                        self.mark_opaque(node, bound)
                else:
                    self.atoms.variables.setdefault(variable)
            case _:
                self.mark_opaque(node, bound)

    def test(self, value: Node, test: Node, bound: Bound) -> None:
        """`value in test`."""
        match test:
            case tree.CompareTest(value=bound_value, op=op):
                self.compare(value, bound_value, test, bound, ordering=op not in ("=", "!="))
            case tree.RangeLiteral(low=low, high=high):
                for end in (low, high):
                    if end is not None:
                        self.compare(value, end, test, bound, ordering=True)
            case tree.ListLiteral(items=items):
                for item in items:
                    self.test(value, item, bound)
            case _ if any(isinstance(part, tree.Input) for part in tree.walk(test)):
                self.condition(test, bound)
            case _:
                found = self.constant(test, bound)
                if isinstance(found, Range | list):
                    self.values_of(value, found, test, bound)
                else:
                    self.compare(value, test, test, bound)

    def values_of(self, value: Node, found: Range | list[object], at: Node, bound: Bound) -> None:
        variable = self.variable(value, bound)
        if variable is None:
            self.mark_opaque(at, bound)
            self.mark_opaque(value, bound)
            return
        items = [found.low, found.high] if isinstance(found, Range) else found
        for item in items:
            if isinstance(item, Range):
                self.values_of(value, item, at, bound)
            elif isinstance(item, list | dict):
                self.mark_opaque(at, bound)
            else:
                self.atoms.cut(variable, *([] if item is None else [item]))

    def compare(
        self, left: Node, right: Node, at: Node, bound: Bound, *, ordering: bool = False
    ) -> None:
        ends = [(self.constant(side, bound), self.term(side, bound)) for side in (left, right)]
        (fixed_left, term_left), (fixed_right, term_right) = ends
        if fixed_left is not UNKNOWN and fixed_right is not UNKNOWN:
            return
        if term_left and fixed_right is not UNKNOWN:
            self.against(term_left, fixed_right, ordering)
        elif term_right and fixed_left is not UNKNOWN:
            self.against(term_right, fixed_left, ordering)
        elif not (
            (term_left and term_right and self.shift(term_left, term_right, ordering))
            or (fixed_right is not UNKNOWN and self.difference(left, fixed_right, bound))
        ):
            self.mark_opaque(at, bound)
            for side, value in ((left, fixed_right), (right, fixed_left)):
                self.mark_opaque(side, bound)
                self.hint(side, value, bound)

    def against(self, term: tuple[str, object], value: object, ordering: bool) -> None:
        variable, by = term
        if ordering and isinstance(value, str):
            self.atoms.texts.add(variable)
        if value is None:
            self.atoms.variables.setdefault(variable)
        elif by is None:
            self.atoms.cut(variable, value)
        else:
            self.atoms.cut(variable, *preimage(by, value))

    def shift(self, left: tuple[str, object], right: tuple[str, object], ordering: bool) -> bool:
        """Note `left ? right` as one axis; False when both are moved by calendar months."""
        (one, by), (two, offset) = left, right
        if one == two:
            return False
        if offset is not None and by is not None:
            back = minus(offset)
            joined = arithmetic("+", by, back)
            if isinstance(offset, YearsMonths) or joined is None or joined is UNKNOWN:
                return False
            by, offset = joined, None
        if offset is not None:
            one, by, two = two, offset, one
        self.atoms.variables.update(dict.fromkeys((one, two)))
        found = Shift(one, by, two)
        if found not in self.atoms.shifts:
            self.atoms.shifts.append(found)
        if ordering and t.base_type(kind_of(one, self.types)) == t.STRING:
            self.atoms.texts |= {one, two}
        return True

    def difference(self, node: Node, value: object, bound: Bound) -> bool:
        """`a - b ? value` is `b + value ? a`."""
        if not isinstance(node, tree.Arithmetic) or node.op != "-":
            return False
        left, right = self.term(node.left, bound), self.term(node.right, bound)
        if not left or not right or left[1] is not None or right[1] is not None:
            return False
        return self.shift((right[0], value), left, ordering=True)

    def term(self, node: Node, bound: Bound) -> tuple[str, object] | None:
        """A variable with the constant it is moved by, None for anything else."""
        variable = self.variable(node, bound)
        if variable is not None:
            return variable, None
        if isinstance(node, tree.Arithmetic) and node.op in ("+", "-"):
            variable, by = self.variable(node.left, bound), self.constant(node.right, bound)
            if variable is None and node.op == "+":
                variable, by = self.variable(node.right, bound), self.constant(node.left, bound)
            if variable is not None and by is not UNKNOWN and by is not None:
                by = by if node.op == "+" else minus(by)
                return None if by is None else (variable, by)
        return None

    def variable(self, node: Node, bound: Bound) -> str | None:
        if isinstance(node, tree.Input):
            return bound.get(node)
        if isinstance(node, tree.Name):
            if node.name in bound:
                return bound[node.name]
            return None if node.name in self.constants else node.name
        if isinstance(node, tree.Path):
            of = self.variable(node.of, bound)
            if of is not None and isinstance(kind_of(of, self.types), t.ContextType):
                return f"{of}.{node.name}"
        return None

    def constant(self, node: Node, bound: Bound) -> object:
        """The value of a part that no input can change; UNKNOWN when there is none."""
        if isinstance(node, tree.Literal):
            return node.value
        if any(isinstance(part, tree.Input | tree.CompareTest) for part in tree.walk(node)):
            return UNKNOWN
        free = names(node)
        if any(name in bound or name not in self.constants for name in free):
            return UNKNOWN
        return compile_tree(node)(self.constants)

    def hint(self, node: Node, value: object, bound: Bound) -> None:
        """Values worth trying where an opaque part meets a constant."""
        if value is UNKNOWN or value is None:
            return
        for part in tree.walk(node):
            variable = self.variable(part, bound)
            if variable is None:
                continue
            kind = kind_of(variable, self.types)
            if isinstance(value, Decimal) and (
                isinstance(kind, t.ListType) or t.base_type(kind) == t.STRING
            ):
                sizes = {max(0, min(60, int(value) + more)) for more in (-1, 0, 1)}
                self.atoms.lengths.setdefault(variable, set()).update(sizes)
            elif type_of(value) == t.base_type(kind):
                self.atoms.cut(variable, value)
            elif isinstance(kind, t.ListType) and type_of(value) == t.base_type(kind.of):
                self.atoms.cut(f"{variable}[]", value)

    def mark_opaque(self, node: Node, bound: Bound) -> None:
        """Note a part as opaque, and what its inner comparisons suggest to try."""
        if self.variable(node, bound) is not None:
            self.atoms.variables.setdefault(self.variable(node, bound))  # type: ignore[arg-type]
            return
        if self.constant(node, bound) is not UNKNOWN:
            return
        self.atoms.opaque.append(node)
        match node:
            case tree.Quantified(iterators=iterators, satisfies=body):
                for one in iterators:
                    listed = self.constant(one.domain, bound)
                    if isinstance(listed, list):
                        for item in listed[:20]:
                            self.hint(body, item, bound)
                        continue
                    of = self.elements(one.domain, bound)
                    bound = {**bound, one.name: of}
                self.condition(body, bound)
            case tree.Filter(of=items, condition=condition):
                of = self.elements(items, bound)
                inner = dict(bound) | {"item": of}
                kind = kind_of(of, self.types)
                if isinstance(kind, t.ContextType):
                    inner |= {name: f"{of}.{name}" for name, _ in kind.fields}
                self.condition(condition, inner)
            case tree.UnaryTests() | tree.CompareTest():
                pass
            case tree.Call(args=args):
                for arg in args:
                    self.condition(arg, bound)
                    for other in args:
                        self.hint(arg, self.constant(other, bound), bound)
            case _:
                for child in tree.children(node):
                    self.condition(child, bound)

    def elements(self, domain: Node, bound: Bound) -> str:
        """The variable that stands for one element of a list."""
        variable = self.variable(domain, bound)
        if variable is None:
            self.mark_opaque(domain, bound)
            first = next((p for p in tree.walk(domain) if isinstance(p, tree.Name)), None)
            variable = (self.variable(first, bound) if first else None) or "?"
        else:
            self.atoms.variables.setdefault(variable)
        return f"{variable}[]"
