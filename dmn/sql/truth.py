"""Conditions: for each, when it is true, when false, and when UNKNOWN; null is the rest.

Three SQL conditions instead of one, because SQL's NULL cannot be both FEEL's null and UNKNOWN.
They exclude each other in every case, as the judge's values do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from dmn import types as t
from dmn.errors import Place
from dmn.evaluate.unary_tests import holds_range, is_range
from dmn.feel import tree
from dmn.feel.tree import Node, place_of
from dmn.sql.quote import FALSE, TRUE, NotCompiled, every, no, some
from dmn.sql.scalars import Json, Scalar, Scope, constant, is_scalar, part, scalar
from dmn.values import Range

MOST_SPELT_OUT = 100
INVERSE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_TEXTS = {
    "contains": "position({1} IN {0}) > 0",
    "starts with": "starts_with({0}, {1})",
    "ends with": "right({0}, char_length({1})) = {1}",
}


@dataclass(frozen=True, slots=True)
class Truth:
    """SQL conditions for true, false and UNKNOWN."""

    t: str
    f: str
    u: str = FALSE


def truth(node: Node, scope: Scope) -> Truth:
    """The condition of a node that stands where a truth value is wanted."""
    fixed, value = scope.constant(node)
    if fixed:
        return Truth(_sql(value is True), _sql(value is False))
    match node:
        case tree.Logic(op=op, operands=operands):
            return joined(op, [truth(operand, scope) for operand in operands])
        case tree.Not(operand=operand):
            of = truth(operand, scope)
            return Truth(of.f, of.t, of.u)
        case tree.Comparison(op=op, left=left, right=right):
            return compared(op, left, right, scope)
        case tree.Between(value=of_node, low=low, high=high):
            ends = [compared(">=", of_node, low, scope), compared("<=", of_node, high, scope)]
            return joined("and", ends)
        case tree.In(value=of_node, tests=tests):
            found = [_test(of_node, test, scope) for test in tests]
            return found[0] if len(found) == 1 else joined("or", found)
        case tree.If(condition=condition, then=then, otherwise=otherwise):
            return _chosen(*(truth(part, scope) for part in (condition, then, otherwise)))
        case tree.Quantified(iterators=iterators):
            return _quantified(node, iterators, scope)
        case tree.Call():
            return _called(node, scope)
    stored = scope.json(node)
    if stored is None or t.base_type(stored.type) != t.BOOLEAN:
        raise NotCompiled(place_of(node), f"{type(node).__name__} is no condition in SQL")
    return Truth(f"{stored.text} = 'true'", f"{stored.text} = 'false'", stored.unknown)


def _sql(value: bool) -> str:
    return TRUE if value else FALSE


def joined(op: str, parts: list[Truth]) -> Truth:
    """Kleene's `and` or `or`."""
    if op == "and":
        false = some(*(part.f for part in parts))
        return Truth(
            every(*(part.t for part in parts)),
            false,
            every(no(false), some(*(part.u for part in parts))),
        )
    true = some(*(part.t for part in parts))
    return Truth(
        true,
        every(*(part.f for part in parts)),
        every(no(true), some(*(part.u for part in parts))),
    )


def _chosen(test: Truth, then: Truth, otherwise: Truth) -> Truth:
    """`if`: null takes the other branch; UNKNOWN gives what both branches agree on."""
    other = every(no(test.t), no(test.u))
    void = [every(no(b.t), no(b.f), no(b.u)) for b in (then, otherwise)]
    common_result = some(every(then.t, otherwise.t), every(then.f, otherwise.f), every(*void))
    return Truth(
        some(every(test.t, then.t), every(other, otherwise.t), every(test.u, then.t, otherwise.t)),
        some(every(test.t, then.f), every(other, otherwise.f), every(test.u, then.f, otherwise.f)),
        some(every(test.t, then.u), every(other, otherwise.u), every(test.u, no(common_result))),
    )


