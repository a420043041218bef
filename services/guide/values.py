"""The values of an expression in words: what is asked, read, added up or picked out. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from dmn import types as t
from dmn.checking.expressions import check
from dmn.errors import FeelError
from dmn.feel import tree
from dmn.feel.tree import Node
from dmn.types import Type
from dmn.values.temporal import YearsMonths, write_duration
from services.explain import span, written_date
from services.guide.codes import Codes, Vocabulary
from services.guide.phrases import DATE_PARTS, DATES, GIVES, SPANS, SUMS
from services.guide.words import Pair
from services.pack.model import Fact
from services.pack.persons import WHOLE


class TooDeep(Exception):
    """The expression has no sentence."""


@dataclass(frozen=True)
class Scope:
    """What is known at one place: types of names, and the list that "each one" is of, if any.

    ``one``: the name of each one; ``of``: the fact whose records those are; ``fields``: whether
    its parts are named by themselves, as in a filter; ``codes``: the words of what is in the list.
    """

    types: Mapping[str, Type]
    one: str = ""
    of: Fact | None = None
    fields: bool = False
    codes: Codes = field(default_factory=dict)


class Values:
    """``names``: what facts, parameters and tables are called; ``types``: of what each is."""

    def __init__(
        self, words: Vocabulary, names: Mapping[str, str], types: Mapping[str, Type]
    ) -> None:
        self.words, self.names = words, names
        self.language = words.language
        self.facts, self.parameters = words.pack.facts, words.pack.parameters
        self.scope = Scope(types)

    def condition(self, node: Node, scope: Scope, *, holds: bool = True) -> str:
        """The sentence that a condition holds; or, with ``holds`` false, that it does not."""
        raise NotImplementedError

    def say(self, pair: Pair, *parts: str) -> str:
        return pair[self.language == "en"].format(*parts)

    def kind(self, node: Node, scope: Scope) -> Type:
        try:
            return check(node, scope.types)
        except FeelError:
            return t.ANY

    def truth(self, value: bool) -> str:
        return self.say(("是", "yes") if value else ("否", "no"))

    def value(self, node: Node, scope: Scope, codes: Codes | None = None) -> str:
        """The words of a value; ``codes``: those of what it is compared with."""
        match node:
            case tree.Literal(value=value):
                return self.literal(value, codes or {})
            case tree.Name(name=name):
                return self.named(name, scope)
            case tree.Path(of=of, name=name):
                return self.part(of, name, scope)
            case tree.Arithmetic():
                return self.sum(node, scope)
            case tree.ListLiteral(items=items):
                parts = [self.value(item, scope, codes) for item in items]
                return self.say(("、", ", ")).join(parts)
            case tree.If(condition=condition, then=then, otherwise=otherwise):
                said = self.condition(condition, scope)
                a, b = self.value(then, scope, codes), self.value(otherwise, scope, codes)
                return self.say(
                    ("（{0}的，为{1}；否则为{2}）", "({1} where {0}; otherwise {2})"), said, a, b
                )
            case tree.Filter(of=of, condition=condition):
                inner = replace(self.inside(of, "item", scope), fields=True)
                if inner.of is None:
                    raise TooDeep
                kinds = dict(_fields(inner.types["item"]))
                inner = replace(inner, types={**inner.types, **kinds})
                said = self.condition(condition, inner)
                pair = ("{0}中符合下列条件的（{1}）", "those of {0} of whom it holds that ({1})")
                return self.say(pair, self.value(of, scope), said)
            case tree.Call(function=tree.Name(name=name), args=args) if name in GIVES:
                parts = [self.value(arg, scope) for arg in args]
                if name in ("max", "min"):
                    parts = [self.say(("、", ", ")).join(parts)]
                if len(parts) != GIVES[name][0].count("{"):
                    raise TooDeep
                return self.say(GIVES[name], *parts)
            case tree.Negation(operand=operand):
                return self.say(("负的{0}", "minus {0}"), self.value(operand, scope))
            case tree.Comparison() | tree.Logic() | tree.Not() | tree.In() | tree.Quantified():
                return self.say(("（{0}）", "({0})"), self.condition(node, scope))
        raise TooDeep

    def literal(self, value: object, codes: Codes) -> str:
        match value:
            case None:
                return self.say(("无", "none"))
            case bool():
                return self.truth(value)
            case str():
                found = codes.get(value) or self.words.wording.terms.get(value, value)
                return f"“{found}”"
            case Decimal():
                return f"{value:f}"
            case datetime.date() if not isinstance(value, datetime.datetime):
                return written_date(value.isoformat(), self.language)
            case YearsMonths() | datetime.timedelta():
                return span(write_duration(value), self.language)
        raise TooDeep

    def named(self, name: str, scope: Scope) -> str:
        if name == scope.one:
            return self.say(("该项", "it"))
        if scope.of is not None and self.is_part(name, scope):
            return self.own(name, scope.of)
        if name not in self.names:
            raise TooDeep
        return self.marked(self.names[name])

    def is_part(self, name: str, scope: Scope) -> bool:
        """Whether a name is a part of each record that a filter looks at."""
        return scope.fields and name in dict(_fields(scope.types[scope.one]))

    def marked(self, text: str) -> str:
        """What stands for a value of the case, or a figure, apart from the words around it."""
        return self.say(("〔{0}〕", "[{0}]"), text)

    def own(self, part: str, fact: Fact) -> str:
        whose = ("其{0}", "their {0}") if is_of_each(fact) else ("其{0}", "its {0}")
        return self.say(whose, self.marked(self.words.part(fact, part)))

    def part(self, of: Node, name: str, scope: Scope) -> str:
        kind = self.kind(of, scope)
        if kind.name in DATES and name in DATE_PARTS:
            pair = ("{0}的{1}", "the {1} of {0}")
            return self.say(pair, self.value(of, scope), self.say(DATE_PARTS[name]))
        if isinstance(of, tree.Name) and of.name == scope.one and scope.of is not None:
            return self.own(name, scope.of)
        list_of = of.of if isinstance(of, tree.Filter) else of
        fact = self.facts.get(list_of.name) if isinstance(list_of, tree.Name) else None
        if fact is None:
            raise TooDeep
        label = self.marked(self.words.part(fact, name))
        return self.say(("{0}各自的{1}", "{1} of each of {0}"), self.value(of, scope), label)

    def sum(self, node: tree.Arithmetic, scope: Scope) -> str:
        left, right = self.kind(node.left, scope), self.kind(node.right, scope)
        if left.name == "string":
            texts = self.say(("、", ", ")).join(self.texts(node, scope))
            return self.say(("（依次相连：{0}）", "(one after the other: {0})"), texts)
        a, b = self.value(node.left, scope), self.value(node.right, scope)
        if left.name in DATES and right.name in SPANS:
            after = ("{0}起满{1}之日", "the day {1} after {0}")
            before = ("{0}前{1}之日", "the day {1} before {0}")
            return self.say(after if node.op == "+" else before, a, b)
        if left.name in DATES or node.op not in SUMS:
            raise TooDeep
        a, b = (
            self.say(("（{0}）", "({0})"), text) if isinstance(part, tree.Arithmetic) else text
            for part, text in ((node.left, a), (node.right, b))
        )
        return self.say(("{0}{1}{2}", "{0} {1} {2}"), a, self.say(SUMS[node.op]), b)

    def texts(self, node: Node, scope: Scope) -> list[str]:
        """The texts that are joined into one."""
        if isinstance(node, tree.Arithmetic):
            return [*self.texts(node.left, scope), *self.texts(node.right, scope)]
        return [self.value(node, scope)]

    def is_division(self, node: Node) -> bool:
        found = self.parameters.get(node.name) if isinstance(node, tree.Name) else None
        return found is not None and found.is_division

    def codes(self, node: Node, scope: Scope) -> Codes:
        """The words of the codes that a value may be."""
        match node:
            case tree.Name(name=name) if name == scope.one:
                return scope.codes
            case tree.Name(name=name) if scope.of is not None and self.is_part(name, scope):
                return self.words.of_part(scope.of, name)
            case tree.Name(name=name) if name in self.facts:
                return self.words.of_fact(self.facts[name])
            case tree.Path(of=tree.Name(name=name), name=part):
                fact = scope.of if name == scope.one else self.facts.get(name)
                return self.words.of_part(fact, part) if fact is not None else {}
        return {}

    def inside(self, domain: Node, one: str, scope: Scope) -> Scope:
        """The scope of each one of a list. Raises ``TooDeep`` within another such list."""
        if scope.one:
            raise TooDeep
        kind = self.kind(domain, scope)
        of = kind.of if isinstance(kind, t.ListType) else t.ANY
        inner = replace(scope, types={**scope.types, one: of}, one=one)
        list_of = domain.of if isinstance(domain, tree.Filter) else domain
        fact = self.facts.get(list_of.name) if isinstance(list_of, tree.Name) else None
        codes = self.codes(domain, scope)
        return replace(inner, of=fact, codes=codes)


def is_of_each(fact: Fact) -> bool:
    """Whether a fact has one record of each person, and no list of records of theirs."""
    return fact.of_persons and fact.field == WHOLE


def _fields(kind: Type) -> tuple[tuple[str, Type], ...]:
    return kind.fields if isinstance(kind, t.ContextType) else ()
