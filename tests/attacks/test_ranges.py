"""A5 as the author of a pack meets it: limits that nobody set, and conditions in cells.

What each row expects follows from DMN 1.5 (10.3.2.7: a range without an end is null) and from
the rule that what is not certainly met is never approved; the compiled SQL must agree.
"""

import datetime
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command

from city.errors import SourceError
from ledger.clock import now
from services import publish
from services.edition import load
from services.inputs import gather_inputs
from services.pack import scaffold
from services.verdict import judge
from tests.attacks import outside
from tests.services.editions import published

DAY = datetime.date(2026, 7, 1)
NUMBERS = ("x", "low", "high", "limit")
FORM = """\
    {name}:
      type: integer
      minimum: -1000
      maximum: 1000
      x-zh: 数
      x-en: number
"""
WORD = """\
    word:
      type: string
      maxLength: 20
      x-zh: 词
      x-en: word
"""
FACTS = """\
  {name}: {{from: answers.{name}, type: {kind}, none: allowed, zh: 数, en: number}}
"""
CHECK = """\
- id: range
  must: {must}
  zh: 在范围内
  en: It is in the range
  law: 依据的法律法规
"""


def pack(must: str, table: str = "", code: str = "range_service") -> str:
    """The scaffold with four numbers and a word that may be left out, and one condition more."""
    text, _, tests = scaffold.pack(code).partition("tests:")
    numbers = "".join(FORM.format(name=name) for name in NUMBERS) + WORD
    text = text.replace("\nparameters:", numbers + "\nparameters:", 1)
    facts = "".join(FACTS.format(name=name, kind="number") for name in NUMBERS)
    facts += FACTS.format(name="word", kind="text")
    text = text.replace("\nrequirements:", facts + "\nrequirements:", 1)
    if table:
        rows = "".join(f"    {line}\n" for line in table.splitlines())
        text = text.replace("requirements:", f"tables:\n  fee: |\n{rows}\nrequirements:", 1)
    condition = CHECK.format(must="'" + must.replace("'", "''") + "'")
    return f"{text.rstrip()}\n{condition}\ntests:{tests}"


def approves(must: str, values: dict[str, object], table: str = "") -> bool:
    book = load(pack(must, table), "range.yaml", city=settings.CITY)
    evidence = {"population": ("found", {"born": "2000-01-01", "name": "某"})}
    inputs = gather_inputs(book, {"consent": True, **values}, evidence, {}, DAY)
    return judge(book, inputs).outcome == "approve"


RANGES = [
    # condition, what is filled in, whether it may be approved
    ("x in [low..high]", {"x": 7, "low": 5, "high": 10}, True),
    ("x in [low..high]", {"x": 7, "high": 10}, False),
    ("x in [low..high]", {"high": 10}, False),
    ("x in [low..high]", {}, False),
    ("x in [low..high]", {"x": 7, "low": 10, "high": 5}, False),
    ("not(x in [low..high])", {"x": 7, "high": 10}, False),
    ("not(x in [low..high])", {"x": 7, "low": 5}, False),
    ("not(x in [low..high])", {"x": 7}, False),
    ("not(x in [low..high])", {}, False),
    ("not(x in [low..high])", {"high": 10}, False),
    ("not(x in [low..high])", {"x": 7, "low": 10, "high": 5}, False),
    ("not(x in [low..high])", {"x": 7, "low": 5, "high": 10}, False),
    ("not(x in [low..high])", {"x": 4, "low": 5, "high": 10}, True),
    ("not(x in (low..high))", {"x": 5, "low": 5, "high": 10}, True),
    ("not(x in ]low..high[)", {"x": 7, "high": 10}, False),
    ("x in (low..high)", {"high": 10}, False),
    ("x in [low..high)", {"low": 10}, False),
    ("x in (> low)", {"x": 3}, False),
    ("not(x in (> low))", {"x": 3}, False),
    ("x in (< high)", {}, False),
    ("not(x in (< high))", {}, False),
    ("not(x in (<= high))", {"x": 3}, False),
    ("x in ([low..high], 7)", {"x": 7, "high": 10}, True),
    ("not(x in ([low..high], 7))", {"x": 8, "high": 10}, False),
    ("x between low and high", {"x": 7, "high": 10}, False),
    ("not(x between low and high)", {"x": 7, "high": 10}, False),
    ("not(x between low and high)", {"high": 10}, False),
    ("not(x > low)", {"x": 3}, False),
    ("not(x > low)", {"low": 3}, False),
    ("not(x < low) and not(x > high)", {"x": 3, "high": 4}, False),
    ("x in [low..high] or x = 1", {"x": 1, "high": 10}, True),
    ("not(x in [low..high] and limit = 1)", {"x": 7, "high": 10, "limit": 1}, False),
    ("not(x in [low..high] and limit = 1)", {"x": 7, "high": 10, "limit": 2}, True),
    ("not(x in [low..high] or limit = 2)", {"x": 7, "high": 10, "limit": 1}, False),
    ("not(some i in [x, 3] satisfies i in [low..high])", {"x": 7, "high": 10}, False),
    ("every i in [x, 3] satisfies not(i in [low..high])", {"x": 7, "high": 10}, False),
    ("(x in [low..high]) = false", {"x": 7, "high": 10}, False),
    ("(x in [low..high]) != true", {"x": 7, "low": 5, "high": 10}, False),
    ("not(includes([low..high], x))", {"x": 7, "high": 10}, False),
    ("not(before(x, [low..high]))", {"x": 7, "high": 10}, False),
    ("not(during(x, [low..high]))", {"x": 7, "high": 10}, False),
    ('not(x in [low.."z"])', {"x": 7, "low": 5}, False),
    ("not(word in [low..high])", {"word": "a", "low": 5, "high": 10}, False),
]


