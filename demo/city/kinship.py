"""Who is the guardian of whom: of everybody without full capacity, one other person of the city."""

from collections.abc import Iterator

from demo.city.numbering import Numbering
from demo.city.people import Person
from demo.city.personas import FIRST

MOST = 100  # persons who are looked at before somebody has no guardian on record
GAP = range(20, 46)  # years between a parent and a child
ADULT = ("worker", "elder", "graduate")


def candidates(numbering: Numbering, persons: int, ward: Person) -> Iterator[tuple[int, str]]:
    """Yield who may be the guardian by age, and as what: a parent first, else a child.

    A persona has a persona, so that demos know both; whether they live and have full capacity is
    left to the caller.
    """
    among = FIRST if ward.index < FIRST else persons
    younger = []
    for step in range(1, min(among, MOST)):
        i = (ward.index + step) % among
        older_by = ward.born.year - _year(numbering, i) if numbering.group(i) in ADULT else 0
        if older_by in GAP:
            yield i, "parent"
        elif -older_by in GAP:
            younger.append((i, "child"))
    yield from younger


def _year(numbering: Numbering, i: int) -> int:
    return int(numbering.person(i)[6:10])
