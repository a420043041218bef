"""docs/govstack.md: what it says that we have is an operation of the OpenAPI document."""

import re
from pathlib import Path

import pytest

from deploy.local.paths import ROOT
from tests.api.document import operations

PAGE = (Path(ROOT) / "docs/govstack.md").read_text()
NAME = re.compile(r"`([A-Za-z_]+)`")


def rows() -> list[list[str]]:
    cells = [line.strip("|").split("|") for line in PAGE.splitlines() if line.startswith("|")]
    found = [[cell.strip() for cell in row] for row in cells]
    return [row for row in found if set("".join(row)) - set("-") and row[0] != "theirs"]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:60])
def test_every_row_says_what_is_ours_or_why_it_is_not(row: list[str]) -> None:
    theirs, ours, why = row
    assert theirs and why
    if ours == "missing":
        return
    assert ours.startswith("have: ")
    [name] = NAME.findall(ours)
    assert name in operations(), f"{name} is no operation"


def test_operations_that_reasons_name_are_there() -> None:
    """A name after a colon stands for an operation, too."""
    known = operations()
    named = {name for row in rows() for name in re.findall(r": `([A-Za-z_]+)`", row[2])}
    assert len(named) > 5
    assert named - set(known) == set()


def test_all_that_an_agency_does_with_its_side_is_on_the_map() -> None:
    for name in ("applications", "tasks", "caseCertificates", "statistics", "precheck", "lookups"):
        assert f"have: `{name}`" in PAGE
