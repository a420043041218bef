"""Packs mutated at random: each is accepted, or refused with its place and reason; no traceback."""

import copy
import datetime
import random
from typing import Any

import pytest
import yaml

from city.errors import SourceError
from city.source import read
from services import playground, publish
from tests.services.packs import CITY, SMALL, text

_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
SEED = 20260302
NAMES = ("bus_pass", "graduate_settlement", "sole_trader", "limited_company")
WEIGHTS = (30, 2, 2, 1)  # the small one is checked in milliseconds
VALUES: list[Any] = [
    *(None, True, False, 0, 7, -3, 1.5, 10**30, "", " ", "null", "true", "5", "-1", "1e9", "P1Y"),
    *("2026-01-31", "0001-01-01", "9999-99-99", "a", "as_of", "name", "applicant", "answers"),
    *("answers.", "population.", "x" * 700, "中" * 50, "1 +", "((((", "{a}", "{", "born", "not("),
    *('"', "every x in y satisfies", "count(born)", "[1..2]", ["string", "null"], ["text"], [1, 2]),
    *([], [[]], [{}], [None], {}, {"zh": "字"}, {"a": {"b": "c"}}, {"type": "list"}),
    *({"type": ["string", "null"]}, {"type": "string"}, {"const": []}, {"enum": {}}),
    *({"oneOf": "x"}, {"properties": []}, {"format": "date", "formatMinimum": []}),
]
WORDS = [
    "type",
    "of",
    "key",
    "max",
    "min",
    "from",
    "none",
    "complete",
    "labels",
    "change",
    "oneOf",
    "enum",
    "const",
    "items",
    "properties",
    "required",
    "pattern",
    "format",
    "minimum",
    "maxItems",
    "x-zh",
    "x-prefill",
    "x-widget",
    "id",
    "must",
    "applies",
    "unmet",
    "law",
    "zh",
    "en",
    "unit",
    "doubt",
    "subject",
    "guards",
    "district",
    "filings",
    "cosigners",
    "consents",
    "certificate",
    "tables",
    "parameters",
    "tests",
    "like",
    "findings",
    "evidence",
    "answers",
    "expect",
    "as_of",
    "$ref",
]


def places(data, path=()):
    """Every path into a pack's data."""
    if path:
        yield path
    pairs = data.items() if isinstance(data, dict) else enumerate(data)
    for key, part in pairs if isinstance(data, dict | list) else ():
        if isinstance(part, dict | list):
            yield from places(part, (*path, key))
        else:
            yield (*path, key)


def mutate(data, chance):
    """Change one place: its value, its name, its type; drop it, double it, put it elsewhere."""
    path = chance.choice(list(places(data)))
    parent = data
    for key in path[:-1]:
        parent = parent[key]
    key, value = path[-1], parent[path[-1]]
    match chance.randrange(8):
        case 0 | 1 | 2:
            parent[key] = chance.choice(VALUES)
        case 3:
            del parent[key]
        case 4:
            parent[key] = chance.choice([[value], {"zh": value}, str(value), {key: value}])
        case 5 if isinstance(parent, dict):
            parent[chance.choice(WORDS)] = chance.choice(VALUES)
        case 6 if isinstance(parent, dict):
            parent[chance.choice(WORDS)] = parent.pop(key)
        case 5 | 6:
            parent.append(chance.choice(VALUES))
        case 7:
            other = chance.choice(list(places(data)))
            part = data
            for step in other:
                part = part[step]
            parent[key] = copy.deepcopy(part)


def mutants(count):
    """(what, text) of that many packs, the same for one seed."""
    sources = {name: SMALL if name == "bus_pass" else text(name) for name in NAMES}
    data = {name: read(source).data for name, source in sources.items()}
    for number in range(count):
        chance = random.Random(f"{SEED}/{number}")
        (name,) = chance.choices(NAMES, WEIGHTS)
        if chance.random() < 0.15:  # the text itself
            yield f"{number} {name}", _torn(sources[name], chance)
            continue
        changed = copy.deepcopy(data[name])
        for _ in range(chance.randrange(1, 4)):
            mutate(changed, chance)
        dumped = yaml.dump(changed, Dumper=_Dumper, allow_unicode=True, sort_keys=False)
        yield f"{number} {name}", dumped


def _torn(source, chance):
    lines = source.split("\n")
    at = chance.randrange(len(lines))
    match chance.randrange(5):
        case 0:
            del lines[at]
        case 1:
            lines[at] = "  " + lines[at]
        case 2:
            lines[at] = lines[at].replace(":", chance.choice(["", " :", ": [", ": {", ": |"]), 1)
        case 3:
            lines.insert(at, lines[chance.randrange(len(lines))])
        case 4:
            place = chance.randrange(len(lines[at]) + 1)
            sign = chance.choice("\t\x00'\"&*!%@`\u200b{}[]#,?-")
            lines[at] = lines[at][:place] + sign + lines[at][place:]
    return "\n".join(lines)


def refused(source):
    """The faults that the check finds, each with its place; none when it is accepted."""
    try:
        publish.check(source, "draft.yaml")
    except SourceError as error:
        return error.all()
    return ()


@pytest.mark.parametrize("value", [["string", "null"], {"a": "b"}, "", [[]], None], ids=repr)
def test_every_place_of_a_pack_may_hold_what_does_not_belong_there(value):
    whole = read(SMALL).data
    for path in list(places(whole)):
        changed = copy.deepcopy(whole)
        parent = changed
        for key in path[:-1]:
            parent = parent[key]
        parent[path[-1]] = value
        source = yaml.dump(changed, Dumper=_Dumper, allow_unicode=True, sort_keys=False)
        for fault in refused(source):
            assert 1 <= fault.line <= source.count("\n") + 1, path


def test_no_mutated_pack_leads_to_a_traceback(request):
    full = request.config.getoption("--full")
    today = datetime.date(2026, 3, 2)
    accepted = broken = 0
    for what, source in mutants(2000 if full else 200):
        try:
            faults = refused(source)
            playground.study(source, {}, "en", city=CITY, today=today, draw="first")
        except Exception as error:
            raise AssertionError(f"mutant {what}:\n{source}") from error
        lines = source.count("\n") + 1
        for fault in faults:
            assert fault.file == "draft.yaml", what
            assert 1 <= fault.line <= lines, (what, fault)
            assert fault.zh.strip(), what
            assert fault.en.strip(), what
        accepted += not faults
        broken += bool(faults)
    assert accepted > 0
    assert broken > accepted


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("      type: boolean\n", "      type: [string, 'null']\n"),
        ("  required: [consent]\n", "  required: consent\n"),
        ("  required: [consent]\n", "  required: [[consent]]\n"),
        ("legal_kind: confirmation", "legal_kind: [confirmation]"),
        ("type: date", "type: [[date]]"),
    ],
)
def test_a_list_where_a_word_belongs_is_a_fault_with_its_line(before, after):
    assert before in SMALL
    source = SMALL.replace(before, after, 1)
    faults = refused(source)
    assert faults
    assert source.split("\n")[faults[0].line - 1].strip(), faults
