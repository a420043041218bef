"""企业名称申报与保留, DOMAIN's name engine (企业名称登记管理规定 §§8, 11, 12, 17, 18)."""

from benchmarks.oracles import case as c
from benchmarks.oracles import names
from benchmarks.oracles.case import Case

CONDITIONS = {"living": c.is_living, "capable": c.is_capable, **names.CONDITIONS}
CORRECTABLE = names.CORRECTABLE
SAME = {**c.SAME_PERSON, **names.SAME}


def reserved_months(case: Case) -> int:
    """Two months, or a year where a permit has to be had first (§18)."""
    return 12 if any(line in names.PERMITS for line in names.scope(case)) else 2
