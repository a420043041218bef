"""How many places there are, and in which queue somebody stands, as a pack says it."""

import datetime

import pytest

from city.errors import SourceError
from services import pack_tests, publish, quota
from services.quota import Queue
from tests.services.packs import changed, line_of, load, text

DRIVERS = text("ride_hail_driver")
PLACES = "  places: places\n"


def test_a_year_has_its_own_queue_and_its_number_on_its_last_day_when_it_is_over() -> None:
    dated = changed(
        "2026-01-01: 100000", "2026-01-01: 5\n    2026-07-01: 7\n    2027-01-01: 9", DRIVERS
    )
    book = load(dated)
    day = datetime.date
    assert quota.queue(book, {}, day(2025, 12, 31)) is None
    this = quota.queue(book, {}, day(2026, 12, 31))
    assert this == Queue("2026", "") and quota.queue(book, {}, day(2027, 1, 1)) == Queue("2027", "")
    on = [day(2026, 6, 30), day(2026, 7, 1), day(2026, 12, 31), day(2027, 1, 1), day(2030, 1, 1)]
    assert [quota.places(book, this, one) for one in on] == [5, 7, 7, 7, 7]
    assert quota.places(book, Queue("2027", ""), day(2027, 1, 1)) == 9


def test_a_group_is_a_queue_with_a_number_of_its_own() -> None:
    phone = "  phone: {from: answers.phone, type: text, none: allowed, zh: 电话, en: phone}\n"
    by_group = """  places: if group = "a" then places else 0
  group: if phone = null then "a" else "b"
"""
    book = load(changed(PLACES, by_group, changed("facts:\n", f"facts:\n{phone}", DRIVERS)))
    day = datetime.date(2026, 7, 1)
    one, other = (quota.queue(book, answers, day) for answers in ({}, {"phone": "13800000000"}))
    assert (one, other) == (Queue("2026", "a"), Queue("2026", "b"))
    assert one is not None and other is not None
    assert (quota.places(book, one, day), quota.places(book, other, day)) == (100000, 0)


def test_a_test_in_a_pack_says_which_queue_it_is() -> None:
    wrong = load(changed("period: '2026', group: ''", "period: '2025', group: ''", DRIVERS))
    (found,) = [fault for fault in pack_tests.faults(wrong) if "period" in fault.en]
    assert "expected 2025, found 2026" in found.en


@pytest.mark.parametrize(
    ("before", "after", "at", "says"),
    [
        (PLACES, "  places: 50\n", "  places: 50", "a dated parameter says"),
        (PLACES, "  places: many\n", "  places: many", "many"),
        (PLACES, "  places: term\n", "  places: term", "must give number"),
        (PLACES, "  places: places\n  group: licence\n", "  group: licence", "licence"),
        (PLACES, "  places: places\n  group: places\n", "  group: places", "must give string"),
        ("  since: 2026-01-01\n", "  since: 2025-12-31\n", PLACES, "has no number yet"),
        ("  since: 2026-01-01\n", "  since: 2026-02-30\n", "  since: 2026-02-30", "is not a date"),
        ("2026-01-01: 100000", "2026-01-01: 0.5", "  places:\n", "counts places"),
        ("2026-01-01: 100000", "2026-01-01: -1", "  places:\n", "counts places"),
    ],
)
def test_what_is_wrong_with_a_quota_is_named_with_its_line(
    before: str, after: str, at: str, says: str
) -> None:
    source = changed(before, after, DRIVERS)
    with pytest.raises(SourceError) as caught:
        publish.check(source, "ride_hail_driver")
    found = [fault for fault in caught.value.all() if says in fault.en]
    assert found and line_of(at, source) in {fault.line for fault in found}, caught.value.all()
