"""Cases of the services for persons, drawn from the city with a seed, with faults of many kinds.

The raw records are those that the registries serve. Beside the faults planted in the city some are
drawn here: a registry that is silent or has no record; a field that says something else, nothing,
or what cannot be read; a date on, before and after a boundary.
"""

import datetime
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from benchmarks.oracles.case import Absent, Case, Record, later
from benchmarks.oracles.ride_hail_driver import BARRED, OTHER
from city.model import City as Folder
from demo.city import City, Person, families, family_records
from demo.city.people import KNOWN_ON
from demo.city.personas import FIRST

DAY = datetime.timedelta(days=1)
DAYS = (KNOWN_ON, KNOWN_ON, datetime.date(2026, 8, 31), datetime.date(2027, 3, 1))
AGES = (16, 35, 45, 55, 60, 80, 90, 100)
YEARS = (0, 0, 1, 2, 3, 8)
COUNTS = (0, 1, 2, 3, 4, 11, 12, 17, 18, 24)
OF_APPLICANT = {
    "graduate_settlement": ("population", "education", "criminal", "credit"),
    "talent_settlement": ("population", "education", "social", "criminal", "credit"),
    "residence_permit": ("population", "residence", "social"),
    "ride_hail_driver": ("population", "driving", "criminal", "residence", "certificates"),
    "family_reunion": ("population", "marriage", "kinship"),
    "newborn": ("population", "marriage"),
    "old_age_allowance": ("population", "death", "assistance"),
    "disability_subsidies": ("population", "death", "disability", "assistance"),
    "residence_endorsement": ("population", "residence", "certificates"),
    "residence_card": ("population", "residence"),
    "newborn_medical": ("population",),
    "newborn_card": ("population",),
    "social_transfer": ("population", "social", "certificates"),
    "school_enrolment": ("population", "certificates"),
    "move_out": ("population",),
}
SERVICES = tuple(OF_APPLICANT)


def index(i: int) -> str:
    """Return the index by which the registries of a drawn case name a person."""
    return f"{i:032x}"


