"""Static types: the type of an expression over declared names, or a FeelTypeError with place.

`Any` goes with everything; null goes with every type. A literal compared with an enumerated
fact must be one of its values, so that a misspelt word is found before it never matches.
"""

from __future__ import annotations

from collections.abc import Mapping

from dmn import types as t
from dmn.checking.calls import result_of
from dmn.errors import FeelTypeError
from dmn.feel import tree
from dmn.feel.tree import Node, place_of
from dmn.operators.comparison import same
from dmn.types import Type
from dmn.values import to_feel, type_of

Names = Mapping[str, Type]
_SUM: Mapping[tuple[str, str], str] = {
    ("number", "number"): "number",
    ("string", "string"): "string",
    ("days and time duration",) * 2: "days and time duration",
    ("years and months duration",) * 2: "years and months duration",
    **{
        pair: day
        for day in ("date", "date and time")
        for span in ("days and time duration", "years and months duration")
        for pair in ((day, span), (span, day))
    },
    ("time", "days and time duration"): "time",
    ("days and time duration", "time"): "time",
}
_DIFFERENCE = {
    pair: kind for pair, kind in _SUM.items() if pair[0] != "string" and "duration" not in pair[0]
} | {
    ("days and time duration",) * 2: "days and time duration",
    ("years and months duration",) * 2: "years and months duration",
    **{(a, a): "days and time duration" for a in ("date", "date and time", "time")},
    ("date", "date and time"): "days and time duration",
    ("date and time", "date"): "days and time duration",
}
_SPANS = ("days and time duration", "years and months duration")
_PRODUCT = {("number", "number"): "number"} | {
    pair: span for span in _SPANS for pair in ((span, "number"), ("number", span))
}
_QUOTIENT = {("number", "number"): "number"} | {
    pair: kind
    for span in _SPANS
    for pair, kind in (((span, "number"), span), ((span, span), "number"))
}
RESULTS = {
    "+": _SUM,
    "-": _DIFFERENCE,
    "*": _PRODUCT,
    "/": _QUOTIENT,
    "**": {("number", "number"): "number"},
}
_PARTS: Mapping[str, Mapping[str, Type]] = {
    "date": dict.fromkeys(("year", "month", "day", "weekday"), t.NUMBER),
    "time": dict.fromkeys(("hour", "minute", "second"), t.NUMBER),
    "days and time duration": dict.fromkeys(("days", "hours", "minutes", "seconds"), t.NUMBER),
    "years and months duration": dict.fromkeys(("years", "months"), t.NUMBER),
}


def check(node: Node, names: Names) -> Type:
    """The type of the expression; raises FeelTypeError for an unknown name or a wrong type.

    For unary tests `names` holds the type of the tested value under `?`.
    """
    return _Checker().of(node, names)


def is_untyped(kind: Type) -> bool:
    """Whether nothing is known of the type, so that nothing can be wrong with it."""
    return kind.name in ("Any", "any", "Null") or isinstance(kind, t.NamedType)


def comparable(a: Type, b: Type) -> bool:
    if is_untyped(a) or is_untyped(b):
        return True
    if isinstance(a, t.ListType) and isinstance(b, t.ListType):
        return comparable(a.of, b.of)
    return a.name == b.name


def join(a: Type, b: Type) -> Type:
    """The narrowest type that holds both."""
    if a.name == "Null" or a == b:
        return b
    if b.name == "Null":
        return a
    if t.base_type(a) == t.base_type(b):
        both = a.allowed is not None and b.allowed is not None
        allowed = (*(a.allowed or ()), *(b.allowed or ())) if both else None
        return t.enumeration(t.base_type(a), *dict.fromkeys(allowed)) if allowed else t.base_type(a)
    if isinstance(a, t.ListType) and isinstance(b, t.ListType):
        return t.list_of(join(a.of, b.of))
    return t.ANY


def _error(code: str, zh: str, en: str, node: Node) -> FeelTypeError:
    return FeelTypeError(f"type.{code}", zh, en, place_of(node))


