"""Filings consolidated into a licence, against an oracle in plain Python from the notice of 2018.

The oracle shares nothing with the pack: it is written from the list of items, their receivers and
the conditions under which each applies.
"""

import datetime
import random

import pytest

from services import schema
from services.edition import load
from services.pack import trial
from services.pack.errors import PackError
from tests.services.packs import changed, line_of, text

SOURCE = text("limited_company")
BOOK = load(SOURCE, "limited_company")
DAY = datetime.date(2026, 7, 1)
BASE = {"licence", "organisation", "tax", "social", "statistics"}
SCOPES = [
    choice["const"] for choice in BOOK.form["properties"]["scope"]["items"]["oneOf"]
]  # what the form offers; what follows from each is the oracle's own
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


def oracle(business, on):
    """The filings that apply to a business on a day after March 2018."""
    scope, branch = set(business["scope"]), business["kind"] == "branch"
    found = set(BASE)
    if business["employees"] > 0:
        found.add("housing_fund")
    by_scope = {
        "L7249": "appraisal", "K7030": "estate_agency", "K7020": "property",
        "F5191": "recycling", "G5821": "forwarding", "L7124": "book_hire", "L7125": "book_hire",
        "M7410": "weather", "F5246": "art", "L7251": "advertising", "L7111": "car_hire",
    }  # fmt: skip
    found |= {by_scope[code] for code in scope & set(by_scope)}
    if scope & {"G5951", "G5941"} and (business["grain"] >= 500 or business["oil"] >= 100):
        found.add("grain")
    if branch:
        found.add("branch_licence")
        for code, item in {
            "L7271": "security_branch", "A0511": "seed_branch", "L7291": "travel_outlet",
        }.items():  # fmt: skip
            if code in scope:
                found.add(item)
        if "L7263" in scope and business["parent_capital"] >= 2_000_000:
            found.add("dispatch_branch")
        if "M7481" in scope and on < datetime.date(2021, 7, 1):
            found.add("cost_branch")
    if business["foreign"] and on < datetime.date(2020, 1, 1):
        found.add("foreign")
    if business["trade_abroad"]:
        found.add("customs")
        if on < datetime.date(2018, 4, 20):
            found.add("inspection")
    for answer, item in {
        "seal": "seal", "prepaid_cards": "prepaid", "graduate_startup": "startup",
        "origin": "origin",
    }.items():  # fmt: skip
        if business[answer]:
            found.add(item)
    return found


def profile(seed):
    chance = random.Random(seed)
    flags = ("foreign", "trade_abroad", "origin", "seal", "prepaid_cards", "graduate_startup")
    return {
        "kind": chance.choice(["company", "branch"]),
        "scope": chance.sample(SCOPES, chance.randint(1, 8)),
        "employees": chance.choice([0, 1, 50]),
        "grain": chance.choice([0, 499, 500]),
        "oil": chance.choice([0, 99, 100]),
        "parent_capital": chance.choice([1_999_999, 2_000_000]),
    } | {flag: chance.random() < 0.4 for flag in flags}


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
    opened = {one.item for one in BOOK.open_filings(given, on)}
    return given | {"filings": {item: blocks[item] for item in opened}}


@pytest.mark.parametrize("on", [datetime.date(2018, 3, 15), datetime.date(2019, 6, 1), DAY])
def test_two_hundred_businesses_have_exactly_the_filings_of_the_oracle(on):
    for seed in range(200):
        business = profile(seed)
        given = answers(business, on)
        if on == DAY:
            given = schema.validate(BOOK, given, on=on, protect=str)
        plans = BOOK.filings(BOOK.inputs(given, {}, {}, on))
        assert {one.item for one in plans if one.applies} == oracle(business, on), seed
        assert all(one.why["zh"] and one.why["en"] for one in plans), seed


def test_the_catalogue_shows_thirty_each_with_receiver_and_law():
    plans = BOOK.filings(BOOK.inputs(answers(profile(1), DAY), {}, {}, DAY))
    assert [one.number for one in plans] == list(range(1, 31))
    assert all(one.receiver and one.basis for one in plans)
    assert [one.number for one in plans if one.provisional] == [25, 26, 27, 28, 29, 30]


def why(item, on=DAY, **business):
    given = answers(profile(1) | {"scope": ["I6513"]} | business, on)
    plans = BOOK.filings(BOOK.inputs(given, {}, {}, on))
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
    given = answers(profile(1) | {"scope": ["M7410"], "trade_abroad": False}, DAY)
    form = BOOK.form_for(given, DAY)
    assert list(form["properties"]["filings"]["properties"]) == ["weather"]
    assert form["properties"]["filings"]["required"] == ["weather"]
    none = BOOK.form_for(given | {"scope": ["I6513"]}, DAY)
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
    given = answers(profile(1) | {"scope": ["M7410"], "trade_abroad": False}, DAY)
    with pytest.raises(schema.Invalid) as caught:
        schema.validate(BOOK, given | {"filings": filings}, on=DAY, protect=str)
    assert [fault.pointer for fault in caught.value.faults] == [pointer]


def test_stored_inputs_keep_the_blocks():
    given = answers(profile(1) | {"scope": ["G5951"], "grain": 500}, DAY)
    inputs = BOOK.inputs(given, {}, {}, DAY)
    again = BOOK.read(inputs.to_json())
    assert BOOK.filings(again) == BOOK.filings(inputs)
    block = next(one.data for one in BOOK.filings(again) if one.item == "grain")
    assert block["grain_tonnes"] == "500"


def test_everyone_who_signs_is_listed_by_index_and_nothing_passes_before():
    case = BOOK.pack.cases[0]
    assert len(BOOK.cosigners(trial.inputs_of(BOOK, case))) == 2
    evidence = {name: ("found", said) for name, said in case.evidence.items()}
    outcomes = {}
    for state in ("", "asked", "granted", "denied"):
        consents = {"cosign": state} if state else {}
        found = BOOK.judge(BOOK.inputs(case.answers, evidence, consents, case.as_of))
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
    with pytest.raises(PackError) as caught:
        load(source, "limited_company.yaml")
    error = next(fault for fault in caught.value.all() if says in fault.en)
    if at:
        assert error.line == line_of(at, source), str(error)
