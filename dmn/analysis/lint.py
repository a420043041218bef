"""Faults that can be found without a case, each with a case that shows it.

Source of the method: docs/decisions/0080-cells-and-bitmasks.md; what the findings mean and how
to answer them: docs/lint.md.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from dmn.analysis.conditions import Conditions, lint_conditions
from dmn.analysis.findings import Finding
from dmn.analysis.grid import analysed
from dmn.analysis.tables import lint_analysed
from dmn.requirements import Requirement
from dmn.tables.model import Table
from dmn.types import Type

__all__ = ["Finding", "lint_requirements", "lint_table"]


def lint_table(
    table: Table,
    types: Mapping[str, Type],
    *,
    constants: Mapping[str, object] | None = None,
    nullable: Collection[str] = (),
) -> list[Finding]:
    """Gaps, forbidden overlaps, rows never chosen, wrong types and unknown inputs of a table.

    types: the declared type of every input; constants: values of the parameters, which no case
    can change; nullable: inputs that may be absent (null), dotted for a part of a context.
    """
    return lint_analysed(analysed(table), types, constants or {}, nullable)


def lint_requirements(
    requirements: Sequence[Requirement],
    types: Mapping[str, Type],
    *,
    constants: Mapping[str, object] | None = None,
    nullable: Collection[str] = (),
    derived: Collection[str] = (),
) -> list[Finding]:
    """Contradictions, requirements never met or never failing, `applies` never true, types.

    derived: inputs computed from others (a table's result), about which nothing can be proved.
    A finding of kind `not_proved` is a remark, not a fault.
    """
    return lint_conditions(Conditions(requirements, types, constants or {}, nullable, derived))
