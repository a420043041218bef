"""A quantifier's short way gives what going round by round gives, in every case."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dmn
from dmn import UNKNOWN, Range, YearsMonths, parse
from dmn.evaluate import loops, unary_tests
from dmn.evaluate.compiler import Run
from dmn.evaluate.rules import compiler
from dmn.limits import Budget
from dmn.values import Closure
from dmn.values.extended_dates import ExtendedDate

VALUES = [
    *("", "a", "ab", "b", True, False, Decimal(0), Decimal(1), Decimal("1.0"), Decimal(2)),
    *(
        date(2024, 2, 29),
        date(2024, 3, 1),
        ExtendedDate(12024, 2, 29),
        datetime(2024, 2, 29, tzinfo=UTC),
    ),
    *(YearsMonths(12), YearsMonths(1), timedelta(days=1), timedelta(days=365), None, UNKNOWN),
    *([], ["a"], [UNKNOWN], {}, {"f": "a"}, Range("a", "b"), Range(Decimal(0), UNKNOWN)),
]
ONE = st.sampled_from(VALUES)
WORDS = st.sampled_from(["", "a", "ab", "b", "c"])
KINDS = [
    WORDS,
    st.sampled_from([Decimal(0), Decimal(1), Decimal("1.0"), Decimal(2)]),
    st.booleans(),
    st.sampled_from([date(2024, 2, 29), date(2024, 3, 1)]),
    st.sampled_from([YearsMonths(1), YearsMonths(12)]),
    ONE,
]
SUBJECTS = ["x", "x.f"]
TESTS = [
    *(f"{{x}} {sign} e" for sign in ("=", "!=", "<", "<=", ">", ">=")),
    *(f"e {sign} {{x}}" for sign in ("=", "!=", "<", "<=", ">", ">=")),
    *('{x} = "a"', "{x} = null", "null != {x}", "{x} < 1", "{x} = e.f", "{x} in e", "{x} in e.f"),
    *('{x} in ["a", "b"]', '{x} in ("a", "b")', "{x} in [1..2]", "e in {x}"),
    *("contains(e, {x})", "contains({x}, e)", 'starts with("ab", {x})', "ends with({x}, e)"),
    *("list contains(e, {x})", "list contains({x}, e)", 'list contains(["a"], {x})'),
    *("{x}", "{x} = {x}", "contains({x}, {x})", "date({x}) = e", "substring(e, {x}) = e"),
]


@st.composite
def cases(draw: st.DrawFn, test: str) -> tuple[str, dict[str, object]]:
    """A quantifier and a scope, whose values are mostly of one kind."""
    kind = st.one_of(draw(st.sampled_from(KINDS)), draw(st.sampled_from([*KINDS, KINDS[0]])))
    subject = draw(st.sampled_from(SUBJECTS))
    item = kind if subject == "x" else st.fixed_dictionaries({}, optional={"f": kind, "g": ONE})
    items = draw(st.one_of(*[st.lists(item, max_size=12)] * 8, st.lists(ONE, max_size=3), ONE))
    other = draw(
        st.one_of(*[kind] * 4, *[st.lists(kind, max_size=12)] * 4, ONE, st.builds(dict, f=kind))
    )
    test = test.format(x=subject)
    for _ in range(draw(st.integers(0, 2))):
        test = f"not({test})"
    text = f"{draw(st.sampled_from(['some', 'every']))} x in xs satisfies {test}"
    return text, {"xs": items, "e": other}


def slowly(text: str, budget: Budget) -> Run:
    """The expression without the short ways."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loops, "search_of", lambda c, node: None)
        run = compiler(budget).of(parse(text))

    def judge(scope: dict[str, object]) -> object:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(unary_tests, "_among", lambda value, items: None)
            return run(scope)

    return judge


def outcome(run: Run, budget: Budget, scope: dict[str, object]) -> tuple[object, int]:
    budget.reset()
    try:
        return run(scope), budget.left
    except dmn.FeelBudgetError as error:
        return (error.code, error.place), budget.left


