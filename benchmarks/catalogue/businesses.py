"""Draws founders and businesses of the running city that apply, as ``drawing`` draws persons."""

import datetime
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from benchmarks.cases import NAME_CHARACTERS
from benchmarks.catalogue.drawing import Drawn, Planted, Planting
from benchmarks.catalogue.registries import OF_AGENCIES
from benchmarks.oracles.business_drawing import CONSENTS, LINES, Drawing
from benchmarks.oracles.case import Absent, Case, Record
from benchmarks.oracles.draft import Draft, Drafted
from demo.city import City, Person
from people import identity
from services import catalogue
from services.rulebook import Rulebook

OF_PERSONS = ("sole_trader", "name_reservation", "limited_company")
NAMED = {"address": "premises", "names": "trade_name"}  # what a registry is asked by: an answer
TRIES = 20  # drawn for each that is kept


class RunningBusinesses(Drawing):
    """Draws from the registries as they are. Whoever is asked for a consent grants it."""

    faults = (0, 0, 1, 1, 2)

    def __init__(self, city: City, planting: Planting, on: datetime.date, seed: int) -> None:
        super().__init__(city, seed)
        self.planting, self.registries, self.days = planting, planting.registries, (on,)
        self._persons: list[Person] = []
        self._firm = ""

    def drawn(self, service: str, count: int) -> Iterator[Drawn]:
        """Yield so many applications of a service, no two of which share a person, or a thing."""
        edition = catalogue.current(service, self.days[0])
        assert edition is not None, f"no edition of {service} is in force"
        book, left = catalogue.rulebook(edition), count
        for _ in range(count * TRIES):
            self._persons, self._firm = [], ""
            [case] = self.cases(service, 1)
            drawn = self._drawn(book, case)
            if self.planting.take(drawn):
                yield drawn
                left -= 1
            if not left:
                return

    # what is so in the running city

    def _record_of(self, registry: str, number: str) -> Record:
        """Return a record; of an agency that is silent by itself, none: it is asked of few."""
        found = self.registries.record(registry, number, identity.index(number))
        return Absent() if found is None else found

    def _person(self) -> Person:
        found = super()._person()
        self._persons.append(found)
        return found

    def _record(self, registry: str, person: Person) -> Record:
        return self._record_of(registry, person.number)

    def _name(self, word: str) -> Record:
        return self._record_of("names", word)

    def _place(self, code: str) -> Record:
        return self._record_of("address", code)

    def _business(self) -> tuple[str, Record]:
        while True:
            self._firm, _found = super()._business()
            found = self._record_of("enterprise", self._firm)
            if found.get("premises") and found.get("trade_name"):
                return self._firm, found

    def _trade(self, on: datetime.date) -> Drafted:
        draft, faults = super()._trade(on)
        return self._renamed(draft), faults

    def _reserve(self, on: datetime.date) -> Drafted:
        draft, faults = super()._reserve(on)
        return self._renamed(draft), faults

    def _renamed(self, draft: Draft) -> Draft:
        """Give a name that nobody has in hand: a second application for one is not taken."""
        word = "".join(self.random.choices(NAME_CHARACTERS, k=4))
        draft.answers["trade_name"], draft.own["names"] = word, self._name(word)
        return draft

    def _found(self, on: datetime.date) -> Drafted:
        """Let who applies be the one investor, whom nobody else has to join in signing."""
        draft, faults = super()._found(on)
        who = self._persons[0]
        if "investors" in draft.answers:
            investor = {"name": who.name, "number": who.number}
            draft.answers["investors"] = [{**investor, "capital": draft.answers["capital"]}]
            self._ask_of(draft, [who], "population", "criminal", "enterprise", "credit")
        return draft, faults

    def _silence(self, draft: Draft) -> None:
        """Only other agencies may be silent; the city's own store may have no record."""
        own, others = dict(draft.own), dict(draft.others)
        super()._silence(draft)
        for name in own.keys() - draft.own.keys() - set(OF_AGENCIES):
            draft.own[name] = Absent()
        for name, number in others.keys() - draft.others.keys():
            if name not in OF_AGENCIES:
                draft.others[name, number] = Absent()

    def _crowd(self, draft: Draft) -> None:
        """Nobody: of fifty made-up shareholders none could sign."""

    # how it is handed in, and what registries are made to say

    def _drawn(self, book: Rulebook, case: Case) -> Drawn:
        kind = "person" if book.code in OF_PERSONS else "enterprise"
        if kind == "person":
            number, name = self._persons[0].number, self._persons[0].name
        else:
            number = self._firm
            name = str(self._record_of("enterprise", number)["name"] or "-")
        answers = self._offered(book, dict(case.answers))
        consents = dict.fromkeys(CONSENTS, "granted")
        case = replace(case, answers=answers, consents=consents, applicant=identity.index(number))
        case, planted = self._as_it_can_be(book, case, number)
        return Drawn(case.service, answers, kind, number, name, case, planted)

    def _as_it_can_be(
        self, book: Rulebook, case: Case, applicant: str
    ) -> tuple[Case, tuple[Planted, ...]]:
        """Return the case so that of nobody a registry says two things, and what each says."""
        said: dict[tuple[str, str], Record | None] = {}
        own, others = {}, {}
        for entry in book.pack.registries.values():
            registry = entry.registry
            if not entry.of_others:
                number = str(case.answers[NAMED[registry]]) if registry in NAMED else applicant
                found = said.setdefault((registry, number), case.own.get(registry))
                if found is not None:
                    own[registry] = found
                continue
            for item in case.answers.get(entry.subject) or ():
                number = item[entry.item]
                found = said.setdefault((registry, number), case.others.get((registry, number)))
                if found is not None:
                    others[registry, number] = found
        planted = tuple(self.planting.of(name, of, found) for (name, of), found in said.items())
        return replace(case, own=own, others=others), planted

    def _offered(self, book: Rulebook, answers: dict[str, Any]) -> dict[str, Any]:
        """Return the answers as the form takes them: of lines of business those that it offers.

        No file is handed in with them, though a dwelling needs one.
        """
        answers.pop("owners_consent", None)
        question = book.form["properties"].get("scope")
        if question is None:
            return answers
        offered = [one["const"] for one in question["items"]["oneOf"]]
        chosen = [line for line in answers["scope"] if line in offered]
        return {**answers, "scope": chosen or [next(line for line in LINES if line in offered)]}
