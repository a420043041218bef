"""企业名称申报与保留, DOMAIN's name engine (企业名称登记管理规定 §§8, 11, 12, 17, 18)."""

import datetime

from benchmarks.oracles import fitness, names
from benchmarks.oracles.application import Application, Reasons

PERMITS = (
    *("F5222", "F5243", "H6110", "H6130", "H6210", "H6220", "H6231", "H6232", "L7263", "L7271"),
    *("R8710", "R9011", "R9013"),
)


def against(application: Application) -> Reasons:
    answers, records = application.answers, application.records
    yield from fitness.identity(records["population"])
    yield from names.against(
        answers["trade_name"], answers["scope"], records["names"], application.on
    )


def reserved_months(application: Application) -> int:
    """Two months, or a year where a permit has to be had first (§18)."""
    return 12 if any(line in PERMITS for line in application.answers["scope"]) else 2


def months_after(start: datetime.date, months: int) -> datetime.date:
    """The same day so many months on, or the month's last day before it."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    for length in (start.day, 30, 29, 28):
        try:
            return datetime.date(year, month + 1, min(start.day, length))
        except ValueError:
            continue
    raise AssertionError("a month has 28 days")
