"""Single values: facts, elements' fields, constants, and sums of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from dmn import types as t
from dmn.errors import NOWHERE, Place
from dmn.evaluate.rules import compile_tree
from dmn.feel import tree
from dmn.feel.tree import Node, names, place_of
from dmn.sql.quote import FALSE, TRUE, NotCompiled, every, no, number, some, text
from dmn.types import Type
from dmn.values import UNKNOWN, Range, type_of
from dmn.values.nanoseconds import ONE_DAY, ONE_MICROSECOND
from dmn.values.temporal import YearsMonths

# Sums are exact in PostgreSQL and rounded to 34 digits in FEEL: beyond 17 before and 17 after
# the point the result is called unknown, so that nobody relies on it.
_EXACT = "abs({0}) < 1e17 AND scale({0}) <= 17"
_MOST_YEARS = 4_000  # PostgreSQL's dates begin in 4713 BC
_STORED = (t.STRING, t.NUMBER, t.DATE, t.BOOLEAN)


@dataclass(frozen=True, slots=True)
class Json:
    """A JSONB value: a fact, an element of a list, or a part of one.

    text: the same as text, NULL for JSON null; cast: the text as a number or date.
    """

    sql: str
    type: Type
    text: str
    null: str
    unknown: str
    cast: str = ""


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value of one type. Dates are ISO texts where possible, which compare as dates do.

    value: SQL, NULL when the value is null or unknown; as_date: a date's value as an SQL date;
    null, unknown: conditions that exclude each other; exact: holds where `value` may be used.
    """

    type: Type
    value: str
    null: str = FALSE
    unknown: str = FALSE
    as_date: str = ""
    exact: str = TRUE
    fixed: bool = False
    moved: bool = False  # a date that was computed

    @property
    def some(self) -> str:
        """There is a value."""
        return TRUE if self.fixed else every(f"{self.value} IS NOT NULL", self.exact)


Called = Callable[[tree.Call, "Scope"], Scalar]


def _no_calls(node: tree.Call, scope: Scope) -> Scalar:
    raise NotCompiled(node.place, "no function is used here in SQL")


@dataclass(frozen=True, slots=True)
class Scope:
    """What names mean. `constants` are the parameters, `bound` the variables of quantifiers."""

    column: str
    types: Mapping[str, Type]
    constants: Mapping[str, object]
    open_lists: frozenset[str] = frozenset()
    bound: Mapping[str, Json] = field(default_factory=dict)
    depth: int = 0
    extracted: Mapping[str, Json] = field(default_factory=dict)  # facts that are columns already
    called: Called = field(default=_no_calls, compare=False)  # how calls that give values compile

    def name(self, node: tree.Name) -> Json:
        if node.name in self.bound:
            return self.bound[node.name]
        kind = self.types.get(node.name)
        if kind is None:
            raise NotCompiled(node.place, f"{node.name} is not a stored input")
        if node.name in self.extracted:
            return self.extracted[node.name]
        key = text(node.name, node.place)
        sql = f"({self.column} -> {key})"
        return Json(
            sql,
            kind,
            f"({self.column} ->> {key})",
            f"{sql} = 'null'::jsonb",
            f"{sql} IS NULL",
        )

    def json(self, node: Node) -> Json | None:
        """The stored value that a node names, None when it names none."""
        if isinstance(node, tree.Name) and (
            node.name in self.bound or node.name not in self.constants
        ):
            return self.name(node)
        if isinstance(node, tree.Path):
            of = self.json(node.of)
            if of is None:
                return None
            return part(of, node.name, node.place)
        return None

    def constant(self, node: Node) -> tuple[bool, object]:
        """Whether no case can change the node's value, and that value."""
        if isinstance(node, tree.Literal):
            return True, node.value
        if any(isinstance(part, tree.Input | tree.CompareTest) for part in tree.walk(node)):
            return False, None
        if any(n in self.bound or n not in self.constants for n in names(node)):
            return False, None
        value = compile_tree(node)(self.constants)
        if value is UNKNOWN:
            raise NotCompiled(place_of(node), "a parameter has no value")
        return True, value


def is_scalar(kind: Type) -> bool:
    """Whether a stored value of the type is compared as a single value."""
    return t.base_type(kind) in _STORED


def part(of: Json, name: str, place: Place = NOWHERE) -> Json:
    """A field of a stored context; null for what is no context."""
    kind = of.type.field(name) if isinstance(of.type, t.ContextType) else None
    if kind is None:
        raise NotCompiled(place, f"the part {name} is not stored by itself")
    key = text(name)
    sql = f"({of.sql} -> {key})"
    known = f"jsonb_typeof({of.sql}) = 'object'"
    return Json(
        sql,
        kind,
        f"({of.sql} ->> {key})",
        some(of.null, f"{sql} = 'null'::jsonb"),
        some(of.unknown, every(known, f"{sql} IS NULL")),
    )


