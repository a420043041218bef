"""高龄老人津贴. 老年人权益保障法 §33; 本市高龄老人津贴办法: from 80, monthly, by age."""

from benchmarks.oracles import case as c
from benchmarks.oracles.case import Case

TIERS = ((100, 500), (90, 300), (80, 200))  # years, yuan a month


def is_old_enough(case: Case) -> bool:
    return c.has_lasted(case.of("population"), "born", case.on, years=80)


def is_paid_once(case: Case) -> bool:
    """Nobody pays the same allowance already."""
    return not any(one["kind"] == "old_age" for one in case.of("assistance")["benefits"] or ())


CONDITIONS = {
    "living": c.is_living,
    "capable": c.is_capable,
    "no_death": lambda case: case.of("death").is_absent,
    "local": c.is_local,
    "old_enough": is_old_enough,
    "paid_once": is_paid_once,
    "account": lambda case: case.of("assistance")["account"] is True,
}
CORRECTABLE: frozenset[str] = frozenset()
SAME = {
    **c.SAME_PERSON,
    "no_death_record": "no_death",
    "local": "local",
    "age": "old_enough",
    "account": "account",
    "once": "paid_once",
}


def amounts(case: Case) -> list[int]:
    """Return the yuan a month of each entitlement, of a case that is approved."""
    who = case.of("population")
    return [next(yuan for years, yuan in TIERS if c.has_lasted(who, "born", case.on, years=years))]
