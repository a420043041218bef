"""Faults of a decision table: gaps, forbidden overlaps and rows that can never be chosen."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import combinations

from dmn import types as t
from dmn.analysis.atoms import Types
from dmn.analysis.coverage import Coverage, Masks, TooMany, meet
from dmn.analysis.failed_conditions import failed_conditions
from dmn.analysis.findings import Finding, case_text, type_finding
from dmn.analysis.grid import AnalysedTable, Grid, build
from dmn.checking.expressions import check
from dmn.errors import NOWHERE, FeelError
from dmn.evaluate.rules import compile_tree
from dmn.feel.tree import Node
from dmn.values import UNKNOWN, type_of

AT_MOST = 20  # findings of one kind
SINGLE = frozenset("UAPF")  # hit policies that need a row for every case


def lint_analysed(
    sheet: AnalysedTable,
    types: Types,
    constants: Mapping[str, object],
    nullable: Collection[str],
) -> list[Finding]:
    """All findings about a table; coverage is only looked at once every cell has a right type."""
    wrong = type_faults(sheet, types, constants)
    if wrong or not sheet.columns:
        return wrong
    grid = build(sheet, types, constants, nullable)
    return [
        *never_matching(sheet, grid),
        *overlaps(sheet, grid, constants),
        *unreachable_rows(sheet, grid, constants),
        *gaps(sheet, grid),
        *failed_conditions(sheet, types, constants, nullable),
    ]


def type_faults(
    sheet: AnalysedTable, types: Types, constants: Mapping[str, object]
) -> list[Finding]:
    known = {**{name: type_of(value) for name, value in constants.items()}, **types}
    found: list[Finding] = []
    kinds: list[t.Type] = []
    for column in sheet.columns:
        kind = column.kind
        try:
            seen = check(column.expression, known)
            kind = seen if kind == t.ANY else kind
        except FeelError as error:
            found.append(type_finding(error))
        kinds.append(kind)
    for number, row in enumerate(sheet.rows, 1):
        for kind, tests in zip(kinds, row.tests, strict=True):
            try:
                check(tests, {**known, "?": kind})
            except FeelError as error:
                found.append(type_finding(error, rows=(number,)))
        for output in row.outputs:
            try:
                check(output, known)
            except FeelError as error:
                found.append(type_finding(error, rows=(number,)))
    return found


def never_matching(sheet: AnalysedTable, grid: Grid) -> list[Finding]:
    """Rows whose own tests exclude each other."""
    return [
        Finding(
            "unreachable_row",
            f"第 {number} 行的条件互相排斥，任何情形都不会命中",
            f"row {number} can never match: its own tests exclude every case",
            sheet.rows[number - 1].place,
            rows=(number,),
        )
        for number, masks in enumerate(grid.possible, 1)
        if not all(masks)
    ]


def overlaps(sheet: AnalysedTable, grid: Grid, constants: Mapping[str, object]) -> list[Finding]:
    """Pairs of rows that both match: for U any pair, for A one with different results."""
    if sheet.hit not in ("U", "A"):
        return []
    found: list[Finding] = []
    doubtful: list[tuple[int, int]] = []
    for one, two in combinations(range(len(sheet.rows)), 2):
        if sheet.hit == "A":
            alike = _same_results(sheet, one, two, constants)
            if alike:
                continue
        else:
            alike = False
        box = meet(grid.definite[one], grid.definite[two])
        if box and alike is False:
            found.append(_overlap(sheet, grid, one + 1, two + 1, box))
            if len(found) == AT_MOST:
                return found
        elif box or meet(grid.possible[one], grid.possible[two]):
            doubtful.append((one + 1, two + 1))
    if doubtful:
        found.append(_unsure(sheet, grid, doubtful))
    return found


def _overlap(sheet: AnalysedTable, grid: Grid, one: int, two: int, box: Masks) -> Finding:
    case = grid.witness(box)
    return Finding(
        "overlap",
        f"第 {one} 行与第 {two} 行同时命中：{case_text(case)}",
        f"rows {one} and {two} both match: {case_text(case)}",
        sheet.rows[two - 1].place,
        case,
        rows=(one, two),
    )


def _unsure(sheet: AnalysedTable, grid: Grid, pairs: list[tuple[int, int]]) -> Finding:
    listed = ", ".join(f"{one}-{two}" for one, two in pairs[:AT_MOST])
    rows = tuple(sorted({row for pair in pairs for row in pair}))
    place = next((grid.opaque[row - 1] for row in rows if row - 1 in grid.opaque), NOWHERE)
    return Finding(
        "not_proved",
        f"不能证明这些行互不重叠：{listed}",
        f"not proved that these rows never match together: {listed}",
        place,
        proved=False,
        rows=rows,
    )


def _same_results(
    sheet: AnalysedTable, one: int, two: int, constants: Mapping[str, object]
) -> bool | None:
    """Whether two rows give the same; None when that depends on the case."""
    a, b = sheet.rows[one].outputs, sheet.rows[two].outputs
    if a == b:
        return True
    left, right = _fixed(a, constants), _fixed(b, constants)
    return None if left is None or right is None else left == right


def _fixed(outputs: tuple[Node, ...], constants: Mapping[str, object]) -> list[object] | None:
    values = [compile_tree(output)(constants) for output in outputs]
    return None if UNKNOWN in values else values


def unreachable_rows(
    sheet: AnalysedTable, grid: Grid, constants: Mapping[str, object]
) -> list[Finding]:
    """Rows that could match but never win: for F behind earlier rows, for P behind higher ones."""
    found: list[Finding] = []
    for number, masks in enumerate(grid.possible):
        if not all(masks):
            continue
        stronger = _stronger(sheet, number, constants)
        if not stronger:
            continue
        sizes = [len(axis.values) for axis in grid.axes]
        try:
            free = Coverage(sizes, [grid.definite[row] for row in stronger]).uncovered(masks)
        except TooMany:
            found.append(_too_many_cases(sheet, number + 1))
            continue
        if free is None:
            box = tuple(mask & -mask for mask in masks)
            case = grid.witness(meet(masks, grid.definite[number]) or box)
            shown = case_text(case)
            found.append(
                Finding(
                    "unreachable_row",
                    f"第 {number + 1} 行永远轮不到：它的情形都已由其他行决定，例如 {shown}",
                    f"row {number + 1} never decides: other rows take all its cases, "
                    f"such as {shown}",
                    sheet.rows[number].place,
                    case,
                    rows=(number + 1,),
                )
            )
    return found


def _stronger(sheet: AnalysedTable, row: int, constants: Mapping[str, object]) -> list[int]:
    """The rows that win over this one wherever both match."""
    if sheet.hit == "F":
        return list(range(row))
    if sheet.hit == "P" and sheet.priorities:
        ranks = [_rank(sheet, number, constants) for number in range(len(sheet.rows))]
        mine = ranks[row]
        if mine is not None:
            return [number for number, rank in enumerate(ranks) if rank is not None and rank < mine]
    return []


def _rank(
    sheet: AnalysedTable, row: int, constants: Mapping[str, object]
) -> tuple[int, ...] | None:
    values = _fixed(sheet.rows[row].outputs, constants)
    if values is None:
        return None
    found = []
    for value, allowed in zip(values, sheet.priorities, strict=False):
        found.append(allowed.index(value) if value in allowed else len(allowed))
    return tuple(found)


def gaps(sheet: AnalysedTable, grid: Grid) -> list[Finding]:
    """Boxes of cases that no row covers, where the hit policy needs one."""
    if sheet.hit not in SINGLE or sheet.default:
        return []
    sizes = [len(axis.values) for axis in grid.axes]
    try:
        boxes = Coverage(sizes, list(grid.possible)).boxes(AT_MOST, grid.domain)
        rest = [*grid.definite, *boxes]
        doubt = None if len(boxes) == AT_MOST else Coverage(sizes, rest).uncovered(grid.domain)
    except TooMany:
        return [_too_many_cases(sheet, 0)]
    found = []
    for box in boxes:
        case = grid.witness(box)
        found.append(
            Finding(
                "gap",
                f"没有任何一行适用：{case_text(case)}",
                f"no row matches: {case_text(case)}",
                witness=case,
            )
        )
    if doubt is not None:
        rows = tuple(row + 1 for row in sorted(grid.opaque))
        found.append(
            Finding(
                "not_proved",
                "不能证明每种情形都有一行适用（有的条件过于复杂）",
                "not proved that every case has a row (some tests are too complex)",
                grid.opaque.get(rows[0] - 1, NOWHERE) if rows else NOWHERE,
                proved=False,
                rows=rows,
            )
        )
    return found


def _too_many_cases(sheet: AnalysedTable, row: int) -> Finding:
    which_zh, which_en = (f"第 {row} 行", f"row {row}") if row else ("本表", "the table")
    return Finding(
        "not_proved",
        f"{which_zh}的组合过多，未能查完",
        f"{which_en} has too many combinations to go through all",
        sheet.rows[row - 1].place if row else NOWHERE,
        proved=False,
        rows=(row,) if row else (),
    )
