"""Tokens into the tree, by lark's LALR parser; building is bottom-up, without recursion."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from decimal import InvalidOperation
from functools import lru_cache
from pathlib import Path as File
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedInput

from dmn.errors import FeelBudgetError, FeelError, FeelSyntaxError, Place
from dmn.feel import tree
from dmn.feel.lexer import tokens
from dmn.feel.names import normal_name
from dmn.feel.tree import Node
from dmn.limits import READING, Limits, too_deep
from dmn.types import Function, parse_type
from dmn.values.decimals import number as decimal128
from dmn.values.temporal import read_date, read_date_time, read_duration, read_time

_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{6})|(.))", re.DOTALL)
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}


def unescape(text: str) -> str:
    """The characters a string literal stands for; an escape FEEL does not know stays."""

    def one(match: re.Match[str]) -> str:
        code = match[1] or match[2]
        if code:
            value = int(code, 16)
            return chr(value) if value < 0x110000 else match[0]
        return _PLAIN.get(match[3], match[0])

    found = _ESCAPE.sub(one, text)
    if any(0xD800 <= ord(c) < 0xE000 for c in found):
        found = found.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return found


def read_at(text: str) -> object:
    """The value of `@"..."`, None when it is no date, time or duration."""
    for read in (read_date, read_date_time, read_time, read_duration):
        found = read(text)
        if found is not None:
            return found
    return None


def _spot(part: Node | Token) -> Place:
    if isinstance(part, Token):
        return Place(part.line or 0, part.column or 0, part.start_pos or 0, part.end_pos or 0)
    return part.place  # type: ignore[attr-defined]


def _span(parts: list[Any]) -> Place:
    first, last = _spot(parts[0]), _spot(parts[-1])
    return Place(first.line, first.column, first.start, last.end)


def _nodes(parts: list[Any]) -> tuple[Node, ...]:
    return tuple(part for part in parts if isinstance(part, Node))


class Builder(Transformer):  # type: ignore[type-arg]
    """One method per alternative of the grammar."""

    def unary_tests(self, parts: list[Any]) -> Node:
        return tree.UnaryTests(_nodes(parts), place=_span(parts))

    def negated_tests(self, parts: list[Any]) -> Node:
        return tree.UnaryTests(_nodes(parts), negated=True, place=_span(parts))

    def compare_test(self, parts: list[Any]) -> Node:
        return tree.CompareTest(str(parts[0]), parts[1], place=_span(parts))  # type: ignore[arg-type]

    def logic(self, parts: list[Any]) -> Node:
        left, sign, right = parts
        op = str(sign)
        operands: tuple[Node, ...] = (right,)
        same = isinstance(left, tree.Logic) and left.op == op
        operands = (*(left.operands if same else (left,)), right)
        if len(operands) > READING.terms:
            raise FeelBudgetError(
                "budget.terms",
                f"“{op}” 连接的条件过多（上限 {READING.terms} 个），请改用列表或决策表",
                f"too many conditions joined by {op!r} (at most {READING.terms}); "
                "use a list or a decision table",
                _span(parts),
            )
        return tree.Logic(op, operands, place=_span(parts))  # type: ignore[arg-type]

    def comparison(self, parts: list[Any]) -> Node:
        return tree.Comparison(str(parts[1]), parts[0], parts[2], place=_span(parts))  # type: ignore[arg-type]

    def between(self, parts: list[Any]) -> Node:
        return tree.Between(parts[0], parts[2], parts[4], place=_span(parts))

    def in_one(self, parts: list[Any]) -> Node:
        return tree.In(parts[0], (parts[2],), place=_span(parts))

    def in_compare(self, parts: list[Any]) -> Node:
        test = tree.CompareTest(str(parts[2]), parts[3], place=_span(parts[2:]))  # type: ignore[arg-type]
        return tree.In(parts[0], (test,), place=_span(parts))

    def in_any(self, parts: list[Any]) -> Node:
        return tree.In(parts[0], _nodes(parts[1:]), place=_span(parts))

    def arithmetic(self, parts: list[Any]) -> Node:
        return tree.Arithmetic(str(parts[1]), parts[0], parts[2], place=_span(parts))  # type: ignore[arg-type]

    def instance_of(self, parts: list[Any]) -> Node:
        return tree.InstanceOf(parts[0], parse_type(str(parts[2])), place=_span(parts))

    def negation(self, parts: list[Any]) -> Node:
        return tree.Negation(parts[1], place=_span(parts))

    def path(self, parts: list[Any]) -> Node:
        return tree.Path(parts[0], str(parts[2]), place=_span(parts))

    def filter(self, parts: list[Any]) -> Node:
        return tree.Filter(parts[0], parts[2], place=_span(parts))

    def call(self, parts: list[Any]) -> Node:
        function, args = parts[0], _nodes(parts[2:])
        place = _span(parts)
        if args and isinstance(args[0], tree.Entry):
            keys = tuple(arg.name for arg in args)  # type: ignore[attr-defined]
            return tree.Call(function, tuple(a.value for a in args), keys, place=place)  # type: ignore[attr-defined]
        if isinstance(function, tree.Name) and function.name == "not" and len(args) == 1:
            return tree.Not(args[0], place=place)
        return tree.Call(function, args, place=place)

    def named(self, parts: list[Any]) -> Node:
        return tree.Entry(str(parts[0]), parts[2], place=_span(parts))

    def number(self, parts: list[Any]) -> Node:
        try:
            return tree.Literal(decimal128(str(parts[0])), place=_span(parts))
        except ArithmeticError:
            raise FeelSyntaxError(
                "syntax.number",
                f"数字 {parts[0]} 超出范围（指数最大 6144）",
                f"the number {parts[0]} is out of range (exponents reach to 6144)",
                _span(parts),
            ) from None

    def string(self, parts: list[Any]) -> Node:
        return tree.Literal(unescape(parts[0][1:-1]), place=_span(parts))

    def at(self, parts: list[Any]) -> Node:
        value = read_at(unescape(parts[0][1:-1]))
        if value is None:
            raise FeelSyntaxError(
                "syntax.at",
                f'@{parts[0]} 不是日期、时间或时长，例如 @"2026-01-31"、@"P2Y"',
                f'@{parts[0]} is no date, time or duration such as @"2026-01-31" or @"P2Y"',
                _span(parts),
            )
        return tree.Literal(value, place=_span(parts))

    def true(self, parts: list[Any]) -> Node:
        return tree.Literal(True, place=_span(parts))

    def false(self, parts: list[Any]) -> Node:
        return tree.Literal(False, place=_span(parts))

    def null(self, parts: list[Any]) -> Node:
        return tree.Literal(None, place=_span(parts))

    def name(self, parts: list[Any]) -> Node:
        return tree.Name(str(parts[0]), place=_span(parts))

    def input(self, parts: list[Any]) -> Node:
        return tree.Input(place=_span(parts))

    def bracketed(self, parts: list[Any]) -> Node:
        return parts[1]

    def bare_range(self, parts: list[Any]) -> Node:
        """`[< 5]`: a range as an item of a list, without brackets of its own."""
        return self.half_range([parts[0], *parts, parts[-1]])

    def half_range(self, parts: list[Any]) -> Node:
        op, end, place = str(parts[1]), parts[2], _span(parts)
        if op in ("=", "!="):  # these need no order, as the ends of a range do
            return tree.CompareTest(op, end, place=place)  # type: ignore[arg-type]
        closed = op.endswith("=")
        if op[0] == "<":
            return tree.RangeLiteral(None, end, False, closed, place=place)
        return tree.RangeLiteral(end, None, closed, False, place=place)

    def list_literal(self, parts: list[Any]) -> Node:
        return tree.ListLiteral(_nodes(parts), place=_span(parts))

    def range_literal(self, parts: list[Any]) -> Node:
        opening, low, _, high, closing = parts
        return tree.RangeLiteral(low, high, opening == "[", closing == "]", place=_span(parts))

    def context_literal(self, parts: list[Any]) -> Node:
        entries: tuple[tree.Entry, ...] = _nodes(parts)  # type: ignore[assignment]
        seen: set[str] = set()
        for entry in entries:
            if entry.name in seen:
                raise FeelSyntaxError(
                    "syntax.twice",
                    f"“{entry.name}” 出现了两次",
                    f"{entry.name!r} is given twice",
                    entry.place,
                )
            seen.add(entry.name)
        return tree.ContextLiteral(entries, place=_span(parts))

    def entry(self, parts: list[Any]) -> Node:
        key = parts[0]
        text = unescape(key[1:-1]) if key.type == "STRING" else str(key)
        return tree.Entry(text, parts[2], place=_span(parts))

    def if_(self, parts: list[Any]) -> Node:
        return tree.If(parts[1], parts[3], parts[5], place=_span(parts))

    def for_(self, parts: list[Any]) -> Node:
        *iterators, result = _nodes(parts)
        return tree.For(tuple(iterators), result, place=_span(parts))  # type: ignore[arg-type]

    def quantified(self, parts: list[Any]) -> Node:
        *iterators, condition = _nodes(parts)
        return tree.Quantified(str(parts[0]), tuple(iterators), condition, place=_span(parts))  # type: ignore[arg-type]

    def iterator(self, parts: list[Any]) -> Node:
        until = parts[4] if len(parts) == 5 else None
        return tree.Iterator(str(parts[0]), parts[2], until, place=_span(parts))

    def parameter(self, parts: list[Any]) -> Node:
        kind = parse_type(str(parts[2])) if len(parts) == 3 else None
        return tree.Parameter(str(parts[0]), kind, place=_span(parts))

    def function_literal(self, parts: list[Any]) -> Node:
        *parameters, body = _nodes(parts)
        external = any(isinstance(p, Token) and p.type == "EXTERNAL" for p in parts)
        return tree.FunctionLiteral(tuple(parameters), body, external, place=_span(parts))  # type: ignore[arg-type]


GRAMMAR = File(__file__).with_name("grammar.lark")


@lru_cache(maxsize=1)
def parser() -> Lark:
    """The parser, made once; quiet about the conflicts that the grammar's head explains."""
    logging.getLogger("lark").setLevel(logging.CRITICAL)
    return Lark(
        GRAMMAR.read_text("utf-8"),
        parser="lalr",
        lexer="basic",
        start=["expression", "unary_tests"],
        transformer=Builder(),
    )


