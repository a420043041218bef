"""What packs use: the total dialect, static types, failed elements, facts as JSON."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

import dmn
from dmn import UNKNOWN, FeelError, Function, YearsMonths
from dmn import types as t

WORKDAYS = Function(
    "working days after",
    (("start", t.DATE), ("days", t.NUMBER)),
    t.DATE,
    "1",
    lambda start, days: start + timedelta(days=int(days)),
)
NAMES = {
    "age": t.NUMBER,
    "licensed": t.DATE,
    "as_of": t.DATE,
    "experience": t.YEARS_MONTHS,
    "permit": t.enumeration(t.STRING, "valid", "expired"),
    "periods": t.list_of(t.context_of(ended=t.DATE, points=t.NUMBER)),
    "ok": t.BOOLEAN,
}


@pytest.mark.parametrize(
    "text",
    [
        "licensed + experience <= as_of",
        "every p in periods satisfies p.points < 12 or p.ended + experience <= as_of",
        'permit in ("valid", "expired")',
        "count(periods[points > 3]) <= 2",
        "sum(periods.points) < 12",
        "if ok then age >= 18 else age >= 60",
        'not(permit = "expired") and age between 18 and 60',
        "some p in periods satisfies some q in periods satisfies p.points < q.points",
        'working days after(licensed, 3) <= date("2026-01-31")',
        "age in [18..60)",
        'licensed <= @"2026-01-31"',
    ],
)
def test_the_language_of_packs(text):
    functions = {WORKDAYS.name: WORKDAYS}
    node = dmn.parse(text, dialect="total", names=NAMES, functions=functions)
    assert dmn.check(node, NAMES) == t.BOOLEAN


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("for p in periods return p", "dialect.for"),
        ("function(x) x", "dialect.functionliteral"),
        ("{a: 1}", "dialect.contextliteral"),
        ("age ** 2", "dialect.power"),
        ("periods[1]", "dialect.position"),
        ("some x in 1..1000 satisfies x > 1", "dialect.range"),
        ("some x in [1..1000] satisfies x > 1", "dialect.range"),
        ("now()", "dialect.function"),
        ("today() > licensed", "dialect.function"),
        ('matches(permit, "a")', "dialect.function"),
        ("age instance of number", "dialect.instanceof"),
        ("periods.points(1)", "dialect.call"),
    ],
)
def test_what_lies_outside_is_refused_with_its_place(text, code):
    with pytest.raises(FeelError) as caught:
        dmn.parse(text, dialect="total", names=NAMES)
    assert caught.value.code == code
    assert caught.value.place.line == 1
    assert caught.value.zh and caught.value.en


@pytest.mark.parametrize("name", ["count", "if", "first-licensed", "item", "date and time", "a+b"])
def test_names_that_mislead_are_refused(name):
    with pytest.raises(FeelError) as caught:
        dmn.parse("1", dialect="total", names=[name])
    assert caught.value.code in ("dialect.shadow", "dialect.name")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("agee >= 18", "type.name"),
        ('age >= "18"', "type.compare"),
        ('permit = "vaild"', "type.allowed"),
        ('permit in ("valid", "expird")', "type.allowed"),
        ("ok > ok", "type.order"),
        ("licensed + age", "type.arithmetic"),
        ("age and ok", "type.kind"),
        ("periods.point", "type.field"),
        ("if age then ok else ok", "type.kind"),
        ("every p in age satisfies ok", "type.list"),
        ("string length(age)", "type.arguments"),
        ("licensed in [age..60]", "type.compare"),
        ("periods[points]", None),
    ],
)
def test_types_are_checked_before_anything_is_judged(text, code):
    node = dmn.parse(text, names=NAMES)
    if code is None:
        dmn.check(node, NAMES)
        return
    with pytest.raises(FeelError) as caught:
        dmn.check(node, NAMES)
    assert caught.value.code == code
    assert caught.value.place.column > 0


def test_a_registered_function_is_typed_and_unknown_passes_through():
    functions = {WORKDAYS.name: WORKDAYS}
    node = dmn.parse("working days after(start: d, days: 3)", names=["d"], functions=functions)
    run = dmn.compile(node)
    assert run({"d": date(2026, 1, 30)}) == date(2026, 2, 2)
    assert run({"d": UNKNOWN}) is UNKNOWN
    assert run({"d": "no date"}) is None
    with pytest.raises(FeelError) as caught:
        dmn.parse("working days after(d)", names=["d"], functions=functions)
    assert caught.value.code == "type.arguments"
    with pytest.raises(FeelError) as caught:
        dmn.check(dmn.parse('working days after("x", 3)', functions=functions), {})
    assert caught.value.place.column == 20


def period(points: int, ended: date) -> dict[str, object]:
    return {"points": Decimal(points), "ended": ended}


def test_elements_for_which_an_every_fails():
    text = "every p in periods satisfies p.points < 12 or p.ended + experience <= as_of"
    bad, old = period(12, date(2025, 1, 1)), period(12, date(2020, 1, 1))
    scope = {
        "periods": [period(3, date(2025, 1, 1)), bad, old],
        "experience": YearsMonths(36),
        "as_of": date(2026, 1, 1),
        "ok": True,
    }
    node = dmn.parse(text, names=scope)
    assert dmn.compile(node)(scope) is False
    assert dmn.failed_elements(node, scope) == [bad]
    for wrapped in (f"ok and ({text})", f"if ok then ({text}) else true", f"not(ok) or ({text})"):
        assert dmn.failed_elements(dmn.parse(wrapped, names=scope), scope) == [bad]
    forbidden = dmn.parse("not(some p in periods satisfies p.points >= 12)", names=scope)
    assert dmn.failed_elements(forbidden, scope) == [bad, old]
    assert dmn.failed_elements(dmn.parse("ok", names=scope), scope) == []


def test_free_names_are_the_inputs():
    node = dmn.parse("every p in ps satisfies p.x < limit and count(ps[x > y]) > 1", names=["ps"])
    assert dmn.names(node) == ("ps", "limit", "x", "y")


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("18.5", t.NUMBER, Decimal("18.5")),
        ("2024-02-29", t.DATE, date(2024, 2, 29)),
        ("P1Y6M", t.YEARS_MONTHS, YearsMonths(18)),
        ("PT36H", t.DAYS_TIME, timedelta(hours=36)),
        (["1", None], t.list_of(t.NUMBER), [Decimal(1), None]),
        ({"a": "1"}, t.context_of(a=t.NUMBER, b=t.DATE), {"a": Decimal(1), "b": UNKNOWN}),
        (None, t.DATE, None),
        ("valid", NAMES["permit"], "valid"),
    ],
)
def test_canonical_facts_come_and_go(value, kind, expected):
    found = dmn.from_json(value, kind)
    assert found == expected
    assert dmn.from_json(dmn.to_json(found), kind) == expected


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("2024-1-5", t.DATE),
        ("today", t.DATE),
        ("2023-02-29", t.DATE),
        ("NaN", t.NUMBER),
        ("Infinity", t.NUMBER),
        ("1e5", t.NUMBER),
        ("017", t.NUMBER),
        ("+1", t.NUMBER),
        ("１８", t.NUMBER),
        (18, t.NUMBER),
        (18.5, t.NUMBER),
        ("yes", t.BOOLEAN),
        (1, t.BOOLEAN),
        ("P1Y1D", t.YEARS_MONTHS),
        ("P1D", t.YEARS_MONTHS),
        ("vaild", NAMES["permit"]),
        ({"c": "1"}, t.context_of(a=t.NUMBER)),
        ("1" * 35, t.NUMBER),
    ],
)
def test_facts_that_two_readers_would_read_differently_are_refused(value, kind):
    with pytest.raises(FeelError):
        dmn.from_json(value, kind)


def test_unknown_is_no_truth_value_and_only_itself():
    import copy
    import pickle

    assert copy.deepcopy([UNKNOWN])[0] is UNKNOWN
    assert pickle.loads(pickle.dumps(UNKNOWN)) is UNKNOWN
    with pytest.raises(TypeError):
        bool(UNKNOWN)
