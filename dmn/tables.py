"""Decision tables: what they are, and the function that judges one.

Source: DMN 1.5, clause 8.2. Rules are tested against the values of the inputs; the hit policy
makes one result of the outputs of those that match (see hits.py). When an input is UNKNOWN
the result is that of every completion, else UNKNOWN (see completions.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from typing import Literal

from dmn import tree
from dmn.completions import completions
from dmn.errors import NOWHERE, FeelModelError, Place
from dmn.evaluate.compiler import INPUT, Compiler, Run, Scope
from dmn.evaluate.operators import both, same
from dmn.hits import AGGREGATORS, SINGLE, chosen, priority_of
from dmn.limits import Budget
from dmn.types import Type
from dmn.values import UNKNOWN, has_unknown

HitPolicy = Literal["U", "A", "P", "F", "R", "O", "C"]
Aggregator = Literal["", "+", "<", ">", "#"]
MOST_CASES = 2_000


@dataclass(frozen=True, slots=True)
class Input:
    """One input column. `nullable`: whether a completion of UNKNOWN may be null."""

    expression: tree.Node
    type: Type | None = None
    allowed: tree.UnaryTests | None = None
    nullable: bool = True
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Output:
    """One output column. `allowed` lists the values by falling priority (policies P and O)."""

    name: str = ""
    type: Type | None = None
    allowed: tree.UnaryTests | None = None
    default: tree.Node | None = None
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: a cell of tests per input, an expression per output."""

    tests: tuple[tree.UnaryTests, ...]
    outputs: tuple[tree.Node, ...]
    label: str = ""
    place: Place = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Table:
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    policy: HitPolicy = "U"
    aggregator: Aggregator = ""
    place: Place = field(default=NOWHERE, compare=False, repr=False)

    def __post_init__(self) -> None:
        check_shape(self)


def check_shape(table: Table) -> None:
    """Refuse a table whose rows do not fit its columns, or whose policy cannot work."""
    if not table.outputs:
        raise FeelModelError("table.outputs", "决策表没有输出列", "the table has no output column")
    for rule in table.rules:
        sizes = (len(rule.tests), len(rule.outputs))
        if sizes != (len(table.inputs), len(table.outputs)):
            raise FeelModelError(
                "table.row",
                f"第 {rule.label or '?'} 行的格数与表头不符",
                f"row {rule.label or '?'} does not have as many cells as the head",
                rule.place,
            )
    if table.aggregator and (table.policy != "C" or table.aggregator not in AGGREGATORS):
        raise FeelModelError(
            "table.policy",
            "只有 C 策略可以汇总（+ < > #）",
            "only the hit policy C can aggregate (+ < > #)",
            table.place,
        )
    if table.policy not in (*SINGLE, "R", "O", "C"):
        raise FeelModelError(
            "table.policy",
            f"命中策略 {table.policy} 不存在，应为 U A P F R O C 之一",
            f"there is no hit policy {table.policy}; use one of U A P F R O C",
            table.place,
        )


Tester = Callable[[tuple[object, ...], dict[str, object]], object]


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
        return _agreed(values, guesses, decide, inner, budget)

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


def _agreed(
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
    order = priority_of(c, table.outputs) if table.policy in ("P", "O") else None
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
        return chosen(table.policy, table.aggregator, hits, order)

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