@pytest.mark.parametrize(("must", "values", "granted"), RANGES)
def test_a_limit_that_nobody_set_meets_nothing(must, values, granted):
    """Either the pack is refused, or the case goes to an officer."""
    try:
        assert approves(must, values) is granted
    except SourceError:
        assert not granted


TABLES = [
    # cell, what is filled in, whether its row matches
    ("x", "[low..high]", {"x": 7, "low": 5, "high": 10}, True),
    ("x", "[low..high]", {"x": 7, "high": 10}, False),
    ("x", "[low..high]", {"high": 10}, False),
    ("x", "[low..high]", {"low": 5}, False),
    ("x", "[low..high]", {}, False),
    ("x", "not([low..high])", {"x": 7, "high": 10}, False),
    ("x", "not([low..high])", {"x": 7, "low": 10, "high": 5}, False),
    ("x", "not([low..high])", {"x": 4, "low": 5, "high": 10}, True),
    ("x", "not([low..high])", {}, False),
    ("x", "not([low..high], 3)", {"x": 7, "high": 10}, False),
    ("x", "[low..high], 7", {"x": 7, "high": 10}, True),
    ("x", "< high", {}, False),
    ("x", "not(< high)", {"x": 3}, False),
    ("x", "null", {}, True),
    ("x", "null", {"x": 3}, False),
    ("x", "not(null)", {"x": 3}, True),
    ("word", "not(limit > 5)", {"word": "north", "limit": 3}, True),
    ("word", "not(limit > 5)", {"word": "north", "limit": 7}, False),
    ("word", "limit > 5", {"word": "north", "limit": 7}, True),
    ("word", "limit > 5", {"word": "north", "limit": 3}, False),
    ("word", "limit > 5", {"word": "north"}, False),
    ("x", "not(limit > 5)", {"x": 1, "limit": 3}, True),
    ("x", "? > low and ? < high", {"x": 7, "high": 10}, False),
    ("x", "not(? > low)", {"x": 7}, False),
]


@pytest.mark.parametrize(("column", "cell", "values", "matches"), TABLES)
def test_a_row_whose_limit_nobody_set_does_not_match(column, cell, values, matches):
    table = f"""F | {column} | fee
1 | {cell} | "row"
2 | - | "rest\""""
    try:
        assert approves('fee = "row"', values, table) is matches
        assert approves('fee = "rest"', values, table) is not matches
    except SourceError as error:
        assert not matches, error


@pytest.mark.parametrize("cell", ["limit > 5", "not(limit > 5)", "not(limit > 5, low < 3)"])
def test_a_cell_that_speaks_of_another_limit_is_not_published(cell):
    """By the standard such a cell compares the input with null, and its negation then holds."""
    table = f"""F | word | fee
1 | {cell} | "row"
2 | - | "rest\""""
    with pytest.raises(SourceError, match="limit"):
        publish.check(pack('fee != "none"', table))


@pytest.mark.usefixtures("furnished_committed")
def test_the_compiled_sql_grants_no_more_than_the_judge(tmp_path):
    """Cases without limits are tried by a draft; every one is judged by SQL and by the judge."""
    plain = pack("low < 999 or low = null")
    published(plain, now())
    filled = [values for _, values, _ in RANGES if "word" not in values][::3]
    for place, values in enumerate(filled):
        who = outside.graduate(20 + place)
        answers = {"consent": True, **values}
        seen = outside.submit(outside.body("range_service", who.number, who.name, answers))
        assert seen.case is not None, seen.reply.raw
    for must in ("not(x in [low..high])", "x in [low..high]", "not(x between low and high)"):
        draft = tmp_path / "draft.yaml"
        draft.write_text(pack(must))
        out = StringIO()
        call_command("pack", "backtest", "range_service", against=draft, sample=1000, stdout=out)
        last = out.getvalue().splitlines()[-1]
        assert ", 0 disagreements" in last, out.getvalue()
