"""What an applicant is told of two editions: each part that matters to them, and no other."""

import datetime as dt

import pytest

from services.difference import differences
from tests.services.packs import changed, load, text

DAY = dt.date(2026, 3, 2)
GRADUATES = text("graduate_settlement")


def between(before: str, after: str, source: str = GRADUATES) -> list[tuple[str, str, str]]:
    old, new = load(source), load(changed(before, after, source))
    found = [(one.part, one.kind, one.id) for one in differences(old, new, DAY)]
    turned = differences(new, old, DAY)
    assert {(one.part, one.id) for one in turned} == {(part, id_) for part, _, id_ in found}
    return found


def test_an_edition_does_not_differ_from_itself() -> None:
    assert differences(load(GRADUATES), load(GRADUATES), DAY) == ()


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("zh: 核实学历, en", "zh: 核实学历与毕业院校, en", ("registry", "changed", "education")),
        ("basis: 深圳经济特区社会信用条例 §57", "basis: 无", ("registry", "changed", "credit")),
        ("required: [district, address, consent]", "required: [district, address, consent, phone]",
         ("question", "changed", "/phone")),
        ("      maxLength: 14\n", "      maxLength: 15\n", ("question", "changed", "/address")),
        ("2018-06-01: P45Y", "2018-06-01: P40Y", ("condition", "changed", "age")),
        ("zh: 无犯罪记录\n", "zh: 没有犯罪记录\n", ("condition", "changed", "no_crime")),
        ("  while: [open, live]", "  while: [open]", ("guard", "changed", "once")),
        ("promised: {days: 1,", "promised: {days: 2,", ("term", "changed", "promised")),
        ("fee: none\n", "fee: {zh: 每件十元, en: ten yuan each, law: 收费目录}\n",
         ("fee", "changed", "fee")),
        ("fee: none\n", "", ("fee", "removed", "fee")),
        ("correct_within: {days: 30}", "correct_within: {days: 5}",
         ("term", "changed", "correct_within")),
        ("visits: 0", "visits: 1", ("service", "changed", "visits")),
        ("  zh: 准予迁入证明（样本）", "  zh: 准予迁入证明",
         ("certificate", "changed", "settlement_approval")),
    ],
)  # fmt: skip
def test_each_part_that_differs_is_named(before: str, after: str, found: tuple[str, ...]) -> None:
    assert between(before, after) == [found]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# the ministry's list", "# The ministry's list"),
        ("- name: 学历查无记录", "- name: 学历没有记录"),
    ],
)
def test_what_is_nothing_to_the_applicant_is_not_named(before: str, after: str) -> None:
    assert between(before, after) == []


@pytest.mark.parametrize(
    ("service", "before", "after", "found"),
    [
        ("old_age_allowance", "amount: allowance", "amount: allowance * 2",
         ("entitlement", "changed", "old_age_allowance")),
        ("old_age_allowance", "when: died != null\n", "when: died != null and alive = false\n",
         ("entitlement", "changed", "old_age_allowance")),
        ("residence_endorsement", "notice: 30", "notice: 20",
         ("certificate", "changed", "residence_permit")),
    ],
)  # fmt: skip
def test_what_is_paid_or_endorsed_otherwise_is_named(
    service: str, before: str, after: str, found: tuple[str, ...]
) -> None:
    assert found in between(before, after, text(service))


def test_a_fee_that_rests_on_another_figure_is_named() -> None:
    source = changed(
        "fee: none\n",
        "fee: {zh: 工本费, en: a charge, law: 收费目录, amount: card,"
        " pay: {zh: 窗口, en: counter}}\n",
        GRADUATES,
    )
    figure = "  card: {2018-06-01: 20, zh: 工本费, en: charge, law: 收费目录}\n"
    source = changed("parameters:\n", f"parameters:\n{figure}", source)
    assert between("2018-06-01: 20,", "2018-06-01: 25,", source) == [("fee", "changed", "fee")]


def test_a_parameter_of_another_day_is_no_difference_today() -> None:
    later = "2018-06-01: P45Y\n    2099-01-01: P40Y"
    assert between("2018-06-01: P45Y", later) == []


@pytest.mark.parametrize("service", ["sole_trader", "limited_company"])
def test_agencies_filings_and_lists_have_words_in_both_languages(service: str) -> None:
    """Against a service that has none of it: all of it is new."""
    old, new = load(GRADUATES), load(text(service))
    found = differences(old, new, DAY)
    parts = {one.part for one in found if one.kind == "added"}
    assert {"registry", "question", "condition", "agency"} <= parts
    assert ("filing" in parts) == (service == "limited_company")
    for one in found:
        assert one.en[0].isascii() and not one.zh.isascii(), one


def test_an_extension_is_said_in_the_unit_of_the_term() -> None:
    """行政许可法 §42: the term is longer by ten days, of the days that it is counted in."""
    source = changed(
        "statutory: {days: 20, unit: working", "statutory: {days: 20, unit: calendar", GRADUATES
    )
    found = {one.id: one for one in differences(load(GRADUATES), load(source), DAY)}
    assert found["extension"].en.endswith("extension, once, 10 days")
    assert found["statutory"].en.endswith("statutory, 20 days")
