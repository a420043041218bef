"""Which times a counter offers: by its hours, on the city's working days. No database."""

import datetime as dt
from zoneinfo import ZoneInfo

from city.calendar import Calendar
from city.model import Counter
from counter.slots import days

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar("Asia/Shanghai", {})


def counter(**changes: object) -> Counter:
    plain = {
        "code": "hall",
        "zh": "大厅",
        "en": "Hall",
        "office": "data",
        "address": {"zh": "路", "en": "Road"},
        "services": ("*",),
        "hours": ((dt.time(9), dt.time(12)), (dt.time(14), dt.time(17, 30))),
        "slot_minutes": 20,
        "capacity": 4,
        "days_ahead": 5,
    }
    return Counter(**{**plain, **changes})  # type: ignore[arg-type]


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZONE)


def dates(now: str, calendar: Calendar = CALENDAR) -> list[str]:
    return [str(day.date) for day in days(counter(), calendar, at(now), {})]


def test_a_day_has_the_slots_that_fit_its_hours() -> None:
    """9:00 to 12:00 holds nine of 20 minutes, 14:00 to 17:30 ten: the last begins at 17:00."""
    day = days(counter(), CALENDAR, at("2026-03-02 08:00"), {})[0]
    starts = [f"{slot.starts_at.astimezone(ZONE):%H:%M}" for slot in day.slots]
    assert len(starts) == 19 and starts[0] == "09:00" and starts[8] == "11:40"
    assert starts[9] == "14:00" and starts[-1] == "17:00"
    assert day.free == 19 * 4


def test_what_is_over_or_begins_within_half_an_hour_is_not_offered() -> None:
    day = days(counter(), CALENDAR, at("2026-03-02 16:20"), {})[0]
    assert [f"{s.starts_at.astimezone(ZONE):%H:%M}" for s in day.slots] == ["17:00"]
    later = days(counter(), CALENDAR, at("2026-03-02 16:31"), {})[0]
    assert str(later.date) == "2026-03-03"


def test_holidays_are_left_out_and_worked_weekends_are_in() -> None:
    """国务院办公厅 2026 年节假日通知: 10 月 1 日至 7 日放假, 9 月 20 日与 10 月 10 日上班."""
    assert dates("2026-09-29 18:00") == [
        "2026-09-30", "2026-10-08", "2026-10-09", "2026-10-10", "2026-10-12",
    ]  # fmt: skip
    assert dates("2026-09-18 18:00")[:2] == ["2026-09-20", "2026-09-21"]


def test_the_citys_own_calendar_comes_first() -> None:
    own = Calendar("Asia/Shanghai", {dt.date(2026, 3, 3): False, dt.date(2026, 3, 7): True})
    assert dates("2026-03-02 18:00", own) == [
        "2026-03-04", "2026-03-05", "2026-03-06", "2026-03-07", "2026-03-09",
    ]  # fmt: skip


def test_days_of_an_unpublished_year_are_provisional() -> None:
    found = days(counter(), CALENDAR, at("2090-03-02 18:00"), {})
    assert found and all(day.provisional for day in found)
    assert not any(day.provisional for day in days(counter(), CALENDAR, at("2026-03-02 18:00"), {}))


def test_seats_that_are_held_are_not_free() -> None:
    start = at("2026-03-02 09:00")
    day = days(counter(), CALENDAR, at("2026-03-02 07:00"), {start: 3})[0]
    assert (day.slots[0].free, day.slots[1].free) == (1, 4)
    full = days(counter(), CALENDAR, at("2026-03-02 07:00"), {start: 5})[0]
    assert full.slots[0].free == 0
