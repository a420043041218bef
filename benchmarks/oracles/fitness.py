"""Who may run a company (公司法 §178): representatives and directors."""

import datetime

from benchmarks.oracles.application import (
    ABSENT,
    REFER,
    SILENT,
    UNKNOWN,
    Reasons,
    Record,
    day,
    years_after,
)

CRIMES = (
    *("贪污", "受贿", "行贿", "职务侵占", "挪用资金", "挪用公款", "非法吸收公众存款", "集资诈骗"),
    *("合同诈骗", "虚开发票", "诈骗"),
)
CRIME_YEARS, PROBATION_YEARS, OFFICE_YEARS = 5, 2, 3
OFFICES = ("法定代表人", "原法定代表人")
BARRING = ("revoked", "closed", "bankrupt")


def against(
    population: Record, criminal: Record, enterprise: Record, credit: Record, on: datetime.date
) -> Reasons:
    """Nobody to whom a bar applies; what no registry has a record of is not known to be clean."""
    yield from identity(population)
    if criminal in (SILENT, ABSENT):
        yield "crime", UNKNOWN
    else:
        yield from convictions(criminal, on)
    if enterprise is SILENT:
        yield "office", UNKNOWN
    elif enterprise is not ABSENT:
        # whoever answers for it cannot be computed: a person looks; so where no day is known
        ends = [
            years_after(day(one["ended"]), OFFICE_YEARS) if one["ended"] else on
            for one in enterprise["trades"] or ()
            if one["role"] in OFFICES and one["state"] in BARRING
        ]
        if any(on <= end for end in ends):
            yield "office", REFER
    if credit in (SILENT, ABSENT):
        yield "dishonest", UNKNOWN
    elif credit["dishonest"]:
        yield "dishonest", REFER


def convictions(criminal: Record, on: datetime.date) -> Reasons:
    if any(_bars(one, on) for one in criminal["records"]):
        yield "crime", REFER


def barred(enterprise: Record, on: datetime.date) -> Reasons:
    """Three years for a false registration (市场主体登记管理条例 §40), the last day included."""
    if enterprise is SILENT:
        yield "false_registration", UNKNOWN
    elif enterprise is not ABSENT:
        until = enterprise["false_registration_until"]
        if until is not None and on <= day(until):
            yield "false_registration", REFER


def identity(population: Record) -> Reasons:
    """Living, and of full capacity."""
    if population in (SILENT, ABSENT):
        yield "fit", UNKNOWN
    elif not population["alive"] or population["capacity"] != "full":
        yield "fit", REFER


def named(population: Record, name: str) -> Reasons:
    """The register has the name that was answered for the number."""
    if population in (SILENT, ABSENT):
        yield "named", UNKNOWN
    elif population["name"] != name:
        yield "named", REFER


def _bars(conviction: Record, on: datetime.date) -> bool:
    if conviction["kind"] not in CRIMES and not conviction["political"]:
        return False
    years = PROBATION_YEARS if conviction["probation"] else CRIME_YEARS
    return on <= years_after(day(conviction["ended"]), years)  # 未逾: the last day still counts
