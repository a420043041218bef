"""The synthetic city: the same for everybody, valid, and as its facts say."""

import datetime as dt
import subprocess
import sys
from collections import Counter
from itertools import islice
from types import SimpleNamespace

import pytest
from django.conf import settings
from stdnum.cn import ric, uscc

from city.values import record_faults
from demo.city import City, Shares, cohort_on
from demo.city.personas import BY_KIND, PERSONAS, index
from demo.registry import keepers as keepers_module
from demo.registry import server
from demo.registry.faults import Switch
from demo.registry.keepers import Keepers

FAULTS = {
    "degree_missing", "name_mismatch", "criminal", "credit_hit", "already_local",
    "graduated_long_ago", "part_time", "below_level", "degree_revoked", "capacity_limited",
    "silent",
}  # fmt: skip


def test_another_process_with_another_hash_seed_builds_the_same_city() -> None:
    code = (
        "from demo.city import City; import hashlib; c = City(persons=100, enterprises=20);"
        "text = repr([c.person(i) for i in range(100)] + [c.enterprise(7), c.address(9)]);"
        "print(hashlib.sha256(text.replace('frozenset()', '{}').encode()).hexdigest())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(seen) == 1


def test_another_seed_is_another_city() -> None:
    assert City(1).person(0).number != City(2).person(0).number


def test_every_number_is_valid_and_nobody_elses() -> None:
    city = City(persons=20_000)
    people = [city.numbering.person(i) for i in range(city.persons)]
    assert len(set(people)) == len(people)
    for number in people[::7]:  # the division may be younger than the person, so not is_valid
        assert ric.calc_check_digit(number) == number[17]
        assert ric.get_birth_date(number) <= dt.date(2019, 12, 31)
    for i in range(0, city.persons, 97):
        assert city.person_of(people[i]) == i
    codes = [city.numbering.enterprise(j) for j in range(city.enterprises)]
    assert len(set(codes)) == len(codes)
    assert all(uscc.is_valid(code) for code in codes)
    assert [city.numbering.enterprise_of(code) for code in codes[:50]] == list(range(50))


def test_ten_million_persons_would_still_have_different_numbers() -> None:
    numbering = City(persons=10_000_000).numbering
    # the same sequence digits come round every 499 persons
    same = [numbering.person(i) for i in range(3, 10_000_000, 499)]
    assert len(set(same)) == len(same)


def test_a_number_of_no_one_leads_to_no_one(city: City) -> None:
    last = City(persons=20_000).numbering.person(19_999)
    for number in ("11010519491231002X", last, "", "x" * 18, "91440300715267260G", "440305-0"):
        assert city.person_of(number) is None
        for registry in ("population", "education", "enterprise", "address"):
            assert city.record(registry, number) is None


def test_what_registries_hold_is_what_is_so(city: City) -> None:
    people = {t.number: t for t in map(city.person, range(city.persons))}
    population = dict(city.records("population"))
    assert population.keys() == people.keys()
    education, criminal = dict(city.records("education")), dict(city.records("criminal"))
    credit, enterprise = dict(city.records("credit")), dict(city.records("enterprise"))
    for number, t in people.items():
        assert population[number]["born"] == t.born.isoformat()
        assert population[number]["alive"] == t.alive
        assert population[number]["hukou_city"] == t.hukou_region[:4] == t.hukou_city
        assert (number in education) == (t.degree is not None)
        if t.degree is not None:
            assert education[number]["name"] == t.degree.name
            assert education[number]["graduated"] == t.degree.graduated.isoformat()
        assert criminal[number]["record"] == (len(t.crimes) > 0)
        assert credit[number]["dishonest"] == (len(t.debts) > 0)
        until = enterprise[number]["false_registration_until"]
        assert until == (t.banned_until and t.banned_until.isoformat())


def test_reading_by_number_and_listing_agree(city: City) -> None:
    for registry in (
        "population",
        "social",
        "residence",
        "driving",
        "education",
        "criminal",
        "credit",
        "enterprise",
        "address",
    ):
        listed = dict(city.records(registry))
        assert listed
        assert all(city.record(registry, number) == data for number, data in listed.items())


def test_who_runs_an_enterprise_has_it_among_his_trades(city: City) -> None:
    owners = [city.enterprise(j) for j in range(city.enterprises)]
    owned = [e for e in owners if e.owner is not None]
    assert owned
    for e in owned:
        person = city.person(e.owner)
        trades = city.record("enterprise", person.number)["trades"]
        assert [t["uscc"] for t in trades] == [e.uscc]
        assert city.record("enterprise", e.uscc)["legal_representative"] == person.name


def test_each_planted_fault_shows_in_the_facts() -> None:
    city = City(persons=4000)
    shown = Counter()
    for i in city.members("graduate"):
        t = city.person(i)
        facts = {
            "degree_missing": t.degree is None,
            "name_mismatch": t.degree is not None and t.degree.name != t.name,
            "criminal": bool(t.crimes),
            "credit_hit": bool(t.debts),
            "already_local": t.hukou_city == "4403",
            "graduated_long_ago": t.degree is not None and t.degree.graduated.year < 2024,
            "part_time": t.degree is not None and not t.degree.full_time,
            "below_level": t.degree is not None and t.degree.level == "中专",
            "degree_revoked": t.degree is not None and t.degree.revoked,
            "capacity_limited": t.capacity == "limited",
            "silent": "education" in t.silent,
        }
        assert [name for name, so in facts.items() if so] == ([t.fault] if t.fault else [])
        shown[t.fault] += 1
    assert shown.keys() == FAULTS | {""}
    assert 0.77 < shown[""] / shown.total() < 0.83  # about four in five are eligible


def test_the_cast_plays_its_parts(city: City) -> None:
    assert [p.index for p in PERSONAS] == list(range(40))
    assert len(BY_KIND) == 40
    for persona in PERSONAS:
        person = city.person(persona.index)
        assert (person.group, person.fault) == (persona.group, persona.fault)
    assert city.person(index("trader_minor")).born.year >= 2010
    assert not city.person(index("deceased")).alive


def test_shares_are_parameters() -> None:
    city = City(persons=400, shares=Shares(groups=(("graduate", 1.0),), graduate=()))
    rest = [city.person(i) for i in range(40, 400)]
    assert {(t.group, t.fault) for t in rest} == {("graduate", "")}


def test_the_youngest_cohort_moves_with_the_year_and_nothing_else_does() -> None:
    assert cohort_on(dt.date(2027, 6, 30)) == 2026
    assert cohort_on(dt.date(2027, 7, 1)) == 2027
    old, new = City(persons=400, cohort=2026), City(persons=400, cohort=2031)
    one, other = old.person(0), new.person(0)
    assert other.degree.graduated.year - one.degree.graduated.year == 5
    for registry in ("population", "social", "enterprise", "address", "criminal", "credit"):
        assert list(old.records(registry)) == list(new.records(registry))


def test_every_record_is_one_that_its_registry_may_hold(city: City) -> None:
    """Departments deliver such records anew: ``registry load`` takes no others."""
    for code in (
        "population",
        "social",
        "residence",
        "driving",
        "enterprise",
        "address",
        *server.SERVED,
    ):
        registry = settings.CITY.registries[code]
        records = islice(city.records(code), 300)
        assert [
            (number, fault) for number, data in records if (fault := record_faults(registry, data))
        ] == []


def test_a_department_corrects_what_is_a_value_and_lets_stand_what_is_none(city: City) -> None:
    fields = {code: registry.fields for code, registry in settings.CITY.registries.items()}
    keepers = Keepers(city, fields, server.SERVED, "http://127.0.0.1:9", 0.0)

    def meant(registry: str, field: str, said: object, claim: str, value: object = None) -> object:
        asked = {"registry": registry, "field": field, "record_value": said, "claim": claim}
        return keepers.meant({**asked, "value": value})

    assert meant("population", "hukou_city", "4403", "广州市") == "4401"
    assert meant("population", "hukou_city", "4403", "4401", "4401") == "4401"
    assert meant("population", "hukou_city", "4401", "4401", "4401") is None  # it says so
    assert meant("population", "hukou_city", "4403", "月球市") is None
    assert meant("education", "full_time", False, "是", value=True) is True
    number = city.person(index("graduate")).number
    keepers._correct("education", number, "school", "鹏湾理工大学")
    registry = server.Registry(city, {}, Switch(None, None), keepers)
    said = registry._speak("education", number, ["school", "level"])
    assert said is not None
    assert (said["version"], said["data"]["school"]) == ("2", "鹏湾理工大学")


@pytest.mark.parametrize(
    ("registry", "is_taken", "does"),
    [
        ("population", True, ["answer", "correct"]),  # of the city's store: what is read ends it
        ("population", False, ["answer"]),  # taken back meanwhile
        ("education", True, ["correct", "answer"]),  # asked again as soon as it has answered
    ],
)
def test_a_department_answers_in_time_for_its_words_to_arrive(
    registry: str,
    is_taken: bool,
    does: list[str],
    city: City,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done: list[str] = []
    keepers = Keepers(city, {}, server.SERVED, "http://127.0.0.1:9", 0.0)
    asked = {"registry": registry, "field": "x", "subject": {"number": "n"}}
    reply = SimpleNamespace(ok=True, json=lambda: asked)
    monkeypatch.setattr(keepers_module, "_credentials", lambda code: {"token": "t"})
    monkeypatch.setattr(keepers_module.requests, "get", lambda *a, **k: reply)
    monkeypatch.setattr(keepers, "meant", lambda asked: "new")
    monkeypatch.setattr(keepers, "_send", lambda *a: done.append("answer") or is_taken)
    monkeypatch.setattr(keepers, "_correct", lambda *a: done.append("correct"))
    keepers._answer("police", "key")
    assert done == does


def test_a_missing_address_has_the_right_shape_and_no_record(city: City) -> None:
    code = city.missing_address(3)
    assert code[:4] == "4403" and code[6] == "-" and len(code) == 14
    assert city.record("address", code) is None


def test_who_has_no_full_capacity_has_a_guardian_who_has(city: City) -> None:
    wards = [t for t in map(city.person, range(city.persons)) if t.capacity == "limited"]
    found = [(t, city.guardian(t)) for t in wards]
    assert sum(g is not None for _, g in found) > len(wards) * 0.95
    for ward, named in found:
        if named is None:
            continue
        guardian, relation = named
        older = guardian.born.year - ward.born.year
        assert guardian.alive and guardian.capacity == "full" and guardian.number != ward.number
        assert -45 <= older <= -20 if relation == "parent" else 20 <= older <= 45
        assert guardian.born.year <= 2004  # an adult in 2026
    assert all(city.guardian(city.person(i)) is None for i in range(10))
