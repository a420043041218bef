"""应届毕业生引进落户. 本市人才引进办法: graduated two years ago at most, and no reason against."""

from benchmarks.oracles import case as c
from benchmarks.oracles import talent_settlement as talent
from benchmarks.oracles.case import Case


def is_recent(case: Case) -> bool:
    """Graduated, and the second anniversary has not gone by."""
    graduated = c.day(case.of("education"), "graduated")
    return graduated is not None and graduated <= case.on <= c.later(graduated, years=2)


def is_young_enough(case: Case) -> bool:
    """Under 45."""
    born = c.day(case.of("population"), "born")
    if born is None:
        raise c.Silent("born")
    return case.on < c.later(born, years=45)


OF_TALENT = ("young_enough", "insured", "alone")  # not asked of graduates, or otherwise
CONDITIONS = {
    **{name: one for name, one in talent.CONDITIONS.items() if name not in OF_TALENT},
    "recent": c.where(talent.has_degree, is_recent),
    "young_enough": is_young_enough,
}
CORRECTABLE = talent.CORRECTABLE
SAME = {name: one for name, one in talent.SAME.items() if one not in OF_TALENT}
SAME |= {"recent": "recent", "age": "young_enough"}
