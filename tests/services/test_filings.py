"""Filings consolidated into a licence: the catalogue, its reasons, blocks and faults of a table.

Which business owes which is held against an oracle in tests/certificates/test_filings_oracle.py.
"""

import datetime
from dataclasses import replace

import pytest

from city.errors import SourceError
from services import filings, pack_tests, schema
from services.filings import form_for
from services.inputs import gather_inputs, read_inputs
from services.outputs import cosigners
from services.verdict import judge
from tests.services.packs import changed, line_of, load, text

SOURCE = text("limited_company")
BOOK = load(SOURCE, "limited_company")
DAY = datetime.date(2026, 7, 1)
BUSINESS = {
    "kind": "company",
    "scope": ["I6513"],
    "employees": 50,
    "grain": 0,
    "oil": 0,
    "parent_capital": 2_000_000,
    "foreign": False,
    "trade_abroad": False,
    "origin": False,
    "seal": True,
    "prepaid_cards": False,
    "graduate_startup": False,
}
BLOCKS = {
    "security_branch": {"permit": "A", "guards": 3, "manager": "甲"},
    "appraisal": {"appraisers": 2},
    "estate_agency": {"brokers": [{"name": "甲", "licence": "1"}]},
    "seed_branch": {"permit": "A"},
    "recycling": {"categories": ["metal"]},
    "customs": {"contact": "甲", "phone": "13800138000"},
    "travel_outlet": {"permit": "A"},
    "weather": {"delivery": "短信", "range": "本市"},
}


def answers(business, on):
    given = {
        "kind": business["kind"],
        "trade_name": "恒瑞",
        "scope": business["scope"],
        "premises": "440305-0000017",
        "employees": business["employees"],
        "promise": True,
        "consent": True,
    } | {flag: True for flag in business if business[flag] is True}
    blocks = BLOCKS | {
        "grain": {"grain_tonnes": business["grain"], "oil_tonnes": business["oil"]},
        "dispatch_branch": {"permit": "A", "parent_capital": str(business["parent_capital"])},
        "cost_branch": {},
    }
    opened = {one.item for one in filings.opened(BOOK, given, on)}
    return given | {"filings": {item: blocks[item] for item in opened}}


def test_the_catalogue_shows_thirty_each_with_receiver_and_law():
    plans = filings.plan(BOOK, gather_inputs(BOOK, answers(BUSINESS, DAY), {}, {}, DAY))
    assert [one.number for one in plans] == list(range(1, 31))
    assert all(one.receiver and one.basis for one in plans)
    assert [one.number for one in plans if one.provisional] == [25, 26, 27, 28, 29, 30]


def why(item, on=DAY, **business):
    given = answers(BUSINESS | business, on)
    plans = filings.plan(BOOK, gather_inputs(BOOK, given, {}, {}, on))
    one = next(one for one in plans if one.item == item)
    return one.applies, one.why["en"]


def test_every_exclusion_has_its_reason():
    assert why("inspection", trade_abroad=True) == (False, "merged into the customs filing")
    assert why("foreign", foreign=True) == (False, "replaced by reporting")
    assert why("cost_branch", kind="branch", scope=["M7481"]) == (
        False,
        "the qualification was abolished",
    )
    assert why("security_branch", kind="company", scope=["L7271"]) == (False, "for branches only")
    assert why("weather") == (False, "not in its lines of business")
    assert why("housing_fund", employees=0) == (False, "no employees")
    assert why("grain", scope=["G5951"], grain=499, oil=0) == (
        False,
        "storage below the threshold",
    )
    assert why("seal", on=datetime.date(2018, 2, 1), seal=True) == (
        False,
        "not yet in the catalogue",
    )
    assert why("licence") == (True, "for every market entity")
    assert why("weather", scope=["M7410"]) == (True, "in its lines of business")


def test_a_filing_that_applies_opens_its_block_and_nothing_else_does():
    given = answers(BUSINESS | {"scope": ["M7410"], "trade_abroad": False}, DAY)
    form = form_for(BOOK, given, DAY)
    assert list(form["properties"]["filings"]["properties"]) == ["weather"]
    assert form["properties"]["filings"]["required"] == ["weather"]
    none = form_for(BOOK, given | {"scope": ["I6513"]}, DAY)
    assert "filings" not in none["properties"]


@pytest.mark.parametrize(
    ("filings", "pointer"),
    [
        ({}, "/filings/weather"),  # asked, and not given
        ({"weather": {"delivery": "短信"}}, "/filings/weather/range"),
        ({"weather": BLOCKS["weather"], "appraisal": BLOCKS["appraisal"]}, "/filings/appraisal"),
        ({"weather": BLOCKS["weather"], "moon": {}}, "/filings"),
    ],
)
def test_blocks_are_checked_like_any_answer(filings, pointer):
    given = answers(BUSINESS | {"scope": ["M7410"], "trade_abroad": False}, DAY)
    with pytest.raises(schema.Invalid) as caught:
        schema.validate(BOOK, given | {"filings": filings}, on=DAY, protect=str)
    assert [fault.pointer for fault in caught.value.faults] == [pointer]


def test_stored_inputs_keep_the_blocks():
    given = answers(BUSINESS | {"scope": ["G5951"], "grain": 500}, DAY)
    inputs = gather_inputs(BOOK, given, {}, {}, DAY)
    again = read_inputs(BOOK, inputs.to_json())
    assert filings.plan(BOOK, again) == filings.plan(BOOK, inputs)
    block = next(one.data for one in filings.plan(BOOK, again) if one.item == "grain")
    assert block["grain_tonnes"] == "500"


def test_everyone_who_signs_is_listed_by_index_and_nothing_passes_before():
    case = BOOK.pack.cases[0]
    assert len(cosigners(BOOK, pack_tests.inputs_of(BOOK, case))) == 2
    outcomes = {}
    for state in ("", "asked", "granted", "denied"):
        consents = {"cosign": state} if state else {}
        one = replace(case, consents=consents)
        found = judge(BOOK, pack_tests.inputs_of(BOOK, one))
        outcomes[state] = found.outcome
        assert "cosign" not in found.consents
    assert outcomes == {"": "refer", "asked": "wait", "granted": "approve", "denied": "refer"}


@pytest.mark.parametrize(
    ("before", "after", "at", "says"),
    [
        ("    seal            | -  ", "    seel            | -  ", "    seel  ", "seel"),
        ('- {id: seal, number: 6', "- {id: sael, number: 6", "    seal    ", "seal"),
        ('>= 1      | -       |', '>= "1"    | -       |', "    housing_fund  ", "number"),
        ('"mandatory"\n    organisation', '"must"\n    organisation', "    licence  ", "optional"),
        ("    seal:\n      if:", "    saal:\n      if:", "    R      ", "seal"),
        ("grain_tonnes >= grain_least", "tonnes >= grain_least", "", "tonnes"),
        ("    R               | kind ", "    R               | alive ", "    R    ", "alive"),
        ("x-zh: 评估师人数, ", "", "        appraisers: {type", "x-zh"),
    ],
)  # fmt: skip
def test_a_table_of_filings_that_is_wrong_is_refused_with_its_line(before, after, at, says):
    source = changed(before, after, SOURCE)
    with pytest.raises(SourceError) as caught:
        load(source, "limited_company.yaml")
    error = next(fault for fault in caught.value.all() if says in fault.en)
    if at:
        assert error.line == line_of(at, source), str(error)
