"""Of which time history is asked for, and how much of it is shown at once."""

import datetime
from collections.abc import Iterator, Mapping

from django.conf import settings

from ledger.clock import city_date
from operations.counts.reading import Span
from operations.models import Grain
from people.errors import ActionRejected

ONE_DAY = datetime.timedelta(days=1)
GRAINS = (Grain.HOUR, Grain.DAY, Grain.MONTH)
MOST = {Grain.HOUR: 14, Grain.DAY: 400, Grain.MONTH: 20 * 366}  # days asked for at once
USUAL = {Grain.HOUR: 1, Grain.DAY: 30, Grain.MONTH: 365}
_ZH = {Grain.HOUR: "按小时最多显示 14 天；更长的时间请选按日或者按月"}
_ZH |= {Grain.DAY: "按日最多显示 400 天；更长的时间请选按月", Grain.MONTH: "按月最多显示 20 年"}
_EN = {Grain.HOUR: "By hour 14 days are shown at most; for a longer time choose days or months."}
_EN |= {Grain.DAY: "By day 400 days are shown at most; for a longer time choose months."}
_EN |= {Grain.MONTH: "By month 20 years are shown at most."}


def asked(query: Mapping[str, str], now: datetime.datetime) -> Span:
    """Return what a query asks for: ``by``, and the city's days ``from`` and ``to``.

    Without days the last of them until now. Raises ``ActionRejected`` (422) for what is no grain
    or date, for an end before its beginning, and for more than is shown at once.
    """
    text = query.get("by", "") or Grain.HOUR.value
    if text not in GRAINS:
        raise _rejected("by", "请选择按小时、按日或者按月", "Choose hours, days or months.")
    grain, today = Grain(text), city_date(now)
    last = _date(query, "to") or today
    first = _date(query, "from") or last - (USUAL[grain] - 1) * ONE_DAY
    if first > last:
        raise _rejected("from", "起始日期晚于截止日期", "The first day is after the last.")
    if (last - first).days >= MOST[grain]:
        raise _rejected("from", _ZH[grain], _EN[grain])
    if grain is Grain.MONTH:
        first = first.replace(day=1)
    return Span(grain, _begins(first), _begins(last + ONE_DAY))


def starts(span: Span, now: datetime.datetime) -> Iterator[datetime.datetime]:
    """Yield when each hour, day or month of a span begins, in the city's time, until now."""
    zone = settings.CITY.calendar.zone
    at = span.since.astimezone(zone)
    end = min(span.before, max(now, span.since))
    while at < end:
        yield at
        if span.grain is Grain.HOUR:  # in UTC: an hour is an hour, whatever the clocks do
            at = (at.astimezone(datetime.UTC) + datetime.timedelta(hours=1)).astimezone(zone)
        else:
            day = at.date() + ONE_DAY * (1 if span.grain is Grain.DAY else 32)
            at = _begins(day if span.grain is Grain.DAY else day.replace(day=1)).astimezone(zone)


def _begins(day: datetime.date) -> datetime.datetime:
    begins: datetime.datetime = settings.CITY.calendar.end_of(day - ONE_DAY)
    return begins


def _date(query: Mapping[str, str], name: str) -> datetime.date | None:
    text = query.get(name, "").strip()
    if not text:
        return None
    try:
        found = datetime.date.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or not 2000 <= found.year <= 2100:
        zh, en = (
            "日期须为 2000 年至 2100 年的年-月-日",
            "A date is a year, month and day, 2000 to 2100.",
        )
        raise _rejected(name, zh, en)
    return found


def _rejected(name: str, zh: str, en: str) -> ActionRejected:
    return ActionRejected("not_a_span", zh, en, status=422, field=f"/{name}")
