"""What engines disagree on: rare spellings and borders of built-ins, after DMN 1.5, 10.3.4."""

from __future__ import annotations

import pytest

import dmn

RARE = """
range("(..1]") = (<= 1) -> true
range("(..1)") = (< 1) -> true
range("[1..)") = (>= 1) -> true
range("]1..[") = (> 1) -> true
range("[..1]") -> null
range("[1..]") -> null
range("(..)") -> null
range("> 1") -> null
range("[-5..-1]") = [-5..-1] -> true
before(range: [2..3], point: 5) -> true
5 in (? > 3) -> true
"abc" in (starts with(?, "b"), ends with(?, "c")) -> true
5 in (? > 7, < 2) -> false
before(point: 5, range: [2..3]) -> false
after(range: [2..3], point: 1) -> true
context put({x: 1, y: null}, ["y", "a"], 2) -> null
@"2017-01-01T00:00:00Z" - @"2016-12-30" -> @"P2D"
@"2017-01-01T00:00:00" - @"2016-12-30" -> null
@"2017-01-01" - @"2016-12-30T00:00:00+01:00" -> @"P2DT1H"
@"9999-12-31T23:59:59" + @"PT1S" -> @"10000-01-01T00:00:00"
@"0001-01-01T00:00:00Z" - @"P1D" -> @"0000-12-31T00:00:00Z"
@"99999-12-31T23:30:00+02:00" + @"PT1H" -> @"100000-01-01T00:30:00+02:00"
@"P1M" + @"99999-12-31T23:30:00" -> @"100000-01-31T23:30:00"
matches("hello world", "\\p{ IsBasicLatin }+", "x") -> true
matches("abracadabra", "(ab)\\1") -> false
matches("abracadabra", "(a).*\\1") -> true
"""


def pairs(block: str) -> list[tuple[str, str]]:
    lines = [line for line in block.splitlines() if line]
    return [(line.partition(" -> ")[0], line.partition(" -> ")[2]) for line in lines]


@pytest.mark.parametrize(("text", "wanted"), pairs(RARE))
def test_rare_built_ins(text: str, wanted: str):
    assert judged(text) == judged(wanted)


def judged(text: str) -> object:
    return dmn.compile(dmn.parse(text), missing=None)({})
