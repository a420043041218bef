"""What the verdict would be for each value of an unknown fact: every member of a class agrees."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dmn import to_json
from dmn.values.temporal import YearsMonths
from services import pack_tests, whatif_wording
from services.inputs import Inputs, read_inputs
from services.rulebook import Rulebook
from services.verdict import judge
from services.whatif import Statement, Values, WhatIf, results_of, what_if
from tests.services.packs import load, text

NAMES = ("graduate_settlement", "limited_company", "sole_trader")
BOOKS = {name: load(text(name), name) for name in NAMES}


def passing(name: str) -> tuple[Rulebook, dict[str, Any]]:
    """The first test of a pack that is approved: all that is known of it."""
    book = BOOKS[name]
    found = next(case for case in book.pack.cases if case.expect == "approve")
    return book, pack_tests.inputs_of(book, found).to_json()


def without(stored: dict[str, Any], *facts: str) -> dict[str, Any]:
    return {name: value for name, value in stored.items() if name not in facts}


def asked(name: str, *facts: str, **changes: Any) -> tuple[Rulebook, Inputs, WhatIf]:
    book, stored = passing(name)
    inputs = read_inputs(book, without({**stored, **changes}, *facts))
    found = what_if(book, inputs)
    assert found is not None
    return book, inputs, found


def of(found: WhatIf, fact: str) -> list[Statement]:
    return [one for one in found.statements if one.facts == (fact,)]


def test_a_criminal_record_that_nobody_could_read() -> None:
    _book, _inputs, found = asked("graduate_settlement", "crime")
    yes, no = sorted(of(found, "crime"), key=lambda one: one.outcome, reverse=True)
    assert (yes.outcome, yes.values[0].ones, yes.against) == (
        "refer", (True,), (("no_crime", "unmet"),)
    )  # fmt: skip
    assert (no.outcome, no.values[0].ones, no.against) == ("approve", (False,), ())
    assert found.open == () and found.already == () and not found.is_cut


def test_the_day_of_graduation_has_the_spans_of_the_law() -> None:
    """Two years, both ends within, and none in the future; 29 February is no boundary here."""
    _book, inputs, found = asked("graduate_settlement", "graduated")
    day = inputs.as_of
    (good,) = [one for one in of(found, "graduated") if one.outcome == "approve"]
    (span,) = good.values
    assert (span.low, span.low_in) == (day.replace(year=day.year - 2), True)
    assert (span.high, span.high_in) == (day, True)
    rest = [one for one in of(found, "graduated") if one.outcome != "approve"]
    assert {a for one in rest for a in one.against} == {("recent", "unmet")}
    assert [v.kind for one in rest for v in one.values].count("span") == 2


def test_levels_of_one_result_are_one_statement() -> None:
    _book, _inputs, found = asked("graduate_settlement", "level")
    by = {one.against: {v for part in one.values for v in part.ones} for one in of(found, "level")}
    assert by[()] == {"专科", "本科", "硕士", "博士"}
    assert by[("level", "unmet"),] == {"中专"}
    assert by[("degree", "unmet"),] == {None}


def test_a_silent_registry_is_worked_out_whole_with_no_record_as_one_answer() -> None:
    _book, _inputs, found = asked(
        "graduate_settlement", "degree_name", "level", "full_time", "graduated", "school", "revoked"
    )
    (absent,) = [one for one in found.statements if one.absent]
    assert absent.outcome == "refer" and absent.against == (("degree", "unmet"),)
    assert {one.facts[0] for one in found.statements if not one.absent} == {
        "degree_name", "level", "full_time", "graduated", "revoked"
    }  # fmt: skip
    for fact in ("degree_name", "level", "full_time", "graduated", "revoked"):
        assert "approve" in {one.outcome for one in of(found, fact)}
    assert found.open == ()


def test_two_names_that_nobody_knows_are_compared_with_one_another() -> None:
    _book, _inputs, found = asked("graduate_settlement", "name", "degree_name")
    by = {part.kind: one for one in of(found, "degree_name") for part in one.values}
    assert by["same"].outcome == "approve"
    assert by["text"].against == (("same_name", "unmet"),)


def test_what_is_unmet_already_is_said_apart() -> None:
    _book, _inputs, found = asked("graduate_settlement", "crime", dishonest=True)
    assert found.already == ("credit",)
    assert {one.outcome for one in found.statements} == {"refer"}
    assert {one.against for one in found.statements} == {(), (("no_crime", "unmet"),)}


def test_lists_have_none_and_empty_and_the_rest_is_left_open() -> None:
    _book, _inputs, found = asked("limited_company", "crimes")
    assert found.open == ("crimes",)
    for one in of(found, "crimes"):
        assert all(v.ones in ((None,), ((),), (None, ()), ((), None)) for v in one.values)


def test_nothing_unknown_nothing_asked() -> None:
    for name in NAMES:
        book, stored = passing(name)
        assert what_if(book, read_inputs(book, stored)) is None


def test_more_than_the_budget_is_cut_and_said() -> None:
    book, stored = passing("graduate_settlement")
    inputs = read_inputs(book, without(stored, "level", "graduated", "crime"))
    found = what_if(book, inputs, judgements=5)
    assert found is not None and found.is_cut and len(found.statements) < 6
    whole = what_if(book, inputs)
    assert whole is not None and not whole.is_cut


# --- every member of every class


def _member(draw: Any, values: Values, drawn: dict[str, Any]) -> Any:
    """A random value of a class, in canonical form."""
    match values.kind:
        case "same":
            return drawn[values.same_as]
        case "ones":
            value = draw(st.sampled_from(values.ones))
            return [] if value == () else to_json(value)
        case "text":
            known = {*values.but, drawn.get(values.same_as)}
            return draw(st.text(st.characters(codec="utf-8", exclude_characters="\x00"))
                        .filter(lambda one: one not in known))  # fmt: skip
    return to_json(_within(draw, values))


def _within(draw: Any, span: Values) -> Any:
    low, high = span.low, span.high
    if low is not None and low == high:
        return low
    kind = type(span.sample)
    if kind is datetime.date:
        day = datetime.timedelta(days=1)
        first = datetime.date.min if low is None else low if span.low_in else low + day
        last = datetime.date.max if high is None else high if span.high_in else high - day
        return draw(st.dates(first, last))
    if kind is YearsMonths:
        first = 0 if low is None else low.months + (not span.low_in)
        last = 5000 if high is None else high.months - (not span.high_in)
        return YearsMonths(draw(st.integers(first, last)))
    assert kind is Decimal
    least = low if low is not None else (high or Decimal(0)) - 10**6
    most = high if high is not None else (low or Decimal(0)) + 10**6
    found = draw(st.decimals(least, most, places=3, allow_nan=False))
    if (found == low and not span.low_in) or (found == high and not span.high_in):
        return span.sample
    return found


@pytest.mark.parametrize("name", sorted(BOOKS))
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_each_member_of_a_class_leads_to_what_is_said(name: str, data: Any) -> None:
    book = BOOKS[name]
    draw = data.draw
    stored = [pack_tests.inputs_of(book, one).to_json() for one in book.pack.cases]
    case = dict(draw(st.sampled_from(stored)))
    own = sorted(n for n, fact in book.facts.items() if fact.source != "answers" and n in case)
    gone = draw(st.sets(st.sampled_from(own), min_size=1, max_size=5))
    if draw(st.booleans()):  # a whole registry
        source = book.facts[draw(st.sampled_from(own))].source
        gone |= {n for n, fact in book.facts.items() if fact.source == source}
    inputs = read_inputs(book, without(case, *gone))
    found = what_if(book, inputs)
    if found is None:
        return
    for one in found.statements:
        held = {n: v for n, v in found.base.items() if n not in one.facts}
        chosen = dict.fromkeys(one.facts, one.values[0]) if one.absent else {
            one.facts[0]: draw(st.sampled_from(one.values))
        }  # fmt: skip
        drawn: dict[str, Any] = {}
        for fact, values in sorted(
            {**held, **chosen}.items(), key=lambda pair: bool(pair[1].same_as)
        ):
            drawn[fact] = _member(draw, values, drawn)
        verdict = judge(book, read_inputs(book, {**inputs.to_json(), **drawn}))
        assert (verdict.outcome, results_of(verdict)) == (one.outcome, one.results), (one, drawn)


# --- in words


def words_for(language: str, name: str, *facts: str) -> dict[str, str]:
    book, inputs, found = asked(name, *facts)
    lines = whatif_wording.lines(found, book, inputs.as_of, language)
    return {f"{line.source}|{line.fact}|{line.values}": line.follows for line in lines}


def test_an_officer_reads_sentences() -> None:
    assert words_for("zh-hans", "graduate_settlement", "crime") == {
        "公安违法犯罪记录库|有犯罪记录|是": "不符合：无犯罪记录；由工作人员决定",
        "公安违法犯罪记录库|有犯罪记录|否": "全部条件符合",
    }
    assert words_for("en", "graduate_settlement", "crime")[
        "Public security records|criminal record|no"
    ] == ("all conditions are met")
    days = words_for("zh-hans", "graduate_settlement", "graduated")
    assert days["高等教育学历信息库|毕业日期|2024年7月1日 至 2026年7月1日"] == "全部条件符合"
    other = next(key for key in days if "2024年6月30日 及以前" in key)
    assert "2026年7月2日 及以后" in other and days[other].startswith("不符合：毕业不超过 2 年")


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("name", sorted(BOOKS))
def test_every_statement_has_words_and_no_codes(name: str, language: str) -> None:
    book, stored = passing(name)
    names = [n for n, fact in book.facts.items() if fact.source != "answers"]
    for fact in names:
        found = what_if(book, read_inputs(book, without(stored, fact)))
        if found is None:
            continue
        for line in whatif_wording.lines(found, book, book.pack.in_force_from, language):
            assert line.source and line.fact and line.values and line.follows
            shown = f"{line.fact} {line.values} {line.follows}"
            assert fact not in shown.split() or "_" not in fact
            if language == "en":
                assert not {"不符合", "全部条件符合"} & set(shown.split())
