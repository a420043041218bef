"""The statutory holidays of any year, known without its notice. Pure.

全国年节及纪念日放假办法 (国务院令 795, in force since 2025-01-01) §2: 元旦, 春节 (除夕 to 初三),
清明, 劳动节 (two days), 端午, 中秋, 国庆 (three days). The days off that replace a holiday at a
weekend (§6), and those that are worked for it, are in the yearly notice alone.
"""

import datetime
from functools import lru_cache

import chinese_calendar
from borax.calendars.lunardate import LunarDate

FIXED = ((1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3))
LAST_LUNAR_YEAR = 2099  # of the library's table


def is_statutory(day: datetime.date) -> bool:
    """Return whether the law makes this day a holiday for everybody; lunar ones until 2099."""
    return day in statutory_holidays(day.year)


@lru_cache(maxsize=16)
def statutory_holidays(year: int) -> frozenset[datetime.date]:
    """Return the holidays of a year; those of the fixed dates alone after 2099."""
    days = {datetime.date(year, month, day) for month, day in FIXED}
    if year > LAST_LUNAR_YEAR:
        return frozenset(days)
    new_year = _solar(year, 1, 1)
    days |= {new_year + datetime.timedelta(days=n) for n in (-1, 0, 1, 2)}  # 除夕 to 初三
    days |= {_solar(year, 5, 5), _solar(year, 8, 15), _clear_and_bright(year)}
    return frozenset(days)


def _solar(year: int, month: int, day: int) -> datetime.date:
    """Return the date of a day of the lunar calendar."""
    found: datetime.date = LunarDate(year, month, day).to_solar_date()
    return found


def _clear_and_bright(year: int) -> datetime.date:
    """Return the day of the solar term 清明, between 4 and 6 April."""
    terms = chinese_calendar.get_solar_terms(datetime.date(year, 4, 3), datetime.date(year, 4, 7))
    return next(day for day, name in terms if name == "清明")
