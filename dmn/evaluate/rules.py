"""Which rule makes the closure of which node, and the public way to compile an expression."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import datetime

from dmn.builtins import REGISTRY
from dmn.errors import FeelBudgetError
from dmn.evaluate import calls, lists, loops, scalars, unary_tests
from dmn.evaluate.compiler import Compiler, Rule, Run, Scope
from dmn.feel import tree
from dmn.limits import Budget
from dmn.values import UNKNOWN

RULES: Mapping[type, Rule] = {
    tree.Literal: scalars.literal,
    tree.Name: scalars.name,
    tree.Input: scalars.input_value,
    tree.Path: scalars.path_of,
    tree.Arithmetic: scalars.arithmetic_of,
    tree.Negation: scalars.negation,
    tree.Comparison: scalars.comparison,
    tree.Between: scalars.between,
    tree.Logic: scalars.logic,
    tree.Not: scalars.negated_of,
    tree.If: scalars.choice,
    tree.InstanceOf: scalars.instance_of,
    tree.Quantified: loops.quantified,
    tree.For: loops.for_each,
    tree.ListLiteral: lists.list_literal,
    tree.ContextLiteral: lists.context_literal,
    tree.RangeLiteral: lists.range_literal,
    tree.Filter: lists.filter_of,
    tree.In: unary_tests.is_in,
    tree.UnaryTests: unary_tests.unary_tests,
    tree.CompareTest: lists.test_as_value,
    tree.Call: calls.call,
    tree.FunctionLiteral: calls.function_literal,
}
_COUNTED = (tree.Quantified, tree.For, tree.Filter, tree.FunctionLiteral)


def needs_budget(node: tree.Node) -> bool:
    """Whether judging takes steps that must be counted: it loops, makes lists, calls itself."""
    for part in tree.walk(node):
        if isinstance(part, _COUNTED):
            return True
        if isinstance(part, tree.Call) and part.target is None:
            known = (
                REGISTRY.get(part.function.name) if isinstance(part.function, tree.Name) else None
            )
            if known is None or any(signature.needs for signature in known.signatures):
                return True
    return False


def compiler(
    budget: Budget,
    *,
    missing: object = UNKNOWN,
    clock: Callable[[], datetime] | None = None,
) -> Compiler:
    return Compiler(RULES, REGISTRY, budget, missing, clock)


def compile_tree(
    node: tree.Node,
    *,
    budget: Budget | None = None,
    missing: object = UNKNOWN,
    clock: Callable[[], datetime] | None = None,
) -> Run:
    """The function of an expression; see `dmn.compile`."""
    counted = needs_budget(node)
    counter = budget or (Budget() if counted else Budget(steps=sys.maxsize))
    run = compiler(counter, missing=missing, clock=clock).of(node)
    return with_budget(run, counter) if counted and budget is None else run


def with_budget(run: Run, budget: Budget) -> Run:
    """The same function with the budget reset at each call, and recursion without end refused."""
    steps = budget.steps

    def judge(scope: Scope) -> object:
        budget.left = steps
        try:
            return run(scope)
        except RecursionError:
            raise FeelBudgetError(
                "budget.recursion",
                "函数调用自身的层次过深",
                "a function calls itself too deeply",
            ) from None

    return judge
