"""Decision tables: what they are. `judging.py` makes the function that judges one.

Source: DMN 1.5, clause 8.2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

from dmn.errors import NOWHERE, FeelModelError, Place
from dmn.feel import tree
from dmn.types import Type

HitPolicy = Literal["U", "A", "P", "F", "R", "O", "C"]
Aggregator = Literal["", "+", "<", ">", "#"]
SINGLE = ("U", "A", "P", "F")  # policies whose result is one rule's


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
    if table.aggregator and (table.policy != "C" or table.aggregator not in get_args(Aggregator)):
        raise FeelModelError(
            "table.policy",
            "只有 C 策略可以汇总（+ < > #）",
            "only the hit policy C can aggregate (+ < > #)",
            table.place,
        )
    if table.policy not in get_args(HitPolicy):
        raise FeelModelError(
            "table.policy",
            f"命中策略 {table.policy} 不存在，应为 U A P F R O C 之一",
            f"there is no hit policy {table.policy}; use one of U A P F R O C",
            table.place,
        )
