"""No identity number reaches a log, whoever wrote it into an address or an error."""

import logging

import pytest

from people.identity import mask
from people.logs import Formatter, masked

NUMBER = "11010519491231002X"  # GB 11643-1999, appendix


@pytest.mark.parametrize("text", ["/verify/{}/", "name={}&x=1", "a{}b", "({})", "{}", "-{}\n{}"])
def test_a_number_is_masked_wherever_it_stands(text: str) -> None:
    assert masked(text.replace("{}", NUMBER)) == text.replace("{}", mask(NUMBER))


@pytest.mark.parametrize("text", ["MP20261122K7W2M9QXD", "1" * 40, "2026-11-22 19:00:00,123", "夜"])
def test_what_is_no_identity_number_stays(text: str) -> None:
    assert masked(text) == text


def test_a_traceback_is_masked_too() -> None:
    try:
        int(f"x{NUMBER}")
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
        record = logging.LogRecord("x", 40, __file__, 1, "for %s", (NUMBER,), info)
    text = Formatter("%(message)s").format(record)
    assert NUMBER not in text
    assert text.count(mask(NUMBER)) >= 2
