"""Cases of businesses and founders, drawn from the city with a seed, with faults of many kinds.

The records are the registries' own, with the faults that are planted in the city; on top some are
drawn here: silent registries, absent records, and days on, before and after a boundary.
"""

import copy
import datetime
import random
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from typing import Any

from benchmarks.oracles.case import Absent, Case, Record, later
from benchmarks.oracles.draft import Draft, Drafted, Fault
from benchmarks.oracles.drawing import DAY, DAYS, index
from demo.city import City, Person, records

NAMES = ("栖云", "松涛", "恒瑞", "嘉禾", "兴旺")
BAD_NAMES = (
    *("恒", "恒瑞鼎盛华信源通达康泰", "恒瑞鼎盛华信源通达康", "恒瑞国际", "银行", "中华恒瑞"),
    *("恒瑞中国", "南山", "南山恒瑞", "餐饮", "恒A瑞", "嘉禾科技"),
)
LINES = ("F5211", "F5232", "I6513", "K7020", "M7492", "O8010")
PERMITTED = ("H6210", "R9013", "L7263", "L7271", "F5222", "H6110")
CRIMES = ("合同诈骗", "行贿", "危险驾驶", "盗窃")
PERSONS = ("population", "criminal", "enterprise", "credit")
PARENT = "9144030071526726XG"
FAULTS = (0, 0, 1, 1, 2, 3)
CONSENTS = ("cosign", "food", "culture", "police")
SAID = ("granted", "granted", "granted", "asked", "denied")


