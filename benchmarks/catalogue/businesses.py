"""Draws founders and businesses of the running city that apply, as ``drawing`` draws persons."""

import datetime
from collections.abc import Iterator, Mapping
from typing import Any

from benchmarks.cases import NAME_CHARACTERS
from benchmarks.catalogue.drawing import Drawn, Planting
from benchmarks.catalogue.registries import OF_AGENCIES
from benchmarks.oracles.application import ABSENT, SILENT, Application
from benchmarks.oracles.business_drawing import Drawing
from benchmarks.oracles.case import Absent, Record
from demo.city import City, Person
from people import identity
from services import catalogue

OF_PERSONS = ("sole_trader", "name_reservation", "limited_company")
GRANTED = dict.fromkeys(("food", "culture", "police", "cosign"), "granted")
TRIES = 20  # drawn for each that is kept
Data = dict[str, Any]


class RunningBusinesses(Drawing):
    """Draws from the registries as they are. Whoever is asked for a consent grants it."""

    def __init__(self, city: City, planting: Planting, on: datetime.date, seed: int) -> None:
        super().__init__(city, on, seed)
        self.planting, self.registries = planting, planting.registries
        self._persons: list[Person] = []
        self._firm = ""

    def drawn(self, service: str, count: int) -> Iterator[Drawn]:
        """Yield so many applications of a service, no two of which share a person, or a thing."""
        left = count
        for _ in range(count * TRIES):
            self._persons, self._firm = [], ""
            [found] = self.applications(service, 1)
            drawn = self._drawn(service, found)
            if self.planting.take(drawn):
                yield drawn
                left -= 1
            if not left:
                return

    # what is so in the running city

    def _person(self, likely: bool = True) -> Person:
        found = super()._person(likely)
        self._persons.append(found)
        return found

    def _record(self, registry: str, person: Person) -> Any:
        return self._said(registry, person.number)

    def _said(self, registry: str, number: str) -> Any:
        found = self.registries.record(registry, number, identity.index(number))
        if found is None:
            return SILENT
        return ABSENT if found.is_absent else dict(found)

    def _name(self, word: str) -> Any:
        return self._said("names", word)

    def _address(self) -> tuple[str, Any]:
        code, _place = super()._address()
        return code, self._said("address", code)

    def _place_of(self, code: str) -> Any:
        return self.city.address(self.city.numbering.address_of(code) or 0)

    def _business(self) -> tuple[str, Data]:
        self._firm, _found = super()._business()
        return self._firm, self._said("enterprise", self._firm)

    def _consents(self, service: str) -> dict[str, str]:
        return GRANTED

    def _trade(self) -> tuple[Data, Data, list[Any]]:
        answers, found, faults = super()._trade()
        self._rename(answers, found)
        return answers, found, faults

    def _reserve(self) -> tuple[Data, Data, list[Any]]:
        answers, found, faults = super()._reserve()
        self._rename(answers, found)
        return answers, found, faults

    def _rename(self, answers: Data, found: Data) -> None:
        """Give a name that nobody has in hand: a second application for one is not taken."""
        answers["trade_name"] = "".join(self.random.choices(NAME_CHARACTERS, k=4))
        found["names"] = self._name(answers["trade_name"])

    def _found(self) -> tuple[Data, Data, list[Any]]:
        """Let who applies be the one investor, whom nobody else has to join in signing."""
        answers, found, faults = super()._found()
        who = self._persons[-1]
        answers["investors"] = [
            {"name": who.name, "number": who.number, "capital": answers["capital"]}
        ]
        for name in ("population", "criminal", "credit"):
            found[f"investors_{name}"] = {who.number: found[name]}
        for name in ("population", "criminal", "credit", "enterprise"):
            if who.number in found[f"directors_{name}"]:
                found[f"directors_{name}"][who.number] = found[name]
        return answers, found, faults

    def _silence(self, answers: Data, found: Data) -> None:
        """Only other agencies may be silent; the city's own store may have no record."""
        before = dict(found)
        super()._silence(answers, found)
        for name, record in found.items():
            if record is SILENT and self._registry(name) not in OF_AGENCIES:
                found[name] = ABSENT if self.random.random() < 0.5 else before[name]

    # how it is handed in, and what registries are made to say

    def _registry(self, name: str) -> str:
        """Return the registry that an entry of a pack asks."""
        for prefix in ("directors_", "investors_", "representative_"):
            name = name.removeprefix(prefix)
        return name

    def _drawn(self, service: str, found: Application) -> Drawn:
        if service in OF_PERSONS:
            who = self._persons[-1 if service == "limited_company" else 0]
            kind, number, name = "person", who.number, who.name
        else:
            record = self._said("enterprise", self._firm)
            kind, number = "enterprise", self._firm
            name = "" if record in (SILENT, ABSENT) else str(record["name"])
        answers = self._offered(service, found.answers)
        records, said = self._one_thing_of_each(found.records, number, answers)
        case = Application(found.on, answers, records, found.consents)
        planted = tuple(
            self.planting.of(registry, of, _record(data)) for (registry, of), data in said.items()
        )
        return Drawn(service, answers, kind, number, name, case, planted)

    def _offered(self, service: str, answers: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answers as the form takes them: of lines of business those that it offers."""
        edition = catalogue.current(service, self.on)
        assert edition is not None, f"no edition of {service} is in force"
        question = catalogue.rulebook(edition).form["properties"].get("scope")
        if question is None:
            return dict(answers)
        offered = [one["const"] for one in question["items"]["oneOf"]]
        chosen = [line for line in answers["scope"] if line in offered]
        return {**answers, "scope": chosen or [self.random.choice(offered)]}

    def _one_thing_of_each(
        self, records: Mapping[str, Any], applicant: str, answers: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[tuple[str, str], Any]]:
        """Return the records so that of nobody two things are said, and what is said of whom."""
        said: dict[tuple[str, str], Any] = {}
        found: dict[str, Any] = {}
        named = {"address": answers.get("premises"), "names": answers.get("trade_name")}
        for name, data in records.items():
            registry = self._registry(name)
            if registry == name:
                number = named.get(name, applicant)
                found[name] = said.setdefault((registry, number), data)
            else:
                found[name] = {of: said.setdefault((registry, of), one) for of, one in data.items()}
        return found, said


def _record(data: Any) -> Record | None:
    if data is SILENT:
        return None
    return Absent() if data is ABSENT else Record(data)
