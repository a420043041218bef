"""Decision tables in a pack: text into a typed, compiled table (DMN 1.5, clause 8.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import dmn
from dmn import Budget, Table, Type
from dmn import types as t
from dmn.checking.expressions import join
from dmn.errors import FeelTypeError
from dmn.evaluate.rules import compiler, with_budget
from dmn.tables.judging import compile_table
from dmn.tables.model import Output
from services.functions import FUNCTIONS
from services.pack.model import Pack
from services.pack.model import Table as Written
from services.pack.program import Run


@dataclass(frozen=True, slots=True)
class Read:
    table: Table
    type: Type
    reads: tuple[str, ...]
    run: Run


def read(spec: Written, names: Mapping[str, Type], pack: Pack) -> Read:
    """Read one table; raises ``FeelError`` with the place in the table's own text."""
    nullable = {name for name, fact in pack.facts.items() if fact.nullable}
    nullable |= set(names) - set(pack.facts) - set(pack.parameters) - {"as_of"}
    found = dmn.read_table(
        spec.text, names=names, dialect="total", functions=FUNCTIONS, nullable=nullable
    )
    found = _typed(found, names)
    budget = Budget()
    run = with_budget(compile_table(compiler(budget), found), budget)
    return Read(found, _result(found), _reads(found), run)


def _typed(table: Table, names: Mapping[str, Type]) -> Table:
    """The table with the types of its columns; raises ``FeelTypeError`` for a cell that misfits."""
    inputs = []
    for column in table.inputs:
        inputs.append(replace(column, type=dmn.check(column.expression, names)))
    outputs: list[Type | None] = [None] * len(table.outputs)
    for rule in table.rules:
        for column, cell in zip(inputs, rule.tests, strict=True):
            dmn.check(cell, {**names, "?": column.type or t.ANY})
        for at, node in enumerate(rule.outputs):
            kind = dmn.check(node, names)
            before = outputs[at]
            outputs[at] = kind if before is None else join(before, kind)
            if outputs[at] == t.ANY:
                raise FeelTypeError(
                    "type.output",
                    f"这一列的结果类型不一致：{before} 和 {kind}",
                    f"the outputs of this column differ in type: {before} and {kind}",
                    rule.place,
                )
    for output in table.outputs:
        if output.default is not None:
            dmn.check(output.default, names)
    made = zip(table.outputs, outputs, strict=True)
    return replace(
        table,
        inputs=tuple(inputs),
        outputs=tuple(replace(column, type=kind) for column, kind in made),
    )


def _result(table: Table) -> Type:
    def bare(column: Output) -> Type:
        return t.base_type(column.type or t.ANY)

    if len(table.outputs) == 1:
        one: Type = bare(table.outputs[0])
    else:
        one = t.ContextType(fields=tuple((c.name, bare(c)) for c in table.outputs))
    if table.policy in ("U", "A", "P", "F"):
        return one
    if table.aggregator:
        return t.NUMBER if table.aggregator == "#" else one
    return t.list_of(one)


def _reads(table: Table) -> tuple[str, ...]:
    nodes = [column.expression for column in table.inputs]
    nodes += [node for rule in table.rules for node in (*rule.tests, *rule.outputs)]
    nodes += [column.default for column in table.outputs if column.default is not None]
    return tuple(dict.fromkeys(name for node in nodes for name in dmn.names(node)))
