"""居住证. 居住证暂行条例 §§2, 9; 深圳经济特区居住证条例: a year registered, and a year insured."""

from benchmarks.oracles import case as c
from benchmarks.oracles.case import Case


def is_old_enough(case: Case) -> bool:
    """From 16 one applies oneself (§9); a guardian applies at the counter."""
    return c.has_lasted(case.of("population"), "born", case.on, years=16)


def is_registered(case: Case) -> bool:
    """The registration goes on: it has not ended by this day."""
    home = case.of("residence")
    ended = c.day(home, "until")
    return not home.is_absent and (ended is None or ended > case.on)


def is_insured(case: Case) -> bool:
    """12 months without a gap up to now, or 18 of the last 24."""
    social = case.of("social")
    if social["insured_city"] != c.CITY:
        return False
    in_a_row = c.any_of(
        lambda _case: social["paying"] is True and c.number(social, "continuous") >= 12,
        lambda _case: c.number(social, "recent") >= 18,
    )
    return in_a_row(case)


CONDITIONS = {
    "living": c.is_living,
    "capable": c.is_capable,
    "from_elsewhere": c.is_from_elsewhere,
    "old_enough": is_old_enough,
    "registered": is_registered,
    "a_year_here": lambda case: c.has_lasted(case.of("residence"), "since", case.on, years=1),
    "no_permit_yet": lambda case: case.of("residence")["permit"] is None,
    "insured": is_insured,
}
CORRECTABLE: frozenset[str] = frozenset()
