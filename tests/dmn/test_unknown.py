"""UNKNOWN counts as nothing: a definite result is the result of every completion."""

from __future__ import annotations

import os
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dmn
from dmn import UNKNOWN, YearsMonths, parse
from dmn.operators.comparison import same
from dmn.values import has_unknown

N = st.sampled_from([Decimal(n) for n in (-1, 0, 1, 2, 12)])
S = st.sampled_from(["", "a", "valid"])
B = st.booleans()
D = st.sampled_from([date(2023, 2, 28), date(2024, 2, 29), date(2024, 3, 31)])
Y = st.sampled_from([YearsMonths(1), YearsMonths(12), YearsMonths(-1)])
P = st.fixed_dictionaries({"n": N, "b": B, "d": D})
KINDS = {
    "n": N,
    "m": N,
    "s": S,
    "b": B,
    "c": B,
    "d": D,
    "e": D,
    "y": Y,
    "ns": st.lists(N, max_size=3),
    "ps": st.lists(P, max_size=3),
    "p": P,
}
ANYTHING = st.one_of(st.none(), N, S, B, D, Y, st.lists(N, max_size=2), P, st.just([[]]))

LEAVES = {
    "number": ["n", "m", "0", "1", "12", "count(ns)", "count(ps)", "p.n", "null"],
    "string": ["s", '"a"', '"valid"', "null"],
    "date": ["d", "e", '@"2024-01-31"', "p.d", "d + y", "null"],
    "list": [
        "ns",
        "ps.n",
        "[n, m]",
        "[]",
        "[1, n]",
        "ns[item > n]",
        "ps[n > 0].n",
        "append(ns, n)",
    ],
    "boolean": ["b", "c", "true", "false", "p.b", "null"],
}


def number(depth: int) -> st.SearchStrategy[str]:
    leaf = st.sampled_from(LEAVES["number"])
    if not depth:
        return leaf
    one, yes = number(depth - 1), boolean(depth - 1)
    return st.one_of(
        leaf,
        st.builds("({} {} {})".format, one, st.sampled_from("+-*/"), one),
        st.builds("(if {} then {} else {})".format, yes, one, one),
        st.builds("{}({})".format, st.sampled_from(["sum", "min", "max", "count"]), listed(0)),
        st.builds("{}[{}]".format, listed(0), one),
        st.builds('get value({{n: {}, k: {}}}, "k")'.format, one, one),
        st.builds("(function(x, z) if x = null then z else x)({}, {})".format, one, one),
        st.builds("(function(x: number) 1)({})".format, one),
    )


def listed(depth: int) -> st.SearchStrategy[str]:
    leaf = st.sampled_from(LEAVES["list"])
    if not depth:
        return leaf
    return st.one_of(
        leaf,
        st.builds(
            "(for x in {} return {})".format, leaf, st.sampled_from(["x + n", "x", "n", "b"])
        ),
        st.builds("{}[{}]".format, leaf, boolean(0)),
        st.builds("reverse({})".format, leaf),
        st.builds("concatenate({}, {})".format, leaf, leaf),
        st.builds("remove({}, {})".format, leaf, number(0)),
        st.builds("sort({}, function(x, z) x < z)".format, leaf),
    )