class Drawing:
    """Draws the cases of one city; ``folder`` says what fields its registries have.

    ``benchmarks.catalogue`` draws those of a city that is running: who derives from this says in
    ``index``, ``record``, ``address`` and ``may_be_silent`` what is so there.
    """

    days: tuple[datetime.date, ...] = DAYS
    faults: tuple[int, ...] = (0, 0, 1, 1, 1, 2)  # how many a case has

    def __init__(self, city: City, folder: Folder, seed: int) -> None:
        self.city, self.folder, self.random = city, folder, random.Random(seed)

    def index(self, i: int) -> str:
        """Return the index by which registries name a person."""
        return index(i)

    def may_be_silent(self, registry: str) -> bool:
        """Return whether a registry may have no answer; that of the city always has one."""
        return True

    def cases(self, service: str, count: int) -> Iterator[Case]:
        """Yield so many cases of a service, each with its own day and faults."""
        likely = [i for i in range(FIRST, self.city.persons) if self._is_likely(service, i)]
        parents = [i for i in likely if families.children(self.city, i)]
        for _ in range(count):
            chance = self.random.random()
            among = parents if service == "family_reunion" and chance < 0.4 else likely
            i = self.random.choice(among if chance < 0.9 else range(self.city.persons))
            case = self._case(service, i, self.random.choice(self.days))
            for _fault in range(self.random.choice(self.faults)):
                case = self._with_fault(case)
            yield case

    def _is_likely(self, service: str, i: int) -> bool:
        """Whether a person would think of applying."""
        person, city = self.city.person(i), self.city
        from_here = person.hukou_city == "4403"
        match service:
            case "graduate_settlement":
                return person.group == "graduate"
            case "talent_settlement":
                return not from_here and None not in (person.degree, person.insurance)
            case "residence_permit":
                home = city.residence(person)
                return home is not None and home.permit is None and person.insurance is not None
            case "ride_hail_driver":
                return city.driving(person) is not None
            case "family_reunion":
                if from_here:
                    return False
                married = families.marriage(city, i)
                joined = married.spouse if married else None
                kin = [joined] if joined is not None else families.children(city, i)
                return any(families.household(city, one) is not None for one in kin)
            case "residence_endorsement" | "residence_card":
                return city.residence(person) is not None
            case "school_enrolment" | "move_out":
                return from_here and person.group != "minor"
            case "social_transfer":
                return person.group != "minor"
            case "newborn" | "newborn_medical" | "newborn_card":
                married = families.marriage(city, i)
                return married is not None and married.spouse is not None
            case "old_age_allowance":
                return person.group == "elder"
            case _:
                return city.of_person("disability", person) is not None

    def _case(self, service: str, i: int, on: datetime.date) -> Case:
        person = self.city.person(i)
        said = {name: self.record(name, person) for name in OF_APPLICANT[service]}
        own = {name: record for name, record in said.items() if record is not None}
        others: dict[tuple[str, str], Record] = {}
        answers: dict[str, Any] = {"consent": True}
        match service:
            case "graduate_settlement" | "talent_settlement":
                if service == "talent_settlement":
                    answers |= {"family": self.random.random() < 0.05}
                self._settle(answers, own, self._home())
            case "family_reunion":
                self._join(i, answers, own, others)
            case "newborn":
                self._bear(i, on, answers, own, others)
            case "newborn_medical" | "newborn_card":
                self._bear(i, on, answers, own, others)
                others.clear()  # of the parents nothing is asked but who applies
                del answers["household_of"]
                if self.random.random() < 0.9:
                    one = {"number": "CS202600000001", "kind": "household", "since": "2026-06-01"}
                    own["birth"]["registrations"] = [one]
            case "residence_endorsement":
                if self.random.random() < 0.8:
                    own["certificates"] = self._permit(on)
            case "residence_card":
                reason = self.random.choice(("lost", "lost", "spoiled", "error"))
                answers |= {"permit": "JZ202600000001", "reason": reason}
            case "social_transfer":
                answers["paid_in"] = "110000"
            case "school_enrolment":
                self._settle(answers, own, self._home())
                answers["child_born"] = self._school_age(on)
            case "move_out":
                answers = {"reference": "MP20260701"}
            case "old_age_allowance":
                if self.random.random() < 0.7:  # most of the city's old are younger than that
                    own["population"]["born"] = self._boundary(on, (80, 81, 85, 90, 95, 100))
            case "disability_subsidies":
                answers["subsidies"] = self._subsidies(own)
        return Case(service, on, answers, self.index(i), own, others)

    def _subsidies(self, own: Mapping[str, Record]) -> list[str]:
        """Return what is asked for: mostly what a person would take to be due."""
        low = own["assistance"]["low_income_since"] is not None
        severe = own["disability"]["grade"] in ("1", "2")
        due = ["living"] * low + ["nursing"] * severe
        wishes = (["living"], ["nursing"], ["living", "nursing"])
        return due if due and self.random.random() < 0.6 else list(self.random.choice(wishes))

    def record(self, registry: str, person: Person) -> Record | None:
        """Return what a registry says of a person when nothing is changed; None: no answer."""
        if registry in person.silent:
            return None
        if registry == "certificates":
            return self._certificates() if self.random.random() < 0.4 else Absent()
        if registry in ("marriage", "household", "kinship"):
            found: Mapping[str, Any] | None = dict(
                family_records.of_person(self.city, person.index, self._index_of)
            ).get(registry)
        else:
            found = self.city.of_person(registry, person)
        return Absent() if found is None else Record(found)

    def _index_of(self, number: str) -> str:
        i = self.city.person_of(number)
        assert i is not None
        return self.index(i)

    def address(self, code: str) -> Record:
        """Return what the registry of addresses says of one."""
        found = self.city.record("address", code)
        return Absent() if found is None else Record(found)

    def _certificates(self) -> Record:
        kinds = ("residence_permit", "residence_permit", "business_licence", "settlement_approval")
        kind = self.random.choice(kinds)
        state = self.random.choice(("valid", "valid", "suspended", "revoked", "expired"))
        held = {"identifier": "A", "number": "B", "kind": kind, "state": state}
        held |= {"expires": None, "endorsed": None}
        return Record(held=[held])

    def _permit(self, on: datetime.date) -> Record:
        """Return what somebody holds whose permit is to be endorsed about now."""
        due = later(on, months=self.random.choice((-2, 1, 1, 6)))
        due += DAY * self.random.choice((-1, 0, 1))
        held = {"identifier": "A", "number": "JZ202600000001", "kind": "residence_permit"}
        state = self.random.choice(("valid", "valid", "suspended", "revoked"))
        return Record(held=[{**held, "state": state, "expires": None, "endorsed": str(due)}])

    def _school_age(self, on: datetime.date) -> str:
        """Return a birthday by which a child is about six by the end of August, or about eight."""
        if self.random.random() < 0.3:
            days, back = later(on, years=-8), DAY * self.random.choice((-1, 0, 1))
            return (days + back).isoformat()
        year = on.year - self.random.choice((5, 6, 6, 7))
        return (datetime.date(year, 8, 31) + DAY * self.random.choice((-40, 0, 1))).isoformat()

    def _home(self) -> str:
        """Return an address at which most people could be registered."""
        for _try in range(self.random.choice((1, 10, 10, 10))):
            place = self.city.address(self.random.randrange(self.city.addresses))
            if place.exists and place.use in ("residential", "mixed"):
                break
        return place.code

    def _settle(self, answers: dict[str, Any], own: dict[str, Record], code: str) -> None:
        """Give an address to be registered at, and what the registry has of it."""
        own["address"] = self.address(code)
        wrong = self.random.random() < 0.05
        answers |= {"address": code, "district": "440305" if wrong else code[:6]}

    def _join(
        self,
        i: int,
        answers: dict[str, Any],
        own: dict[str, Record],
        others: dict[tuple[str, str], Record],
    ) -> None:
        married, children = families.marriage(self.city, i), families.children(self.city, i)
        joined = [married.spouse] if married and married.spouse is not None else list(children)
        answers["branch"] = "parent" if children and not own["marriage"] else "spouse"
        for one in joined:
            person = self.city.person(one)
            others["population", self.index(one)] = self.record("population", person)
            others["household", self.index(one)] = self.record("household", person)
        homes = [families.household(self.city, one) for one in joined]
        known = [home.address for home in homes if home is not None]
        stray = not known or self.random.random() < 0.05
        somewhere = self.city.address(self.random.randrange(self.city.addresses)).code
        self._settle(answers, own, somewhere if stray else known[0])

    def _bear(
        self,
        i: int,
        on: datetime.date,
        answers: dict[str, Any],
        own: dict[str, Record],
        others: dict[tuple[str, str], Record],
    ) -> None:
        married = families.marriage(self.city, i)
        spouse = None if married is None else married.spouse
        is_mother = self.city.person(i).sex == "F"
        other = self.random.randrange(self.city.persons) if spouse is None else spouse
        mother, father = (i, other) if is_mother else (other, i)
        for one in (mother, father):
            others["population", self.index(one)] = self.record("population", self.city.person(one))
        born = on - DAY * self.random.randrange(29)
        own["birth"] = Record(
            child=None,
            born=born.isoformat(),
            sex="女",
            place="hospital",
            mother=self.index(mother),
            father=self.index(father),
            registrations=[],
        )
        name = self.city.person(self.random.choice((mother, father))).name
        surname = name[:2] if name[:2] in ("欧阳", "司徒", "上官", "诸葛") else name[:1]
        if self.random.random() < 0.08:
            surname = self.random.choice((surname[:1], "赵", "欧阳"))
        of_mother = self.city.person(mother).hukou_city == "4403"
        if self.random.random() < 0.05:
            of_mother = not of_mother
        answers |= {
            "birth_record": f"B44{mother:07d}",
            "child_name": surname + "安然",
            "household_of": "mother" if of_mother else "father",
        }

    # faults

    def _with_fault(self, case: Case) -> Case:
        """Return a case of which one registry says something else about one of its persons."""
        keys: list[tuple[str, str]] = [(name, "") for name in case.own] + list(case.others)
        if not keys:
            return case
        registry, person = self.random.choice(keys)
        own, others = dict(case.own), dict(case.others)
        found = others.get((registry, person)) if person else own[registry]
        assert found is not None
        chance = self.random.random()
        changed: Record | None
        if chance < 0.12 and self.may_be_silent(registry):
            changed = None
        elif chance < 0.22:
            changed = Absent()
        elif found.is_absent:
            changed = found
            if registry == "death":
                changed = Record(date=self._boundary(case.on, (0, 1)), source="hospital")
        else:
            changed = Record(found)
            self._change(registry, changed, case.on)
        if person and changed is not None:
            others[registry, person] = changed
        elif person:
            del others[registry, person]
        elif changed is None:
            del own[registry]
        else:
            own[registry] = changed
        return Case(case.service, case.on, case.answers, case.applicant, own, others)

    def _change(self, registry: str, record: Record, on: datetime.date) -> None:
        fields = self.folder.registries[registry].fields
        if not (known := [one for one in record if one in fields]):
            return  # a fault before has taken out what it had
        name = self.random.choice(known)
        chance = self.random.random()
        if chance < 0.05:
            del record[name]
        elif chance < 0.2 and fields[name].nullable:
            record[name] = None
        else:
            kind = fields[name].type
            changes: Mapping[str, Callable[[], Any]] = {
                "boolean": lambda: not record[name],
                "number": lambda: str(self.random.choice(COUNTS)),
                "date": lambda: self._boundary(on, AGES if registry == "population" else YEARS),
                "list": lambda: self._list(name),
                "text": lambda: self._text(name, record[name], list(fields[name].codes or ())),
            }
            record[name] = changes[kind]()

    def _boundary(self, on: datetime.date, years: tuple[int, ...]) -> str:
        """Return a day so many years (or a month) before, or the day beside it; or no day."""
        if self.random.random() < 0.03:
            return "2026-13-01"
        back = self.random.choice((*years, None))
        start = later(on, months=-1) if back is None else later(on, years=-back)
        return (start + DAY * self.random.choice((-1, 0, 1))).isoformat()

    def _text(self, name: str, before: Any, codes: list[str]) -> str:
        if codes:
            return self.random.choice(codes)
        if name.endswith("city"):
            return self.random.choice(("4403", "4401", "4413"))
        if name == "licence":
            return self.random.choice(("A1", "C2", "C5", "D", "E"))
        if name in ("spouse", "mother", "father"):
            return self.index(self.random.randrange(self.city.persons))
        return f"{before or ''}某"

    def _list(self, name: str) -> list[dict[str, Any]]:
        several = range(self.random.choice((0, 1, 1, 2)))
        if name == "benefits":
            kinds = ("old_age", "care", "injury_care", "destitute", "disability")
            return [{"id": f"BN{n}", "kind": self.random.choice(kinds)} for n in several]
        if name == "records":
            crimes = (
                self.random.choice(BARRED),
                self.random.choice(OTHER),
                "暴力取证",
                "故意杀人罪",
            )
            return [
                {
                    "case": f"({n})",
                    "kind": self.random.choice(crimes),
                    "ended": "2020-01-02",
                    "political": False,
                    "probation": False,
                }
                for n in several
            ]
        if name == "registrations":
            kinds = ("household", "medical", "card")
            return [{"number": f"R{n}", "kind": self.random.choice(kinds)} for n in several]
        if name == "held":
            return [*self._certificates()["held"]]
        if name == "lists":
            return [{"id": f"L{n}", "list": "失信被执行人"} for n in several]
        return [{"person": self.index(self.random.randrange(self.city.persons))} for _ in several]
