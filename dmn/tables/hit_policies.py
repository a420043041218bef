"""Hit policies: one result from the outputs of the rules that match (DMN 1.5, 8.2.10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import NamedTuple

from dmn.builtins.statistics import least, most, total
from dmn.evaluate.compiler import Compiler
from dmn.feel import tree
from dmn.operators.comparison import same
from dmn.tables.model import Output
from dmn.values import UNKNOWN, has_unknown

Order = Callable[[object], tuple[int, ...]]


class Aggregation(NamedTuple):
    """How collected outputs become one, and what no output at all gives."""

    of: Callable[[list[object]], object]
    empty: object


def _over(function: Callable[..., object]) -> Callable[[list[object]], object]:
    def run(outputs: list[object]) -> object:
        if has_unknown(outputs):
            return UNKNOWN
        try:
            return function(outputs)
        except (ValueError, ArithmeticError):
            return None

    return run


AGGREGATORS: dict[str, Aggregation] = {
    "": Aggregation(lambda outputs: outputs, []),
    "+": Aggregation(_over(total), None),
    "<": Aggregation(_over(least), None),
    ">": Aggregation(_over(most), None),
    "#": Aggregation(lambda outputs: Decimal(len(outputs)), Decimal(0)),
}


def apply_hit_policy(
    policy: str, aggregator: str, outputs: list[object], order: Order | None
) -> object:
    """The result; null where the policy is not kept (two hits of U, different hits of A)."""
    if policy == "U":
        return outputs[0] if len(outputs) == 1 else None
    if policy == "A":
        return _any(outputs)
    if policy == "F":
        return outputs[0]
    if policy == "C":
        return AGGREGATORS[aggregator].of(outputs)
    if policy == "R":
        return outputs
    assert order
    if has_unknown(outputs):
        return UNKNOWN
    ranked = sorted(outputs, key=order)
    return ranked[0] if policy == "P" else ranked


def _any(outputs: list[object]) -> object:
    if len(outputs) > 1 and has_unknown(outputs):
        return UNKNOWN
    first = outputs[0]
    return first if all(same(first, other) for other in outputs[1:]) else None


def output_order(c: Compiler, columns: Sequence[Output]) -> Order:
    """The rank of an output by the columns' allowed values; what is not listed comes last."""
    ranks: list[tuple[str, list[object]]] = []
    for column in columns:
        tests = column.allowed.tests if column.allowed else ()
        constants = [test for test in tests if not isinstance(test, tree.CompareTest)]
        ranks.append((column.name, [c.of(test)({}) for test in constants]))

    def order(output: object) -> tuple[int, ...]:
        several = len(ranks) > 1 and isinstance(output, dict)
        return tuple(_rank(output[name] if several else output, values) for name, values in ranks)  # type: ignore[index]

    return order


def _rank(value: object, values: list[object]) -> int:
    return next((at for at, one in enumerate(values) if same(one, value)), len(values))