def read(
    text: str,
    *,
    kind: str = "expression",
    names: Iterable[str] = (),
    functions: Mapping[str, Function] | None = None,
    limits: Limits = READING,
) -> Node:
    """The tree of an expression or of unary tests (`kind`), names resolved against `names`."""
    known = [*(normal_name(name) for name in names), *(functions or ())]
    made, lines = tokens(text, known, tests=kind == "unary_tests", limits=limits)
    if kind == "unary_tests" and [t.type for t in made] == ["MINUS"]:
        return tree.UnaryTests((), place=_span(made))
    node = _build(made, kind, lines.place(len(text), len(text)))
    check_height(node, limits.depth)
    return node


def _build(made: list[Token], kind: str, end: Place) -> Node:
    machine = parser().parse_interactive("", start=kind)
    before = last = None
    try:
        for one in made:
            before, last = last, one
            machine.feed_token(one)
        return machine.feed_eof(last)
    except FeelError:
        raise
    except UnexpectedInput as error:
        token = getattr(error, "token", None)
        if token is None or token.type == "$END" or last is None:
            raise FeelSyntaxError(
                "syntax.end", "表达式不完整", "the expression is incomplete", end
            ) from None
        zh, en = f"此处不应出现 {str(token)[:40]}", f"{str(token)[:40]} is not expected here"
        if str(token) == str(before) == "=":
            zh, en = "相等写作一个 =", "equality is written with one ="
        raise FeelSyntaxError("syntax.unexpected", zh, en, _spot(token)) from None
    except InvalidOperation:  # pragma: no cover - numbers are checked where they are read
        raise FeelSyntaxError("syntax.number", "数字有误", "a number is wrong", end) from None


def check_height(node: Node, limit: int) -> None:
    """Refuse a tree too high to be judged by nested calls; itself not recursive."""
    level = [node]
    height = 0
    while level:
        height += 1
        if height > limit:
            raise too_deep(level[0].place, limit)  # type: ignore[attr-defined]
        level = [child for parent in level for child in tree.children(parent)]
