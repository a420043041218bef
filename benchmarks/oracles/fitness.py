"""Who may run a company (公司法 §178; 市场主体登记管理条例 §40): representatives and directors."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from benchmarks.oracles import case as c
from benchmarks.oracles.case import Case, Condition, Record

CRIMES = (
    *("贪污", "受贿", "行贿", "职务侵占", "挪用资金", "挪用公款", "非法吸收公众存款", "集资诈骗"),
    *("合同诈骗", "虚开发票", "诈骗"),
)
CRIME_YEARS, PROBATION_YEARS, OFFICE_YEARS = 5, 2, 3
OFFICES = ("法定代表人", "原法定代表人")
BARRING = ("revoked", "closed", "bankrupt")
Named = Mapping[str, Any]  # how the answers name a person: name, number
Test = Callable[[Record, Case, Named], bool]


def applicant(_case: Case) -> Sequence[Named]:
    return ({"number": ""},)


def listed(question: str) -> Callable[[Case], Sequence[Named]]:
    return lambda case: case.answers.get(question) or ()


def each(whom: Callable[[Case], Sequence[Named]], registry: str, test: Test) -> Condition:
    """Return a condition: what a registry says of each of these persons passes a test."""

    def every(case: Case) -> bool:
        tests: list[Condition] = [
            lambda case, one=one: test(case.of(registry, one["number"]), case, one)  # type: ignore[misc]
            for one in whom(case)
        ]
        return c.all_of(*tests)(case)

    return every


def is_living(person: Record, _case: Case, _named: Named) -> bool:
    return person["alive"] is True


def is_capable(person: Record, _case: Case, _named: Named) -> bool:
    return bool(person["capacity"] == "full")


def is_fit(person: Record, case: Case, named: Named) -> bool:
    return is_living(person, case, named) and is_capable(person, case, named)


def is_registered(person: Record, _case: Case, _named: Named) -> bool:
    """In a household of the mainland."""
    return person["hukou_region"] is not None


def is_named(person: Record, _case: Case, named: Named) -> bool:
    """The register has the name that was answered for the number."""
    return bool(person["name"] == named["name"])


def is_unconvicted(criminal: Record, case: Case, _named: Named) -> bool:
    """A clean sheet is a record: of whom the police have none, nothing is known."""
    if criminal.is_absent:
        raise c.Silent("criminal")
    return not any(_bars(one, case) for one in criminal["records"])


def _bars(conviction: Named, case: Case) -> bool:
    if conviction["kind"] not in CRIMES and not conviction["political"]:
        return False
    years = PROBATION_YEARS if conviction["probation"] else CRIME_YEARS
    # 未逾: the last day still counts
    return not c.has_passed(Record(conviction), "ended", case.on, years=years)


def is_free_of_office(business: Record, case: Case, _named: Named) -> bool:
    """Who answers for a business that was closed cannot be computed: a person looks, as where the
    day of its end is not known, and where one left office before.
    """
    return not any(
        one["role"] in OFFICES
        and one["state"] in BARRING
        and not c.has_passed(Record(one), "ended", case.on, years=OFFICE_YEARS)
        for one in business["trades"] or ()
    )


def is_not_barred(business: Record, case: Case, _named: Named) -> bool:
    """Three years for a false registration (§40), the last day included."""
    return business["false_registration_until"] is None or c.is_over(
        business, "false_registration_until", case.on
    )


def is_honest(credit: Record, _case: Case, _named: Named) -> bool:
    return credit["dishonest"] is False


def of_office(whom: Callable[[Case], Sequence[Named]]) -> dict[str, Condition]:
    """Return the conditions of §178 on each of these persons."""
    return {
        "crime": each(whom, "criminal", is_unconvicted),
        "office": each(whom, "enterprise", is_free_of_office),
        "dishonest": each(whom, "credit", is_honest),
    }
