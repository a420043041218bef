"""夫妻、老人投靠. 本市户籍迁入规定（2016）: a spouse after two years, a parent after eight."""

from collections.abc import Callable

from benchmarks.oracles import case as c
from benchmarks.oracles.case import Case


def of(branch: str, condition: c.Condition) -> c.Condition:
    """Return a condition that only this branch must meet."""
    return lambda case: case.answers["branch"] != branch or condition(case)


def spouse(registry: str) -> Callable[[Case], c.Record]:
    """Return how to find a registry's record of the spouse; nobody's, where none is named."""

    def found(case: Case) -> c.Record:
        named = case.of("marriage")["spouse"]
        return c.Absent() if named is None else case.of(registry, named)

    return found


def children(case: Case) -> list[str]:
    """Return the children on record, by index."""
    return [one["person"] for one in case.of("kinship")["children"] or ()]


def homes(case: Case) -> list[c.Record]:
    """Return where the children are registered."""
    return [case.of("household", child) for child in children(case)]


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


def child_is_local(case: Case) -> bool:
    return any(home["city"] == c.CITY for home in homes(case))


def child_for_eight_years(case: Case) -> bool:
    return any(
        home["city"] == c.CITY and c.has_lasted(home, "since", case.on, years=8)
        for home in homes(case)
    )


def at_family(case: Case) -> bool:
    """The address is the one at which the spouse, or the child, is registered."""
    address = case.answers["address"]
    if case.answers["branch"] == "spouse":
        return bool(spouse("household")(case)["address"] == address)
    return any(home["address"] == address for home in homes(case))


CONDITIONS = {
    "living": c.is_living,
    "capable": c.is_capable,
    "from_elsewhere": c.is_from_elsewhere,
    "married": of("spouse", lambda case: case.of("marriage")["state"] == "married"),
    "spouse_named": of("spouse", lambda case: case.of("marriage")["spouse"] is not None),
    "married_here": of("spouse", lambda case: case.of("marriage")["abroad"] is False),
    "married_once": of("spouse", lambda case: c.number(case.of("marriage"), "times") == 1),
    "spouse_living": of("spouse", lambda case: spouse("population")(case)["alive"] is True),
    "spouse_local": of("spouse", lambda case: spouse("household")(case)["city"] == c.CITY),
    "apart": of("spouse", is_apart),
    "old_enough": of("parent", is_old_enough),
    "has_child": of("parent", lambda case: len(children(case)) > 0),
    "only_child": of("parent", lambda case: len(children(case)) <= 1),
    "child_local": of("parent", child_is_local),
    "child_long_local": of("parent", child_for_eight_years),
    "at_family": at_family,
    **c.HOME,
}
CORRECTABLE = frozenset({"at_family", *c.HOME})
