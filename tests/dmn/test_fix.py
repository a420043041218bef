"""The smallest fix: all is met by it, nothing in it can be left out, nothing smaller would do."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations, product
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dmn import YearsMonths, parse
from dmn import types as t
from dmn.analysis.fix import Fix, smallest_fix
from dmn.requirements import Requirement, judge
from dmn.values import UNKNOWN

TYPES: dict[str, t.Type] = {
    "as_of": t.DATE,
    "licensed": t.DATE,
    "n": t.NUMBER,
    "m": t.NUMBER,
    "hukou": t.STRING,
    "permit": t.enumeration(t.STRING, "valid", "expired"),
    "full": t.BOOLEAN,
    "periods": t.list_of(t.context_of(ended=t.DATE, points=t.NUMBER)),
}
CONSTANTS: dict[str, object] = {"experience": YearsMonths(36)}
POOL = {
    "experience": "licensed + experience <= as_of",
    "young": 'licensed + @"P6Y" > as_of',
    "points": "every p in periods satisfies p.points < 12 or p.ended + experience <= as_of",
    "n": "n >= 10",
    "few": "n < 12",
    "both": "n + 2 <= m",
    "or": 'm > 20 or hukou = "a"',
    "hukou": 'hukou in ("a", "b")',
    "permit": 'permit = "valid"',
    "if": 'if full then n > 3 else permit = "expired"',
    "not": 'not(hukou = "c") and (full or m < 5)',
    "applied": "m < 100",
}
APPLIES = {"applied": 'hukou != "b"'}


def requirement(name: str, *, undisclosed: bool = False) -> Requirement:
    known = [*TYPES, *CONSTANTS]
    applies = APPLIES.get(name)
    return Requirement(
        name,
        parse(POOL[name], dialect="total", names=known),
        parse(applies, dialect="total", names=known) if applies else None,
        undisclosed=undisclosed,
    )


def passes(requirements: list[Requirement], values: dict[str, object]) -> bool:
    scope = {**CONSTANTS, **{k: v for k, v in values.items() if v is not UNKNOWN}}
    return all(judge(one)(scope) in ("met", "not_applicable") for one in requirements)


def applied(values: dict[str, object], fix: Fix, leave_out: str = "") -> dict[str, object]:
    changed = {c.input: c.new for c in fix.changes if c.input != leave_out}
    return {**values, **changed}


DAYS = st.dates(date(2019, 1, 1), date(2026, 12, 31))
VALUES = st.fixed_dictionaries(
    {
        "as_of": st.dates(date(2024, 1, 1), date(2025, 12, 31)),
        "licensed": DAYS,
        "n": st.integers(0, 30).map(Decimal),
        "m": st.integers(0, 30).map(Decimal),
        "hukou": st.sampled_from(["a", "b", "c"]),
        "permit": st.sampled_from(["valid", "expired"]),
        "full": st.booleans(),
        "periods": st.lists(
            st.fixed_dictionaries(
                {"ended": DAYS, "points": st.sampled_from([Decimal(3), Decimal(12)])}
            ),
            max_size=2,
        ),
    }
)
MARK = st.sampled_from(["answer", "act", "never"])
MARKS = st.fixed_dictionaries(
    {name: MARK for name in TYPES if name not in ("as_of", "periods")}
    | {"as_of": st.sampled_from(["time", "never"]), "periods": st.just("never")}
)
CHOSEN = st.lists(st.sampled_from(sorted(POOL)), min_size=1, max_size=6, unique=True)
# Every cell of every input of the pool has a value here, whatever the others are.
OTHERS: dict[str, list[object]] = {
    "n": [Decimal(x) for x in range(-1, 31)],
    "m": [Decimal(x) for x in (*range(-1, 34), 99, 100)],
    "hukou": ["a", "b", "c", "d"],
    "permit": ["valid", "expired"],
    "full": [True, False],
}


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(names=CHOSEN, values=VALUES, marks=MARKS)
def test_the_set_mends_and_each_change_is_needed(
    names: list[str], values: dict[str, object], marks: dict[str, str]
) -> None:
    requirements = [requirement(name) for name in names]
    fix = smallest_fix(requirements, TYPES, values, marks, constants=CONSTANTS)
    if fix is None:
        assert not passes(requirements, values)
        return
    assert passes(requirements, applied(values, fix))
    for change in fix.changes:
        assert marks[change.input] == change.mark != "never"
        assert change.old == values[change.input] != change.new
        assert not passes(requirements, applied(values, fix, leave_out=change.input))
        if change.mark == "time":
            assert change.new > change.old  # type: ignore[operator]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    names=st.lists(
        st.sampled_from(["n", "few", "both", "or", "hukou", "permit", "if", "not", "applied"]),
        min_size=1, max_size=5, unique=True,
    ),
    values=VALUES,
    marks=MARKS,
)  # fmt: skip
def test_no_smaller_set_would_do(
    names: list[str], values: dict[str, object], marks: dict[str, str]
) -> None:
    """Against trying everything: no fix with fewer inputs, none at all where None is said."""
    requirements = [requirement(name) for name in names]
    fix = smallest_fix(requirements, TYPES, values, marks, constants=CONSTANTS)
    size = len(fix.changes) if fix else 3
    judges = [judge(one) for one in requirements]
    can = [name for name in OTHERS if marks[name] != "never"]
    for fewer in range(size):
        for inputs in combinations(can, fewer):
            for new in product(*(OTHERS[name] for name in inputs)):
                scope = {**values, **CONSTANTS, **dict(zip(inputs, new, strict=True))}
                assert not all(run(scope) in ("met", "not_applicable") for run in judges)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    names=st.lists(
        st.sampled_from(["experience", "young", "points", "n"]), min_size=1, unique=True
    ),
    values=VALUES,
)
def test_the_earliest_date_is_the_first_day_on_which_all_is_met(
    names: list[str], values: dict[str, Any]
) -> None:
    requirements = [requirement(name) for name in names]
    fix = smallest_fix(requirements, TYPES, values, {"as_of": "time"}, constants=CONSTANTS)
    if passes(requirements, values):
        assert fix == Fix()
        return
    day, found = values["as_of"], None
    for _ in range(366 * 9):
        day += timedelta(days=1)
        if passes(requirements, {**values, "as_of": day}):
            found = day
            break
    assert (fix.earliest if fix else None) == found
    if found:
        assert fix is not None and [c.new for c in fix.changes] == [found]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(names=CHOSEN, values=VALUES, marks=MARKS, secret=st.integers(0, 5))
def test_nothing_is_offered_when_an_undisclosed_condition_failed(
    names: list[str], values: dict[str, object], marks: dict[str, str], secret: int
) -> None:
    hidden = names[secret % len(names)]
    requirements = [requirement(name, undisclosed=name == hidden) for name in names]
    fix = smallest_fix(requirements, TYPES, values, marks, constants=CONSTANTS)
    if not passes([requirement(hidden)], values):
        assert fix is None


def fix_of(names: list[str], marks: dict[str, str], **values: object) -> Fix | None:
    base: dict[str, object] = {
        "as_of": date(2026, 3, 1), "licensed": date(2020, 1, 31), "n": Decimal(11),
        "m": Decimal(30), "hukou": "a", "permit": "valid", "full": True, "periods": [],
    }  # fmt: skip
    requirements = [requirement(name) for name in names]
    return smallest_fix(requirements, TYPES, {**base, **values}, marks, constants=CONSTANTS)


def test_the_nearest_value_is_offered() -> None:
    fix = fix_of(["n", "few"], {"n": "answer"}, n=Decimal(4))
    assert fix is not None and fix.changes[0].new == Decimal(10)
    fix = fix_of(["n", "few"], {"n": "answer"}, n=Decimal(40))
    assert fix is not None and fix.changes[0].new == Decimal(11)


def test_an_answer_that_is_missing_is_asked_for() -> None:
    fix = fix_of(["permit"], {"permit": "answer"}, permit=UNKNOWN)
    assert fix is not None
    assert [(c.input, c.old, c.new) for c in fix.changes] == [("permit", UNKNOWN, "valid")]


def test_a_registry_that_is_silent_cannot_be_mended() -> None:
    assert fix_of(["permit"], {"permit": "never", "n": "answer"}, permit=UNKNOWN) is None


def test_of_two_single_changes_an_answer_comes_before_waiting() -> None:
    marks = {"as_of": "time", "licensed": "answer"}
    fix = fix_of(["experience"], marks, licensed=date(2024, 2, 29))
    assert fix is not None
    assert [c.mark for c in fix.changes] == ["answer"]
    # three years after 29 February 2024 is 28 February 2027
    assert fix.earliest == date(2027, 2, 28)
