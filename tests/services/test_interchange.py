"""Packs as .xlsx and .dmn: the same both ways, and nothing misread."""

from __future__ import annotations

import copy
import datetime
import io
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from city.errors import SourceError
from city.reader import load as load_city
from city.source import read as read_source
from dmn import decide, read_model, write_model
from services.edition import Draft, draft
from services.interchange import dmn, xlsx
from services.interchange.yamltext.rewriting import rewrite
from tests.services import independent, mutated_files

CITIES = Path(__file__).parents[2] / "cities"
PACKS = sorted(CITIES.glob("*/services/*.yaml"))
FEW = ("senior_card", "disability_subsidies", "talent_settlement")
DAY = datetime.date(2026, 7, 1)
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


def sheet_of(name: str, cell: str, value: object, form: str = "@") -> bytes:
    """The workbook of the disability subsidies with one cell changed."""
    found = pack("disability_subsidies")
    book = openpyxl.load_workbook(io.BytesIO(xlsx.write(found.source.text, found.pack)))
    book[name][cell].value = value
    book[name][cell].number_format = form
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "cell", "value", "form", "words"),
    [
        ("参数 Parameters", "I3", "=1+1", "@", "a formula"),
        ("参数 Parameters", "I3", 5, "0%", "shown otherwise than it is"),
        (
            "参数 Parameters",
            "H3",
            DAY,
            "yyyy-mm-dd",
            "a date kept as a number",
        ),
        ("参数 Parameters", "I3", 12345678901234567, "General", "15 digits"),
        ("参数 Parameters", "A3", 7, "General", "write it as text"),
        ("条件 Requirements", "A2", True, "General", "a logical value"),
        ("条件 Requirements", "D1", "英文 English", "@", "stands twice"),
        ("条件 Requirements", "D1", "其他", "@", "there is no column"),
        ("条件 Requirements", "G2", "refer", "@", "not one of the list"),
        ("条件 Requirements", "B2", "a_x000D_b", "@", "escape"),
        ("表 nursing", "B4", "1 | 2", "@", "one line"),
        ("事实 Facts", "B2", "别的", "@", "for reading"),
        ("说明 Guide", "B3", "sole_trader", "@", "is of the service sole_trader"),
    ],
)
def test_what_a_cell_cannot_mean_is_refused_with_its_place(name, cell, value, form, words):
    found = pack("disability_subsidies")
    data = sheet_of(name, cell, value, form)
    with pytest.raises(SourceError) as refused:
        xlsx.read(data, found.source.text, found.pack)
    assert words in refused.value.en
    assert name in refused.value.en or name == "说明 Guide"


def test_texts_stay_texts_and_another_program_reads_the_same():
    found = pack("talent_settlement")
    text = found.source.text.replace("en: city that approves moves", "en: '=1+1 approves moves", 1)
    text = text.replace("by its system, law: 户口", "by its system', law: 户口", 1)
    text = text.replace("'4413'", "'0004413'", 1)
    data = xlsx.write(text, found.pack)
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert {c.data_type for s in book for r in s.iter_rows() for c in r if c.value} == {"s"}
    said = {cell for rows in independent.by_calamine(data).values() for row in rows for cell in row}
    assert {"=1+1 approves moves by its system", "0004413", "2026-01-01"} <= said
    assert xlsx.read(data, text, found.pack) == text


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("<text>alive</text>", "<text>external(alive)</text>", "requirement_living_person"),
        ("<text>alive</text>", "<text>for a in b return a</text>", "decision[requirement_"),
        ('hitPolicy="FIRST"', 'hitPolicy="PRIORITY"', "hit policy is not supported"),
        ("<literalExpression>", "<functionDefinition/><literalExpression>", "of a function"),
        ('<inputData id="alive"', '<import name="x"/><inputData id="alive"', "an import"),
        ('href="#alive"', 'href="#nobody"', "there is no #nobody"),
        ('name="alive" typeRef="boolean"', 'name="alive" typeRef="string"', "[alive]/variable"),
        ("<output ", "<aside/><output ", "aside is not expected"),
    ],
)  # fmt: skip
def test_what_a_pack_cannot_say_is_refused_with_its_element(old, new, words):
    found = pack("disability_subsidies")
    data = dmn.write(found.source.text, found.pack).decode()
    assert old in data
    with pytest.raises(SourceError) as refused:
        dmn.read(data.replace(old, new, 1).encode(), found.source.text, found.pack)
    assert words in str(refused.value)


def test_a_model_decides_as_its_pack():
    """Our engine of whole models takes what is written, a dated parameter among it."""
    found = pack("disability_subsidies")
    data = dmn.write(found.source.text, found.pack)
    model = read_model(data)
    assert read_model(write_model(model)) == model
    values = {"as_of": DAY, "grade": Decimal(1)}
    decided = decide(model, "nursing", values)
    (since, amount) = found.pack.parameters["first_grade"].values[-1]
    assert since < values["as_of"] and decided == amount
