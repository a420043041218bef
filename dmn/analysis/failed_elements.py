"""The elements for which a failed `every` fails, or a `some` that must not hold.

Looks where the result is decided: at the top, under `and`, `or`, `not` and the branch that an
`if` takes.
"""

from __future__ import annotations

from collections.abc import Callable

from dmn.evaluate.compiler import Run, Scope
from dmn.evaluate.loops import elements
from dmn.evaluate.rules import compiler
from dmn.feel import tree
from dmn.feel.tree import Node
from dmn.limits import Budget
from dmn.values import UNKNOWN

Finder = Callable[[Scope], list[object]]


def failed_elements(node: Node, scope: Scope) -> list[object]:
    """The elements that make the expression false in this scope, in order, each once."""
    return find_failed_elements(node)(scope)


def find_failed_elements(node: Node) -> Finder:
    """The same, compiled once for many scopes."""
    budget = Budget()
    find = _finder(node, False, lambda part: compiler(budget).of(part), budget)

    def run(scope: Scope) -> list[object]:
        budget.reset()
        found: list[object] = []
        for element in find(scope):
            if not any(element is one for one in found):
                found.append(element)
        return found

    return run


def _finder(node: Node, verdict: bool, of: Callable[[Node], Run], budget: Budget) -> Finder:
    """What finds the elements because of which the node has this verdict."""
    match node:
        case tree.Not(operand=operand):
            return _finder(operand, not verdict, of, budget)
        case tree.Logic(operands=operands):
            return _any_of([(of(o), _finder(o, verdict, of, budget)) for o in operands], verdict)
        case tree.If(condition=condition, then=then, otherwise=otherwise):
            test = of(condition)
            yes = _any_of([(of(then), _finder(then, verdict, of, budget))], verdict)
            no = _any_of([(of(otherwise), _finder(otherwise, verdict, of, budget))], verdict)

            def chosen(scope: Scope) -> list[object]:
                value = test(scope)
                if value is UNKNOWN:
                    return []
                return yes(scope) if value is True else no(scope)

            return chosen
        case tree.Quantified(kind=kind, iterators=(iterator, *rest), satisfies=body):
            if (kind == "every") is not verdict:
                inner = body
                if rest:
                    inner = tree.Quantified(kind, tuple(rest), body)
                return _elements(iterator, of(inner), verdict, of, budget)
    return lambda scope: []


def _any_of(parts: list[tuple[Run, Finder]], verdict: bool) -> Finder:
    def run(scope: Scope) -> list[object]:
        return [
            element for judge, find in parts if judge(scope) is verdict for element in find(scope)
        ]

    return run


def _elements(
    iterator: tree.Iterator, body: Run, verdict: bool, of: Callable[[Node], Run], budget: Budget
) -> Finder:
    domain, name, place = of(iterator.domain), iterator.name, iterator.place

    def run(scope: Scope) -> list[object]:
        items = elements(domain(scope), budget, place)
        if not isinstance(items, list):
            return []
        inner, found = dict(scope), []
        for item in items:
            inner[name] = item
            if body(inner) is verdict:
                found.append(item)
        return found

    return run
