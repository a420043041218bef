"""What the demo's registries are made to say of somebody, in place of what the city has."""

import json

import pytest

from demo.city import City
from demo.registry.faults import Switch
from demo.registry.planted import Planted
from demo.registry.server import Registry

CITY = City(persons=60, enterprises=3)
SOMEBODY = CITY.person(0).number
OTHER = CITY.person(22).number


@pytest.fixture
def file(tmp_path):
    return tmp_path / "planted.jsonl"


@pytest.fixture
def registry(file):
    return Registry(CITY, {}, Switch(None, None), planted=Planted(file))


def plant(file, outcome, data=None, number=SOMEBODY):
    line = {"registry": "education", "number": number, "outcome": outcome, "data": data}
    unfinished = file.with_suffix(".new")
    unfinished.write_text(json.dumps(line))
    unfinished.replace(file)


def asked(registry, number=SOMEBODY, name="education"):
    subjects = [{"number": number, "fields": ["level", "name"]}]
    question = {"aud": name, "nonce": "n", "subjects": subjects}
    return [(a["outcome"], a["data"]) for a in registry.answer(name, question)["answers"]]


def test_without_a_file_the_city_speaks(registry):
    person = CITY.person(0)
    assert asked(registry) == [("found", {"level": person.degree.level, "name": person.name})]


def test_what_is_planted_is_said_of_that_subject_by_that_registry_alone(registry, file):
    before = asked(registry, OTHER), asked(registry, name="criminal")
    plant(file, "found", {"level": "博士"})
    assert asked(registry) == [("found", {"level": "博士"})]
    assert (asked(registry, OTHER), asked(registry, name="criminal")) == before


def test_a_record_may_be_absent_and_a_file_is_read_again(registry, file):
    plant(file, "absent")
    assert asked(registry) == [("absent", {})]
    plant(file, "silent")
    assert asked(registry) == []
    file.unlink()
    assert asked(registry)[0][0] == "found"


def test_who_is_late_answers_the_second_question(registry, file):
    plant(file, "late", {"level": "本科"})
    assert asked(registry) == []
    assert asked(registry) == [("found", {"level": "本科"})]
