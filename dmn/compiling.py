"""`compile`: a tree or a decision table into a function from a scope to a value."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from dmn.evaluate.compiler import Run
from dmn.evaluate.rules import compile_tree, compiler, with_budget
from dmn.feel.tree import Node
from dmn.limits import Budget
from dmn.tables.judging import compile_table
from dmn.tables.model import Table
from dmn.values import UNKNOWN


def compile(  # noqa: A001 - the word of the field
    node: Node | Table,
    *,
    budget: Budget | None = None,
    missing: object = UNKNOWN,
    clock: Callable[[], datetime] | None = None,
) -> Run:
    """A function from a scope (a dict of values by name) to the value of the expression or
    decision table.

    A name the scope lacks has the value `missing` (UNKNOWN: nobody answered). Without a
    `budget` each call has a fresh one; with one, the caller resets it. Raises
    FeelBudgetError from the call when the budget is spent.
    """
    if not isinstance(node, Table):
        return compile_tree(node, budget=budget, missing=missing, clock=clock)
    counted = budget or Budget()
    run = compile_table(compiler(counted, missing=missing, clock=clock), node)
    return run if budget else with_budget(run, counted)
