"""在职人才引进落户. 本市人才引进办法（2019-02-28）; what is unusual goes to a person."""

from benchmarks.oracles import case as c
from benchmarks.oracles.case import Case

LEVELS = ("专科", "本科", "硕士", "博士")
CITY_THAT_APPROVES = "4413"  # whose household office approves the move by its own system


def has_degree(case: Case) -> bool:
    """The registry has one: a degree from abroad, or an early one, goes to a person."""
    return case.of("education")["level"] is not None


def is_young_enough(case: Case) -> bool:
    """Under 45 with a bachelor's degree or higher, under 35 with a junior college degree."""
    born, level = c.day(case.of("population"), "born"), case.of("education")["level"]
    if born is None:
        raise c.Silent("born")
    return case.on < c.later(born, years=35 if level == "专科" else 45)


def is_insured_here(case: Case) -> bool:
    """Insured in this city and paying: a gap goes to a person."""
    social = case.of("social")
    return social["insured_city"] == c.CITY and social["paying"] is True


def has_no_conviction(case: Case) -> bool:
    return case.of("criminal")["record"] is False


def has_credit(case: Case) -> bool:
    return case.of("credit")["dishonest"] is False


CONDITIONS = {
    "living": c.is_living,
    "capable": c.is_capable,
    "from_elsewhere": c.is_from_elsewhere,
    "degree": has_degree,
    "degree_own": c.where(has_degree, c.has_own_name("education")),
    "degree_level": c.where(has_degree, lambda case: case.of("education")["level"] in LEVELS),
    "degree_full_time": c.where(has_degree, lambda case: case.of("education")["full_time"] is True),
    "degree_stands": c.where(has_degree, lambda case: case.of("education")["revoked"] is False),
    "young_enough": c.where(has_degree, is_young_enough),
    "insured": is_insured_here,
    "no_conviction": has_no_conviction,
    "credit": has_credit,
    "alone": lambda case: case.answers["family"] is False,
    **c.HOME,
}
CORRECTABLE = frozenset(c.HOME)
SAME = {
    **c.SAME_MOVER,
    **c.SAME_HOME,
    "degree": "degree",
    "same_name": "degree_own",
    "level": "degree_level",
    "full_time": "degree_full_time",
    "valid_degree": "degree_stands",
    "age": "young_enough",
    "insured": "insured",
    "no_crime": "no_conviction",
    "credit": "credit",
    "alone": "alone",
}


def needs_consent(case: Case) -> bool:
    """Whether another city must approve the move first."""
    return bool(case.of("population")["hukou_city"] == CITY_THAT_APPROVES)


CONSENTS = {"move_out": needs_consent}