def same_both_ways(text: str, scope: dict[str, object], steps: int = 20_000) -> None:
    quick, slow = Budget(steps=steps), Budget(steps=steps)
    fast, rounds = compiler(quick).of(parse(text)), slowly(text, slow)
    found = outcome(fast, quick, dict(scope))
    assert found == outcome(rounds, slow, dict(scope))
    assert found[0].__class__ in (bool, UNKNOWN.__class__, type(None), tuple)


@pytest.mark.parametrize("test", TESTS)
def test_searching_is_going_round_by_round(test: str) -> None:
    @settings(max_examples=60 if os.environ.get("MIAOPI_FULL") else 20, deadline=None)
    @given(cases(test), st.integers(3, 200))
    def check(case: tuple[str, dict[str, object]], steps: int) -> None:
        same_both_ways(*case, steps)

    check()


@pytest.mark.parametrize(
    ("text", "items", "other"),
    [
        ("every x in xs satisfies not(contains(e, x))", ["b", UNKNOWN, "a"], "a"),
        ("some x in xs satisfies x in e", [None, "a"], ["a", UNKNOWN]),
        ("every x in xs satisfies x = e", [Decimal(1), True], Decimal(1)),
        ("some x in xs satisfies x < e", [False, True], True),
        ("every x in xs satisfies e < x", [Decimal(3), Decimal(4)], Decimal(2)),
        ("some x in xs satisfies x in e", ["z"] * 9, ["a", *"bcdefghi", Range("y", "z")]),
        ("some x in xs satisfies x in e", ["i"] * 9, list("abcdefghi")),
        ("every x in xs satisfies x.f != e", [{"f": "a"}, UNKNOWN, {}], "b"),
    ],
)
def test_the_cases_that_go_wrong_most_easily(text: str, items: object, other: object) -> None:
    same_both_ways(text, {"xs": items, "e": other})


IN = ["a in b", "b in a", "not(a in b)", "a in b.f"]
OTHER = st.one_of(ONE, *(st.lists(kind, max_size=4) for kind in KINDS))


@settings(max_examples=600, deadline=None)
@given(OTHER, OTHER, st.sampled_from(IN))
def test_standing_in_a_list_is_equalling_an_item_of_it(a: object, b: object, text: str) -> None:
    quick, slow = Budget(), Budget()
    scope = {"a": a, "b": b}
    found = outcome(compiler(quick).of(parse(text)), quick, scope)
    assert found == outcome(slowly(text, slow), slow, scope)


COMPARED = ["a = null", "a != null", "null = a", "null != a", "a < null", "null >= a"]


@pytest.mark.parametrize("text", COMPARED)
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_null_is_compared_as_by_the_operator(text: str, value: object) -> None:
    sign = text.split()[1]
    assert dmn.compile(parse(text))({"a": value}) is dmn.compile(parse(f"a {sign} b"))(
        {"a": value, "b": None}
    )


def test_a_function_of_the_scope_goes_before_the_built_in_of_its_name() -> None:
    never = Closure((("a", None), ("b", None)), lambda a, b: False)
    for text in (
        "some x in xs satisfies contains(e, x)",
        "some x in xs satisfies list contains(xs, x)",
    ):
        judge = dmn.compile(parse(text))
        assert judge({"xs": ["a"], "e": "a"}) is True
        name = "list contains" if "list" in text else "contains"
        assert judge({"xs": ["a"], "e": "a", name: never}) is False


def test_a_long_list_is_refused_before_any_round() -> None:
    judge = dmn.compile(parse("some x in xs satisfies x = e"))
    assert judge({"xs": ["a"] * 10_000, "e": "a"}) is True
    with pytest.raises(dmn.FeelBudgetError):
        judge({"xs": ["a"] * 20_001, "e": "a"})
    assert judge({"xs": ["a"], "e": "b"}) is False  # the next judgement has steps of its own
