"""What packs say of entitlements: faults with their line, and what one is on a day."""

import datetime
from decimal import Decimal

import pytest

from city.errors import SourceError
from services import entitlement, pack_tests, publish
from tests.services.packs import changed, line_of, load, text

SOURCE = text("old_age_allowance")
ENDS = SOURCE[SOURCE.index("  ends:\n") : SOURCE.index("  suspends:\n")]
ACCOUNT = "when: account != true"
CONFIRMED = (
    "  confirmed_on: {from: assistance.account, type: boolean, none: allowed, zh: 甲, en: a}"
)
D = datetime.date


def standing(source: str, name: str, confirmed: datetime.date | None = None):
    book = load(source)
    inputs = pack_tests.inputs_of(book, next(c for c in book.pack.cases if c.name == name))
    assert book.program.entitlement is not None
    return entitlement.standing(book.program.entitlement, inputs, confirmed or inputs.as_of)


@pytest.mark.parametrize(
    ("before", "after", "at", "says"),
    [
        (ENDS, "", "entitlement:", "no end conditions"),
        (ENDS, "  ends: []\n", "entitlement:", "no end conditions"),
        ("amount: allowance", "amount: born", "amount: born", "must give number"),
        ("amount: allowance", "amount: '\"200\"'", "amount: '", "must give number"),
        ("when: died != null", "when: died", "when: died", "must give boolean"),
        ("on: died", "on: city", "on: city", "must give date"),
        (ACCOUNT, f"{ACCOUNT}\n    on: died", "    on: died\n    zh: 发放", "has a day"),
        ("- id: moved", "- id: death", "- id: death\n    # the", "stands twice"),
        ("period: month", "period: week", "period: week", "period"),
        ("when: account != true", "when: bank != true", "when: bank", "bank"),
        ("  died: {from", f"{CONFIRMED}\n  died: {{from", CONFIRMED, "a name of entitlements"),
        ("applicant: person", "applicant: enterprise", "entitlement:", "paid to persons"),
    ],
)  # fmt: skip
def test_faults_have_their_line_and_reason(before: str, after: str, at: str, says: str) -> None:
    source = changed(before, after, SOURCE)
    with pytest.raises(SourceError) as caught:
        publish.check(source, "pack.yaml")
    found = [f for f in caught.value.all() if says in f.en]
    assert found, [f.en for f in caught.value.all()]
    assert any(abs(f.line - line_of(at, source)) <= 1 for f in found), [f.line for f in found]
    assert all(f.zh and f.file == "pack.yaml" for f in found)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("{state: active, amount: 300, first_period: 2026-08-01}", "amount"),
        ("{state: ended, amount: 200}", "state"),
        ("{first_period: 2026-07-01}", "first_period"),
        ("{reasons: [death]}", "reasons"),
        ("{ended_on: 2026-07-01}", "ended_on"),
    ],
)
def test_a_test_that_says_otherwise_is_a_fault(wrong: str, says: str) -> None:
    right = "{state: active, amount: 200, first_period: 2026-08-01}"
    with pytest.raises(SourceError) as caught:
        publish.check(changed(right, wrong, SOURCE), "pack.yaml")
    assert any(f": {says}: expected" in f.en for f in caught.value.all())


def test_a_test_of_an_entitlement_needs_one() -> None:
    source = SOURCE[: SOURCE.index("entitlement:\n")] + SOURCE[SOURCE.index("tests:\n") :]
    with pytest.raises(SourceError) as caught:
        publish.check(source.replace("[open, live]", "[open]"), "pack.yaml")
    assert any("there is no entitlement" in fault.en for fault in caught.value.all())


def test_live_guards_need_something_that_lives() -> None:
    source = SOURCE[: SOURCE.index("entitlement:\n")] + SOURCE[SOURCE.index("tests:\n") :]
    with pytest.raises(SourceError) as caught:
        publish.check(source, "pack.yaml")
    assert any("a certificate or an entitlement" in fault.en for fault in caught.value.all())


def test_a_certain_end_stops_although_the_amount_is_not_known() -> None:
    """Whoever is certainly dead is not paid for want of a birthday."""
    source = changed("    when: born + eighty > as_of\n", "    when: false\n", SOURCE)
    before, unknown = "population: {alive: false}, death: {date", "born: 1899-01-01"
    source = changed(before, f"population: {{alive: false, {unknown}}}, death: {{date", source)
    found = standing(source, "已死亡两库一致")
    assert (found.state, found.amount, found.ended_on) == ("ended", None, D(2026, 6, 30))


def test_a_death_that_lies_ahead_ends_no_later_than_the_day_it_is_known() -> None:
    source = changed("death: {date: 2026-06-30}", "death: {date: 2026-12-31}", SOURCE)
    assert standing(source, "已死亡两库一致").ended_on == D(2026, 7, 15)


def test_confirmation_is_counted_from_the_last_one() -> None:
    source = changed(
        "  holds:\n  - id: death_conflict",
        "  - id: unconfirmed\n    when: confirmed_on + yearly < as_of\n    zh: 未确认\n"
        "    en: not confirmed\n    law: 甲\n  holds:\n  - id: death_conflict",
        SOURCE,
    )
    source = changed(
        "parameters:\n",
        "parameters:\n  yearly: {2018-01-01: P1Y, zh: 年度, en: year, law: 甲}\n",
        source,
    )
    assert load(source).program.entitlement.is_confirmed  # type: ignore[union-attr]
    on_time = standing(source, "八十岁生日当天", D(2025, 7, 15))
    late = standing(source, "八十岁生日当天", D(2025, 7, 14))
    assert (on_time.state, late.state, late.reasons) == ("active", "suspended", ("unconfirmed",))


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("100.005", Decimal("100.01")),
        ("100.004", Decimal("100.00")),
        ("0", None),
        ("-1", None),
        ("0.004", None),
    ],
)
def test_amounts_are_in_fen_and_nothing_is_no_amount(amount: str, expected: Decimal | None) -> None:
    source = changed("amount: allowance", f"amount: {amount}", SOURCE)
    found = standing(source, "八十岁生日当天")
    assert found.amount == expected
    assert (found.state, found.reasons) == (("active", ()) if expected else ("held", ("amount",)))


@pytest.mark.parametrize(
    ("period", "day", "first", "next_"),
    [
        ("month", D(2026, 12, 2), D(2027, 1, 1), D(2027, 2, 1)),
        ("month", D(2026, 12, 1), D(2026, 12, 1), D(2027, 1, 1)),
        ("quarter", D(2026, 11, 30), D(2027, 1, 1), D(2027, 4, 1)),
        ("quarter", D(2026, 10, 1), D(2026, 10, 1), D(2027, 1, 1)),
        ("year", D(2026, 1, 2), D(2027, 1, 1), D(2028, 1, 1)),
    ],
)
def test_periods_follow_the_calendar(
    period: str, day: datetime.date, first: datetime.date, next_: datetime.date
) -> None:
    assert entitlement.on_or_after(period, day) == first
    assert entitlement.following(period, first) == next_
    assert entitlement.period_of(period, next_ - datetime.timedelta(1)) == first
