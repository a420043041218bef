"""养老保险关系转入. 国办发〔2009〕66号 §§3, 5: to where one is registered, or insured by now."""

from benchmarks.oracles import case as c
from benchmarks.oracles.case import Case

RETIREMENT = 60  # doubt: a man's, before it was raised; others go to a person


def may_settle(case: Case) -> bool:
    """Holds an approval to settle here that is in force; who holds nothing has no record."""
    held = case.of("certificates")["held"]
    if held is None:
        raise c.Silent("held")
    return any((one["kind"], one["state"]) == ("settlement_approval", "valid") for one in held)


def is_young_enough(case: Case) -> bool:
    born = c.day(case.of("population"), "born")
    if born is None:
        raise c.Silent("born")
    return case.on < c.later(born, years=RETIREMENT)


CONDITIONS = {
    "living": c.is_living,
    "belongs": c.any_of(
        c.is_local, may_settle, lambda case: c.number(case.of("social"), "months") > 0
    ),
    "young_enough": is_young_enough,
}
CORRECTABLE: frozenset[str] = frozenset()
SAME = {"living": "living", "belongs_here": "belongs", "age": "young_enough"}
