"""What a question in plain words says to a service's conditions: a hint, and never a verdict."""

from __future__ import annotations

import datetime

import pytest

from services.asking import hints, mentions
from tests.services.packs import load, text

GRADUATES = load(text("graduate_settlement"), "graduate_settlement")
TODAY = datetime.date(2026, 11, 29)
SYNONYMS = {"专科": ["大专"]}


def understood(question: str) -> dict[str, object]:
    return {m.fact: m.value for m in mentions(question, GRADUATES, TODAY, SYNONYMS)}


def met(question: str) -> dict[str, bool]:
    return {h.requirement: h.met for h in hints(question, GRADUATES, TODAY, SYNONYMS)}


@pytest.mark.parametrize(
    ("question", "day"),
    [
        ("我毕业一年半，能落户吗", "2025-05-29"),
        ("毕业 18 个月了还可以落户吗？", "2025-05-29"),
        ("毕业1.5年", "2025-05-29"),
        ("已经毕业３年了", "2023-11-29"),
        ("毕业两年零三个月", "2024-08-29"),
        ("毕业十一个月", "2025-12-29"),
        ("半年前毕业", "2026-05-29"),
        ("I graduated 18 months ago, can I settle?", "2025-05-29"),
        ("Can I settle? I graduated a year and a half ago", "2025-05-29"),
        ("graduated three years ago", "2023-11-29"),
        ("2019年来本市，毕业三年", "2023-11-29"),  # what stands nearer counts
        ("毕业三年，2025年结婚", "2023-11-29"),
    ],
)
def test_how_long_ago_is_read(question: str, day: str) -> None:
    assert understood(question)["graduated"] == day


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("2024年6月毕业能落户吗", "2024-06-01", "2024-06-30"),
        ("我是24年6月毕业的", "2024-06-01", "2024-06-30"),
        ("毕业于２０２５年", "2025-01-01", "2025-12-31"),
        ("2026年毕业", "2026-01-01", "2026-11-29"),
        ("毕业日期 2024-06-30", "2024-06-30", ""),
        ("我2024年6月30日毕业", "2024-06-30", ""),
        ("去年毕业的", "2025-01-01", "2025-12-31"),
        ("前年7月毕业", "2024-07-01", "2024-07-31"),
        ("I graduated in June 2024", "2024-06-01", "2024-06-30"),
        ("graduated in 2025, can I settle?", "2025-01-01", "2025-12-31"),
        ("graduated last year", "2025-01-01", "2025-12-31"),
    ],
)
def test_a_date_is_no_span_of_time(question: str, first: str, last: str) -> None:
    found = next(m for m in mentions(question, GRADUATES, TODAY) if m.fact == "graduated")
    assert (found.value, found.last) == (first, last)


@pytest.mark.parametrize(
    "question",
    ["2099年毕业", "毕业100000000000年", "6月毕业", "2024年13月32日毕业x", "2023-02-30毕业"],
)
def test_what_is_no_day_of_the_past_is_not_read(question: str) -> None:
    assert "recent" not in met(question)


@pytest.mark.parametrize(
    ("question", "born"),
    [("我今年三十岁", "1996-11-29"), ("45周岁可以吗", "1981-11-29"), ("i am 30", "1996-11-29")],
)
def test_an_age_is_read(question: str, born: str) -> None:
    assert understood(question)["born"] == born


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("我毕业一年半，能落户吗", {"recent": True}),  # two years are permitted
        ("我毕业三年，能落户吗", {"recent": False}),
        ("2024年6月毕业", {"recent": False}),
        ("去年毕业", {"recent": True}),
        ("2024年毕业", {}),  # before or after the 29th of November?
        ("我是大专，毕业一年", {"level": True, "recent": True}),
        ("我是中专毕业", {"level": False}),
        ("我30岁", {"age": True}),
        ("我46岁", {"age": False}),
        ("非全日制本科能落户吗", {"level": True, "full_time": False}),
        ("全日制硕士", {"level": True, "full_time": True}),
        ("I have a bachelor, studied full-time", {"level": True, "full_time": True}),
        ("我是限制民事行为能力人", {"capacity": False}),
        ("我被列为失信被执行人", {"credit": False}),
    ],
)
def test_conditions_are_held_against_it(question: str, expected: dict[str, bool]) -> None:
    assert met(question) == expected


@pytest.mark.parametrize(
    "question",
    [
        "",
        "能落户吗",
        "落户有什么限制，材料完全吗",  # words of legal capacity, of which nobody speaks
        "can I open a limited company",
        "毕业了想落户",  # when is not said
        "一年半能办好吗",  # not about graduating
        "我不是本科",  # what it is instead is not said
        "我有犯罪记录吗",  # of an undisclosed condition nothing is said
        "毕业九百九十九年",
        "毕业999年",
        "毕业" * 60,
        "\u202e毕业年",
    ],
)
def test_nothing_is_made_of_what_is_not_said(question: str) -> None:
    assert met(question) == {}


def test_a_condition_that_rests_on_more_is_left_out() -> None:
    """same_name compares two names; nobody can say that in a question."""
    assert "same_name" not in met("我是本科，毕业一年，三十岁，全日制")
