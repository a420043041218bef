"""A range that cannot be made is an error: no test by it is true or false (DMN 1.5, 10.3.2.7).

Its ends must be of one ordered kind, neither null, the first not after the second; what cannot be
evaluated is null, and so is every comparison with it.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dmn
from dmn import UNKNOWN, FeelError, read_table
from dmn.operators.comparison import same
from dmn.values import has_unknown

NAMES = ["income", "low", "high", "u", "yes", "no"]


def judge(text: str, dialect: str = "feel", **scope: object) -> object:
    node = dmn.parse(text, names=NAMES, dialect=dialect)  # type: ignore[arg-type]
    numbers = {key: Decimal(v) if type(v) is int else v for key, v in scope.items()}
    return dmn.compile(node, missing=None)({"yes": True, "no": False, **numbers})


FAILED = [
    "[null..30]",
    "[30..null]",
    "(null..30)",
    "(30..null)",
    "[null..null]",
    '[1.."z"]',
    '["a"..2)',
    '[@"2024-01-01"..@"2024-01-01T00:00:00"]',
    '[@"08:00:00"..@"09:00:00Z"]',
    "[30..10]",
    "(30..10)",
    '["z".."a"]',
    '[@"2024-02-01"..@"2024-01-01"]',
    "[true..true]",
    "(< null)",
    "(>= null)",
    "(< true)",
    "[low..10]",  # low is not there, that is null
    "[1..low]",
    "(> low)",
    '[low.."z"]',
    'range("[30..10]")',
]
VALUES = ["null", "7", "12", "40", '"a"', '@"2024-01-15"', "true", "[7]"]


@pytest.mark.parametrize("made", FAILED)
@pytest.mark.parametrize("value", VALUES)
def test_a_test_by_a_range_that_cannot_be_made_is_null(made: str, value: str):
    assert judge(f"{value} in {made}") is None
    assert judge(f"not({value} in {made})") is None
    assert judge(f"{value} in ({made}, {made})") is None
    assert judge(f"{value} in (if yes then {made} else [0..99])") is None
    assert judge(f"{value} in (if no then [0..99] else {made})") is None
    assert judge(f"not({value} in [{made}])") is None
    assert judge(f"{value} in [{made}]") is None


@pytest.mark.parametrize("made", FAILED)
def test_other_tests_beside_a_failed_range_may_still_hold(made: str):
    assert judge(f"7 in ({made}, 7)") is True
    assert judge(f"7 in ({made}, 8)") is None
    assert judge(f"7 in [{made}, 7]") is True
    assert judge(f"7 in [8, {made}]") is None
    assert judge(f"7 in ({made}, [1..9])") is True
    assert judge(f"null in ({made}, null)") is True


@pytest.mark.parametrize("made", FAILED)
def test_a_cell_with_a_failed_range_matches_nothing(made: str):
    for value in (None, Decimal(7), "a"):
        for cell in (made, f"not({made})"):
            run = dmn.compile(dmn.parse(cell, kind="unary_tests", names=NAMES), missing=None)
            assert run({"?": value}) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("null in null", True),
        ("7 in null", False),
        ("7 in [1..9]", True),
        ("null in [1..9]", None),
        ("40 in [1..9]", False),
        ("7 in [7..7]", True),
        ("7 in (7..7)", False),
        ("7 in (7..7]", False),
        ('"b" in ["a".."c"]', True),
        ("null in < null", None),
        ("null in (= null)", True),
        ("7 in [null, 7]", True),
        ("null in [null, 7]", True),
        ("7 in [[1..3], [5..9]]", True),
        ("4 in [[1..3], [5..9]]", False),
        ("null in [[1..3], [5..9]]", False),
        ("[1..3] in [[1..3], [5..9]]", True),
        ("6 in [(< 3), (> 5)]", True),
    ],
)
def test_what_is_no_failed_range_stays(text: str, expected: object):
    assert judge(text) is expected


def test_a_limit_nobody_set_makes_nothing_lie_outside_the_limits():
    for text in ("income in [low..high]", "not(income in [low..high])"):
        for income in (None, 7):
            assert judge(text, "total", income=income, low=None, high=10) is None
            assert judge(text, "total", income=income, low=3, high=None) is None
            assert judge(text, "total", income=income, low=10, high=3) is None


@pytest.mark.parametrize("cell", ["[low..10]", "not([low..10])", "[low..10], 3", "not(< low)"])
@pytest.mark.parametrize("income", [None, Decimal(7), Decimal(40)])
def test_a_row_whose_limit_is_missing_does_not_match(cell: str, income: object):
    table = read_table(f"F | income | x\n1 | {cell} | 1\n2 | - | 2", names=["income", "low"])
    assert dmn.compile(table)({"income": income, "low": None}) == 2


def test_a_cell_of_null_matches_null():
    table = read_table("F | income | x\n1 | null | 1\n2 | - | 2", names=["income"])
    assert dmn.compile(table)({"income": None}) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("for n in [6..4] return n", None),
        ("for n in (6..4) return n", None),
        ("some n in [6..4] satisfies true", None),
        ("every n in [6..4] satisfies false", None),
        ('for d in [@"2024-03-02"..@"2024-03-01"] return d', None),
        ('every d in [@"2024-03-02"..@"2024-03-01"] satisfies true', None),
        ("for n in 6..4 return n", [6, 5, 4]),
        ("for n in [4..6] return n", [4, 5, 6]),
        ("[6..4].start", None),
        ("[4..6].start", 4),
    ],
)
def test_a_range_from_high_to_low_is_none_but_an_iteration_may_run_down(
    text: str, expected: object
):
    assert judge(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("false in (=false)", True),
        ("true in (=false)", False),
        ('["a"] in (=["a"])', True),
        ('["b"] in (=["a"])', False),
        ("{k: 1} in (={k: 1})", True),
        ("{k: 2} in (={k: 1})", False),
        ("5 in (=5)", True),
        ("5 in (=6)", False),
        ('5 in (="a")', None),
        ("null in (=5)", False),
        ("5 in (=null)", False),
        ("5 in [=5]", True),
        ("false in [=false, =true]", True),
        ("5 in (!=5)", False),
        ("(=5) = [5..5]", True),
        ("(=5) instance of range<number>", True),
        ("(=false)", None),
        ('range("(=5)") = [5..5]', True),
    ],
)
def test_equals_in_a_test_needs_no_order(text: str, expected: object):
    assert judge(text) is expected


ENDS = st.sampled_from(["low", "high", "u", "null", "1", "5", '"a"'])
VALUE = st.sampled_from(["income", "u", "null", "3", "5", '"a"'])
RANGES = st.builds(
    "{}{}..{}{}".format, st.sampled_from("[("), ENDS, ENDS, st.sampled_from("])")
) | st.builds("({} {})".format, st.sampled_from(["<", "<=", ">", ">=", "=", "!="]), ENDS)
LISTED = st.builds("[{}, {}]".format, RANGES, st.one_of(RANGES, ENDS))
CHOICES = st.builds("(if {} then {} else {})".format, st.sampled_from(["u", "yes", "low < 3"]),
                    RANGES, RANGES)  # fmt: skip
TESTS = st.one_of(
    RANGES, LISTED, CHOICES, st.builds("({}, {})".format, RANGES, st.one_of(RANGES, ENDS))
)
ANY = st.sampled_from([None, Decimal(0), Decimal(1), Decimal(3), Decimal(5), "a", "b", True, False])


@settings(max_examples=600, deadline=None)
@given(VALUE, TESTS, st.booleans(), st.fixed_dictionaries(dict.fromkeys(["low", "high", "income"],
       st.one_of(st.just(UNKNOWN), ANY))), st.data())  # fmt: skip
def test_a_test_that_is_decided_is_so_for_every_completion(value, test, negative, scope, data):
    text = f"not({value} in {test})" if negative else f"{value} in {test}"
    try:
        run = dmn.compile(dmn.parse(text, names=NAMES))
    except FeelError:  # `(= 5)` where no test may stand
        return
    scope = {**scope, "u": UNKNOWN, "yes": True}
    found = run(scope)
    if not has_unknown(found):
        for _ in range(4):
            full = {k: data.draw(ANY) if v is UNKNOWN else v for k, v in scope.items()}
            assert same(run(full), found), (text, scope, full)
