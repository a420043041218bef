"""Applications of businesses and founders, drawn from the city with a seed.

The records are the registries' own, with the faults that are planted in the city; on top some are
drawn here: silent registries, absent records, and days on, before and after a boundary.
"""

import copy
import datetime
import random
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

from benchmarks.oracles.application import ABSENT, SILENT, Application, years_after
from demo.city import City, Person, records

DAY = datetime.timedelta(days=1)
NAMES = ("栖云", "松涛", "恒瑞", "嘉禾", "兴旺")
BAD_NAMES = (
    *("恒", "恒瑞鼎盛华信源通达康泰", "恒瑞鼎盛华信源通达康", "恒瑞国际", "银行", "中华恒瑞"),
    *("恒瑞中国", "南山", "南山恒瑞", "餐饮", "恒A瑞", "嘉禾科技"),
)
LINES = ("F5211", "F5232", "I6513", "K7020", "M7492", "O8010")
PERMITTED = ("H6210", "R9013", "L7263", "L7271", "F5222", "H6110")
CRIMES = ("合同诈骗", "行贿", "危险驾驶", "盗窃")
PERSONS = ("population", "criminal", "enterprise", "credit")
Data = dict[str, Any]
Fault = Callable[[Data, Data], None]  # changes answers and records in place


class Drawing:
    """Draws the applications of one city on one day."""

    def __init__(self, city: City, on: datetime.date, seed: int) -> None:
        self.city, self.on, self.random = city.on(on), on, random.Random(seed)

    def applications(self, service: str, count: int) -> Iterator[Application]:
        draw = {
            "entity_change": self._change,
            "simplified_deregistration": self._end,
            "food_filing": self._file,
            "name_reservation": self._reserve,
            "sole_trader": self._trade,
            "limited_company": self._found,
        }[service]
        for _ in range(count):
            answers, found, faults = draw()
            for fault in self.random.choices([*faults, self._silence], k=self._some(0, 0, 1, 1, 2)):
                fault(answers, found)
            yield Application(self.on, answers, found, self._consents(service))

    # who and what

    def _some(self, *of: Any) -> Any:
        return self.random.choice(of)

    @cached_property
    def _names(self) -> dict[str, Any]:
        return dict(self.city.records("names"))

    def _name(self, word: str) -> Any:
        return copy.deepcopy(self._names[word]) if word in self._names else ABSENT

    def _business(self) -> tuple[str, Data]:
        """Return the code and record of a business; its persons by made-up index."""
        firm = self.city.enterprise(self.random.randrange(self.city.enterprises))
        investors = [{"person": f"{one.index:032x}"} for one in self.city.investors(firm)]
        found = dict(self.city.record("enterprise", firm.uscc) or {})
        if firm.kind == "company" and not investors:  # of owners from elsewhere, one is drawn
            investors = [{"person": f"{firm.index:032x}"}] if self.random.random() < 0.8 else []
        return firm.uscc, {**found, "representative": None, "investors": investors}

    def _person(self, likely: bool = True) -> Person:
        while True:
            person = self.city.person(self.random.randrange(self.city.persons))
            if not likely or self.random.random() < 0.1 or self._is_plain(person):
                return person

    def _is_plain(self, person: Person) -> bool:
        return person.group == "worker" and not person.fault

    def _records_of(self, person: Person, *registries: str) -> Data:
        return {name: self._record(name, person) for name in registries}

    def _record(self, registry: str, person: Person) -> Any:
        if registry == "enterprise":
            return records.trades(person, self.city.owned(person.index))
        return self.city.of_person(registry, person)

    def _address(self) -> tuple[str, Any]:
        place = self.city.address(self.random.randrange(self.city.addresses))
        return place.code, records.address(place)

    def _scope(self) -> list[str]:
        return self.random.sample(LINES, self._some(1, 1, 2))

    def _consents(self, service: str) -> dict[str, str]:
        if service in ("sole_trader", "limited_company"):
            items = (
                ("food", "culture", "police")
                if service == "sole_trader"
                else (
                    "food",
                    "culture",
                )
            )
            found = {item: self._some("asked", "granted", "granted", "denied") for item in items}
            return found | {"cosign": self._some("granted", "granted", "granted", "asked")}
        return {"cosign": self._some("granted", "granted", "granted", "asked", "denied")}

    # services

    def _trade(self) -> tuple[Data, Data, list[Fault]]:
        person, (code, address), word = self._person(), self._address(), self._some(*NAMES)
        answers = {
            "trade_name": word,
            "scope": self._scope(),
            "premises": code,
            "employees": 1,
            "consent": True,
        }
        found = self._records_of(person, "population", "enterprise")
        found |= {"address": address, "names": self._name(word)}
        return answers, found, [*self._of_name(), *self._of_place(), *self._of_person()]

    def _reserve(self) -> tuple[Data, Data, list[Fault]]:
        word = self._some(*NAMES)
        answers = {"trade_name": word, "scope": self._scope(), "consent": True}
        found = self._records_of(self._person(), "population") | {"names": self._name(word)}
        return answers, found, [*self._of_name(), self._limited, self._dead]

    def _found(self) -> tuple[Data, Data, list[Fault]]:
        answers, found, faults = self._trade()
        directors = [self._person() for _ in range(self._some(1, 1, 2))]
        investors = list({p.index: p for p in (self._person(), self._person())}.values())
        part = 1_000_000 // len(investors)
        answers |= {
            "kind": "company",
            "capital": str(part * len(investors)),
            "paid_by": (self.on + 365 * DAY).isoformat(),
            "investors": [
                {"name": p.name, "number": p.number, "capital": str(part)} for p in investors
            ],
            "directors": [
                {"name": p.name, "number": p.number}
                for p in {p.index: p for p in directors}.values()
            ],
            "promise": True,
        }
        found |= self._records_of(self._person(), *PERSONS)
        for name in PERSONS:
            found[f"directors_{name}"] = {p.number: self._record(name, p) for p in directors}
            if name != "enterprise":
                found[f"investors_{name}"] = {p.number: self._record(name, p) for p in investors}
        more: list[Fault] = [self._convicted, self._in_office, self._indebted]
        of_others = ("directors_", "investors_")
        more += [self._on_other(of_others, fault) for fault in (*more, self._limited, self._dead)]
        return answers, found, [*faults, *more, self._misnamed, *self._of_capital()]

    def _change(self) -> tuple[Data, Data, list[Fault]]:
        _code, firm = self._business()
        word = firm["trade_name"] if self.random.random() < 0.7 else self._some(*NAMES)
        code, address = firm["premises"], records.address(self._place_of(firm["premises"]))
        if self.random.random() < 0.3:
            code, address = self._address()
        scope = list(dict.fromkeys([*firm["scope"], *self._scope()]))
        answers = {
            "entity_kind": firm["kind"],
            "trade_name": word,
            "scope": scope,
            "premises": code,
            "decided_on": (self.on - DAY * self._some(0, 1, 10, 29, 30, 31, 60)).isoformat(),
            "consent": True,
        }
        found = {"enterprise": firm, "address": address, "names": self._name(word)}
        person = self._person()
        for name in PERSONS:
            found[f"representative_{name}"] = {person.number: self._record(name, person)}
        if firm["kind"] == "company" and self.random.random() < 0.5:
            answers["representatives"] = [{"name": person.name, "number": person.number}]
        of_other: list[Fault] = [self._convicted, self._in_office, self._indebted]
        of_other += [self._limited, self._dead]
        more: list[Fault] = [self._on_other(("representative_",), fault) for fault in of_other]
        more += [self._misnamed, self._recapitalised, self._recapitalised, self._ended, self._tied]
        return answers, found, [*self._of_name(), *self._of_place(), *more, self._later_decided]

    def _end(self) -> tuple[Data, Data, list[Fault]]:
        code, firm = self._business()
        found: Data = {"enterprise": firm, "credit": ABSENT}
        for name in ("taxation", "social"):
            found[name] = self.city.record(name, code)
        answers = {"settled": True, "commitment": True, "consent": True}
        faults: list[Fault] = [self._ended, self._tied, self._noticed, self._noticed, self._noticed]
        return answers, found, [*faults, self._owing, self._objected, self._listed]

    def _file(self) -> tuple[Data, Data, list[Fault]]:
        _code, firm = self._business()
        if self.random.random() < 0.6:
            firm["scope"] = [*firm["scope"], self._some("F5211", "F5212", "F5222")]
        code, address = self._address()
        answers = {
            "premises": code,
            "food": self._some("prepackaged", "prepackaged", "prepackaged", "other"),
            "contact_phone": "13800000000",
            "consent": True,
        }
        found = {"enterprise": firm, "address": address}
        return answers, found, [self._ended, *self._of_place()]

    def _place_of(self, code: str) -> Any:
        index = self.city.numbering.address_of(code)
        assert index is not None
        return self.city.address(index)

    # faults

    def _silence(self, _answers: Data, found: Data) -> None:
        name, nothing = self.random.choice(list(found)), self._some(SILENT, ABSENT)
        several = name.startswith(("directors_", "investors_", "representative_"))
        if several:
            found[name] = {**found[name], self.random.choice(list(found[name])): nothing}
        else:
            found[name] = nothing

    def _day(self, years: int) -> str:
        """A day on which a term of so many years ends today, or beside it, or long ago."""
        return (years_after(self.on, -years) + DAY * self._some(-400, -1, 0, 0, 1)).isoformat()

    def _of_name(self) -> list[Fault]:
        return [self._worded, self._worded, self._taken, self._taken, self._permitted]

    def _worded(self, answers: Data, found: Data) -> None:
        answers["trade_name"] = self.random.choice(BAD_NAMES)
        found["names"] = self._name(answers["trade_name"])

    def _taken(self, answers: Data, found: Data) -> None:
        division = self._some(answers["scope"][-1][:3], answers["scope"][0][:3], "C13")
        entry: Data = {"industries": [], "released": [], "reserved": []}
        kind = self._some("industries", "released", "reserved")
        if kind == "industries":
            entry[kind] = [division]
        elif kind == "released":
            how = self._some("deregistered", "renamed", "revoked")
            entry[kind] = [{"id": "A", "industry": division, "how": how, "on_day": self._day(1)}]
        else:
            entry[kind] = [{"id": "A", "industry": division, "until": self._day(0)}]
        found["names"] = entry

    def _permitted(self, answers: Data, _found: Data) -> None:
        answers["scope"] = [*answers["scope"], self.random.choice(PERMITTED)]

    def _of_place(self) -> list[Fault]:
        return [self._placed, self._placed]

    def _placed(self, _answers: Data, found: Data) -> None:
        if found["address"] in (SILENT, ABSENT):
            return
        field, value = self._some(
            ("exists", False),
            ("region", "440104"),
            ("use", "residential"),
            ("use", "mixed"),
            ("disputed", True),
        )
        found["address"] = {**found["address"], field: value}

    def _of_person(self) -> list[Fault]:
        return [self._limited, self._dead, self._aged, self._banned, self._from_abroad, self._owned]

    def _set(self, found: Data, registry: str, **values: Any) -> None:
        if found.get(registry) not in (None, SILENT, ABSENT):
            found[registry] = {**found[registry], **values}

    def _limited(self, _answers: Data, found: Data) -> None:
        self._set(found, "population", capacity="limited")

    def _dead(self, _answers: Data, found: Data) -> None:
        self._set(found, "population", alive=False)

    def _aged(self, _answers: Data, found: Data) -> None:
        self._set(found, "population", born=self._day(18))

    def _from_abroad(self, _answers: Data, found: Data) -> None:
        self._set(found, "population", hukou_region=None, hukou_city=None)

    def _banned(self, _answers: Data, found: Data) -> None:
        self._set(found, "enterprise", false_registration_until=self._day(0))

    def _owned(self, answers: Data, found: Data) -> None:
        state, name = self._some("active", "deregistered"), f"示例市{answers['trade_name']}商店"
        self._hold(found, role="经营者", state=state, name=name, ended=None)

    def _in_office(self, _answers: Data, found: Data) -> None:
        ended = self._some(self._day(3), self._day(3), None)
        self._hold(
            found,
            role=self._some("法定代表人", "法定代表人", "原法定代表人", "经营者"),
            state=self._some("revoked", "closed", "bankrupt", "deregistered", "active"),
            name="甲",
            ended=ended,
        )

    def _hold(self, found: Data, **values: Any) -> None:
        one = {"uscc": "92440300MA5DA0001X", "since": "2015-01-01", **values}
        self._set(found, "enterprise", trades=[one])

    def _convicted(self, _answers: Data, found: Data) -> None:
        probation = self._some(True, False)
        one = {
            "case": "(2019)示刑1号",
            "kind": self.random.choice(CRIMES),
            "ended": self._day(2 if probation else 5),
            "political": self._some(True, False, False),
            "probation": probation,
        }
        self._set(found, "criminal", record=True, records=[one])

    def _indebted(self, _answers: Data, found: Data) -> None:
        self._set(found, "credit", dishonest=True)

    def _on_other(self, prefixes: tuple[str, ...], fault: Fault) -> Fault:
        """Return a fault of one of the persons listed, in place of the applicant."""

        def of_other(answers: Data, found: Data) -> None:
            prefix = self.random.choice(prefixes)
            number = self.random.choice(list(found[f"{prefix}population"]))
            theirs = {n: found[prefix + n][number] for n in PERSONS if prefix + n in found}
            fault(answers, theirs)
            for name, record in theirs.items():
                found[prefix + name] = {**found[prefix + name], number: record}

        return of_other

    def _misnamed(self, answers: Data, _found: Data) -> None:
        listed = [k for k in ("directors", "investors", "representatives") if answers.get(k)]
        if listed:
            which = self.random.choice(listed)
            answers[which] = [{**answers[which][0], "name": "某某"}, *answers[which][1:]]

    def _of_capital(self) -> list[Fault]:
        return [self._underpaid, self._overdue, self._foreign]

    def _underpaid(self, answers: Data, _found: Data) -> None:
        first, *rest = answers["investors"]
        answers["investors"] = [{**first, "capital": self._some("0", "999")}, *rest]

    def _overdue(self, answers: Data, _found: Data) -> None:
        answers["paid_by"] = (years_after(self.on, 5) + DAY * self._some(-1, 0, 1)).isoformat()

    def _foreign(self, answers: Data, _found: Data) -> None:
        answers["foreign"] = self._some(True, True, False)

    def _recapitalised(self, answers: Data, found: Data) -> None:
        before = found["enterprise"].get("capital") or "500000"
        answers["capital"] = self._some(before, str(int(before) + 1), str(int(before) - 1))
        if self.random.random() < 0.8:
            self._overdue(answers, found)
        if self.random.random() < 0.1:
            self._set(found, "enterprise", capital=None)

    def _later_decided(self, answers: Data, _found: Data) -> None:
        answers["decided_on"] = (self.on + DAY).isoformat()

    def _ended(self, _answers: Data, found: Data) -> None:
        states = ("abnormal", "closed", "revoked", "bankrupt", "deregistered")
        self._set(found, "enterprise", state=self.random.choice(states))

    def _tied(self, _answers: Data, found: Data) -> None:
        what = self._some("shares_frozen", "shares_pledged", "debts", "end_approval")
        self._set(found, "enterprise", **{what: True})

    def _noticed(self, _answers: Data, found: Data) -> None:
        days = self._some(0, 19, 20, 21, 39, 40, 41, 42, None)
        start = None if days is None else (self.on - DAY * days).isoformat()
        self._set(found, "enterprise", notice_from=start)

    def _owing(self, _answers: Data, found: Data) -> None:
        registry, field, value = self._some(
            ("taxation", "owed", "0.01"),
            ("taxation", "invoices_open", "1"),
            ("social", "owed", "12.5"),
            ("social", "wages_owed", True),
        )
        self._set(found, registry, **{field: value})

    def _objected(self, _answers: Data, found: Data) -> None:
        self._set(found, "enterprise", objections="1")

    def _listed(self, _answers: Data, found: Data) -> None:
        found["credit"] = {"name": "甲", "dishonest": self._some(True, False), "lists": []}
