"""200 businesses: exactly the filings that an oracle apart from the pack says, with the reasons."""

import datetime as dt
from collections import Counter
from dataclasses import replace

import pytest

from benchmarks import filings_oracle as oracle
from benchmarks.businesses import draw
from benchmarks.filings import differences
from tests.services.packs import changed, load, text

SOURCE = text("limited_company")
TODAY = dt.date(2026, 7, 1)
BUSINESSES = list(draw(200, seed=4, today=TODAY))


@pytest.fixture(scope="module")
def book():
    return load(SOURCE, "limited_company.yaml")


def test_every_business_owes_exactly_what_the_oracle_says(book):
    found = {n: faults for n, b in enumerate(BUSINESSES) if (faults := differences(book, b))}
    assert found == {}
    assert len(BUSINESSES) == 200


def test_the_businesses_reach_every_item_and_every_reason():
    """Otherwise agreement would say little."""
    heard, applied = Counter(), Counter()
    for business in BUSINESSES:
        for item, reasons in oracle.expected(business).items():
            heard.update(reasons)
            applied[item] += not reasons
    assert set(heard) == set(oracle.WORDS)
    assert all(applied[item.id] for item in oracle.CATALOGUE)
    assert sum(bool(oracle.missing(b)) for b in BUSINESSES) > 5


@pytest.mark.parametrize("item", [i for i in oracle.CATALOGUE if i.ended], ids=lambda i: i.id)
def test_an_item_that_ended_applied_until_the_day_before(book, item):
    everything = replace(
        BUSINESSES[0], branch=True, foreign=True, trade_abroad=True, scope=frozenset({"M7481"})
    )
    before = replace(everything, day=item.ended[0] - dt.timedelta(days=1))
    assert oracle.expected(before)[item.id] == set()
    assert oracle.expected(replace(before, day=item.ended[0]))[item.id] == {item.ended[1]}
    assert differences(book, before) == differences(book, replace(before, day=item.ended[0])) == []


@pytest.mark.parametrize(
    ("part", "otherwise"),
    [
        ("housing_fund    | -        | >= 1 ", "housing_fund    | -        | >= 2 "),
        ('travel_outlet   | "branch"', "travel_outlet   | -       "),
        ("2018-04-20: merged", "2018-04-21: merged"),
        ("  grain_least:\n    2018-03-01: 500", "  grain_least:\n    2018-03-01: 501"),
        ("zh: 不发行预付卡, en: issues no", "zh: 不发行预付卡, en: may issue no"),
        ("number: 23\n    receiver: weather", "number: 23\n    receiver: press"),
    ],
)
def test_the_oracle_notices_a_pack_that_differs(part, otherwise):
    other = load(changed(part, otherwise, SOURCE), "limited_company.yaml")
    assert any(differences(other, business) for business in BUSINESSES)
