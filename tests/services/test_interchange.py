"""Packs as .xlsx and .dmn: the same both ways, and nothing misread."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from city.errors import SourceError
from city.reader import load as load_city
from city.source import read as read_source
from services.edition import Draft, draft
from services.interchange import dmn, xlsx
from services.interchange.yamltext.rewriting import rewrite
from tests.services import independent, mutated_files

CITIES = Path(__file__).parents[2] / "cities"
PACKS = sorted(CITIES.glob("*/services/*.yaml"))
FEW = ("senior_card", "disability_subsidies", "talent_settlement")
FORMATS = {"xlsx": xlsx, "dmn": dmn}
LOADED: dict[str, Draft] = {}


def pack(name: str) -> Draft:
    if name not in LOADED:
        (path,) = [path for path in PACKS if path.stem == name]
        city = load_city(path.parents[1])
        LOADED[name] = draft(path.read_text("utf-8"), str(path), city=city)
    return LOADED[name]


def other(text: str) -> str:
    """The same pack with another logic: laws, values, words, order and conditions all changed."""
    data = copy.deepcopy(read_source(text).data)
    for part in data.get("parameters", {}).values():
        part["law"] = "另一部法"
        part.pop("doubt", None)
        for key in [key for key in part if key[0].isdigit()]:
            part["1999-01-01"] = part.pop(key)
    for part in data["requirements"]:
        part |= {"must": "true", "zh": "其他", "unmet": "return"}
        part.pop("applies", None)
        part.pop("at_counter", None)
    data["requirements"] = data["requirements"][:0:-1]
    for name, part in data.get("tables", {}).items():
        head, first, *_rest = part["table"].splitlines()
        data["tables"][name] = {"table": f"{head}\n{first}\n", "law": "另一部法"}
    return rewrite(text, data)


EVERY = [
    pytest.param(path.stem, marks=() if path.stem in FEW else pytest.mark.full) for path in PACKS
]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("name", EVERY)
def test_a_pack_comes_back_equal(name, form):
    found = pack(name)
    text, made = found.source.text, FORMATS[form]
    data = made.write(text, found.pack)
    says = independent.workbook(data) if form == "xlsx" else independent.model(data)
    assert says == independent.pack(text)
    assert made.read(data, text, found.pack) == text
    # nothing comes from the pack that it is put into
    back = made.read(data, other(text), found.pack)
    assert read_source(back).data == read_source(text).data


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    ("first", "last"), [(0, 40), pytest.param(40, 300, marks=pytest.mark.full)]
)
def test_no_mutated_file_is_misread(form, first, last):
    """Refused with place and reason, or read as an independent reader reads it."""
    found, made = pack("disability_subsidies"), FORMATS[form]
    text = found.source.text
    data = made.write(text, found.pack)
    mutate = getattr(mutated_files, {"xlsx": "workbook", "dmn": "model"}[form])
    says = independent.workbook if form == "xlsx" else independent.model
    refused = 0
    for seed in range(first, last):
        how, changed = mutate(data, seed)
        try:
            back = made.read(changed, text, found.pack)
        except SourceError as error:
            assert error.zh and error.en
            refused += 1
            continue
        assert independent.pack(back) == says(changed), (seed, how)
    assert last - first > refused > (last - first) // 4
