"""A scan of the whole city: whom it finds, what it keeps, and what comes of it."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

import orjson
import pytest

from affairs.models import Message
from approvals.models import Application
from exchange import records, scans
from exchange.models import Lookup
from ledger.clock import city_date
from offers import replaying
from offers.actions import ending, orders, scanning
from offers.assessing import Assessor
from offers.models import Offer, Scan, ScanOrder, ScanReading
from people import identity
from people.actors import CLOCK
from services import catalogue, switches
from services.scanning import plan
from tests.approvals.cases import CITY
from tests.offers import city
from tests.offers.packs import SERVICE, publish

CITY_CODE = "4403"


@pytest.fixture
def published(furnished: None, now: dt.datetime) -> None:
    publish(now)


def store(number: str, registry: str, now: dt.datetime, **data: Any) -> str:
    """Write one record; return whose it is."""
    records.write([(identity.index(number), registry, orjson.dumps(data))], now=now)
    return identity.index(number)


def resident(number: str, now: dt.datetime, **changes: Any) -> str:
    """Somebody of exactly 80 years, alive and of this city, unless changed."""
    today = city_date(now)
    data = {
        "name": "老者",
        "born": f"{today.year - 80}-{today:%m-%d}",
        "alive": True,
        "hukou_region": "440305",
        "hukou_city": CITY_CODE,
        **changes,
    }
    return store(number, "population", now, **data)


def scan(now: dt.datetime) -> Scan:
    return city.scan(now, SERVICE)


def found_by(made: Scan) -> set[str]:
    return set(replaying.subjects_of(made))


def eighty(born: dt.date, today: dt.date) -> bool:
    """Whether a person is 80, by the calendar (民法典 §202: the last day where there is none)."""
    try:
        birthday = born.replace(year=born.year + 80)
    except ValueError:
        birthday = dt.date(born.year + 80, 2, 28)
    return birthday <= today


def by_law(today: dt.date) -> set[str]:
    """Whom the law means, of the fictional city's persons: plain facts, no rule of ours."""
    return {
        identity.index(p.number)
        for p in map(CITY.person, range(CITY.persons))
        if eighty(p.born, today)
        and p.alive
        and p.hukou_city == CITY_CODE
        and (p.insurance is None or p.insurance.months >= 12)
    }


def test_a_scan_finds_exactly_whom_the_law_means(published: None, now: dt.datetime) -> None:
    today = city_date(now)
    birthday = resident("110105194601010011", now)
    tomorrow = today + dt.timedelta(1)
    resident("110105194601010038", now, born=f"{tomorrow.year - 80}-{tomorrow:%m-%d}")
    resident("110105194601010054", now, alive=False)
    resident("110105194601010070", now, hukou_city="4401")
    insured = resident("110105194601010097", now)
    store("110105194601010097", "social", now, months="12")
    resident("110105194601010118", now)
    store("110105194601010118", "social", now, months="11")
    expected = by_law(today) | {birthday, insured}
    assert len(expected) > 4  # the city has old people of its own
    made = scan(now)
    assert found_by(made) == expected
    assert made.counts["eligible"] == made.counts["offered"] == len(expected)
    assert made.missed == 0 and made.left == {}
    assert made.records >= CITY.persons and made.drawn < made.records
    assert sum(made.regions.values()) == len(expected) and made.regions["440305"] >= 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"born": "1940-13-45"},
        {"born": "1940/01/02"},
        {"born": 19400102},
        {"born": "infinity"},
        {"born": None},
        {"born": "0940-01-02"},
        {"alive": "true"},
        {"alive": None},
        {"hukou_city": 4403},
    ],
)
def test_what_is_no_fact_finds_nobody_and_stops_nothing(
    published: None, now: dt.datetime, wrong: dict[str, Any]
) -> None:
    bad = resident("110105194601010011", now, **wrong)
    good = resident("110105194601010038", now)
    found = found_by(scan(now))
    assert good in found and bad not in found


@pytest.mark.parametrize("months", ["1e9", "NaN", "12.", "0x1F", 12, "999999999999999999999", "-1"])
def test_a_number_that_is_none_finds_nobody(published: None, now: dt.datetime, months: Any) -> None:
    bad = resident("110105194601010011", now)
    store("110105194601010011", "social", now, months=months)
    assert bad not in found_by(scan(now))


def test_sql_finds_whom_the_judge_finds_of_everybody(published: None, now: dt.datetime) -> None:
    """Each person of the store by the judge alone, drawn or not."""
    made, today = scan(now), city_date(now)
    book = scanning.edition_of(made)
    search = scanning.search_of(plan(book, today))
    everybody = scans.Search(search.sources, "true", "true")
    assessor = Assessor(book, today)
    alone = {person.subject for person in scans.find(everybody) if assessor.is_met(person)}
    assert found_by(made) == alone and alone


def test_one_row_a_registry_says_that_it_was_read_and_no_look_up_a_person(
    published: None, now: dt.datetime
) -> None:
    before = Lookup.objects.count()
    made = scan(now)
    assert Lookup.objects.count() == before
    rows = {row.registry: row for row in ScanReading.objects.filter(scan=made)}
    assert set(rows) == {"population", "social"}
    assert rows["population"].everybody and rows["population"].records == made.records
    assert not rows["social"].everybody and rows["social"].records == made.drawn
    assert rows["population"].fields == "alive,born,hukou_city,hukou_region"
    assert rows["social"].basis == "老年人权益保障法 §33；社会保险法 §4"


