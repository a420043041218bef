"""Filings consolidated into a licence (多证合一): which apply to one business on one day. Pure.

The pack's decision table has a row a filing and a column a condition; the first cell that does not
hold is the reason for which a filing does not apply. An item that was merged or repealed is shown
with that reason, never silently dropped.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dmn import UNKNOWN
from services.inputs import Inputs, gather_inputs
from services.pack import conditions
from services.pack.model import FILINGS, FilingItem, Words
from services.pack.program import FilingRow, FilingTable
from services.rulebook import Rulebook, run_safely


@dataclass(frozen=True, slots=True)
class FilingPlan:
    """One item for one business on one day.

    ``applies``: it is to be pushed. ``level``: mandatory, optional (applies when its block was
    filled in) or no. ``opens``: its block of questions is asked. ``why`` gives the reason.
    """

    item: str
    number: int
    zh: str
    en: str
    receiver: str  # exchange.Partner.code
    basis: str  # the law
    applies: bool
    level: str
    opens: bool
    in_force: bool
    provisional: bool
    why: Words
    data: Mapping[str, Any] = field(default_factory=dict)


def plan(rulebook: Rulebook, inputs: Inputs, on: datetime.date | None = None) -> list[FilingPlan]:
    """Every filing of the catalogue for this business on a day (default: of receipt), in order.

    On a later day what has ended since applies no more; what has begun since was not asked for.
    """
    table, days = rulebook.program.filings, (inputs.as_of, on or inputs.as_of)
    if table is None:
        return []
    return [_planned(table, row, inputs.values, inputs.filings, days) for row in table.rows]


def opened(rulebook: Rulebook, answers: Mapping[str, Any], on: datetime.date) -> list[FilingPlan]:
    """The filings whose blocks of questions are asked, from the answers alone."""
    if not rulebook.filing_items:
        return []
    return [
        one for one in plan(rulebook, gather_inputs(rulebook, answers, {}, {}, on)) if one.opens
    ]


def form_for(rulebook: Rulebook, answers: Mapping[str, Any], on: datetime.date) -> dict[str, Any]:
    """The form with only those questions, and blocks of filings, that the answers so far open."""
    form = conditions.applied(rulebook.form, answers)
    if FILINGS not in form["properties"]:
        return form
    properties = dict(form["properties"])
    section = properties.pop(FILINGS)
    plans = opened(rulebook, answers, on)
    if plans:
        blocks = {one.item: section["properties"][one.item] for one in plans}
        must = [one.item for one in plans if one.level == "mandatory"]
        properties[FILINGS] = {**section, "properties": blocks, "required": must}
    return {**form, "properties": properties}


def _planned(
    table: FilingTable,
    row: FilingRow,
    values: Mapping[str, object],
    blocks: Mapping[str, Any],
    days: tuple[datetime.date, datetime.date],
) -> FilingPlan:
    item = row.item
    status, ended = status_on(item, days[0])
    if status == "in_force":
        status, ended = status_on(item, days[1])
    block = blocks.get(item.id)
    level, why = ("no", ended) if status != "in_force" else _level(table, row, values)
    opens = level != "no" and item.form is not None
    applies = level == "mandatory" or (level == "optional" and block is not None)
    if applies and row.only_if is not None and not _holds(row, values, block):
        assert item.otherwise is not None
        applies, why = False, item.otherwise
    elif level == "optional" and not applies:
        why = {"zh": "可选，未勾选", "en": "optional, not chosen"}
    return FilingPlan(
        item=item.id,
        number=item.number,
        zh=item.zh,
        en=item.en,
        receiver=item.receiver,
        basis=item.law,
        applies=applies,
        level=level,
        opens=opens,
        in_force=status == "in_force",
        provisional=item.provisional,
        why=why,
        data=block or {},
    )


def _level(table: FilingTable, row: FilingRow, values: Mapping[str, object]) -> tuple[str, Words]:
    """What the row says, and the column that decided it."""
    because: list[Words] = []
    scope = dict(values)
    for column, test in zip(table.columns, row.tests, strict=True):
        if test is None:
            continue
        scope["?"] = column.run(values)
        found = run_safely(test, scope)
        if found is UNKNOWN:
            return "no", {
                "zh": "无法判断：" + column.met["zh"],
                "en": "not known: " + column.met["en"],
            }
        if found is not True:
            return "no", column.unmet
        because.append(column.met)
    if not because:
        return row.level, {"zh": "全部市场主体适用", "en": "for every market entity"}
    return row.level, {
        "zh": "；".join(words["zh"] for words in because),
        "en": "; ".join(words["en"] for words in because),
    }


def _holds(row: FilingRow, values: Mapping[str, object], block: Any) -> bool:
    """Whether what the block says lets the filing apply; no block, no doubt: it does not."""
    assert row.only_if is not None
    if not isinstance(block, dict):
        return False
    return run_safely(row.only_if, {**values, **row.typed(block)}) is True


def status_on(item: FilingItem, on: datetime.date) -> tuple[str, Words]:
    """The item's status on a day (in_force, merged, repealed, or before), and why it ended."""
    status = "before"
    for start, changed in item.status:
        if start <= on:
            status = changed
    return status, {
        "before": {"zh": "尚未纳入", "en": "not yet in the catalogue"},
        "in_force": {"zh": "", "en": ""},
        "merged": item.ended or {"zh": "已并入其他事项", "en": "merged into another"},
        "repealed": item.ended or {"zh": "已取消", "en": "repealed"},
    }[status]
