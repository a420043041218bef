"""夫妻、老人投靠. 本市户籍迁入规定（2016）: a spouse after two years, a parent after eight."""

from collections.abc import Callable

from benchmarks.oracles import case as c
from benchmarks.oracles.case import Case


def joins(branch: str) -> c.Condition:
    return lambda case: bool(case.answers["branch"] == branch)


def is_married(case: Case) -> bool:
    return case.of("marriage")["state"] == "married"


def of_spouse(condition: c.Condition) -> c.Condition:
    """Return a condition that must hold where a spouse is joined, once there is one."""
    return c.where(joins("spouse"), c.where(is_married, condition))


def of_parent(condition: c.Condition) -> c.Condition:
    """Return a condition that must hold where a child is joined, once there is one."""
    return c.where(joins("parent"), c.where(has_child, condition))


def spouse(registry: str) -> Callable[[Case], c.Record]:
    """Return how to find a registry's record of the spouse; nobody's, where none is named."""

    def found(case: Case) -> c.Record:
        named = case.of("marriage")["spouse"]
        return c.Absent() if named is None else case.of(registry, named)

    return found


def children(case: Case) -> list[str]:
    """Return the children on record, by index."""
    return [one["person"] for one in case.of("kinship")["children"] or ()]


def has_child(case: Case) -> bool:
    return len(children(case)) > 0


def children_live(case: Case) -> bool:
    return all(case.of("population", child)["alive"] is True for child in children(case))


def homes(case: Case) -> list[c.Record]:
    """Return where the children are registered; a record without all its parts says nothing."""
    found = [case.of("household", child) for child in children(case)]
    for home in found:
        _ = home["city"], home["address"], c.day(home, "since")
    return found


def spouse_is_local(case: Case) -> bool:
    return bool(spouse("household")(case)["city"] == c.CITY)


def is_apart(case: Case) -> bool:
    """Married, with the spouse registered here, for two years: so long they have been apart."""
    married, home = case.of("marriage"), spouse("household")(case)
    return c.has_lasted(married, "since", case.on, years=2) and c.has_lasted(
        home, "since", case.on, years=2
    )


def is_old_enough(case: Case) -> bool:
    """A father from 60, a mother from 55."""
    who = case.of("population")
    years = {"男": 60, "女": 55}.get(who["sex"])
    return years is not None and c.has_lasted(who, "born", case.on, years=years)


def child_for_eight_years(case: Case) -> bool:
    return any(
        home["city"] == c.CITY and c.has_lasted(home, "since", case.on, years=8)
        for home in homes(case)
    )


def is_at_spouse(case: Case) -> bool:
    """The address is the one at which the spouse is registered."""
    return bool(spouse("household")(case)["address"] == case.answers["address"])


def is_at_child(case: Case) -> bool:
    """The address is the one at which the child is registered."""
    return any(home["address"] == case.answers["address"] for home in homes(case))


CONDITIONS = {
    "living": c.is_living,
    "capable": c.is_capable,
    "from_elsewhere": c.is_from_elsewhere,
    "married": c.where(joins("spouse"), is_married),
    "married_here": of_spouse(lambda case: case.of("marriage")["abroad"] is False),
    "married_once": of_spouse(lambda case: c.number(case.of("marriage"), "times") == 1),
    "spouse_living": of_spouse(lambda case: spouse("population")(case)["alive"] is True),
    "spouse_local": of_spouse(spouse_is_local),
    "apart": of_spouse(c.where(spouse_is_local, is_apart)),
    "at_spouse": of_spouse(c.where(spouse_is_local, is_at_spouse)),
    "old_enough": c.where(joins("parent"), is_old_enough),
    "child": c.where(joins("parent"), has_child),
    "only_child": of_parent(lambda case: len(children(case)) <= 1),
    "child_living": of_parent(children_live),
    "child_local": of_parent(child_for_eight_years),
    "at_child": of_parent(is_at_child),
    **c.HOME,
}
CORRECTABLE = frozenset({"at_spouse", "at_child", *c.HOME})
SAME = {
    **c.SAME_MOVER,
    **c.SAME_HOME,
    "married": "married",
    "at_home": "married_here",
    "first_marriage": "married_once",
    "spouse_living": "spouse_living",
    "spouse_local": "spouse_local",
    "apart": "apart",
    "spouse_address": "at_spouse",
    "old_enough": "old_enough",
    "has_child": "child",
    "only_child": "only_child",
    "child_living": "child_living",
    "child_local": "child_local",
    "child_address": "at_child",
}
