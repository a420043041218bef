"""Boundary cases made from conditions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from benchmarks.requirements15 import CONSTANTS as PACK_CONSTANTS
from benchmarks.requirements15 import REQUIREMENTS as PACK
from benchmarks.requirements15 import TYPES as PACK_TYPES
from dmn import YearsMonths, parse
from dmn import types as t
from dmn.analysis.boundary_cases import BoundaryCase, boundary_cases
from dmn.requirements import Requirement, judge

TYPES: dict[str, t.Type] = {
    "income": t.NUMBER,
    "level": t.STRING,
    "licensed": t.DATE,
    "as_of": t.DATE,
    "periods": t.list_of(t.context_of(ended=t.DATE, points=t.NUMBER)),
}
CONSTANTS: dict[str, object] = {"experience": YearsMonths(36)}


def cases(must: str, **more: object) -> list[BoundaryCase]:
    one = Requirement("r", parse(must, dialect="total", names=[*TYPES, *CONSTANTS]))
    return boundary_cases([one], TYPES, constants=CONSTANTS, **more)  # type: ignore[arg-type]


def test_just_below_at_and_just_above_a_number() -> None:
    found = [(c.side, c.values.get("income"), c.results["r"]) for c in cases("income >= 4999.50")]
    assert ("below", Decimal("4999.4"), "unmet") in found
    assert ("at", Decimal("4999.50"), "met") in found
    assert ("above", Decimal("4999.6"), "met") in found
    assert ("unknown", None, "unknown") in found


def test_absent_is_shown_only_where_it_may_occur() -> None:
    assert not [c for c in cases("income > 3") if c.side == "absent"]
    (absent,) = [c for c in cases("income > 3", nullable=["income"]) if c.side == "absent"]
    assert absent.values["income"] is None
    assert absent.results["r"] == "unmet"


def test_a_text_is_shown_as_named_and_as_another() -> None:
    found = {c.values.get("level"): c.results["r"] for c in cases('level in ("本科", "硕士")')}
    assert found["本科"] == found["硕士"] == "met"
    assert found["其他"] == "unmet"


def test_the_day_on_which_two_dates_meet() -> None:
    found = cases("licensed + experience <= as_of")
    licensed = found[0].values["licensed"]
    assert isinstance(licensed, date)
    day = licensed.replace(year=licensed.year + 3)
    days = {
        c.values["as_of"]: c.results["r"]
        for c in found
        if c.values.get("licensed") == licensed and "as_of" in c.values
    }
    assert days[day] == "met"
    assert days[date.fromordinal(day.toordinal() - 1)] == "unmet"


def test_inside_lists_the_boundary_decides() -> None:
    text = "every p in periods satisfies p.points < 12 or p.ended + experience <= as_of"
    found = [c for c in cases(text) if c.input == "periods"]
    assert {c.results["r"] for c in found} == {"met", "unmet", "unknown"}
    eleven = [c for c in found if c.values.get("periods") and c.point == Decimal(12)]
    assert {c.side: c.results["r"] for c in eleven}["below"] == "met"
    assert {c.side: c.results["r"] for c in eleven}["above"] == "unmet"


def test_the_cases_of_a_pack_show_each_requirement_met_and_not_met() -> None:
    found = boundary_cases(PACK, PACK_TYPES, constants=PACK_CONSTANTS)
    assert found[0].side == "base"
    assert set(found[0].results.values()) <= {"met", "not_applicable"}
    for one in PACK:
        said = {c.results[one.id] for c in found}
        assert {"met", "unmet", "unknown"} <= said, one.id
    for case in found:
        for one in PACK:
            assert judge(one)({**PACK_CONSTANTS, **case.values}) == case.results[one.id]


def test_there_are_never_more_than_asked_for() -> None:
    assert len(boundary_cases(PACK, PACK_TYPES, constants=PACK_CONSTANTS, at_most=7)) == 7
