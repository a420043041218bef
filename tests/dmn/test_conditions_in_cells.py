"""A cell that is a condition without `?` decides by itself, whatever the input (DMN 1.5, 8.2)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dmn
from dmn import UNKNOWN, read_table
from dmn.operators.comparison import same

SCOPE = {"limit": Decimal(3), "tags": ["blue"], "u": UNKNOWN, "gone": None}
INPUTS = ["north", Decimal(4), date(2024, 1, 1), ["red"], [], {"k": Decimal(1)}]
CELLS = [
    ("limit > 5", False),
    ("limit < 5", True),
    ("not(limit > 5)", True),
    ("not(limit < 5)", False),
    ('list contains(tags, "red")', False),
    ('not(list contains(tags, "red"))', True),
    ('list contains(tags, "blue")', True),
    ("limit > 5 or limit < 5", True),
    ("limit > 5, limit > 6", False),
    ("not(limit > 5, limit > 6)", True),
    ("if limit > 5 then true else false", False),
    ("u > 5", UNKNOWN),
    ("not(u > 5)", UNKNOWN),
]


def judge(cell: str, value: object) -> object:
    node = dmn.parse(cell, kind="unary_tests", names=SCOPE)
    return dmn.compile(node)({**SCOPE, "?": value})


@pytest.mark.parametrize("value", INPUTS)
@pytest.mark.parametrize(("cell", "expected"), CELLS)
def test_a_condition_decides_whatever_the_kind_of_the_input(cell, expected, value):
    assert judge(cell, value) is expected


@pytest.mark.parametrize(
    ("cell", "value", "expected"),
    [
        ("limit > 5", False, True),  # both are false
        ("limit > 5", True, False),
        ("limit < 5", True, True),
        ("not(limit > 5)", False, False),
        ("limit > 5", None, False),
        ("not(limit > 5)", None, True),
        ("limit > 5", UNKNOWN, UNKNOWN),
        ("not(limit > 5)", UNKNOWN, UNKNOWN),
        ("limit < 5", UNKNOWN, UNKNOWN),
    ],
)
def test_a_boolean_or_null_input_is_compared_with_the_condition(cell, value, expected):
    assert judge(cell, value) is expected


def test_a_row_with_a_negated_condition_matches():
    table = read_table("F | place | x\n1 | not(limit > 5) | 1\n2 | - | 2", names=["place", "limit"])
    run = dmn.compile(table)
    assert run({"place": "north", "limit": Decimal(3)}) == 1
    assert run({"place": "north", "limit": Decimal(9)}) == 2


COMPLETIONS = st.sampled_from([None, True, False, Decimal(1), Decimal(9), "north", ["red"], {}])


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([cell for cell, _ in CELLS] + ["gone > 5", "not(gone > 5)"]),
    st.one_of(st.just(UNKNOWN), COMPLETIONS),
    st.sampled_from([UNKNOWN, None, Decimal(3), Decimal(9)]),
    st.data(),
)
def test_a_cell_that_is_decided_is_so_for_every_completion(cell, value, limit, data):
    run = dmn.compile(dmn.parse(cell, kind="unary_tests", names=SCOPE))
    scope = {**SCOPE, "limit": limit, "?": value}
    found = run(scope)
    if found is not UNKNOWN:
        for _ in range(4):
            full = {k: data.draw(COMPLETIONS) if v is UNKNOWN else v for k, v in scope.items()}
            assert same(run(full), found), (cell, scope, full)
