"""Decision tables in packs: judged, unknown unless every possible row agrees, linted."""

import dataclasses
import datetime

import pytest

from city.errors import SourceError
from city.model import RegistryField
from dmn import UNKNOWN
from services import publish
from services.explain import explain
from services.fixes import smallest_fix
from services.inputs import gather_inputs
from services.verdict import judge
from tests.services.packs import SMALL, changed, line_of, load

FACTS = """\
facts:
  permit:
    from: population.permit
    type: [valid, expired, lost]
    none: allowed
    zh: 居住证
    en: permit
"""
TABLE = """\
tables:
  fee:
    zh: 费用
    en: fee
    law: 收费目录
    table: |
      U | permit                        | fee
      1 | "valid"                       | 0
      2 | "expired", "lost"             | 5
      3 | null                          | 5

requirements:
- id: cheap
  must: fee <= dearest
  zh: 费用不超过 {dearest} 元
  en: The fee is at most {dearest} yuan
  law: 收费目录
"""
DEAREST = "parameters:\n  dearest:\n    2021-01-01: 4\n    law: 收费目录\n"
SOURCE = changed(
    "requirements:\n", TABLE, changed("facts:\n", FACTS, changed("parameters:\n", DEAREST, SMALL))
).replace("born: 2008-07-01", "permit: valid, born: 2008-07-01")


@pytest.fixture(autouse=True)
def city_with_permits(settings):
    """The sample city, whose population registry also says what permit somebody holds."""
    population = settings.CITY.registries["population"]
    codes = {code: {"zh": code, "en": code} for code in ("valid", "expired", "lost")}
    permit = RegistryField("permit", "text", "居住证", "permit", nullable=True, codes=codes)
    fields = {**population.fields, "permit": permit}
    registries = {
        **settings.CITY.registries,
        "population": dataclasses.replace(population, fields=fields),
    }
    settings.CITY = dataclasses.replace(settings.CITY, registries=registries)


def judged(**fields):
    book = load(SOURCE)
    evidence = {"population": ("found", {"born": "2000-01-01"} | fields)}
    inputs = gather_inputs(book, {"consent": True}, evidence, {}, datetime.date(2026, 7, 1))
    return judge(book, inputs)


def test_a_table_gives_a_value_that_conditions_and_the_payload_use():
    found = judged(permit="valid")
    assert found.payload()["tables"] == {"fee": "0"}
    assert found.findings[0].uses == {"fee": "0", "dearest": "4"}
    assert judged(permit="expired").findings[0].result == "unmet"
    line = explain(load(SOURCE), found.payload(), "en")[0]
    assert next((v.label, v.text, v.origin) for v in line.values) == ("fee", "0", "table")


def test_an_unknown_input_makes_the_fee_unknown_unless_all_rows_agree():
    unknown = judged()
    assert unknown.inputs.values["fee"] is UNKNOWN
    assert unknown.findings[0].result == "unknown"
    assert "fee" not in unknown.payload()["tables"]
    same = SOURCE.replace(
        '| "valid"                       | 0', '| "valid"                       | 5'
    )
    book = load(same)
    inputs = gather_inputs(book, {"consent": True}, {}, {}, datetime.date(2026, 7, 1))
    assert inputs.json["fee"] == "5"


def test_the_smallest_fix_looks_through_tables():
    book = load(SOURCE.replace("    en: permit\n", "    en: permit\n    change: act\n"))
    evidence = {"population": ("found", {"born": "2000-01-01", "permit": "lost"})}
    inputs = gather_inputs(book, {"consent": True}, evidence, {}, datetime.date(2026, 7, 1))
    (step,) = smallest_fix(book, inputs).steps
    assert (step.input, step.old, step.new) == ("permit", "lost", "valid")


VALID = '| "valid"                       | 0'
HEAD = "U | permit                        | fee"


@pytest.mark.parametrize(
    ("before", "after", "at", "says"),
    [
        ('| "expired", "lost"             | 5', '| "expired" | 5', None, "lost"),  # a gap
        ("| null                          | 5", '| null, "lost" | 5', None, "lost"),  # an overlap
        ("      3 | null                          | 5\n", "", None, "null"),
        ('"expired", "lost"', '"expird", "lost"', "2 |", "expird"),
        (VALID, "| > 3 | 0", "1 |", "compare"),
        (VALID, '| "valid" | "x"', None, "differ"),
        (HEAD, "X | permit | fee", "X |", "X"),
    ],
)
def test_a_table_that_is_wrong_is_refused_with_its_line(before, after, at, says):
    source = changed(before, after, SOURCE)
    with pytest.raises(SourceError) as caught:
        publish.check(source, "bus_pass.yaml")
    error = caught.value
    first = line_of("U | permit" if "U | permit" in source else "X | permit", source)
    assert first <= error.line <= first + 3, str(error)
    if at:
        assert error.line == line_of(at, source), str(error)
    assert says in error.en, str(error)