def boolean(depth: int) -> st.SearchStrategy[str]:
    leaf = st.sampled_from(LEAVES["boolean"])
    if not depth:
        return leaf
    one, num, names = boolean(depth - 1), number(depth - 1), st.sampled_from(LEAVES["string"])
    days, signs = (
        st.sampled_from(LEAVES["date"]),
        st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
    )
    rounds = st.sampled_from(["x > n", "x = m", "b", "x + 1 < m or c", "x in [n..m]"])
    return st.one_of(
        leaf,
        st.builds("({} and {})".format, one, one),
        st.builds("({} or {})".format, one, one),
        st.builds("not({})".format, one),
        st.builds("(if {} then {} else {})".format, one, one, one),
        st.builds("({} {} {})".format, num, signs, num),
        st.builds("({} {} {})".format, names, signs, names),
        st.builds("({} {} {})".format, days, signs, days),
        st.builds("({} between {} and {})".format, num, num, num),
        st.builds("({} in [{}..{}))".format, num, num, num),
        st.builds("({} in ({}, > {}, {}))".format, num, num, num, listed(0)),
        st.builds("({} in {})".format, num, listed(0)),
        st.builds("(some x in {} satisfies {})".format, listed(0), rounds),
        st.builds("(every x in {} satisfies {})".format, listed(0), rounds),
        st.builds("(every x in ps satisfies x.n < {} or x.b)".format, num),
        st.builds("(some x in ns, z in {} satisfies x < z)".format, listed(0)),
        st.builds("list contains({}, {})".format, listed(1), num),
        st.builds(
            "({} instance of {})".format, num, st.sampled_from(["number", "Null", "list<number>"])
        ),
        st.builds("{}([{}, {}])".format, st.sampled_from(["all", "any"]), one, one),
        st.builds("contains({}, {})".format, names, names),
        st.builds("is({}, {})".format, num, num),
        st.builds("({} = {})".format, listed(1), listed(1)),
    )


def completed(value: object, draw: st.DataObject) -> object:
    """The value with something definite in the place of every UNKNOWN."""
    if value is UNKNOWN:
        return draw.draw(ANYTHING)
    if isinstance(value, list):
        return [completed(item, draw) for item in value]
    if isinstance(value, dict):
        return {key: completed(item, draw) for key, item in value.items()}
    return value


def holed(value: object, draw: st.DataObject) -> object:
    """The value with UNKNOWN in any place of it."""
    if draw.draw(st.integers(0, 2)) == 0:
        return UNKNOWN
    if isinstance(value, list):
        return [holed(item, draw) for item in value]
    if isinstance(value, dict):
        return {key: holed(item, draw) for key, item in value.items()}
    return value


@settings(max_examples=1500 if os.environ.get("MIAOPI_FULL") else 500, deadline=None)
@given(st.one_of(boolean(2), number(2), listed(1)), st.fixed_dictionaries(KINDS), st.data())
def test_a_definite_result_is_that_of_every_completion(text, scope, data):
    run = dmn.compile(parse(text, names=scope))
    partly = {key: holed(value, data) for key, value in scope.items()}
    found = run(partly)
    if not has_unknown(found):
        for _ in range(3):
            full = {key: completed(value, data) for key, value in partly.items()}
            assert same(run(full), found), (text, partly, full)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("u and false", False),
        ("u or true", True),
        ("u and true", UNKNOWN),
        ("not(u)", UNKNOWN),
        ('not(u = "revoked")', UNKNOWN),
        ('u != "revoked"', UNKNOWN),
        ("if u then 1 else 1", Decimal(1)),
        ("if u then 1 else 2", UNKNOWN),
        ("every x in u satisfies x > 1", UNKNOWN),
        ("every x in [] satisfies u", True),
        ("some x in [1, 2] satisfies x > 1 or u", True),
        ("every x in [1, 2] satisfies x > 1 and u", False),
        ("u = null", UNKNOWN),
        ("count([u, 1])", Decimal(2)),
        ("list contains([u, 1], 1)", True),
        ("list contains([u, 2], 1)", UNKNOWN),
        ("sum([u, 1])", UNKNOWN),
        ("[1, 2][item > u]", UNKNOWN),
        ("u.field", UNKNOWN),
        ("u in [1..2]", UNKNOWN),
    ],
)
def test_kleene_logic_runs_through_every_operator(text, expected):
    found = dmn.compile(parse(text, names=["u"]))({"u": UNKNOWN})
    assert found is expected or (found == expected and type(found) is type(expected))


def test_a_name_that_nobody_gave_is_unknown():
    assert dmn.compile(parse("age >= 18"))({}) is UNKNOWN