def test_each_of_them_has_an_offer_and_a_message(published: None, now: dt.datetime) -> None:
    whose = resident("110105194601010011", now)
    made = scan(now)
    offers = Offer.objects.filter(scan=made)
    assert {offer.subject for offer in offers} == found_by(made)
    mine = offers.get(subject=whose)
    assert mine.region == "440305" and mine.expires_on == city_date(now) + dt.timedelta(60)
    message = Message.objects.get(subject=whose)
    assert (message.kind, message.topic) == ("offer_made", f"offer:{mine.pk}")


def test_the_same_store_gives_the_same_list_and_no_second_offer(
    published: None, now: dt.datetime
) -> None:
    first, second = scan(now), scan(now + dt.timedelta(minutes=5))
    assert bytes(first.list_hash) == bytes(second.list_hash)
    assert hashlib.sha256(bytes(first.subjects)).digest() == bytes(first.list_hash)
    assert second.counts["offered"] == 0
    assert second.counts["has_offer"] == first.counts["offered"]


def test_a_scan_is_proved_again_by_its_facts_and_by_the_store(
    published: None, now: dt.datetime
) -> None:
    resident("110105194601010011", now)
    made = scan(now)
    found = replaying.replay(made)
    assert (found.offers, found.same, found.faults) == (made.counts["offered"], True, [])
    later = now + dt.timedelta(hours=1)
    resident("110105194601010011", later, alive=False)
    resident("110105194601010038", later)
    found = replaying.replay(made)
    assert (found.same, found.explained, found.faults) == (False, 2, [])


def test_a_list_that_was_changed_is_found(published: None, now: dt.datetime) -> None:
    whose = resident("110105194601010011", now)
    made = scan(now)
    listed = [one for one in replaying.subjects_of(made) if one != whose]
    made.subjects = bytes.fromhex("".join(listed))
    faults = " ".join(replaying.replay(made).faults)
    assert "does not have its hash" in faults and "another length" in faults
    assert "to somebody who was not found" in faults and "no record has changed" in faults


def test_an_offer_is_withdrawn_when_its_person_has_died(published: None, now: dt.datetime) -> None:
    whose, other = resident("110105194601010011", now), resident("110105194601010038", now)
    scan(now)
    later = now + dt.timedelta(hours=1)
    resident("110105194601010011", later, alive=False)
    assert ending.look_again(now=later) == 1
    mine = Offer.objects.get(subject=whose)
    assert (mine.state, mine.reason, mine.ended_at) == ("withdrawn", "changed", later)
    assert Offer.objects.get(subject=other).state == "open"
    kinds = Message.objects.filter(subject=whose).order_by("at").values_list("kind", flat=True)
    assert list(kinds) == ["offer_made", "offer_ended"]
    assert ending.look_again(now=later) == 0


def test_a_later_scan_withdraws_what_it_no_longer_finds(published: None, now: dt.datetime) -> None:
    whose = resident("110105194601010011", now)
    scan(now)
    later = now + dt.timedelta(days=30)
    resident("110105194601010011", later, hukou_city="4401")
    scan(later)
    mine = Offer.objects.get(subject=whose)
    assert (mine.state, mine.reason) == ("withdrawn", "not_found")


def test_an_offer_ends_with_its_last_day(published: None, now: dt.datetime) -> None:
    whose = resident("110105194601010011", now)
    scan(now)
    mine = Offer.objects.get(subject=whose)
    last = dt.datetime.combine(mine.expires_on, dt.time(12), tzinfo=now.tzinfo)
    ending.expire(now=last)
    mine.refresh_from_db()
    assert mine.state == "open"
    ending.expire(now=last + dt.timedelta(days=1))
    mine.refresh_from_db()
    assert mine.state == "expired"


def test_the_clock_orders_each_month_once(published: None, now: dt.datetime) -> None:
    offered = len(orders.services(city_date(now)))
    assert offered >= 2 and orders.order_month(by=CLOCK, now=now) == offered
    assert orders.order_month(by=CLOCK, now=now) == 0
    waiting = orders.waiting(now)
    assert len(waiting) == offered
    assert scanning.run(order=waiting[0], by=CLOCK, now=now) is not None
    assert orders.waiting(now) == waiting[1:]
    assert scanning.run(order=waiting[0], by=CLOCK, now=now) is None  # it has ended


def test_a_suspended_service_is_not_scanned_until_it_is_released(
    published: None, now: dt.datetime
) -> None:
    assert orders.order_month(by=CLOCK, now=now)
    waiting = orders.waiting(now)
    code = ScanOrder.objects.get(pk=waiting[0]).service_id
    measured = {"cases": "40"}
    switches.suspend_measured(
        scope="service", code=code, reason="批准率超出区间", measured=measured, by=CLOCK, now=now
    )
    assert orders.waiting(now) == waiting[1:]


def test_a_scan_that_fails_is_tried_three_times_and_says_why(
    published: None, now: dt.datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = ScanOrder.objects.create(service_id=SERVICE, by=str(CLOCK), at=now)

    def broken(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(scans, "count", broken)
    for _ in range(3):
        assert orders.waiting(now) == [order.pk]
        with pytest.raises(RuntimeError):
            scanning.run(order=order.pk, by=CLOCK, now=now)
    order.refresh_from_db()
    assert orders.waiting(now) == [] and order.fault == "RuntimeError: the disk is full"
    assert not Scan.objects.exists() and not Offer.objects.exists()


def test_nobody_has_an_application_by_a_scan_alone(published: None, now: dt.datetime) -> None:
    scan(now)
    assert not Application.objects.filter(service=SERVICE).exists()
    assert catalogue.current(SERVICE, city_date(now)) is not None
