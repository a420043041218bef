"""新生儿参保. 社会保险法 §25: a parent insures a child that is registered, once."""

from benchmarks.oracles import case as c
from benchmarks.oracles import newborn
from benchmarks.oracles.case import Case, Condition

SINGLE = ("living", "capable", "recorded", "parent")  # as of the registration itself


def made(case: Case) -> set[str]:
    """Return what was registered by the record of birth."""
    found = case.of("birth")["registrations"]
    if found is None:
        raise c.Silent("registrations")
    return {one["kind"] for one in found}


def is_born(case: Case) -> bool:
    born = c.day(case.of("birth"), "born")
    return born is not None and born <= case.on


def conditions(kind: str) -> dict[str, Condition]:
    """Return the conditions of what follows the registration of a child: medical, card."""
    return {
        **{name: newborn.CONDITIONS[name] for name in SINGLE},
        "born": c.where(newborn.is_recorded, is_born),
        # the household comes before anything else
        "registered": c.where(newborn.is_recorded, lambda case: "household" in made(case)),
        "first": c.where(newborn.is_recorded, lambda case: kind not in made(case)),
    }


CONDITIONS = conditions("medical")
CORRECTABLE = frozenset({"recorded", "registered"})
SAME = {
    **c.SAME_PERSON,
    **{name: name for name in ("recorded", "born", "parent", "registered")},
    "not_yet": "first",
    "characters": "",  # every drawn name is of standard characters
}
