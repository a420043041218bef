"""Every date, amount and count has bounds: demanded of a pack, enforced on answers and records."""

import datetime

import pytest

from city.errors import SourceError
from services import publish, schema
from services.fixes import smallest_fix
from services.inputs import gather_inputs
from services.verdict import judge
from tests.services.packs import SMALL, answered, changed, load, text

COMPANY = load(text("limited_company"), "limited_company")
ANSWERS = dict(COMPANY.pack.cases[0].answers)


def faults(answers):
    with pytest.raises(schema.Invalid) as caught:
        schema.validate(COMPANY, answers, protect=str)
    return {fault.pointer: (fault.zh, fault.en) for fault in caught.value.faults}


@pytest.mark.parametrize(
    ("name", "value", "zh", "en"),
    [
        ("paid_by", "0001-01-01", "不得早于 2024-07-01", "must not be before 2024-07-01"),
        ("paid_by", "9999-12-31", "不得晚于 2100-12-31", "must not be after 2100-12-31"),
        ("capital", "-5", "不得小于 1", "must be at least 1"),
        ("capital", "0.99", "不得小于 1", "must be at least 1"),
        ("capital", "1000000000001", "不得大于 1000000000000", "must be at most 1000000000000"),
        ("employees", -1, "不得小于 0", "must be at least 0"),
        ("employees", 100000, "不得大于 99999", "must be at most 99999"),
    ],
)
def test_an_answer_outside_its_bounds_is_a_fault(name, value, zh, en):
    assert faults(ANSWERS | {name: value})[f"/{name}"] == (zh, en)


def test_the_bounds_themselves_are_answers():
    for name, values in (
        ("paid_by", ("2024-07-01", "2100-12-31")),
        ("capital", ("1", "1.00", "1000000000000")),
    ):
        for value in values:
            assert schema.validate(COMPANY, ANSWERS | {name: value}, protect=str)[name] == value


@pytest.mark.parametrize("born", ["0001-01-01", "1899-12-31", "2101-01-01", "9999-12-31"])
def test_a_record_outside_its_bounds_is_unknown_and_no_approval(born):
    book = load(SMALL)
    evidence = {"population": ("found", {"born": born})}
    found = judge(
        book, gather_inputs(book, {"consent": True}, evidence, {}, datetime.date(2026, 7, 1))
    )
    assert (found.outcome, found.findings[0].result) == ("refer", "unknown")


def test_a_record_in_a_list_outside_its_bounds_makes_the_list_unknown():
    case = COMPANY.pack.cases[0]
    plain = {"political": False, "probation": False}
    crimes = [{"case": "1", "kind": "诈骗", "ended": "0001-01-01", **plain}]
    evidence = answered(case)
    evidence["criminal"] = ("found", {"records": crimes})
    found = judge(COMPANY, gather_inputs(COMPANY, case.answers, evidence, {}, case.as_of))
    results = {finding.id: finding.result for finding in found.findings}
    assert (found.outcome, results["no_crime"]) == ("refer", "unknown")
    crimes[0]["ended"] = "1990-01-01"
    found = judge(COMPANY, gather_inputs(COMPANY, case.answers, evidence, {}, case.as_of))
    assert {finding.id: finding.result for finding in found.findings}["no_crime"] == "met"


def test_no_fix_is_offered_outside_the_bounds():
    staff = """\
    staff: {type: integer, minimum: 0, maximum: MOST, x-zh: 人数, x-en: staff}
parameters:
  least_staff: {2021-01-01: 50, zh: 最少人数, en: least staff, law: 示例}
"""
    source = changed("parameters:\n", staff)
    source = changed("required: [consent]", "required: [consent, staff]", source)
    source = changed(
        "requirements:\n",
        "  staff: {from: answers.staff, type: number, zh: 人数, en: staff}\n\nrequirements:\n"
        "- {id: enough, must: staff >= least_staff, zh: 人数足够, en: Enough staff, law: 示例}\n",
        source,
    )
    evidence = {"population": ("found", {"born": "1990-01-01"})}
    offers = {}
    for most in ("49", "50"):
        book = load(source.replace("MOST", most))
        answers = {"consent": True, "staff": 10}
        day = datetime.date(2026, 7, 1)
        fix = smallest_fix(book, gather_inputs(book, answers, evidence, {}, day))
        offers[most] = [step.new for step in fix.steps] if fix else None
    assert offers == {"49": None, "50": ["50"]}


BOUNDED = {
    "min: 1900-01-01": "min",
    "max: 2100-12-31": "max",
}


@pytest.mark.parametrize("part", BOUNDED)
def test_publishing_demands_the_bounds_of_a_fact(part):
    source = changed(f"    {part}\n", "")
    load(source)  # what was published without them can still be read
    with pytest.raises(SourceError) as caught:
        publish.check(source)
    assert BOUNDED[part] in caught.value.en
    assert SMALL.splitlines()[caught.value.line - 1].strip().startswith("born:")


@pytest.mark.parametrize(
    ("before", "word"),
    [
        ("      formatMinimum: '2024-07-01'\n", "formatMinimum"),
        ("      formatMaximum: '1000000000000'\n", "formatMaximum"),
        ("      minimum: 0\n      maximum: 99999\n", "minimum"),
        ("      minItems: 1\n", "minItems"),
        (", min: 1900-01-01", "min"),
        ("{type: date, min: 1949-10-01, max: 2100-12-31}", "min"),
    ],
)
def test_publishing_demands_the_bounds_of_the_packs_that_ship(before, word):
    source = text("sole_trader" if "1900" in before else "limited_company")
    after = "date" if before.startswith("{type") else ""
    with pytest.raises(SourceError) as caught:
        publish.check(changed(before, after, source))
    assert any(f"{word} is missing" in f.en or f"needs {word}" in f.en for f in caught.value.all())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("min: 1900-01-01", "min: 1900-13-01"),
        ("min: 1900-01-01", "min: 2200-01-01"),
        ("min: 1900-01-01", "min: '12'"),
    ],
)
def test_bounds_that_are_none_are_faults(before, after):
    with pytest.raises(SourceError):
        load(changed(before, after))


@pytest.mark.parametrize(
    "after", ["formatMinimum: '2200-01-01'", "formatMinimum: soon", "formatMinimum: 5"]
)
def test_bounds_of_a_form_that_are_none_are_faults(after):
    with pytest.raises(SourceError):
        load(changed("formatMinimum: '2024-07-01'", after, text("limited_company")))
