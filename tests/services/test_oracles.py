"""The services for persons, each held against an oracle that was written apart from its pack."""

from collections import Counter

import pytest

from benchmarks.oracles.comparison import ORACLES, SAME, differences, judged, reasons
from benchmarks.oracles.drawing import SERVICES, Drawing
from demo.city import City
from tests.services.packs import CITY, load, text

COUNT = 250
PEOPLE = City(persons=1200)


@pytest.fixture(scope="module", params=SERVICES)
def drawn(request):
    service = request.param
    book = load(text(service), f"{service}.yaml")
    return service, book, list(Drawing(PEOPLE, CITY, seed=13).cases(service, COUNT))


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