def scalar(node: Node, scope: Scope) -> Scalar:
    """The value of a node that is neither a condition nor a list."""
    fixed, value = scope.constant(node)
    if fixed:
        return constant(value, place_of(node))
    stored = scope.json(node)
    if stored is not None:
        return _stored(stored, place_of(node))
    if isinstance(node, tree.Arithmetic):
        return _arithmetic(node, scope)
    if isinstance(node, tree.Negation):
        of = scalar(node.operand, scope)
        if of.type == t.NUMBER:
            return Scalar(t.NUMBER, f"(- {of.value})", of.null, of.unknown, exact=of.exact)
    if isinstance(node, tree.Call):
        return scope.called(node, scope)
    raise NotCompiled(place_of(node), f"{type(node).__name__} has no form in SQL")


def constant(value: object, place: Place = NOWHERE) -> Scalar:
    """A fixed value, null among them."""
    if value is None:
        return Scalar(t.NULL, "NULL", null=TRUE, fixed=True)
    kind = type_of(value)
    if isinstance(value, str):
        return Scalar(kind, text(value, place), fixed=True)
    if isinstance(value, bool):
        return Scalar(kind, "'true'" if value else "'false'", fixed=True)
    if isinstance(value, Decimal):
        return Scalar(kind, number(value, place), fixed=True)
    if kind == t.DATE and isinstance(value, date):
        written = text(value.isoformat())
        return Scalar(kind, written, as_date=f"{written}::date", fixed=True)
    if isinstance(value, timedelta):
        return Scalar(kind, f"({value // ONE_MICROSECOND})::numeric", fixed=True)
    if isinstance(value, YearsMonths):
        return Scalar(kind, f"({value.months})::numeric", fixed=True)
    what = "an interval" if isinstance(value, Range) else f"a {kind}"
    raise NotCompiled(place, f"{what} cannot be used here in SQL")


def _stored(of: Json, place: Place) -> Scalar:
    kind = t.base_type(of.type)
    if kind not in _STORED:
        raise NotCompiled(place, f"a stored {kind} is not compared in SQL")
    if kind == t.NUMBER:
        return Scalar(kind, of.cast or f"{of.text}::numeric", of.null, of.unknown)
    if kind == t.DATE and of.cast:
        return Scalar(kind, of.cast, of.null, of.unknown, of.cast)
    as_date = f"{of.text}::date" if kind == t.DATE else ""
    return Scalar(kind, of.text, of.null, of.unknown, as_date)


def _arithmetic(node: tree.Arithmetic, scope: Scope) -> Scalar:
    left, right = scalar(node.left, scope), scalar(node.right, scope)
    null = some(every(left.null, no(right.unknown)), every(right.null, no(left.unknown)))
    unknown = some(left.unknown, right.unknown)
    kinds = (left.type, right.type)
    if kinds == (t.NUMBER, t.NUMBER) and node.op in ("+", "-", "*"):
        value = f"({left.value} {node.op} {right.value})"
        exact = every(left.exact, right.exact, f"({_EXACT.format(value)})")
        doubt = every(f"{value} IS NOT NULL", no(exact))
        return Scalar(t.NUMBER, value, null, some(unknown, doubt), exact=exact)
    if kinds == (t.DATE, t.DATE) and node.op == "-":
        if left.moved or right.moved:
            raise NotCompiled(node.place, "a difference of moved dates")
        days = f"({left.as_date} - {right.as_date})::numeric"
        return Scalar(t.DAYS_TIME, f"({days} * {ONE_DAY // ONE_MICROSECOND})", null, unknown)
    for day, span, op in ((left, node.right, node.op), (right, node.left, node.op)):
        if day.type == t.DATE and op in ("+", "-") and (day is left or op == "+"):
            fixed, by = scope.constant(span)
            if fixed and isinstance(by, YearsMonths | timedelta) and not day.moved:
                return _moved(day, by, op, node.place)
    raise NotCompiled(node.place, f"{node.op} between {kinds[0]} and {kinds[1]} is not used in SQL")


def _moved(day: Scalar, by: YearsMonths | timedelta, op: str, place: Place) -> Scalar:
    """A date a fixed duration later. PostgreSQL clips to the end of a month as FEEL does."""
    if isinstance(by, YearsMonths):
        size = by.months if op == "+" else -by.months
        shift, years = f"interval '{size} months'", size // 12
    else:
        size = (by if op == "+" else -by) // ONE_DAY
        shift, years = f"({size})", size // 366
    if abs(years) > _MOST_YEARS:
        raise NotCompiled(place, "the duration is too long")
    as_date = f"({day.as_date} + {shift})"
    return Scalar(t.DATE, as_date, day.null, day.unknown, as_date, moved=True)
