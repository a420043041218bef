"""Applications of businesses: every outcome and reason as oracles apart from the packs say."""

import datetime as dt
from collections import Counter

import pytest

from benchmarks.oracles import name_reservation
from benchmarks.oracles.application import outcome
from benchmarks.oracles.business_comparison import ORACLES, differences, judged
from benchmarks.oracles.business_drawing import Drawing
from demo.city import City
from services import validity
from tests.services.packs import changed, load, text

ON = dt.date(2026, 7, 1)
LEAST = {  # conditions that a service's cases have to reach, or agreement would say little
    "entity_change": 15,
    "simplified_deregistration": 12,
    "food_filing": 5,
    "name_reservation": 6,
    "sole_trader": 14,
    "limited_company": 25,
}


@pytest.fixture(scope="module")
def drawing():
    return Drawing(City(persons=400, enterprises=100, addresses=300), ON, seed=7)


@pytest.mark.parametrize("service", ORACLES)
def test_pack_and_oracle_agree_on_every_outcome_and_reason(service, drawing):
    book, cases = load(text(service), service), list(drawing.applications(service, 250))
    found = {
        n: faults for n, one in enumerate(cases) if (faults := differences(book, service, one))
    }
    assert found == {}
    reasons = [list(ORACLES[service](one)) for one in cases]
    assert len({name for one in reasons for name, _follows in one}) >= LEAST[service]
    outcomes = Counter(outcome(one) for one in reasons)
    assert min(outcomes["approve"], outcomes["refer"], outcomes["return"]) >= 10, outcomes


def test_a_name_is_kept_as_long_as_the_oracle_says(drawing):
    book, terms = load(text("name_reservation"), "name_reservation"), Counter()
    for one in drawing.applications("name_reservation", 60):
        months = name_reservation.reserved_months(one)
        last = validity.expires(book, judged(book, one).inputs.values, ON)
        assert last == name_reservation.months_after(ON, months)
        terms[months] += 1
    assert set(terms) == {2, 12}


@pytest.mark.parametrize(
    ("service", "part", "otherwise"),
    [
        (
            "entity_change",
            "as_of <= decided_on + apply_within",
            "as_of < decided_on + apply_within",
        ),
        ("entity_change", "not(shares_frozen) and not(", "not(shares_frozen) or not("),
        ("simplified_deregistration", "notice_term < as_of", "notice_term <= as_of"),
        ("simplified_deregistration", "must: objections = 0", "must: objections <= 1"),
        ("food_filing", 'must: food = "prepackaged"', 'must: food != "other" or premises_exists'),
        ("name_reservation", "r.on_day + name_rest <= as_of", "r.on_day + name_rest < as_of"),
        ("sole_trader", "banned_until < as_of", "banned_until <= as_of"),
        ("limited_company", "paid_by <= as_of + pay_term", "paid_by < as_of + pay_term"),
        ("limited_company", "2021-03-01: [L7263, L7271]", "2021-03-01: [L7263]"),
    ],
)
def test_the_oracle_notices_a_pack_that_differs(service, part, otherwise, drawing):
    other = load(changed(part, otherwise, text(service)), service)
    assert any(differences(other, service, one) for one in drawing.applications(service, 400))
