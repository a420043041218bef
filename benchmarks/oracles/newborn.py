"""新生儿户口登记. 户口登记条例 §7; 民法典 §1015: within a month, with a parent's surname and home."""

from benchmarks.oracles import case as c
from benchmarks.oracles.case import Case

DOUBLE = ("欧阳", "司徒", "上官", "诸葛")  # of the surnames in the city


def parents(case: Case) -> tuple[str | None, str | None]:
    """Return the mother and the father of the record of birth, by index."""
    birth = case.of("birth")
    return birth["mother"], birth["father"]


def person(case: Case, index: str | None) -> c.Record:
    """Return the population registry's record of a parent; nobody's, where none is named."""
    return c.Absent() if index is None else case.of("population", index)


def surname(name: str) -> str:
    return name[:2] if name.startswith(DOUBLE) else name[:1]


def has_surname_of(index: int) -> c.Condition:
    """Return a condition: the child has the surname of the mother (0) or of the father (1)."""

    def same(case: Case) -> bool:
        name = person(case, parents(case)[index])["name"]
        return name is not None and surname(case.answers["child_name"]) == surname(name)

    return same


def are_married(case: Case) -> bool:
    """To each other, and the one who applies is one of them."""
    married = case.of("marriage")
    pair = {case.applicant, married["spouse"]}
    return married["state"] == "married" and None not in pair and pair == {*parents(case)}


def household_is_local(case: Case) -> bool:
    """The parent in whose household the child is entered is registered in the city."""
    chosen = parents(case)[0 if case.answers["household_of"] == "mother" else 1]
    return bool(person(case, chosen)["hukou_city"] == c.CITY)


def is_in_time(case: Case) -> bool:
    """Born, and reported within a month (§7)."""
    born = c.day(case.of("birth"), "born")
    return born is not None and born <= case.on <= c.later(born, months=1)


def is_first(case: Case) -> bool:
    """No household registration was made by this record of birth."""
    made = case.of("birth")["registrations"]
    return made is not None and not any(one["kind"] == "household" for one in made)


CONDITIONS = {
    "living": c.is_living,
    "capable": c.is_capable,
    "recorded": lambda case: not case.of("birth").is_absent,
    "parent": lambda case: case.applicant in parents(case),
    "in_hospital": lambda case: case.of("birth")["place"] == "hospital",
    "both_parents": lambda case: None not in parents(case),
    "parents_registered": lambda case: not any(
        person(case, one).is_absent for one in parents(case)
    ),
    "married": are_married,
    "surname": c.any_of(has_surname_of(0), has_surname_of(1)),
    "household": household_is_local,
    "in_time": is_in_time,
    "first": is_first,
}
CORRECTABLE = frozenset({"household", "recorded"})
