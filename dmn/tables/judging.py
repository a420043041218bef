"""The function that judges a decision table.

Source: DMN 1.5, clause 8.2. Rules are tested against the values of the inputs; the hit policy
makes one result of the outputs of those that match (see hit_policies.py). When an input is UNKNOWN
the result is that of every completion, else UNKNOWN (see completions.py).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

from dmn.evaluate.compiler import INPUT, Compiler, Run, Scope
from dmn.limits import Budget
from dmn.operators.comparison import both, same
from dmn.tables.completions import completions
from dmn.tables.hit_policies import AGGREGATORS, apply_hit_policy, output_order
from dmn.tables.model import SINGLE, Table
from dmn.values import UNKNOWN, has_unknown

MOST_CASES = 2_000


def compile_table(c: Compiler, table: Table) -> Run:
    """A function from a scope to the table's result (a context when outputs have names)."""
    inputs = [c.of(column.expression) for column in table.inputs]
    constraints = [c.of(col.allowed) if col.allowed else None for col in table.inputs]
    tests = [
        [(at, c.of(cell)) for at, cell in enumerate(rule.tests) if cell.tests]
        for rule in table.rules
    ]
    decide = _decider(c, table, tests)
    guesses = [completions(table, at) for at in range(len(table.inputs))]
    budget = c.budget

    def run(scope: Scope) -> object:
        values = [value(scope) for value in inputs]
        inner = dict(scope)
        for value, constraint in zip(values, constraints, strict=True):
            if constraint is None or value is UNKNOWN:
                continue
            allowed = _admitted(value, constraint, inner)
            if allowed is UNKNOWN:
                return UNKNOWN
            if allowed is not True:
                return None
        if UNKNOWN not in values:
            return decide(values, inner)
        return _common_result(values, guesses, decide, inner, budget)

    return run


def _admitted(value: object, constraint: Run, scope: dict[str, object]) -> object:
    """Whether an input is one of its column's values; of a list, each of its items or itself."""
    scope[INPUT] = value
    whole = constraint(scope)
    if whole is True or whole is UNKNOWN or not isinstance(value, list):
        return whole
    parts = [constraint({**scope, INPUT: item}) for item in value]
    return both([part if part is True or part is UNKNOWN else False for part in parts])


Decider = Callable[[list[object], dict[str, object]], object]


def _common_result(
    values: list[object],
    guesses: list[list[object] | None],
    decide: Decider,
    scope: dict[str, object],
    budget: Budget,
) -> object:
    """The result that all completions of the UNKNOWN inputs share, else UNKNOWN."""
    options: list[list[object]] = []
    cases = 1
    for value, guess in zip(values, guesses, strict=True):
        if value is not UNKNOWN:
            options.append([value])
            continue
        if guess is None:
            return UNKNOWN
        options.append(guess)
        cases *= len(guess)
    if cases > MOST_CASES:
        return UNKNOWN
    budget.spend(cases)
    cases_left = product(*options)
    first = decide(list(next(cases_left)), scope)
    if has_unknown(first):
        return UNKNOWN
    for case in cases_left:
        if not same(first, decide(list(case), scope)):
            return UNKNOWN
    return first


def _decider(c: Compiler, table: Table, tests: list[list[tuple[int, Run]]]) -> Decider:
    outputs = [[c.of(output) for output in rule.outputs] for rule in table.rules]
    defaults = [c.of(col.default) if col.default else None for col in table.outputs]
    names = [column.name for column in table.outputs]
    several = len(names) > 1
    single, first = table.policy in SINGLE, table.policy == "F"
    order = output_order(c, table.outputs) if table.policy in ("P", "O") else None
    allowed = [c.of(column.allowed) if column.allowed else None for column in table.outputs]

    def row(number: int, scope: dict[str, object]) -> object:
        made = [output(scope) for output in outputs[number]]
        for value, constraint in zip(made, allowed, strict=True):
            if constraint and constraint({**scope, INPUT: value}) is False:
                return None
        return dict(zip(names, made, strict=True)) if several else made[0]

    def fallback(scope: dict[str, object]) -> object:
        if not any(defaults):
            return AGGREGATORS[table.aggregator].empty if not single else None
        made = [default(scope) if default else None for default in defaults]
        value = dict(zip(names, made, strict=True)) if several else made[0]
        return value if single or table.aggregator else [value]

    def decide(values: list[object], scope: dict[str, object]) -> object:
        hits: list[object] = []
        for number, cells in enumerate(tests):
            verdict = _matches(cells, values, scope)
            if verdict is UNKNOWN:
                return UNKNOWN
            if verdict:
                hits.append(row(number, scope))
                if first:
                    break
        if not hits:
            return fallback(scope)
        return apply_hit_policy(table.policy, table.aggregator, hits, order)

    return decide


def _matches(
    cells: list[tuple[int, Run]], values: list[object], scope: dict[str, object]
) -> object:
    """Whether all cells hold; a cell that cannot be applied does not."""
    unknown = False
    for at, cell in cells:
        scope[INPUT] = values[at]
        verdict = cell(scope)
        if verdict is UNKNOWN:
            unknown = True
        elif verdict is not True:
            return False
    return UNKNOWN if unknown else True
