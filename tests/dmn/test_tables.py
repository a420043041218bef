"""Decision tables: hit policies, aggregators, defaults, and inputs that nobody answered."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dmn
from dmn import UNKNOWN, FeelError, read_table
from dmn import types as t
from dmn.operators.comparison import same
from dmn.tables.model import Input, Output, Rule, Table
from dmn.values import has_unknown

AGE = """
{} | age      | fee
1  | < 18     | 1
2  | [18..60) | 5
3  | >= 50    | 3
"""


def judge(text: str, **scope: object) -> object:
    scope = {k: Decimal(v) if type(v) is int else v for k, v in scope.items()}
    return dmn.compile(read_table(text, names=list(scope)))(scope)


@pytest.mark.parametrize(
    ("policy", "age", "expected"),
    [
        ("U", 17, "1"),
        ("U", 55, "null"),
        ("A", 55, "null"),
        ("F", 55, "5"),
        ("R", 55, "[5, 3]"),
        ("C", 55, "[5, 3]"),
        ("C+", 55, "8"),
        ("C<", 55, "3"),
        ("C>", 55, "5"),
        ("C#", 55, "2"),
        ("C#", 17, "1"),
    ],
)
def test_hit_policies(policy, age, expected):
    assert dmn.to_feel(judge(AGE.format(policy), age=age)) == expected


def test_any_needs_equal_outputs():
    text = "A | a | x\n1 | < 5 | 1\n2 | < 9 | 1\n3 | > 7 | 2"
    assert judge(text, a=3) == 1
    assert judge(text, a=8) is None


def priority_table(policy: str) -> Table:
    cells = [("> 0", '"low"'), ("> 10", '"high"'), ("> 20", '"mid"')]
    return Table(
        (Input(dmn.parse("a")),),
        (Output(allowed=dmn.parse('"high", "mid", "low"', kind="unary_tests")),),
        tuple(Rule((dmn.parse(c, kind="unary_tests"),), (dmn.parse(o),)) for c, o in cells),
        policy,
    )


def test_priority_and_output_order_follow_the_listed_values():
    scope = {"a": Decimal(30)}
    assert dmn.compile(priority_table("P"))(scope) == "high"
    assert dmn.compile(priority_table("O"))(scope) == ["high", "mid", "low"]


def test_several_outputs_make_a_context_and_defaults_fill_in():
    text = 'U | a || x | y\n1 | < 5 || 1 | "a"\ndefault | || 0 | "none"'
    assert judge(text, a=1) == {"x": 1, "y": "a"}
    assert judge(text, a=9) == {"x": 0, "y": "none"}


def test_no_match_gives_null_or_the_default():
    assert judge("U | a | x\n1 | < 5 | 1", a=9) is None
    assert judge("U | a | x\n1 | < 5 | 1\ndefault | - | 7", a=9) == 7


def test_the_table_of_the_handbook():
    text = 'U | permit | fee\n1 | "valid" | 0\n2 | not("valid") | 5'
    assert judge(text, permit="valid") == 0
    assert judge(text, permit="expired") == 5
    assert judge(text, permit=UNKNOWN) is UNKNOWN


def test_an_unknown_input_is_no_obstacle_where_every_case_agrees():
    text = "U | permit | age | fee\n1 | true | < 18 | 0\n2 | false | < 18 | 0\n3 | - | >= 18 | 5"
    names = {"permit": t.BOOLEAN, "age": t.NUMBER}
    run = dmn.compile(read_table(text, names=names, nullable=[]))
    assert run({"permit": UNKNOWN, "age": Decimal(20)}) == 5
    assert run({"permit": UNKNOWN, "age": Decimal(3)}) == 0
    assert run({"permit": True, "age": UNKNOWN}) is UNKNOWN
    may_be_absent = dmn.compile(read_table(text, names=names))
    assert may_be_absent({"permit": UNKNOWN, "age": Decimal(3)}) is UNKNOWN


CELLS = st.sampled_from(["-", "1", "2", "< 2", ">= 1", "[1..3)", "not(2)", "1, 3", "null", "n"])
NUMBERS = st.sampled_from([Decimal(n) for n in (0, 1, 2, 3)])
ANY = st.one_of(st.none(), NUMBERS, st.sampled_from([Decimal("1.5"), "a", True, [Decimal(1)]]))


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(["U", "A", "F", "R", "C", "C+", "C>", "C#"]),
    st.lists(st.tuples(CELLS, CELLS, st.sampled_from("12ab")), min_size=1, max_size=4),
    st.booleans(),
    st.data(),
)
def test_a_definite_result_is_that_of_every_completion(policy, rows, default, data):
    lines = [f"{policy} | a | b | out", *(f"1 | {x} | {y} | {o}" for x, y, o in rows)]
    text = "\n".join([*lines, "default | | | 9"] if default else lines)
    run = dmn.compile(read_table(text, names=["a", "b", "n"]))
    names = ("a", "b", "n")
    partly = {name: data.draw(st.one_of(st.just(UNKNOWN), NUMBERS)) for name in names}
    found = run(partly)
    if not has_unknown(found):
        for _ in range(5):
            full = {k: data.draw(ANY) if v is UNKNOWN else v for k, v in partly.items()}
            assert same(run(full), found), (text, partly, full)


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("U | a | x", "table.empty", 0),
        ("U | a | x\n1 | 1", "table.row", 2),
        ("U | a | x\n1 | | 2", "table.cell", 2),
        ("X | a | x\n1 | 1 | 2", "table.policy", 1),
        ("U+ | a | x\n1 | 1 | 2", "table.policy", 1),
        ('U | a | x\n1 | "y | 2', "table.quote", 2),
        ("U | a | x\n1 | 1 | 2\n2 | 18.. | 2", "syntax.unexpected", 3),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_its_place(text, code, line):
    with pytest.raises(FeelError) as caught:
        read_table(text, names=["a"])
    assert caught.value.code == code
    assert caught.value.place.line == line
