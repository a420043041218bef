"""A page of one edition and of another: where a citizen sees a change, the change is named."""

import copy
import datetime
import random
from dataclasses import asdict
from typing import Any

import pytest
import yaml
from django.utils import translation

from city.errors import SourceError
from city.source import read
from portal import forms, sheets
from services.difference import differences
from services.rulebook import Rulebook
from tests.services.packs import SMALL, load, text
from tests.services.test_mutated_packs import places

_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
DAY = datetime.date(2026, 3, 2)
PACKS = {
    "bus_pass": SMALL,
    **{name: text(name) for name in ("graduate_settlement", "sole_trader", "limited_company")},
}
TRIED = {"bus_pass": 80, "graduate_settlement": 40}  # without --full
NOT_OF_THE_PAGE = {"tests", "service"}  # its own tests; another code is another service


def page(book: Rulebook) -> list[Any]:
    """What the pages of a service show of an edition, beside its number and its first day."""
    shown: list[Any] = []
    for language in ("zh-hans", "en"):
        with translation.override(language):
            sheet = asdict(sheets.sheet(book, DAY))
            del sheet["edition"], sheet["in_force"]
            shown += [sheet, [asdict(f) for f in forms.fields(book.form, {}, language[:2])]]
    pack = book.pack
    shown += [pack.correct_within, pack.clock.extension]  # the pages of a case
    shown += [(c.zh, c.en, c.law, c.days) for c in pack.consents]
    shown += [(g.zh, g.en, g.law) for g in pack.guards]
    shown += [forms.blocks(book.form), pack.cosigners]
    if one := pack.certificate:
        shown += [one.zh, one.en, one.valid, [(f.zh, f.en) for f in one.fields]]
    return shown


def changes(value: Any) -> list[Any]:
    """Other values that may stand in a place of a pack."""
    match value:
        case bool():
            return [not value]
        case int():
            return [value + 1]
        case datetime.date():
            return [value + datetime.timedelta(days=1)]
        case "working":
            return ["calendar"]
        case str():
            return [value + "甲", value[:-1], "none"]
        case list() if value:
            return [value[:-1]]
    return []


def mutants(source: str) -> list[tuple[tuple[Any, ...], Any]]:
    """Each place with each other value, and each key left out (``...``)."""
    data = read(source).data
    found: list[tuple[tuple[Any, ...], Any]] = []
    for path in places(data):
        if path[0] in NOT_OF_THE_PAGE:
            continue
        value = data
        for key in path:
            value = value[key]
        found += [(path, other) for other in changes(value) if other != value]
        found.append((path, ...))
    return found


def mutated(data: Any, path: tuple[Any, ...], other: Any) -> str:
    whole = copy.deepcopy(data)
    parent = whole
    for key in path[:-1]:
        parent = parent[key]
    if other is ...:
        del parent[path[-1]]
    else:
        parent[path[-1]] = other
    return dumped(whole)


def dumped(data: Any) -> str:
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False)


@pytest.mark.parametrize("name", PACKS)
def test_what_changes_on_a_page_is_named(name: str, pytestconfig: pytest.Config) -> None:
    data = read(PACKS[name]).data
    old = load(dumped(data))
    before = page(old)
    tried = mutants(PACKS[name])
    if not pytestconfig.getoption("--full"):
        if name not in TRIED:
            pytest.skip("--full")
        tried = random.Random(20260302).sample(tried, TRIED[name])
    seen, silent = 0, []
    for path, other in tried:
        try:
            new = load(mutated(data, path, other))
        except SourceError:
            continue
        if page(new) == before:
            continue
        seen += 1
        if not differences(old, new, DAY):
            silent.append((path, other))
    assert seen > 5
    assert silent == []