class Drawing:
    """Draws the cases of one city, each with its own day and faults."""

    days: tuple[datetime.date, ...] = DAYS
    faults: tuple[int, ...] = FAULTS

    def __init__(self, city: City, seed: int) -> None:
        self.city, self.random = city, random.Random(seed)

    def cases(self, service: str, count: int) -> Iterator[Case]:
        for _ in range(count):
            on = self._some(*self.days)
            draft, faults = self._drafts[service](on)
            for fault in self.random.choices([*faults, self._silence], k=self._some(*self.faults)):
                fault(draft)
            consents = {item: self._some(*SAID) for item in CONSENTS}
            yield Case(service, on, draft.answers, "", draft.own, draft.others, consents)

    @cached_property
    def _drafts(self) -> Mapping[str, Callable[[datetime.date], Drafted]]:
        return {
            "entity_change": self._change,
            "simplified_deregistration": self._end,
            "food_filing": self._file,
            "name_reservation": self._reserve,
            "sole_trader": self._trade,
            "limited_company": self._found,
        }

    # who and what

    def _some(self, *of: Any) -> Any:
        return self.random.choice(of)

    @cached_property
    def _names(self) -> dict[str, Any]:
        return dict(self.city.records("names"))

    def _name(self, word: str) -> Record:
        return Record(copy.deepcopy(self._names[word])) if word in self._names else Absent()

    def _business(self) -> tuple[str, Record]:
        """Return the code and record of a business; its persons by made-up index."""
        firm = self.city.enterprise(self.random.randrange(self.city.enterprises))
        investors = [{"person": index(one.index)} for one in self.city.investors(firm)]
        found = dict(self.city.record("enterprise", firm.uscc) or {})
        if firm.kind == "company" and not investors:  # of owners from elsewhere, one is drawn
            investors = [{"person": index(firm.index)}] if self.random.random() < 0.8 else []
        return firm.uscc, Record({**found, "representative": None, "investors": investors})

    def _person(self) -> Person:
        while True:
            person = self.city.person(self.random.randrange(self.city.persons))
            if self.random.random() < 0.1 or (person.group == "worker" and not person.fault):
                return person

    def _record(self, registry: str, person: Person) -> Record:
        if registry == "enterprise":
            found = records.trades(person, self.city.owned(person.index))
        else:
            found = self.city.of_person(registry, person)
        return Absent() if found is None else Record(found)

    def _ask_of(self, draft: Draft, persons: list[Person], *registries: str) -> None:
        for person in persons:
            for name in registries:
                draft.put(name, person.number, self._record(name, person))

    def _address(self) -> tuple[str, Record]:
        code = self.city.address(self.random.randrange(self.city.addresses)).code
        return code, self._place(code)

    def _place(self, code: str) -> Record:
        place = self.city.numbering.address_of(code)
        assert place is not None
        return Record(records.address(self.city.address(place)))

    def _scope(self) -> list[str]:
        return self.random.sample(LINES, self._some(1, 1, 2))

    # services

    def _trade(self, on: datetime.date) -> Drafted:
        person, (code, address), word = self._person(), self._address(), self._some(*NAMES)
        answers = {"trade_name": word, "scope": self._scope(), "premises": code, "consent": True}
        draft = Draft(on, answers | {"employees": 1})
        draft.own = {name: self._record(name, person) for name in PERSONS}
        draft.own |= {"address": address, "names": self._name(word)}
        of_person: list[Fault] = [self._limited, self._dead, self._banned, self._owned]
        of_person += [self._aged, self._from_abroad]
        return draft, [*self._of_name(), *self._of_place(), self._of_dwelling, *of_person]

    def _reserve(self, on: datetime.date) -> Drafted:
        word = self._some(*NAMES)
        draft = Draft(on, {"trade_name": word, "scope": self._scope(), "consent": True})
        draft.own = {"population": self._record("population", self._person())}
        draft.own["names"] = self._name(word)
        return draft, [*self._of_name(), self._limited, self._dead]

    def _found(self, on: datetime.date) -> Drafted:
        draft, faults = self._trade(on)
        if self.random.random() < 0.1:
            draft.answers |= {"kind": "branch", "parent": PARENT, "promise": True}
            self._represent(draft)
            return draft, [
                *faults,
                self._represent,
                self._represent,
                partial(self._forget, "parent"),
            ]
        directors = [*{p.index: p for p in (self._person(), self._person())}.values()]
        investors = [*{p.index: p for p in (self._person(), self._person())}.values()]
        part = 1_000_000 // len(investors)
        draft.answers |= {
            "kind": "company",
            "capital": str(part * len(investors)),
            "paid_by": (on + 365 * DAY).isoformat(),
            "investors": [
                {"name": p.name, "number": p.number, "capital": str(part)} for p in investors
            ],
            "directors": [{"name": p.name, "number": p.number} for p in directors],
            "promise": True,
        }
        self._ask_of(draft, directors + investors, *PERSONS)
        more: list[Fault] = [self._convicted, self._convicted, self._in_office, self._in_office]
        more += [self._indebted, *self._of_others("directors"), *self._of_others("investors")]
        of_capital: list[Fault] = [self._underpaid, self._overdue, self._foreign, self._crowd]
        of_capital += [partial(self._forget, "paid_by")]
        return draft, [*faults, *more, *of_capital]

    def _change(self, on: datetime.date) -> Drafted:
        _code, firm = self._business()
        word = firm["trade_name"] if self.random.random() < 0.7 else self._some(*NAMES)
        code, address = firm["premises"], self._place(firm["premises"])
        if self.random.random() < 0.3:
            code, address = self._address()
        answers = {
            "entity_kind": firm["kind"],
            "trade_name": word,
            "scope": list(dict.fromkeys([*firm["scope"], *self._scope()])),
            "premises": code,
            "decided_on": (on - DAY * self._some(-1, 0, 10, 28, 29, 30, 31)).isoformat(),
            "consent": True,
        }
        draft = Draft(on, answers)
        draft.own = {"enterprise": firm, "address": address, "names": self._name(word)}
        faults: list[Fault] = [*self._of_name(), *self._of_place(), self._ended, self._tied]
        faults += [self._recapitalised, self._recapitalised, self._unregistered]
        if self.random.random() < (0.5 if firm["kind"] == "company" else 0.1):
            person = self._person()
            answers["representatives"] = [{"name": person.name, "number": person.number}]
            self._ask_of(draft, [person], *PERSONS)
            faults += self._of_others("representatives") * 2
        return draft, faults

    def _end(self, on: datetime.date) -> Drafted:
        code, firm = self._business()
        draft = Draft(on, {"settled": True, "commitment": True, "consent": True})
        draft.own = {"enterprise": firm, "credit": Absent()}
        for name in ("taxation", "social"):
            found = self.city.record(name, code)
            draft.own[name] = Absent() if found is None else Record(found)
        if firm["kind"] == "company" and self.random.random() < 0.5:
            self._notice(draft, 20, 30, 41)
        faults: list[Fault] = [self._ended, self._tied, self._owing, self._listed]
        return draft, [*faults, partial(self._notice, days=(0, 19, 20, 21, 40, 41, None))]

    def _file(self, on: datetime.date) -> Drafted:
        number, firm = self._business()
        if self.random.random() < 0.6:
            firm["scope"] = [*firm["scope"], self._some("F5211", "F5212", "F5222")]
        code, address = self._address()
        answers = {
            "premises": code,
            "food": self._some("prepackaged", "prepackaged", "prepackaged", "other"),
            "contact_phone": "13800000000",
            "consent": True,
        }
        draft = Draft(on, answers)
        draft.own = {"enterprise": firm, "address": address}
        listed = self.city.record("violations", number)
        draft.own["violations"] = Absent() if listed is None else Record(listed)
        return draft, [self._ended, self._violating, *self._of_place()]

    # faults

    def _silence(self, draft: Draft) -> None:
        keys = [(name, "") for name in draft.own] + list(draft.others)
        if not keys:
            return
        registry, number = self.random.choice(keys)
        if self.random.random() < 0.5:
            draft.put(registry, number, Absent())
        elif number:
            del draft.others[registry, number]
        else:
            del draft.own[registry]

    def _day(self, draft: Draft, years: int) -> str:
        """A day on which a term of so many years ends today, or beside it, or long ago."""
        return (later(draft.on, years=-years) + DAY * self._some(-400, -1, 0, 0, 1)).isoformat()

    def _of_name(self) -> list[Fault]:
        return [self._worded, self._worded, self._taken, self._taken, self._permitted]

    def _worded(self, draft: Draft) -> None:
        draft.answers["trade_name"] = self.random.choice(BAD_NAMES)
        draft.own["names"] = self._name(draft.answers["trade_name"])

    def _taken(self, draft: Draft) -> None:
        division = self._some(*(line[:3] for line in draft.answers["scope"]), "C13")
        entry = Record(industries=[], released=[], reserved=[])
        kind = self._some("industries", "released", "reserved")
        if kind == "industries":
            entry[kind] = [division]
        elif kind == "released":
            how, ended = self._some("deregistered", "renamed", "revoked"), self._day(draft, 1)
            entry[kind] = [{"id": "A", "industry": division, "how": how, "on_day": ended}]
        else:
            entry[kind] = [{"id": "A", "industry": division, "until": self._day(draft, 0)}]
        draft.own["names"] = entry

    def _permitted(self, draft: Draft) -> None:
        also = self.random.choice(PERMITTED)
        draft.answers["scope"] = list(dict.fromkeys([*draft.answers["scope"], also]))

    def _of_place(self) -> list[Fault]:
        changes: list[dict[str, Any]] = [{"exists": False}, {"region": "440104"}]
        changes += [{"use": "residential"}, {"use": "mixed"}, {"disputed": True}]
        return [partial(self._say, "address", changes)] * 2

    def _say(self, registry: str, changes: list[dict[str, Any]], draft: Draft) -> None:
        draft.change(registry, **self.random.choice(changes))

    def _of_dwelling(self, draft: Draft) -> None:
        draft.change("address", use="residential")
        draft.answers["owners_consent"] = self._some(True, False, ["a file"])

    def _of_others(self, question: str) -> list[Fault]:
        """Return faults of one of the persons listed, in place of the applicant."""
        of_one = (self._convicted, self._in_office, self._indebted, self._limited, self._dead)

        def of_other(fault: Callable[[Draft, str], None], draft: Draft) -> None:
            if listed := draft.answers.get(question):
                fault(draft, self.random.choice(listed)["number"])

        def misnamed(draft: Draft) -> None:
            if listed := draft.answers.get(question):
                draft.answers[question] = [{**listed[0], "name": "某某"}, *listed[1:]]

        return [
            misnamed,
            *(partial(of_other, fault) for fault in (*of_one, self._banned, self._from_abroad)),
        ]

    def _limited(self, draft: Draft, number: str = "") -> None:
        draft.change("population", number, capacity="limited")

    def _dead(self, draft: Draft, number: str = "") -> None:
        draft.change("population", number, alive=False)

    def _aged(self, draft: Draft) -> None:
        draft.change("population", born=self._day(draft, 18))

    def _from_abroad(self, draft: Draft, number: str = "") -> None:
        draft.change("population", number, hukou_region=None, hukou_city=None)

    def _banned(self, draft: Draft, number: str = "") -> None:
        draft.change("enterprise", number, false_registration_until=self._day(draft, 0))

    def _owned(self, draft: Draft) -> None:
        state, name = self._some("active", "deregistered"), f"示例市{draft.answers['trade_name']}店"
        self._hold(draft, "", role="经营者", state=state, name=name, ended=None)

    def _in_office(self, draft: Draft, number: str = "") -> None:
        self._hold(
            draft,
            number,
            role=self._some("法定代表人", "法定代表人", "原法定代表人", "经营者"),
            state=self._some("revoked", "closed", "bankrupt", "deregistered", "active"),
            ended=self._some(self._day(draft, 3), self._day(draft, 3), None),
        )

    def _represent(self, draft: Draft) -> None:
        """Represent the company of a branch, or another, or no longer, or one that ended."""
        ways = [("法定代表人", "active", PARENT)] * 3
        ways += [("经营者", "active", PARENT), ("原法定代表人", "active", PARENT)]
        ways += [("法定代表人", "revoked", PARENT), ("法定代表人", "active", "91440300MA5DA0001X")]
        role, state, code = self.random.choice(ways)
        self._hold(draft, "", role=role, state=state, ended=None, uscc=code)

    def _hold(self, draft: Draft, number: str, **values: Any) -> None:
        one = {"uscc": "92440300MA5DA0001X", "name": "甲", "since": "2015-01-01", **values}
        draft.change("enterprise", number, trades=[one])

    def _convicted(self, draft: Draft, number: str = "") -> None:
        probation = self._some(True, False)
        one = {
            "case": f"(2019)示刑{number[-4:]}号",
            "kind": self.random.choice(CRIMES),
            "ended": self._day(draft, 2 if probation else 5),
            "political": self._some(True, False, False),
            "probation": probation,
        }
        draft.change("criminal", number, record=True, records=[one])

    def _indebted(self, draft: Draft, number: str = "") -> None:
        draft.change("credit", number, dishonest=True)

    def _underpaid(self, draft: Draft) -> None:
        first, *rest = draft.answers["investors"]
        draft.answers["investors"] = [{**first, "capital": self._some("0", "999")}, *rest]

    def _overdue(self, draft: Draft) -> None:
        draft.answers["paid_by"] = self._day(draft, -5)

    def _foreign(self, draft: Draft) -> None:
        draft.answers["foreign"] = self._some(True, True, False)

    def _forget(self, question: str, draft: Draft) -> None:
        draft.answers.pop(question, None)

    def _crowd(self, draft: Draft) -> None:
        """So many shareholders that there are at most, or one more; each with a share."""
        first, count = draft.answers["investors"][0], self._some(50, 51)
        crowd = [{**first, "number": f"{n:018d}", "capital": "100"} for n in range(count)]
        for name, number in list(draft.others):
            for one in crowd if number == first["number"] else ():
                draft.put(name, one["number"], draft.others[name, number])
        draft.answers |= {"investors": crowd, "capital": str(100 * count)}

    def _recapitalised(self, draft: Draft) -> None:
        before = draft.own["enterprise"].get("capital") if "enterprise" in draft.own else None
        sum_ = int(before or "500000")
        draft.answers["capital"] = self._some(str(sum_), str(sum_ + 1), str(sum_ - 1))
        if self.random.random() < 0.8:
            self._overdue(draft)
        if self.random.random() < 0.1:
            draft.change("enterprise", capital=None)

    def _unregistered(self, draft: Draft) -> None:
        changes = [{"trade_name": None}, {"premises": None}, {"kind": "branch"}]
        self._say("enterprise", changes, draft)

    def _ended(self, draft: Draft) -> None:
        state = self._some("abnormal", "closed", "revoked", "bankrupt", "deregistered")
        draft.change("enterprise", state=state)

    def _tied(self, draft: Draft) -> None:
        ties = ("shares_frozen", "shares_pledged", "debts", "end_approval")
        self._say("enterprise", [*({tie: True} for tie in ties), {"objections": "1"}], draft)

    def _notice(self, draft: Draft, *more: int, days: tuple[int | None, ...] = ()) -> None:
        back = self._some(*more, *days)
        start = None if back is None else (draft.on - DAY * back).isoformat()
        draft.change("enterprise", notice_from=start)

    def _owing(self, draft: Draft) -> None:
        self._say("taxation", [{"owed": "0.01"}, {"invoices_open": "1"}], draft)
        self._say("social", [{"owed": "12.5"}, {"wages_owed": True}, {}], draft)

    def _violating(self, draft: Draft) -> None:
        draft.own["violations"] = Record(listed=self._some(True, False))

    def _listed(self, draft: Draft) -> None:
        draft.own["credit"] = Record(name="甲", dishonest=self._some(True, False), lists=[])
