"""义务教育入学. 义务教育法 §§11, 12: six by the end of August, where the family is registered."""

import datetime

from benchmarks.oracles import case as c
from benchmarks.oracles.case import Case
from benchmarks.oracles.social_transfer import may_settle

SIX, LATEST = 6, 8  # doubt: after the eighth birthday a person looks why


def child_born(case: Case) -> datetime.date:
    return datetime.date.fromisoformat(case.answers["child_born"])


def is_old_enough(case: Case) -> bool:
    """By the 31 August that comes next, that day included."""
    end = datetime.date(case.on.year, 8, 31)
    if case.on > end:
        end = datetime.date(case.on.year + 1, 8, 31)
    return c.later(child_born(case), years=SIX) <= end


CONDITIONS = {
    "living": c.is_living,
    # children of others are taken by rules that ask for more than data: a person looks
    "belongs": c.any_of(c.is_local, may_settle),
    "old_enough": is_old_enough,
    "not_late": lambda case: case.on < c.later(child_born(case), years=LATEST),
    **c.HOME,
}
CORRECTABLE = frozenset({"old_enough", *c.HOME})
SAME = {
    "living": "living",
    "belongs_here": "belongs",
    "age": "old_enough",
    "not_late": "not_late",
    **c.SAME_HOME,
}