def compared(op: str, left: Node, right: Node, scope: Scope) -> Truth:
    if op in INVERSE:
        return ordered(op, scalar(left, scope), scalar(right, scope), place_of(left))
    found = _with_null(left, right, scope)
    if found is None:
        found = equal(scalar(left, scope), scalar(right, scope), place_of(left))
    return found if op == "=" else Truth(found.f, found.t, found.u)


def _with_null(left: Node, right: Node, scope: Scope) -> Truth | None:
    """`list = null`: whether a stored value of any type is null."""
    for one, other in ((left, right), (right, left)):
        if scope.constant(one) == (True, None):
            stored = scope.json(other)
            if stored is not None and not is_scalar(stored.type):
                there = every(no(stored.null), no(stored.unknown))
                return Truth(stored.null, there, stored.unknown)
    return None


def equal(a: Scalar, b: Scalar, place: Place) -> Truth:
    """Null equals null and nothing else."""
    unknown = some(a.unknown, b.unknown)
    if t.NULL in (a.type, b.type):
        one = b if a.type == t.NULL else a
        return Truth(one.null, one.some if one.type != t.NULL else FALSE, one.unknown)
    left, right = _sides(a, b, place)
    exact = every(a.exact, b.exact)
    return Truth(
        some(every(f"{left} = {right}", exact), every(a.null, b.null)),
        some(every(f"{left} <> {right}", exact), every(a.null, b.some), every(a.some, b.null)),
        unknown,
    )


def ordered(op: str, a: Scalar, b: Scalar, place: Place) -> Truth:
    """Order with null is null."""
    unknown = some(a.unknown, b.unknown)
    if t.NULL in (a.type, b.type):
        return Truth(FALSE, FALSE, unknown)
    left, right = _sides(a, b, place)
    if left != a.as_date and a.type in (t.STRING, t.DATE):
        left = f'{left} COLLATE "C"'
    exact = every(a.exact, b.exact)
    return Truth(
        every(f"{left} {op} {right}", exact), every(f"{left} {INVERSE[op]} {right}", exact), unknown
    )


def _sides(a: Scalar, b: Scalar, place: Place) -> tuple[str, str]:
    """Both values in one form."""
    if a.type != b.type:
        raise NotCompiled(place, f"{a.type} and {b.type} are not compared in SQL")
    if a.type == t.DATE and (a.value == a.as_date or b.value == b.as_date):
        return a.as_date, b.as_date
    return a.value, b.value


def _test(value: Node, test: Node, scope: Scope) -> Truth:
    """`value in test`."""
    if isinstance(test, tree.CompareTest):
        return compared(test.op, value, test.value, scope)
    if isinstance(test, tree.If) and holds_range(test):
        tests = [_test(value, part, scope) for part in (test.then, test.otherwise)]
        return _chosen(truth(test.condition, scope), *tests)
    fixed, wanted = scope.constant(test)
    if fixed and wanted is None and is_range(test):
        return Truth(FALSE, FALSE)  # an error, and not the value null
    if fixed and isinstance(test, tree.ListLiteral) and holds_range(test):
        return _listed_tests(value, test.items, wanted, scope)
    if not fixed:
        if isinstance(test, tree.ListLiteral | tree.RangeLiteral):
            raise NotCompiled(test.place, "a list or interval of facts is not used in SQL")
        return equal(scalar(value, scope), scalar(test, scope), place_of(test))
    return meets(scalar(value, scope), wanted, place_of(test))


def _listed_tests(value: Node, items: tuple[Node, ...], values: object, scope: Scope) -> Truth:
    """A list of fixed values with ranges among them; one that cannot be made is an error."""
    assert isinstance(values, list)
    failed = [one is None and is_range(item) for item, one in zip(items, values, strict=True)]
    rest = [one for one, wrong in zip(values, failed, strict=True) if not wrong]
    found = meets(scalar(value, scope), rest, place_of(value))
    return replace(found, f=FALSE) if any(failed) else found


