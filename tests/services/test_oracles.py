"""Services, each held against an oracle that was written apart from its pack."""

from collections import Counter
from datetime import date

import pytest

from benchmarks.oracles import business_drawing, drawing, name_reservation
from benchmarks.oracles.case import later
from benchmarks.oracles.comparison import ORACLES, SAME, differences, judged, reasons
from demo.city import City
from services import validity
from tests.services.packs import CITY, SHIPPED, changed, load, text

COUNT = {"limited_company": 600, "entity_change": 400, "simplified_deregistration": 400}
PEOPLE = City(persons=1200)
BUSINESSES = City(persons=400, enterprises=100, addresses=300).on(date(2026, 7, 1))


def draw(service, count, seed=13):
    if service in drawing.SERVICES:
        return list(drawing.Drawing(PEOPLE, CITY, seed).cases(service, count))
    return list(business_drawing.Drawing(BUSINESSES, seed).cases(service, count))


@pytest.fixture(scope="module", params=ORACLES)
def drawn(request):
    service = request.param
    book = load(text(service), f"{service}.yaml")
    return service, book, draw(service, COUNT.get(service, 250))


def test_every_service_has_an_oracle():
    assert set(ORACLES) == set(SHIPPED)


def test_a_pack_and_its_oracle_agree_on_every_outcome_and_reason(drawn):
    _, book, cases = drawn
    found = {n: faults for n, case in enumerate(cases) if (faults := differences(book, case))}
    assert found == {}


def test_the_cases_reach_every_requirement_and_an_approval(drawn):
    """Otherwise agreement would say little."""
    service, book, cases = drawn
    assert set(SAME[service]) == {one.id for one in book.conditions}
    assert set(SAME[service].values()) - {""} == set(ORACLES[service].CONDITIONS)
    against = Counter(reason for case in cases for reason in reasons(case))
    assert set(against) == set(ORACLES[service].CONDITIONS)
    outcomes = Counter(judged(book, case).outcome for case in cases)
    assert outcomes["approve"] >= 20
    assert outcomes["refer"] >= 20


def test_a_name_is_kept_as_long_as_the_oracle_says():
    book, terms = load(text("name_reservation"), "name_reservation"), Counter()
    for case in draw("name_reservation", 60):
        months = name_reservation.reserved_months(case)
        last = validity.expires(book, judged(book, case).inputs.values, case.on)
        assert last == later(case.on, months=months)
        terms[months] += 1
    assert set(terms) == {2, 12}


@pytest.mark.parametrize(
    ("service", "part", "otherwise"),
    [
        ("entity_change", "<= decided_on + apply_within", "< decided_on + apply_within"),
        ("entity_change", "not(shares_frozen) and not(", "not(shares_frozen) or not("),
        ("simplified_deregistration", "notice_term < as_of", "notice_term <= as_of"),
        ("simplified_deregistration", "must: objections = 0", "must: objections <= 1"),
        ("food_filing", 'food = "prepackaged"', 'food != "other" or premises_exists'),
        ("name_reservation", "r.on_day + name_rest <= as_of", "r.on_day + name_rest < as_of"),
        ("sole_trader", "banned_until < as_of", "banned_until <= as_of"),
        ("limited_company", "t.ended + office_term < as_of", "t.ended + office_term <= as_of"),
        ("limited_company", "2021-03-01: [L7263, L7271]", "2021-03-01: [L7263]"),
        ("limited_company", 't.uscc = parent and t.role = "法定代表人"', "t.uscc = parent"),
    ],
)
def test_the_oracle_notices_a_pack_that_differs(service, part, otherwise):
    other = load(changed(part, otherwise, text(service)), service)
    assert any(differences(other, case) for case in draw(service, 1000, seed=7))