class _Checker:
    def of(self, node: Node, names: Names) -> Type:
        match node:
            case tree.Literal(value=value):
                kind = type_of(value)
                return kind if value is None else t.enumeration(kind, value)
            case tree.Name(name=name):
                return self._name(node, name, names)
            case tree.Input():
                return names.get("?", t.ANY)
            case tree.Path(of=of, name=name):
                return self._path(node, self.of(of, names), name)
            case tree.Arithmetic():
                return self._arithmetic(node, names)
            case tree.Negation(operand=operand):
                kind = t.base_type(self.of(operand, names))
                self._want(kind, ("number", *_SPANS), operand)
                return kind
            case tree.Comparison(op=op, left=left, right=right):
                self._compare(op, left, right, node, names)
                return t.BOOLEAN
            case tree.Logic(operands=operands):
                for operand in operands:
                    self._want(self.of(operand, names), ("boolean",), operand)
                return t.BOOLEAN
            case tree.Not(operand=operand):
                self._want(self.of(operand, names), ("boolean",), operand)
                return t.BOOLEAN
            case tree.Between(value=value, low=low, high=high):
                self._compare(">=", value, low, node, names)
                self._compare("<=", value, high, node, names)
                return t.BOOLEAN
            case tree.In(value=value, tests=tests):
                kind = self.of(value, names)
                for test in tests:
                    self._test(kind, test, names)
                return t.BOOLEAN
            case tree.UnaryTests(tests=tests):
                for test in tests:
                    if not self._is_condition(test, names):
                        self._test(names.get("?", t.ANY), test, names)
                return t.BOOLEAN
            case tree.If(condition=condition, then=then, otherwise=otherwise):
                self._want(self.of(condition, names), ("boolean",), condition)
                return join(self.of(then, names), self.of(otherwise, names))
            case tree.InstanceOf(value=value):
                self.of(value, names)
                return t.BOOLEAN
        return self._structure(node, names)

    def _structure(self, node: Node, names: Names) -> Type:
        match node:
            case tree.Quantified(iterators=iterators, satisfies=body):
                inner = self._bind(iterators, names)
                self._want(self.of(body, inner), ("boolean",), body)
                return t.BOOLEAN
            case tree.For(iterators=iterators, result=body):
                inner = {**self._bind(iterators, names), "partial": t.ListType()}
                return t.list_of(self.of(body, inner))
            case tree.Filter():
                return self._filter(node, names)
            case tree.Call():
                return result_of(node, [self.of(arg, names) for arg in node.args], names)
            case tree.FunctionLiteral(parameters=parameters, body=body):
                inner = {**names, **{p.name: p.type or t.ANY for p in parameters}}
                kinds = tuple(p.type or t.ANY for p in parameters)
                return t.FunctionType(parameters=kinds, result=self.of(body, inner))
            case tree.ListLiteral(items=items):
                kind: Type = t.NULL
                for item in items:
                    kind = join(kind, self.of(item, names))
                return t.list_of(kind if items else t.ANY)
            case tree.ContextLiteral(entries=entries):
                made: dict[str, Type] = {}
                for entry in entries:
                    made[entry.name] = self.of(entry.value, {**names, **made})
                return t.ContextType(fields=tuple(made.items()))
            case tree.RangeLiteral(low=low, high=high):
                if low and high:
                    self._compare("<=", low, high, node, names)
                end = low or high
                assert end is not None
                return t.range_of(t.base_type(self.of(end, names)))
            case tree.CompareTest(op="=", value=value):  # `(= 5)` is [5..5]
                return t.range_of(t.base_type(self.of(value, names)))
        raise _error("place", "此处不能用这样的写法", "this cannot stand here", node)

    def _name(self, node: Node, name: str, names: Names) -> Type:
        if name in names:
            return names[name]
        raise _error("name", f"没有名为 “{name}” 的输入", f"there is no input named {name!r}", node)

    def _want(self, kind: Type, wanted: tuple[str, ...], node: Node) -> None:
        if not is_untyped(kind) and kind.name not in wanted:
            options = " / ".join(wanted)
            raise _error(
                "kind",
                f"此处应为 {options}，而不是 {kind}",
                f"{options} wanted here, not {kind}",
                node,
            )

    def _path(self, node: Node, kind: Type, name: str) -> Type:
        if is_untyped(kind):
            return t.ANY
        if isinstance(kind, t.ListType):
            return t.list_of(self._path(node, kind.of, name))
        if isinstance(kind, t.ContextType):
            found = kind.field(name) if kind.fields else t.ANY
        elif isinstance(kind, t.RangeType):
            included = name in ("start included", "end included")
            found = t.BOOLEAN if included else kind.of if name in ("start", "end") else None
        elif kind.name == "date and time":
            found = {**_PARTS["date"], **_PARTS["time"]}.get(name)
        else:
            found = _PARTS.get(kind.name, {}).get(name)
        if found is None and name == "time offset":
            found = t.DAYS_TIME
        if found is None and name == "timezone":
            found = t.STRING
        if found is None:
            raise _error(
                "field", f"{kind} 没有 “{name}” 这一项", f"{kind} has no part {name!r}", node
            )
        return found

    def _arithmetic(self, node: tree.Arithmetic, names: Names) -> Type:
        left, right = self.of(node.left, names), self.of(node.right, names)
        if is_untyped(left) or is_untyped(right):
            return t.ANY
        found = RESULTS[node.op].get((left.name, right.name))
        if found is None:
            raise _error(
                "arithmetic",
                f"{left} 与 {right} 之间不能用 {node.op}",
                f"{node.op} does not go between {left} and {right}",
                node,
            )
        return t.SIMPLE[found]

    def _compare(self, op: str, left: Node, right: Node, node: Node, names: Names) -> None:
        a, b = self.of(left, names), self.of(right, names)
        if not comparable(a, b):
            raise _error("compare", f"{a} 与 {b} 不能比较", f"{a} and {b} cannot be compared", node)
        if op not in ("=", "!="):
            for kind, part in ((a, left), (b, right)):
                if not is_untyped(kind) and t.base_type(kind) not in t.ORDERED:
                    raise _error("order", f"{kind} 没有大小先后", f"{kind} has no order", part)
        else:
            self._allowed(a, b, right, literal=isinstance(right, tree.Literal))
            self._allowed(b, a, left, literal=isinstance(left, tree.Literal))

    def _allowed(self, kind: Type, other: Type, node: Node, *, literal: bool) -> None:
        """Refuse a literal that the enumerated type on the other side can never equal."""
        if not literal or kind.allowed is None or other.allowed is None:
            return
        value = other.allowed[0]
        if not any(same(value, one) for one in kind.allowed):
            shown = "、".join(map(to_feel, kind.allowed))
            raise _error(
                "allowed",
                f"{to_feel(value)} 不在允许的取值内：{shown}",
                f"{to_feel(value)} is not among the allowed values: {shown}",
                node,
            )

    def _test(self, kind: Type, test: Node, names: Names) -> None:
        if isinstance(test, tree.CompareTest):
            self._against(kind, self.of(test.value, names), test)
            return
        found = self.of(test, names)
        if any(isinstance(part, tree.Input) for part in tree.walk(test)):
            return
        if isinstance(found, t.ListType | t.RangeType):
            if isinstance(kind, t.ListType) and comparable(kind, found):
                return
            parts = test.items if isinstance(test, tree.ListLiteral) else ()
            for part in parts:
                self._allowed(
                    kind, self.of(part, names), part, literal=isinstance(part, tree.Literal)
                )
            of = found.of.of if isinstance(found.of, t.RangeType) else found.of
            self._against(kind, of, test)
            return
        self._against(kind, found, test)
        self._allowed(kind, found, test, literal=isinstance(test, tree.Literal))

    def _is_condition(self, test: Node, names: Names) -> bool:
        """Whether a test of a cell decides by itself, whatever the value."""
        plain = tree.Literal | tree.Name | tree.Path | tree.CompareTest | tree.RangeLiteral
        return not isinstance(test, plain) and self.of(test, names).name == "boolean"

    def _against(self, kind: Type, found: Type, node: Node) -> None:
        if not comparable(kind, found):
            raise _error(
                "compare",
                f"{kind} 与 {found} 不能比较",
                f"{kind} and {found} cannot be compared",
                node,
            )

    def _bind(self, iterators: tuple[tree.Iterator, ...], names: Names) -> dict[str, Type]:
        inner = dict(names)
        for iterator in iterators:
            kind = self.of(iterator.domain, inner)
            if iterator.until is not None:
                self._compare("<=", iterator.domain, iterator.until, iterator, inner)
                inner[iterator.name] = t.base_type(kind)
            elif isinstance(kind, t.ListType | t.RangeType):
                inner[iterator.name] = kind.of
            elif is_untyped(kind):
                inner[iterator.name] = t.ANY
            else:
                raise _error(
                    "list",
                    f"此处应为列表，而不是 {kind}",
                    f"a list wanted here, not {kind}",
                    iterator,
                )
        return inner

    def _filter(self, node: tree.Filter, names: Names) -> Type:
        kind = self.of(node.of, names)
        of = kind.of if isinstance(kind, t.ListType) else kind
        fields = dict(of.fields) if isinstance(of, t.ContextType) else {}
        condition = self.of(node.condition, {**names, "item": of, **fields})
        if condition.name == "number":
            return of
        self._want(condition, ("boolean",), node.condition)
        return t.list_of(of)
