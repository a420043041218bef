"""What lint says of single tables."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

import dmn
from dmn import FeelError, parse
from dmn import types as t
from dmn.analysis.lint import lint_table
from dmn.tables.model import Input, Output, Rule, Table

NAMES = {"age": t.NUMBER, "permit": t.STRING, "limit": t.NUMBER}


def small(policy: str, *rows: str, names: tuple[str, ...] = ("age", "permit")) -> Table:
    """A table from lines such as `< 18 | "valid" | 1`."""
    rules = []
    for row in rows:
        cells = [cell.strip() for cell in row.split("|")]
        tests = tuple(parse(c, kind="unary_tests", names=NAMES) for c in cells[: len(names)])
        outputs = tuple(parse(c, names=NAMES) for c in cells[len(names) :])
        rules.append(Rule(tests, outputs))  # type: ignore[arg-type]
    columns = tuple(Input(parse(name, names=NAMES), NAMES[name]) for name in names)
    return Table(columns, (Output(),), tuple(rules), policy)  # type: ignore[arg-type]


def test_absent_is_a_case_of_its_own_where_it_may_occur() -> None:
    table = small("U", "< 18 | - | 1", '>= 18 | "valid" | 2', '>= 18 | not("valid") | 3')
    assert lint_table(table, NAMES) == []
    (gap,) = lint_table(table, NAMES, nullable=["age"])
    assert gap.kind == "gap"
    assert gap.witness is not None and gap.witness["age"] is None


def test_rows_of_an_any_table_may_meet_when_they_agree() -> None:
    same = small("A", "<= 18 | - | 1", ">= 18 | - | 1")
    other = small("A", "<= 18 | - | 1", ">= 18 | - | 2")
    assert lint_table(same, NAMES) == []
    (found,) = lint_table(other, NAMES)
    assert (found.kind, found.rows) == ("overlap", (1, 2))
    assert found.witness is not None and found.witness["age"] == Decimal(18)


def test_what_depends_on_two_inputs_is_said_to_be_not_proved() -> None:
    table = small("U", "<= limit | - | 1", "> limit | - | 2")
    found = lint_table(table, NAMES)
    assert {f.kind for f in found} == {"not_proved"}
    assert not any(f.proved for f in found)


def test_parameters_are_constants() -> None:
    table = small("U", "< limit | - | 1", "> limit | - | 2")
    (gap,) = lint_table(table, NAMES, constants={"limit": Decimal(60)})
    assert gap.witness is not None and gap.witness["age"] == Decimal(60)


def test_a_collecting_table_needs_no_row_for_every_case() -> None:
    assert lint_table(small("C", "< 18 | - | 1", "< 60 | - | 2"), NAMES) == []


def test_a_row_below_a_higher_priority_never_decides() -> None:
    table = small("P", "- | - | 1", "< 60 | - | 2")
    allowed = parse("1, 2", kind="unary_tests")
    table = replace(table, outputs=(Output(allowed=allowed),))  # type: ignore[arg-type]
    (found,) = lint_table(table, NAMES)
    assert (found.kind, found.rows) == ("unreachable_row", (2,))


def test_an_unknown_input_and_a_word_that_is_not_allowed_are_named() -> None:
    kinds = {**NAMES, "permit": t.enumeration(t.STRING, "valid", "expired")}
    table = small("U", '- | "valid" | 1', '- | "expird" | 2')
    table = replace(table, inputs=(table.inputs[0], replace(table.inputs[1], type=None)))
    (found,) = lint_table(table, kinds)
    assert (found.kind, found.rows) == ("wrong_type", (2,))
    (found,) = lint_table(table, {"permit": t.STRING})
    assert found.kind == "unknown_input"


@pytest.mark.parametrize(
    ("cell", "nullable", "witness"),
    [
        ("limit > 5", ["age", "limit"], {"age": None, "limit": None}),
        ("limit / 0 > 1", ["age"], {"age": None, "limit": Decimal(1)}),
        ("limit / 0", ["age"], {"age": None, "limit": Decimal(1)}),
        ("null > 20", ["age"], {"age": None}),
        ("3, limit > 5", ["age", "limit"], {"age": None, "limit": None}),
        ("not(limit > 5)", ["limit"], {"age": Decimal(1), "limit": None}),
        ("limit > 5", ["limit"], None),
        ("limit > 5", ["age"], None),
        ("limit != null and limit > 5", ["age", "limit"], None),
        ("not(limit != null and limit > 5)", ["age", "limit"], None),
        ("limit", ["age", "limit"], None),
        ("null", ["age", "limit"], None),
        ("[limit..9]", ["age", "limit"], None),
        ("> limit", ["age", "limit"], None),
        ("? > limit", ["age", "limit"], None),
        ("not(? > limit)", ["age", "limit"], None),
    ],
)
def test_a_cell_that_matches_by_failing_is_shown_with_a_case(
    cell: str, nullable: list[str], witness: dict[str, object] | None
) -> None:
    table = small("C", f"{cell} | - | 1")
    found = [f for f in lint_table(table, NAMES, nullable=nullable) if f.kind == "failed_condition"]
    assert [f.witness for f in found] == ([] if witness is None else [witness])
    if witness is not None:
        assert found[0].rows == (1,)
        scope = {"permit": "valid", **witness}
        assert dmn.compile(table)(scope) == [Decimal(1)]


def test_a_condition_may_stand_in_a_column_of_any_kind() -> None:
    table = small("C", "- | limit > 5 | 1")
    kinds = {"wrong_type", "failed_condition"}
    assert not [f for f in lint_table(table, NAMES) if f.kind in kinds]


def test_a_value_is_not_tested_by_a_condition_outside_a_cell() -> None:
    with pytest.raises(FeelError):
        dmn.check(parse("permit in (limit > 5)", names=NAMES), NAMES)
