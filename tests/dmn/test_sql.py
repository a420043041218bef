"""SQL says of every stored case what the judge says."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dmn import YearsMonths, from_json, parse
from dmn import types as t
from dmn.checking.expressions import check
from dmn.errors import FeelError
from dmn.requirements import Requirement, judge
from dmn.sql import Compiled, NotCompiled, Rules, compile_pair, compile_sql
from dmn.values import UNKNOWN

EXAMPLES = int(os.environ.get("DMN_EXAMPLES", "150"))
TYPES: dict[str, t.Type] = {
    "n": t.NUMBER,
    "m": t.NUMBER,
    "s": t.STRING,
    "c": t.STRING,
    "kind": t.enumeration(t.STRING, "valid", "expired"),
    "d": t.DATE,
    "e": t.DATE,
    "b": t.BOOLEAN,
    "items": t.list_of(t.context_of(ended=t.DATE, points=t.NUMBER, ok=t.BOOLEAN)),
    "tags": t.list_of(t.STRING),
}
CONSTANTS = {
    "span": YearsMonths(36),
    "limit": Decimal("12.5"),
    "word": "it's 50%\\ {x}",
    "day": date(2024, 2, 29),
    "words": ["a", "乙", ""],
    "none": None,
    "never": None,
}
ALL_NAMES = [*TYPES, *CONSTANTS]


@pytest.fixture(scope="module")
def cursor() -> Iterator[psycopg.Cursor[Any]]:
    url = os.environ.get("DATABASE_URL")
    if not url:
        pytest.skip("needs a PostgreSQL: run it by `python -m deploy.local with-servers -- ...`")
    with psycopg.connect(url, dbname="postgres", autocommit=True) as connection:
        yield connection.cursor()


# --- what is judged -------------------------------------------------------------------------

NUMBERS = st.sampled_from(["0", "-1", "3", "12.5", "12.50", "100", "limit"])
DATES = st.sampled_from(['@"2024-02-29"', '@"2021-02-28"', '@"2024-01-31"', "day"])
TEXTS = st.sampled_from(['"valid"', '"a"', '""', '"乙"', "word"])
KINDS = st.sampled_from(['"valid"', '"expired"'])
OPS = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
SAME = st.sampled_from(["=", "!="])
ENDS = st.sampled_from(["none", "0", "5", "limit", "100", "null"])  # of ranges, some of no value
MOVE = st.sampled_from(["", " + span", ' + @"P1M"', ' - @"P1M"', ' - @"P30D"', ' + @"P3900Y"'])
NUMERIC = st.sampled_from(["n", "m", "n + m", "n - 2", "n * m", "-n", "string length(s)"])
COUNTED = ["count(items)", "count(items[points > 3])", "count(tags)", 'count(tags[item = "a"])']


def _join(*parts: Any) -> st.SearchStrategy[str]:
    return st.tuples(*(p if isinstance(p, st.SearchStrategy) else st.just(p) for p in parts)).map(
        " ".join
    )


ATOMS = st.one_of(
    _join(NUMERIC, OPS, NUMBERS),
    _join(NUMERIC, OPS, NUMERIC),
    _join(NUMBERS, OPS, "n"),
    _join(st.sampled_from(COUNTED), OPS, st.sampled_from(["0", "1", "2"])),
    _join("n between", NUMBERS, "and", NUMBERS),
    _join("n in [0..12.5)"),
    _join("n in (1, [3..100], < 0)"),
    _join("n in [0, 3, (5..9]]"),
    _join("n in", st.sampled_from(["[1..", "(1.."]), ENDS, st.sampled_from(["]", ")"])),
    _join("n in [", ENDS, "..", ENDS, "]"),
    _join("n in (", NUMBERS, ", [", ENDS, "..12.5], [3..", ENDS, "])"),
    _join("n in [", NUMBERS, ", [", ENDS, "..", ENDS, "], (5..9)]"),
    _join("n in (if b then [1..", ENDS, "] else [", ENDS, "..3])"),
    _join("n in (if limit > 3 then [none..3] else [0..9])"),
    _join("n in (", st.sampled_from(["<", "<=", ">", "=", "!="]), ENDS, ")"),
    _join("s in [none..", TEXTS, "]"),
    _join("d in [", st.sampled_from(["never", "day"]), "..", DATES, "]"),
    _join("s", OPS, TEXTS),
    _join("s", OPS, "c"),
    _join("s in [", TEXTS, ",", TEXTS, "]"),
    _join("s in (", TEXTS, ",", TEXTS, ")"),
    _join("kind", SAME, KINDS),
    _join(st.sampled_from(["contains", "starts with", "ends with"]), "(s,", TEXTS, ")"),
    _join("starts with(s, c)"),
    _join("d", MOVE, OPS, DATES),
    _join("d", MOVE, OPS, "e"),
    _join("d", OPS, "e", MOVE),
    _join("e - d", OPS, st.sampled_from(['@"P30D"', '@"P1DT12H"', '@"-P400D"'])),
    _join("b"),
    _join("b", SAME, st.sampled_from(["true", "false"])),
    _join(st.sampled_from(["n", "s", "d", "b", "kind"]), SAME, "null"),
    _join("list contains(tags,", st.one_of(TEXTS, st.just("s"), st.just("null")), ")"),
)
INSIDE = st.sampled_from(
    [
        "p.points < limit",
        "p.points >= n",
        "p.ended + span <= e",
        "p.ok",
        "p.points = null",
        "p.points < limit or p.ended + span <= d",
        "not(p.ok) and p.points > m",
        "some q in tags satisfies q = s and p.ok",
    ]
)
INSIDE_ONE = st.sampled_from(["b", "w != c", "n > 3", "(every p in items satisfies p.ok or w = s)"])
LISTS = st.one_of(
    _join(st.sampled_from(["every", "some"]), "p in items satisfies", INSIDE),
    _join(st.sampled_from(["every", "some"]), "p in items[ok] satisfies", INSIDE),
    _join(st.sampled_from(["every", "some"]), "p in items, q in tags satisfies p.ok or q = s"),
    _join(st.sampled_from(["every", "some"]), "q in tags satisfies q", SAME, TEXTS),
    _join(
        st.sampled_from(["every", "some"]), "w in words satisfies contains(s, w) and", INSIDE_ONE
    ),
    _join(st.sampled_from(["items", "tags"]), SAME, "null"),
)
CONDITIONS = st.recursive(
    st.one_of(ATOMS, LISTS),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map(
            lambda p: f"({p[0]}){p[1]}({p[2]})"
        ),
        inner.map(lambda text: f"not({text})"),
        st.tuples(inner, inner, inner).map(lambda p: f"(if ({p[0]}) then ({p[1]}) else ({p[2]}))"),
    ),
    max_leaves=6,
)

# --- cases ----------------------------------------------------------------------------------

NUMBER = st.sampled_from(["0", "-1", "1", "3", "12.5", "12.49", "100", "0.001"])
TEXT = st.sampled_from(["", "a", "b", "valid", "乙", "甲a", "it's 50%\\ {x}", "a\\"])
DATE = st.sampled_from(
    ["2024-02-29", "2021-02-28", "2021-03-01", "2024-01-31", "2024-01-30", "9999-12-31",
     "0001-01-01", "2024-12-31"]
)  # fmt: skip
TRUTH = st.booleans()


def _perhaps(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(*[values] * 7, st.none())


MISSING = object()


def _object(**values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """An object in which a key is missing now and then."""
    often = {key: st.one_of(*[value] * 7, st.just(MISSING)) for key, value in values.items()}
    return st.fixed_dictionaries(often).map(
        lambda found: {key: value for key, value in found.items() if value is not MISSING}
    )


ITEM = _object(ended=_perhaps(DATE), points=_perhaps(NUMBER), ok=_perhaps(TRUTH))
CASE = _object(
    n=_perhaps(NUMBER),
    m=_perhaps(NUMBER),
    s=_perhaps(TEXT),
    c=_perhaps(TEXT),
    kind=_perhaps(st.sampled_from(["valid", "expired"])),
    d=_perhaps(DATE),
    e=_perhaps(DATE),
    b=_perhaps(TRUTH),
    items=_perhaps(st.lists(ITEM, max_size=3)),
    tags=_perhaps(st.lists(_perhaps(TEXT), max_size=3)),
)


def scope_of(case: dict[str, Any]) -> dict[str, object]:
    found = {name: from_json(case[name], kind) for name, kind in TYPES.items() if name in case}
    return {**CONSTANTS, **found}


def read(text: str) -> Any:
    node = parse(text, dialect="total", names=[*TYPES, *CONSTANTS])
    kinds = {"span": t.YEARS_MONTHS, "limit": t.NUMBER, "word": t.STRING, "day": t.DATE,
             "words": t.list_of(t.STRING), "none": t.NULL, "never": t.NULL}  # fmt: skip
    check(node, {**TYPES, **kinds})
    return node


def stored(cases: list[dict[str, Any]]) -> str:
    """The cases as a table. Written out, without parameters: `%` must do no harm."""
    array = json.dumps(cases).replace("'", "''")
    return f"jsonb_array_elements('{array}'::jsonb) WITH ORDINALITY AS t(inputs, at)"


def selected(cursor: Any, compiled: Compiled, what: Any, cases: list[dict[str, Any]]) -> list[Any]:
    """The verdict by the query for many rows, in order."""
    query = compiled.select(stored(cases), "at", what=what)
    return [row[1] for row in sorted(cursor.execute(query).fetchall())]


def asked(cursor: Any, expression: str, cases: list[dict[str, Any]]) -> list[Any]:
    """The value of an SQL expression for every case, in order."""
    statement = f"SELECT {expression} FROM {stored(cases)} ORDER BY at"
    return [row[0] for row in cursor.execute(statement).fetchall()]


def overall(results: list[str]) -> bool | None:
    if "unmet" in results:
        return False
    return None if "unknown" in results else True


def outcome(requirements: list[Requirement], results: list[str]) -> str:
    refers = {one.id for one in requirements if one.unmet == "refer"}
    pairs = list(zip(requirements, results, strict=True))
    if "unknown" in results or any(r == "unmet" and one.id in refers for one, r in pairs):
        return "refer"
    return "return" if "unmet" in results else "approve"


@settings(
    phases=[phase for phase in Phase if phase is not Phase.explain],
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)
@given(
    texts=st.lists(st.tuples(CONDITIONS, st.none() | CONDITIONS, st.booleans()), min_size=1,
                   max_size=3),
    cases=st.lists(CASE, min_size=10, max_size=40),
)  # fmt: skip
def test_sql_agrees_with_the_judge(cursor: Any, texts: Any, cases: list[dict[str, Any]]) -> None:
    try:
        requirements = [
            Requirement(f"r{at}", read(must), read(applies) if applies else None,
                        "return" if returns else "refer")
            for at, (must, applies, returns) in enumerate(texts)
        ]  # fmt: skip
    except FeelError:
        return  # e.g. an interval whose ends are the wrong way round
    compiled: Compiled = compile_sql(requirements, TYPES, constants=CONSTANTS)
    judges = [judge(one) for one in requirements]
    expected = [[run(scope_of(case)) for run in judges] for case in cases]
    for at, one in enumerate(requirements):
        got = asked(cursor, compiled.results[one.id], cases)
        for case, found, results in zip(cases, got, expected, strict=True):
            assert found == results[at], (texts[at], case)
    overalls = [overall(r) for r in expected]
    outcomes = [outcome(requirements, r) for r in expected]
    assert asked(cursor, compiled.overall, cases) == overalls
    assert asked(cursor, compiled.outcome, cases) == outcomes
    assert selected(cursor, compiled, "overall", cases) == overalls
    assert selected(cursor, compiled, "outcome", cases) == outcomes


@settings(
    phases=[phase for phase in Phase if phase is not Phase.explain],
    max_examples=EXAMPLES // 5,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)
@given(
    texts=st.lists(
        st.tuples(CONDITIONS, st.booleans(), st.sampled_from(["live", "draft", "both", "shared"])),
        min_size=2,
        max_size=4,
    ),
    cases=st.lists(CASE, min_size=10, max_size=30),
)
def test_a_pair_in_sql_agrees_with_the_judge(
    cursor: Any, texts: Any, cases: list[dict[str, Any]]
) -> None:
    lists: dict[str, list[Requirement]] = {"live": [], "draft": []}
    shared = {f"r{at}" for at, (_must, _returns, where) in enumerate(texts) if where == "shared"}
    try:
        for at, (must, returns, where) in enumerate(texts):
            one = Requirement(f"r{at}", read(must), None, "return" if returns else "refer")
            for side in ("live", "draft"):
                if where in (side, "both", "shared"):
                    lists[side].append(one)
    except FeelError:
        return  # e.g. an interval whose ends are the wrong way round
    sides = [Rules(lists[side], TYPES, CONSTANTS) for side in ("live", "draft")]
    pair = compile_pair(*sides, shared=shared, column="inputs")
    expected = [
        tuple(
            outcome(some, [judge(one)(scope_of(case)) for one in some]) for some in lists.values()
        )
        for case in cases
    ]
    every_case = cursor.execute(pair.select(stored(cases), "at", sampled="true")).fetchall()
    assert sorted(every_case) == [(at, *both) for at, both in enumerate(expected, 1)]
    changed = cursor.execute(pair.select(stored(cases), "at")).fetchall()
    assert sorted(changed) == [row for row in sorted(every_case) if row[1] != row[2]]


# --- what is refused ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "n / 3 > m",  # 34 digits here, 20 there
        "sum(items.points) > 3",
        "d.year > 2020",
        'd + @"P3900Y" + @"P3900Y" > e',  # before PostgreSQL's calendar
        "n in [m..limit]",
        "elsewhere > 3",
    ],
)
def test_what_sql_would_judge_differently_is_refused_with_its_place(text: str) -> None:
    node = parse(text, names=[*TYPES, *CONSTANTS, "elsewhere"])
    with pytest.raises(NotCompiled) as refused:
        compile_sql([Requirement("x", node)], TYPES, constants=CONSTANTS)
    assert refused.value.place.line == 1
    assert refused.value.reason


def test_a_parameter_without_a_value_is_refused() -> None:
    node = parse("n > limit", names=ALL_NAMES)
    with pytest.raises(NotCompiled):
        compile_sql([Requirement("x", node)], TYPES, constants={"limit": UNKNOWN})


def test_nothing_in_the_text_can_be_taken_for_a_placeholder() -> None:
    node = parse("s = word", names=ALL_NAMES)
    compiled = compile_sql([Requirement("x", node)], TYPES, constants=CONSTANTS)
    whole = compiled.overall + compiled.outcome + compiled.select("cases", "id")
    assert not set("%{}") & set(whole)


def test_an_incomplete_list_never_holds_for_every_element(cursor: Any) -> None:
    node = parse("every p in items satisfies p.ok", names=ALL_NAMES)
    compiled = compile_sql([Requirement("x", node)], TYPES, open_lists=["items"])
    cases = [{"items": []}, {"items": [{"ok": True}]}, {"items": [{"ok": False}]}]
    assert asked(cursor, compiled.overall, cases) == [None, None, False]