def meets(value: Scalar, wanted: object, place: Place) -> Truth:
    """`value in wanted` for an interval, a list or a single value."""
    if isinstance(wanted, Range):
        return _within(value, wanted, place)
    if not isinstance(wanted, list):
        return equal(value, constant(wanted, place), place)
    parts = [
        _within(value, one, place)
        if isinstance(one, Range)
        else equal(value, constant(one, place), place)
        for one in wanted
    ]
    true = some(*(part.t for part in parts))
    unsure = every(no(true), value.unknown)
    return Truth(true, every(no(true), no(unsure)), unsure)  # what cannot be compared is not met


def _within(value: Scalar, span: Range, place: Place) -> Truth:
    parts = []
    if span.low is not None:
        op = ">=" if span.low_closed else ">"
        parts.append(ordered(op, value, constant(span.low, place), place))
    if span.high is not None:
        op = "<=" if span.high_closed else "<"
        parts.append(ordered(op, value, constant(span.high, place), place))
    return joined("and", parts)


def _called(node: tree.Call, scope: Scope) -> Truth:
    name = node.function.name if isinstance(node.function, tree.Name) else ""
    plain = node.target is None and node.names is None and len(node.args) == 2
    if plain and name == "list contains":
        return _listed(node, scope)
    if plain and name in _TEXTS:
        a, b = (scalar(arg, scope) for arg in node.args)
        if a.type == b.type == t.STRING:
            sql = "(" + _TEXTS[name].format(a.value, b.value) + ")"
            return Truth(sql, f"(NOT {sql})", some(a.unknown, b.unknown))
    raise NotCompiled(node.place, f"the function {name or '?'} has no form in SQL")


def measured(node: tree.Call, scope: Scope) -> Scalar:
    """Calls that give a number: how long a text or a list is."""
    name = node.function.name if isinstance(node.function, tree.Name) else ""
    if node.target is None and node.names is None and len(node.args) == 1:
        if name == "string length":
            of = scalar(node.args[0], scope)
            if of.type == t.STRING:
                size = f"char_length({of.value})::numeric"
                return Scalar(t.NUMBER, size, of.null, of.unknown)
        if name == "count":
            rows = elements(node.args[0], scope)
            if not any(
                isinstance(p, tree.Name) and p.name in scope.open_lists for p in tree.walk(node)
            ):
                size = f"(SELECT count(*) {rows.source(TRUE)})::numeric"
                value = f"CASE WHEN {rows.known} THEN {size} END"
                return Scalar(t.NUMBER, value, rows.null, rows.unknown)
    raise NotCompiled(node.place, f"the function {name or '?'} has no form in SQL")


def _listed(node: tree.Call, scope: Scope) -> Truth:
    """`list contains`: items that cannot be compared are not the one."""
    rows = elements(node.args[0], scope)
    wanted = scalar(node.args[1], scope)
    item = scalar(tree.Name("?"), rows.binding("?"))
    same = equal(item, wanted, node.place)
    true = rows.exists(same.t)
    unsure = some(rows.unknown, every(no(true), rows.exists(same.u)))
    return Truth(true, every(rows.known, no(true), no(unsure)), unsure)


def _quantified(node: tree.Quantified, iterators: tuple[tree.Iterator, ...], scope: Scope) -> Truth:
    first, *rest = iterators
    if first.until is not None:
        raise NotCompiled(first.place, "an interval is not gone through in SQL")
    fixed, listed = scope.constant(first.domain)
    if fixed:
        return _spelt_out(node, first, rest, listed, scope)
    rows = elements(first.domain, scope)
    inner = rows.binding(first.name)
    body = _quantified(node, tuple(rest), inner) if rest else truth(node.satisfies, inner)
    unsure = rows.exists(body.u)
    if node.kind == "every":
        false = rows.exists(body.f)
        true = every(rows.known, no(rows.exists(no(body.t))))
        return Truth(true, false, some(rows.unknown, every(unsure, no(false))))
    true = rows.exists(body.t)
    false = every(rows.known, no(rows.exists(no(body.f))))
    return Truth(true, false, some(rows.unknown, every(unsure, no(true))))


