"""Draws who applies in the running city: cases as oracles read them, and how they are handed in."""

import datetime
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from approvals.models import Application
from benchmarks.catalogue.registries import (
    ABSENT,
    CERTIFICATES,
    FOUND,
    LATE,
    OF_AGENCIES,
    SILENT,
    Planted,
    Registries,
)
from benchmarks.oracles.case import Case, Record
from benchmarks.oracles.drawing import OF_APPLICANT, Drawing
from city.model import City as Folder
from demo.city import City, Person
from people import identity
from services.catalogue import all_current
from services.pack.model import APPLICANT
from services.rulebook import Rulebook

# registries that are asked about those whom another one names
OF_NAMED = {"family_reunion": ("population", "household"), "newborn": ("population",)}
# services that are for those who have had another, so that they are drawn again
FOLLOWING = (
    *("residence_endorsement", "residence_card", "newborn_medical", "newborn_card"),
    *("social_transfer", "school_enrolment", "move_out"),
)
UNIQUE = ("trade_name", "birth_record")  # answers that one application has at a time
LATE_SHARE = 0.05  # of the answers of other agencies
TRIES = 50  # cases drawn for each that is kept


@dataclass(frozen=True, slots=True)
class Drawn:
    """One application, who applies, and what registries are made to say."""

    service: str
    answers: Mapping[str, Any]
    kind: str  # person, enterprise
    number: str
    name: str  # as they give it
    case: Any  # as the oracle reads it
    planted: tuple[Planted, ...]
    lacks: frozenset[str] = frozenset()  # what stands against it beside the conditions

    @property
    def subjects(self) -> set[str]:
        """Everybody and everything that registries are asked about, by index."""
        return {one.subject for one in self.planted}


class Planting:
    """What registries are made to say, of nobody two things."""

    def __init__(self, registries: Registries, seed: int) -> None:
        self.registries, self.random = registries, random.Random(seed)
        self._used: set[str] = set()  # in any service
        self._named: set[str] = set()  # in this one
        self._follows = False
        self._applied: set[str] = set()

    def begin(self, service: str, on: datetime.date) -> None:
        """Draw nobody who has applied before for this service, or for one that excludes it."""
        self._named, self._follows = set(), service in FOLLOWING
        books = {book.code: _one_a_person(book) for book in all_current(on)}
        mine = books[service]
        excluding = {code for code, scopes in books.items() if scopes & mine} | {service}
        made = Application.objects.filter(service_id__in=excluding)
        self._applied = set(made.values_list("applicant", flat=True))
        for name in () if self._follows else UNIQUE:
            found = Application.objects.exclude(**{f"answers__{name}": None})
            every = found.values_list(f"answers__{name}", flat=True)
            self._used |= {identity.index(one) for one in every if one}

    def of(self, registry: str, number: str, record: Record | None) -> Planted:
        """Return what a registry is to say of a number; None: nothing."""
        subject = identity.index(number)
        if record is None:
            return Planted(registry, number, subject, SILENT)
        if record.is_absent:
            return Planted(registry, number, subject, ABSENT)
        is_late = registry in OF_AGENCIES and self.random.random() < LATE_SHARE
        return Planted(registry, number, subject, LATE if is_late else FOUND, dict(record))

    def take(self, drawn: Drawn) -> bool:
        """Return whether nobody else's application speaks of anything that this one does."""
        used = self._named if self._follows else self._used
        if drawn.subjects & used or identity.index(drawn.number) in self._applied:
            return False
        self._used |= drawn.subjects
        self._named |= drawn.subjects
        return True


def _one_a_person(book: Rulebook) -> set[str]:
    """Return the scopes of which an applicant has one, whichever service it is of."""
    return {guard.scope for guard in book.pack.guards if guard.key == (APPLICANT,)}


class RunningDrawing(Drawing):
    """Draws from the registries as they are; nobody twice, as one registry says one thing."""

    faults = (0, 0, 0, 1, 1, 2)

    def __init__(
        self, city: City, folder: Folder, planting: Planting, on: datetime.date, seed: int
    ) -> None:
        super().__init__(city, folder, seed)
        self.planting, self.registries, self.days = planting, planting.registries, (on,)
        self._numbers: dict[str, str] = {}  # by index

    def index(self, i: int) -> str:
        number = self.city.person(i).number
        found = identity.index(number)
        self._numbers[found] = number
        return found

    def may_be_silent(self, registry: str) -> bool:
        return registry in OF_AGENCIES

    def record(self, registry: str, person: Person) -> Record | None:
        return self.registries.record(registry, person.number, self.index(person.index))

    def address(self, code: str) -> Record:
        found = self.registries.record("address", code, identity.index(code))
        assert found is not None  # of the city's own store
        return found

    def drawn(self, service: str, count: int) -> Iterator[Drawn]:
        """Yield so many cases of a service, no two of which share a person, or a thing."""
        left = count
        for case in self.cases(service, count * TRIES):
            person = self.city.person_of(self._numbers[case.applicant])
            assert person is not None
            who, case = self.city.person(person), self._as_it_is(case)
            planted = tuple(self._planted(case))
            found = Drawn(service, case.answers, "person", who.number, who.name, case, planted)
            if self.planting.take(found):
                yield found
                left -= 1
            if not left:
                return

    def _as_it_is(self, case: Case) -> Case:
        """Return the case as the registries can say it: of one person one thing.

        With the certificates that are held, as nobody can plant others, and the records of
        everybody whom a changed record names.
        """
        own, others = dict(case.own), dict(case.others)
        if CERTIFICATES in own:
            held = self.registries.record(CERTIFICATES, "", case.applicant)
            assert held is not None
            own[CERTIFICATES] = held
        for registry in OF_NAMED.get(case.service, ()):
            for index in _named(own):
                found = self.registries.record(registry, self._numbers[index], index)
                assert found is not None
                others.setdefault((registry, index), found)
            if registry in own and (registry, case.applicant) in others:
                others[registry, case.applicant] = own[registry]
        return replace(case, own=own, others=others)

    def _planted(self, case: Case) -> Iterator[Planted]:
        """Yield what each registry is to say of whom; in a case, no record means no answer."""
        for registry in sorted({*case.own, *OF_APPLICANT[case.service]}):
            number = self._number(case, registry)
            if self.is_planted(case.service, registry):
                yield self.planting.of(registry, number, case.own.get(registry))
        for (registry, subject), record in case.others.items():
            yield self.planting.of(registry, self._numbers[subject], record)

    def is_planted(self, service: str, registry: str) -> bool:
        """Return whether a registry can be made to say something."""
        return registry != CERTIFICATES

    def _number(self, case: Case, registry: str) -> str:
        """Return what a registry of a case is asked by."""
        if registry == "birth":
            return str(case.answers["birth_record"])
        if registry == "address":
            return str(case.answers["address"])
        return self._numbers[case.applicant]


def _named(own: Mapping[str, Record]) -> set[str]:
    """Return everybody whom the records of a case name: a spouse, children, parents."""
    marriage, kin, birth = (own.get(name, {}) for name in ("marriage", "kinship", "birth"))
    found = {marriage.get("spouse"), birth.get("mother"), birth.get("father")}
    found |= {child["person"] for child in kin.get("children") or ()}
    return {one for one in found if one is not None}
