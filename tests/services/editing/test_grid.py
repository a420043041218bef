"""Decision tables as a grid: one cell, row or policy is changed, and nothing else."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from city.source import read
from dmn.errors import FeelError
from services.editing import edits, grid, scope
from services.editing.grid import GridRefused
from tests.services.editing.test_edits import SIGNS
from tests.services.packs import CITY, text

TABLE = """\
F | born + hundred <= as_of | kind = "a|b" | allowance
// the oldest first
1 | true                    | -            | of_hundred
2 | -                       | true         | of_ninety

3 | -                       | -            | of_eighty
"""
TWO = 'U | a || x   | y\n1 | - || "p" | "q"\ndefault | || "r" | "s"\n'
PLACES = {
    "old_age_allowance": ("tables", "allowance", "table"),
    "disability_subsidies": ("tables", "nursing", "table"),
    "limited_company": ("filings", "table"),
}
CELLS = st.sampled_from(
    ['"x: y"', "< 5", "not(1)", '"#"', '"a|b"', "'", '"', "a|b", "---", "//", "a\nb", "\t", "😀"]
    + ['"---"', "", " ", "- # x", '"\\""', "}", "default", "[1..2]", '"' + "长" * 500 + '"']
) | st.text(SIGNS, max_size=12)


def cells(source: str) -> list[list[str]]:
    """The cells by a reader of our own: apart at each bar outside quotes."""
    rows = []
    for line in source.split("\n"):
        if not line.strip() or line.lstrip().startswith("//"):
            continue
        row, quoted, cell, escaped = [], False, "", False
        for sign in line:
            if sign == "|" and not quoted:
                row.append(cell.strip())
                cell = ""
                continue
            quoted = quoted ^ (sign == '"' and not escaped)
            escaped = sign == "\\" and not escaped
            cell += sign
        rows.append([*row, cell.strip()])
    return rows


def table_of(source: str, name: str) -> str:
    data = read(source).data
    for step in PLACES[name]:
        data = data[step]
    assert isinstance(data, str)
    return data


SOURCES = {name: text(name) for name in PLACES}
TABLES = {name: table_of(source, name) for name, source in SOURCES.items()}
ROWS = {name: cells(table) for name, table in TABLES.items()}


@st.composite
def cell_edits(draw: st.DrawFn) -> tuple[str, int, int, str]:
    name = draw(st.sampled_from(sorted(PLACES)))
    rows = ROWS[name]
    row, column = draw(st.integers(0, len(rows) - 1)), draw(st.integers(0, len(rows[0]) - 1))
    return name, row, column, draw(CELLS)


@given(cell_edits())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_one_cell_is_changed_in_the_pack_and_no_other(edit: tuple[str, int, int, str]) -> None:
    holds_for(*edit)


@pytest.mark.full
@given(cell_edits())
@settings(max_examples=1_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_of_a_thousand_cells_each_is_changed_alone(edit: tuple[str, int, int, str]) -> None:
    holds_for(*edit)


def holds_for(name: str, row: int, column: int, value: str) -> None:
    source, before = SOURCES[name], TABLES[name]
    try:
        table = grid.set_cell(before, row, column, value)
    except GridRefused as refused:
        assert (refused.row, refused.column) == (row, column)
        return
    after = edits.set_value(source, PLACES[name], table)
    wanted = cells(before)
    wanted[row][column] = value.strip()
    assert cells(table_of(after, name)) == wanted
    lines, changed = source.split("\n"), after.split("\n")
    assert len(lines) == len(changed)
    assert sum(one != other for one, other in zip(lines, changed, strict=True)) <= 1


def test_columns_stay_in_line() -> None:
    made = grid.set_cell(TABLE, 1, 1, "false")
    assert "1 | false                   | -            | of_hundred\n" in made
    made = grid.set_cell(TABLE, 2, 3, "of_a_hundred")
    assert "2 | -                       | true         | of_a_hundred\n" in made
    wide = grid.set_cell(TABLE, 1, 2, '"much longer than the column"')
    assert '1 | true                    | "much longer than the column" | of_hundred\n' in wide


@pytest.mark.parametrize("value", ["a|b", '"open', "a\nb", "", "  "])
def test_what_would_make_another_table_is_refused_at_its_cell(value: str) -> None:
    with pytest.raises(GridRefused) as caught:
        grid.set_cell(TABLE, 2, 1, value)
    assert (caught.value.row, caught.value.column) == (2, 1)


def test_a_label_cannot_hide_its_row() -> None:
    with pytest.raises(GridRefused):
        grid.set_cell(TABLE, 1, 0, "// gone")


def test_rows_are_added_taken_away_and_moved() -> None:
    more = grid.add_row(TABLE, 2)
    assert "2 | -                       | true         | of_ninety\n4 | -   " in more
    assert grid.remove_row(more, 3) == TABLE
    down = grid.move_row(TABLE, 1, 1)
    assert [row[0] for row in cells(down)] == ["F", "2", "1", "3"]
    assert "// the oldest first\n2 |" in down
    assert grid.move_row(down, 2, -1) == TABLE
    assert grid.move_row(TABLE, 1, -1) == TABLE
    assert grid.move_row(TABLE, 3, 1) == TABLE
    one = grid.remove_row(grid.remove_row(TABLE, 3), 2)
    for action in (lambda: grid.remove_row(one, 1), lambda: grid.add_row(TABLE, 0)):
        with pytest.raises(GridRefused):
            action()


def test_the_columns_of_outputs_behind_a_double_bar() -> None:
    assert grid.read(TWO).shown()[1] == ["1", "-", '"p"', '"q"']
    assert grid.set_cell(TWO, 1, 2, '"z"') == TWO.replace('"p"', '"z"')
    assert grid.set_cell(TWO, 1, 1, "< 5") == TWO.replace("- ||", "< 5 ||")


def test_each_cell_is_checked_by_itself() -> None:
    names = scope.scope(text("old_age_allowance"), CITY).above["allowance"]
    table = table_of(text("old_age_allowance"), "old_age_allowance")
    checked = grid.check(grid.read(table), names)
    assert checked.faults == {}
    assert [str(column.type) for column in checked.columns] == ["boolean", "boolean", "number"]
    wrong = grid.set_cell(grid.set_cell(table, 1, 1, "5"), 2, 3, "nobody")
    found = grid.check(grid.read(wrong), names).faults
    assert set(found) == {(1, 1), (2, 3)}
    assert "nobody" in found[2, 3][1]
    assert (0, 0) in grid.check(grid.read(grid.set_cell(table, 0, 0, "Z")), names).faults


def test_a_table_whose_rows_differ_in_width_has_no_grid() -> None:
    for table in (TABLE + "4 | true\n", "F | a\n", "", 'F | a\n1 | "open\n'):
        with pytest.raises(FeelError):
            grid.read(table)