def _spelt_out(
    node: tree.Quantified,
    first: tree.Iterator,
    rest: list[tree.Iterator],
    listed: object,
    scope: Scope,
) -> Truth:
    """Over a parameter's list: one condition for each of its elements."""
    if not isinstance(listed, list) or len(listed) > MOST_SPELT_OUT:
        raise NotCompiled(first.place, "only short lists of parameters are spelt out in SQL")
    parts = []
    for item in listed:
        bound = {name: one for name, one in scope.bound.items() if name != first.name}
        inner = replace(scope, bound=bound, constants={**scope.constants, first.name: item})
        parts.append(
            _quantified(node, tuple(rest), inner) if rest else truth(node.satisfies, inner)
        )
    if not parts:
        return Truth(_sql(node.kind == "every"), _sql(node.kind == "some"))
    return joined("and" if node.kind == "every" else "or", parts)


@dataclass(frozen=True, slots=True)
class Rows:
    """The elements of a stored list, perhaps filtered, as rows of a subquery.

    known: the list is there, and every element is either kept or not; kept: which are.
    """

    array: str
    alias: str
    known: str
    null: str
    unknown: str
    inner: Scope
    element: Json
    kept: str = TRUE

    def binding(self, name: str) -> Scope:
        return replace(self.inner, bound={**self.inner.bound, name: self.element})

    def source(self, condition: str) -> str:
        """FROM and WHERE of the elements that meet a condition."""
        listed = f"CASE WHEN jsonb_typeof({self.array}) = 'array' THEN {self.array} END"
        return (
            f"FROM jsonb_array_elements({listed}) AS {self.alias}(j)"
            f" WHERE {every(self.kept, condition)}"
        )

    def exists(self, condition: str) -> str:
        if condition == FALSE:
            return FALSE
        # most lists are empty, and a subquery costs more than to see that
        some_there = f"{self.array} <> '[]'::jsonb"
        found = f"({some_there} AND EXISTS (SELECT 1 {self.source(condition)}))"
        return found if self.kept == TRUE else every(self.known, found)


def elements(domain: Node, scope: Scope) -> Rows:
    """The rows of a list that is stored, or of a filter over one."""
    if isinstance(domain, tree.Filter):
        return _filtered(domain, scope)
    stored = scope.json(domain)
    if stored is None or not isinstance(stored.type, t.ListType):
        raise NotCompiled(place_of(domain), "only stored lists are gone through in SQL")
    of, array = stored.type.of, stored.sql
    if isinstance(domain, tree.Name) and domain.name in scope.open_lists:
        if not isinstance(of, t.ContextType):
            raise NotCompiled(domain.place, "an incomplete list of single values")
        array = f"({array} || jsonb_build_array(jsonb_build_object()))"
    alias = f"e{scope.depth + 1}"
    item = f"{alias}.j"
    element = Json(item, of, f"({item} #>> ARRAY[]::text[])", f"{item} = 'null'::jsonb", FALSE)
    inner = replace(scope, depth=scope.depth + 1)
    known = f"jsonb_typeof({stored.sql}) = 'array'"
    return Rows(
        array=array,
        alias=alias,
        known=known,
        null=stored.null,
        unknown=stored.unknown,
        inner=inner,
        element=element,
    )


def _filtered(node: tree.Filter, scope: Scope) -> Rows:
    """A filter is UNKNOWN as soon as one element may or may not be kept."""
    rows = elements(node.of, scope)
    if any(isinstance(p, tree.Name) and p.name in scope.open_lists for p in tree.walk(node.of)):
        raise NotCompiled(node.place, "a filter of an incomplete list")
    bound = {**rows.inner.bound, "item": rows.element}
    if isinstance(rows.element.type, t.ContextType):
        for name, _ in rows.element.type.fields:
            bound[name] = part(rows.element, name)
    test = truth(node.condition, replace(rows.inner, bound=bound))
    unsure = rows.exists(test.u)
    return replace(
        rows,
        known=every(rows.known, no(unsure)),
        unknown=some(rows.unknown, unsure),
        kept=every(rows.kept, test.t),
    )
