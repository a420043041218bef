"""A city that does not exist: everything in it follows from a seed, at random access.

The same city is loaded into the store (``manage.py seed``) and served by the other agencies'
registry server (``manage.py registry serve``), so both speak of the same people. Pure: no clock,
no database, no network.
"""

import datetime
from collections.abc import Iterator
from functools import lru_cache, partial
from itertools import count
from math import gcd

from demo.city import driving, enterprises, kinship, people, records, residence, standing
from demo.city.draws import Draw
from demo.city.enterprises import Enterprise, Place
from demo.city.numbering import Numbering
from demo.city.people import KNOWN_ON, Person
from demo.city.personas import FIRST, REPRESENTATIVES
from demo.city.records import Data
from demo.city.shares import Shares

__all__ = ["City", "Enterprise", "Person", "Place", "Shares", "cohort_on"]

OF_ENTERPRISES = (
    "enterprise",
    "taxation",
    "social",
    "violations",
)  # registries that have records of them


def cohort_on(day: datetime.date) -> int:
    """Return the year of the latest cohort to have graduated by ``day`` (cohorts end in June)."""
    return day.year if day.month > 6 else day.year - 1


class City:
    """Persons, enterprises and addresses by index from 0; the first 40 persons are ``personas``.

    ``cohort`` is the year in which the youngest graduates graduated: the only thing here that
    moves with time, so that a demo years from now still finds recent graduates. It changes
    nothing but the education registry. ``on`` says from which day the notices of enterprises count.
    """

    def __init__(
        self,
        seed: int = 2026,
        persons: int = 20_000,
        enterprises: int = 2_000,
        addresses: int = 5_000,
        shares: Shares | None = None,
        cohort: int = 2026,
    ) -> None:
        if persons < FIRST:
            raise ValueError(f"a city has at least {FIRST} persons")
        self.seed, self.persons, self.enterprises = seed, persons, enterprises
        self.addresses, self.cohort, self.day = addresses, cohort, KNOWN_ON
        self.shares = shares or Shares()
        self.numbering = Numbering(seed, self.shares.groups)
        kept = lru_cache(maxsize=1024)  # a family, or a firm, names the same few again and again
        self._person = kept(partial(people.person, self.numbering, self.shares, cohort))
        self._others = max(1, persons - FIRST)  # those who may own an enterprise
        self._cast = {self._first(kind): i for i, (_, kind, *_) in REPRESENTATIVES.items()}
        self._step = next(s for s in (7919, 7927, 7933, 1) if gcd(s, self._others) == 1)

    def on(self, day: datetime.date) -> "City":
        """Return the same city as its enterprises stand on ``day``: notices count from it."""
        self.day = day
        return self

    # persons

    def person(self, i: int) -> Person:
        """Return all that is so of person ``i``."""
        if not 0 <= i < self.persons:
            raise IndexError(f"the city has {self.persons} persons, no number {i}")
        return self._person(i)

    def person_of(self, number: str) -> int | None:
        """Return the index of the person with this ID number, or None: nobody here."""
        i = self.numbering.person_of(number)
        return i if i is not None and i < self.persons else None

    def members(self, group: str) -> Iterator[int]:
        """Yield the indices of a group's persons: graduate, worker, elder or minor."""
        return (i for i in range(self.persons) if self.numbering.group(i) == group)

    def residence(self, t: Person) -> residence.Residence | None:
        """Return a person's registration of residence, if there is one."""
        return residence.residence(self.seed, t)

    def driving(self, t: Person) -> driving.Licence | None:
        """Return a person's driving licence, if there is one."""
        return driving.licence(self.seed, t)

    def guardian(self, ward: Person) -> tuple[Person, str] | None:
        """Return the guardian of a living person without full capacity, and as what; else None."""
        if ward.capacity == "full" or not ward.alive:
            return None
        for j, relation in kinship.candidates(self.numbering, self.persons, ward):
            other = self.person(j)
            if other.alive and other.capacity == "full":
                return other, relation
        return None

    # enterprises

    def enterprise(self, j: int) -> Enterprise:
        if not 0 <= j < self.enterprises:
            raise IndexError(f"the city has {self.enterprises} enterprises, no number {j}")
        owner = self._owner(j)
        name = "" if owner is None else self.person(owner).name
        return enterprises.enterprise(self.numbering, j, owner, name)

    def standing(self, entity: Enterprise) -> standing.Standing:
        """Return how an enterprise stands: shares, debts, taxes, notices."""
        return standing.standing(self.numbering, entity, self.day, self.addresses)

    def investors(self, entity: Enterprise) -> list[Person]:
        """Return who invested in an enterprise: who runs it, and of some companies another."""
        if entity.owner is None:
            return []
        draw = Draw(self.seed, "investors", entity.index)
        others = [entity.owner]
        if entity.kind == "company" and draw.chance(0.2):
            others.append(draw.below(self.persons))
        found = [self.person(i) for i in dict.fromkeys(others)]
        return [t for t in found if t.index == entity.owner or (t.alive and t.capacity == "full")]

    def _of_enterprise(self, entity: Enterprise) -> Data:
        found = self.standing(entity)
        where = self.address(found.premises)
        return {**records.enterprise(entity), **standing.fields(found, where.code)}

    def _first(self, kind: str) -> int:
        """Return the first active company, or sole trader: a persona's, however large the city."""
        every = (enterprises.enterprise(self.numbering, j, None, "") for j in count())
        return next(e.index for e in every if (e.kind, e.state) == (kind, "active"))

    def _owner(self, j: int) -> int | None:
        """Return the adult who runs enterprise ``j``; where the place falls to a minor, nobody."""
        if j in self._cast:
            return self._cast[j]
        i = FIRST + j * self._step % self._others
        adult = i < self.persons and self.numbering.group(i) in ("worker", "elder")
        return i if adult else None

    def owned(self, i: int) -> list[Enterprise]:
        """Return the enterprises that person ``i`` runs."""
        if i < FIRST:
            cast = (j for j, owner in self._cast.items() if owner == i and j < self.enterprises)
            return [self.enterprise(j) for j in cast]
        first = (i - FIRST) * pow(self._step, -1, self._others) % self._others
        return [
            self.enterprise(j)
            for j in range(first, self.enterprises, self._others)
            if self._owner(j) == i
        ]

    # addresses

    def address(self, a: int) -> Place:
        if not 0 <= a < self.addresses:
            raise IndexError(f"the city has {self.addresses} addresses, no number {a}")
        return enterprises.place(self.numbering, self.shares, a)

    def missing_address(self, k: int) -> str:
        """Return a well-formed address code that no registry knows."""
        return self.numbering.address(self.addresses + k)

    # registries

    def records(self, registry: str) -> Iterator[tuple[str, Data]]:
        """Yield (number, data) for every record of a registry; ``KeyError`` for none."""
        if registry == "address":
            for place in map(self.address, range(self.addresses)):
                yield place.code, records.address(place)
        elif registry == "names":
            yield from records.names(map(self.enterprise, range(self.enterprises))).items()
        elif registry == "enterprise":
            for i in range(self.persons):
                t = self.person(i)
                yield t.number, records.trades(t, self.owned(i))
            for entity in map(self.enterprise, range(self.enterprises)):
                yield entity.uscc, self._of_enterprise(entity)
        elif registry == "taxation":
            for entity in map(self.enterprise, range(self.enterprises)):
                yield entity.uscc, standing.taxation(self.standing(entity))
        elif registry == "violations":
            for entity in map(self.enterprise, range(self.enterprises)):
                if (listed := standing.violations(self.numbering, entity, self.day)) is not None:
                    yield entity.uscc, listed
        else:
            for t in map(self.person, range(self.persons)):
                data = self.of_person(registry, t)
                if data is not None:
                    yield t.number, data
            if registry == "social":
                for entity in map(self.enterprise, range(self.enterprises)):
                    yield entity.uscc, standing.social(self.standing(entity))

    def of_person(self, registry: str, t: Person) -> Data | None:
        """Return what ``registry`` holds about a person."""
        if registry == "residence":
            registered = self.residence(t)
            return residence.record(registered) if registered else None
        if registry == "driving":
            licence = self.driving(t)
            return driving.record(licence) if licence else None
        return records.OF_PERSONS[registry](t)

    def record(self, registry: str, number: str) -> Data | None:
        """Return what ``registry`` holds about ``number``, or None; see ``Person.silent`` too."""
        if registry == "address":
            a = self.numbering.address_of(number)
            return (
                records.address(self.address(a)) if a is not None and a < self.addresses else None
            )
        i = self.person_of(number)
        if registry == "enterprise" and i is not None:
            return records.trades(self.person(i), self.owned(i))
        if i is None and registry in OF_ENTERPRISES:
            j = self.numbering.enterprise_of(number)
            if j is None or j >= self.enterprises:
                return None
            entity = self.enterprise(j)
            if registry == "enterprise":
                return self._of_enterprise(entity)
            if registry == "violations":
                return standing.violations(self.numbering, entity, self.day)
            write = {"taxation": standing.taxation, "social": standing.social}[registry]
            return write(self.standing(entity))
        if registry in ("taxation", "violations"):
            return None
        return None if i is None else self.of_person(registry, self.person(i))
