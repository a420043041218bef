"""What a pack's tests may say beside the outcome: tables, certificate fields, last days."""

import pytest
from django.conf import settings

from services import pack_tests
from services.edition import load

GRADUATES = settings.CITY.folder / "services" / "graduate_settlement.yaml"
GRADUATED = "{education: {graduated: 2025-06-20}}"
TABLE = """
tables:
  points: |
    U | level        | points
    1 | "本科"       | 60
    2 | not("本科")  | 80
"""
USE = """\
- id: enough
  must: points >= 60
  zh: 积分够
  en: Enough points
  law: 本市人才引进办法
"""


def _faults(asserted: str, expect: str = "approve", evidence: str = GRADUATED) -> list[str]:
    text = GRADUATES.read_text("utf-8")
    text = text.replace("\ntests:\n", f"{TABLE}\ntests:\n", 1)
    text = text.replace("\nrequirements:\n", f"\nrequirements:\n{USE}", 1)
    case = f"name: 加测, like: 符合条件的毕业生, as_of: 2025-09-26, expect: {expect}"
    case += f", evidence: {evidence}, {asserted}"
    book = load(f"{text.rstrip()}\n- {{{case}}}\n", city=settings.CITY)
    return [str(fault) for fault in pack_tests.faults(book, "x.yaml", settings.CITY.calendar)]


@pytest.mark.parametrize(
    "asserted",
    [
        "tables: {points: 60}",
        "certificate: {name: 张三, address: 示例市南山区学府路一号, born: 2003-05-04}",
        "due: {statutory: 2025-10-30, promised: 2025-09-28}",  # over the National Day of 2025
    ],
)
def test_a_test_that_says_what_is_so_holds(asserted):
    assert _faults(asserted) == []


@pytest.mark.parametrize(
    ("asserted", "expected", "found"),
    [
        ("tables: {points: 61}", "points: expected 61", "found 60"),
        ("certificate: {name: 李四}", "name: expected 李四", "found 张三"),
        ("due: {statutory: 2025-10-29}", "statutory: expected 2025-10-29", "found 2025-10-30"),
        ("due: {promised: 2025-09-29}", "promised: expected 2025-09-29", "found 2025-09-28"),
    ],
)
def test_a_test_that_says_otherwise_fails_with_both_values(asserted, expected, found):
    (fault,) = _faults(asserted)
    assert fault.startswith("x.yaml:")
    assert expected in fault and found in fault


@pytest.mark.parametrize(
    ("asserted", "reason"),
    [
        ("tables: {fee: 0}", "there is no table fee"),
        ("certificate: {surname: 张}", "the certificate has no field surname"),
    ],
)
def test_a_test_that_names_what_is_not_there_fails(asserted, reason):
    assert any(reason in fault for fault in _faults(asserted))


def test_what_is_unknown_is_not_the_null_that_a_test_says():
    (fault,) = _faults("tables: {points: null}", "refer", "{education: failed}")
    assert "points: expected null, found —" in fault
