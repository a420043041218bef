"""居住证. 居住证暂行条例 §§2, 9; 深圳经济特区居住证条例: a year registered, and a year insured."""

from benchmarks.oracles import case as c
from benchmarks.oracles.case import Case


def is_old_enough(case: Case) -> bool:
    """From 16 one applies oneself (§9); a guardian applies at the counter."""
    return c.has_lasted(case.of("population"), "born", case.on, years=16)


def is_of_age(case: Case) -> bool:
    """Whether capacity is asked about: for a child a guardian applies anyhow."""
    return c.day(case.of("population"), "born") is None or is_old_enough(case)


def is_registered(case: Case) -> bool:
    """The registration has not ended; its last day still counts, as that of any certificate."""
    home = case.of("residence")
    return c.day(home, "since") is not None and not c.is_over(home, "until", case.on)


def is_insured(case: Case) -> bool:
    """12 months without a gap, or 18 of 24; and insured now, as work must be stable (§2)."""
    social = case.of("social")
    is_long = c.any_of(
        lambda _case: c.number(social, "continuous") >= 12,
        lambda _case: c.number(social, "recent") >= 18,
    )
    return social["insured_city"] == c.CITY and social["paying"] is True and is_long(case)


def was_registered(case: Case) -> bool:
    return c.day(case.of("residence"), "since") is not None


CONDITIONS = {
    "living": c.is_living,
    "capable": c.where(is_of_age, c.is_capable),
    "from_elsewhere": c.is_from_elsewhere,
    "old_enough": is_old_enough,
    "registered": is_registered,
    "a_year_here": c.where(
        was_registered, lambda case: c.has_lasted(case.of("residence"), "since", case.on, years=1)
    ),
    "no_permit_yet": lambda case: case.of("residence")["permit"] is None,
    "insured": is_insured,
}
CORRECTABLE: frozenset[str] = frozenset()
SAME = {
    **c.SAME_MOVER,
    "age": "old_enough",
    "registered": "registered",
    "long_enough": "a_year_here",
    "insured": "insured",
    "first": "no_permit_yet",
}
