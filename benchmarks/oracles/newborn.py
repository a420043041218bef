"""新生儿户口登记. 户口登记条例 §7; 民法典 §1015: in a month, a parent's surname and home."""

from benchmarks.oracles import case as c
from benchmarks.oracles.case import Case

DOUBLE = ("欧阳", "司徒", "上官", "诸葛")  # of the surnames in the city


PARENTS = ("mother", "father")


def person(case: Case, parent: str) -> c.Record:
    """Return the population registry's record of a parent; nobody's, where none is named."""
    index = case.of("birth")[parent]
    return c.Absent() if index is None else case.of("population", index)


def surname(name: str) -> str:
    return name[:2] if name.startswith(DOUBLE) else name[:1]


def has_surname_of(parent: str) -> c.Condition:
    """Return a condition: the child has the surname of the mother, or of the father."""

    def same(case: Case) -> bool:
        name = person(case, parent)["name"]
        return name is not None and surname(case.answers["child_name"]) == surname(name)

    return same


def are_married(case: Case) -> bool:
    """To each other, and the one who applies is one of them."""
    married = case.of("marriage")
    birth, spouse = case.of("birth"), married["spouse"]
    if married["state"] != "married" or spouse is None:
        return False
    return {case.applicant, spouse} == {birth[parent] for parent in PARENTS}


def is_local(parent: str) -> c.Condition:
    """Return a condition: the mother, or the father, is registered in this city."""
    return lambda case: bool(person(case, parent)["hukou_city"] == c.CITY)


a_parent_is_local = c.any_of(*map(is_local, PARENTS))


def chosen_parent_is_local(case: Case) -> bool:
    """The parent in whose household the child is entered is registered in the city."""
    return is_local(case.answers["household_of"])(case)


def is_in_time(case: Case) -> bool:
    """Born, and reported within a month (§7)."""
    born = c.day(case.of("birth"), "born")
    return born is not None and born <= case.on <= c.later(born, months=1)


def is_first(case: Case) -> bool:
    """No household registration was made by this record of birth."""
    made = case.of("birth")["registrations"]
    return made is not None and not any(one["kind"] == "household" for one in made)


def is_recorded(case: Case) -> bool:
    """A number that no record has was mistyped."""
    return c.day(case.of("birth"), "born") is not None


def is_parent(parent: str) -> c.Condition:
    return lambda case: bool(case.of("birth")[parent] == case.applicant)


has_both = c.all_of(is_recorded, lambda case: case.of("birth")["father"] is not None)


def is_registered(parent: str) -> c.Condition:
    """Return a condition: a parent without a registration is a foreigner's case, for a person."""
    return lambda case: person(case, parent)["hukou_city"] is not None


def is_living(parent: str) -> c.Condition:
    """Return a condition: of the dead no household is left; the marriage is over too."""
    return lambda case: person(case, parent)["alive"] is True


CONDITIONS = {
    "living": c.is_living,
    "capable": c.is_capable,
    "recorded": is_recorded,
    "parent": c.where(is_recorded, c.any_of(*map(is_parent, PARENTS))),
    "in_hospital": c.where(is_recorded, lambda case: case.of("birth")["place"] == "hospital"),
    "both_parents": c.where(is_recorded, lambda case: case.of("birth")["father"] is not None),
    "parents_registered": c.where(has_both, c.all_of(*map(is_registered, PARENTS))),
    "parents_living": c.where(has_both, c.all_of(*map(is_living, PARENTS))),
    "married": c.where(has_both, are_married),
    "surname": c.where(has_both, c.any_of(*map(has_surname_of, PARENTS))),
    "a_parent_local": c.where(has_both, a_parent_is_local),
    "household": c.where(c.all_of(has_both, a_parent_is_local), chosen_parent_is_local),
    "in_time": c.where(is_recorded, is_in_time),
    "first": c.where(is_recorded, is_first),
}
CORRECTABLE = frozenset({"household", "recorded"})
SAME = {
    **c.SAME_PERSON,
    "recorded": "recorded",
    "parent": "parent",
    "hospital": "in_hospital",
    "both": "both_parents",
    "married": "married",
    "mainland": "parents_registered",
    "parents_living": "parents_living",
    "local": "a_parent_local",
    "household": "household",
    "in_time": "in_time",
    "characters": "",  # every drawn name is of standard characters
    "surname": "surname",
    "not_registered": "first",
}
