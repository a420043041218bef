"""Built-in functions of lists, ranges, dates and contexts, by the examples of DMN 1.5, 10.3.4."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dmn

LISTS = """
list contains([1, 2, 3], 2) -> true
list contains([1, 2, null], null) -> true
list contains(null, 2) -> null
count([1, 2, 3]) -> 3
count([]) -> 0
count([1, [2, 3]]) -> 2
count(null) -> null
min([1, 2, 3]) -> 1
min(1, 2, 3) -> 1
min("a", "b") -> "a"
min([]) -> null
min([1, null]) -> null
min([1, "a"]) -> null
max(1, 2, 3) -> 3
max([]) -> null
max([@"2020-01-01", @"2021-01-01"]) -> @"2021-01-01"
sum([1, 2, 3]) -> 6
sum(1, 2, 3) -> 6
sum([]) -> null
sum([1, "a"]) -> null
mean([1, 2, 3]) -> 2
mean(1, 2, 3) -> 2
mean([]) -> null
all([false, null, true]) -> false
all([true, null]) -> null
all(true) -> true
all([true]) -> true
all([]) -> true
all(0) -> null
any([false, null, true]) -> true
any([false, null]) -> null
any([]) -> false
any(0) -> null
sublist([4, 5, 6], 1, 2) -> [4, 5]
sublist([1, 2, 3], 2) -> [2, 3]
sublist([1, 2, 3], -2, 1) -> [2]
sublist([1, 2, 3], 0) -> null
sublist([1, 2, 3], 4) -> null
append([1], 2, 3) -> [1, 2, 3]
append([], 1) -> [1]
append(1, 2) -> [1, 2]
concatenate([1, 2], [3]) -> [1, 2, 3]
concatenate([1], [[2]]) -> [1, [2]]
insert before([1, 3], 1, 2) -> [2, 1, 3]
insert before([1, 3], -1, 2) -> [1, 2, 3]
insert before([1], 5, 2) -> null
remove([1, 2, 3], 2) -> [1, 3]
remove([1, 2, 3], -1) -> [1, 2]
remove([1], 2) -> null
list replace([2, 4, 7, 8], 3, 6) -> [2, 4, 6, 8]
list replace([2, 4, 7, 8], function(item, newItem) item < newItem, 5) -> [5, 5, 7, 8]
list replace([1], 2, 3) -> null
list replace(["a", "b", "c"], 2.9, "x") -> ["a", "x", "c"]
list replace(["a", "b", "c"], -2.9, "x") -> ["a", "x", "c"]
list replace(["a", "b", "c"], 0.5, "x") -> null
list replace(["a", "b", "c"], 4.1, "x") -> null
remove([1, 2, 3], 2.9) -> [1, 3]
remove([1, 2, 3], -1.5) -> [1, 2]
remove([1, 2, 3], -0.5) -> null
insert before([1, 3], 2.9, 2) -> [1, 2, 3]
insert before([1, 3], 0.9, 2) -> null
sublist([1, 2, 3], 2.9) -> [2, 3]
sublist([1, 2, 3], 1.5, 2.5) -> [1, 2]
sublist([1, 2, 3], 1, 0.5) -> null
sublist([1, 2, 3], 0.5) -> null
list replace([1], function(item, newItem) "x", 3) -> null
reverse([1, 2, 3]) -> [3, 2, 1]
index of([1, 2, 3, 2], 2) -> [2, 4]
index of([1, null], null) -> [2]
index of([1], 5) -> []
union([1, 2], [2, 3]) -> [1, 2, 3]
distinct values([1, 2, 3, 2, 1]) -> [1, 2, 3]
distinct values([1, "1", null, null]) -> [1, "1", null]
flatten([[1, 2], [[3]], 4]) -> [1, 2, 3, 4]
product([2, 3, 4]) -> 24
product(2, 3, 4) -> 24
product([]) -> null
median(8, 2, 5, 3, 4) -> 4
median([6, 1, 2, 3]) -> 2.5
median([]) -> null
stddev(2, 4, 7, 5) -> 2.081665999466132735282297706979931
stddev([47]) -> null
stddev([]) -> null
mode(6, 3, 9, 6, 6) -> [6]
mode([6, 1, 9, 6, 1]) -> [1, 6]
mode([]) -> []
sort([3, 1, 4, 5, 2], function(x, y) x < y) -> [1, 2, 3, 4, 5]
sort(list: [1, 3, 2], precedes: function(x, y) x > y) -> [3, 2, 1]
sort([1, "a"], function(x, y) x < y) -> null
"""

RANGES = """
overlaps after((3..9], [3..9]) -> true
overlaps after([3..9], [3..9)) -> false
overlaps after([3..9], [3..9]) -> false
overlaps after([5..9], [3..9]) -> true
overlaps after([5..9], [3..5]) -> true
overlaps after([5..9], [3..5)) -> false
overlaps after([5..9], [3..9.5]) -> false
before(1, 10) -> true
before(10, 1) -> false
before(1, [1..10]) -> false
before(1, (1..10]) -> true
before(1, [5..10]) -> true
before([1..10], 10) -> false
before([1..10), 10) -> true
before([1..10], 15) -> true
before([1..10], [15..20]) -> true
before([1..10], [10..20]) -> false
before([1..10), [10..20]) -> true
before([1..10], (10..20]) -> true
after(10, 5) -> true
after(12, [1..10]) -> true
after(10, [1..10)) -> true
after(10, [1..10]) -> false
after([11..20], 12) -> false
after((11..20], 11) -> true
after([11..20], [1..10]) -> true
after((11..20], [1..11]) -> true
meets([1..5], [5..10]) -> true
meets([1..5), [5..10]) -> false
meets([1..5], [6..10]) -> false
met by([5..10], [1..5]) -> true
met by([5..10], [1..5)) -> false
overlaps([1..5], [3..8]) -> true
overlaps([3..8], [1..5]) -> true
overlaps([1..8], [3..5]) -> true
overlaps([1..5], [6..8]) -> false
overlaps([1..5], [5..8]) -> true
overlaps([1..5), [5..8]) -> false
overlaps before([1..5], [3..8]) -> true
overlaps before([1..5], [6..8]) -> false
overlaps before([1..5], [5..8]) -> true
overlaps before([1..5), [1..5]) -> false
overlaps before([1..5], (1..5]) -> true
overlaps before([1..5), (1..5]) -> true
overlaps before([1..5], [1..5]) -> false
overlaps after([3..8], [1..5]) -> true
overlaps after([6..8], [1..5]) -> false
overlaps after([5..8], [1..5]) -> true
overlaps after((5..8], [1..5]) -> false
overlaps after((1..5], [1..5)) -> true
overlaps after([1..5], [1..5]) -> false
finishes(10, [1..10]) -> true
finishes(10, [1..10)) -> false
finishes([5..10], [1..10]) -> true
finishes([5..10), [1..10]) -> false
finishes([1..10], [1..10]) -> true
finishes((1..10], [1..10]) -> true
finished by([1..10], 10) -> true
finished by([1..10], [5..10]) -> true
finished by([1..10], (1..10]) -> true
includes([1..10], 5) -> true
includes([1..10], 12) -> false
includes([1..10], 1) -> true
includes((1..10], 1) -> false
includes([1..10], [4..6]) -> true
includes((1..10], (1..5]) -> true
includes([1..10), [1..10]) -> false
during(5, [1..10]) -> true
during(1, (1..10]) -> false
during([4..6], [1..10)) -> true
during([1..10], [1..10]) -> true
starts(1, [1..10]) -> true
starts(1, (1..10]) -> false
starts([1..5], [1..10]) -> true
starts((1..5], [1..10]) -> false
starts([1..10), [1..10]) -> true
started by([1..10], 1) -> true
started by([1..10], [1..5]) -> true
started by([1..10], [1..10)) -> true
coincides(5, 5) -> true
coincides(3, 4) -> false
coincides([1..5], [1..5]) -> true
coincides((1..5), [1..5]) -> false
before(1, "a") -> null
meets(1, 2) -> null
range("[18..21)") -> [18..21)
range("[\\"a\\"..\\"c\\"]") -> ["a".."c"]
range("[2..1]") -> null
range("18") -> null
"""

DATES = """
day of year(date(2019, 9, 17)) -> 260
day of week(date(2019, 9, 17)) -> "Tuesday"
month of year(date(2019, 9, 17)) -> "September"
week of year(date(2019, 9, 17)) -> 38
week of year(date(2003, 12, 29)) -> 1
week of year(date(2004, 1, 4)) -> 1
week of year(date(2005, 1, 1)) -> 53
week of year(date(2005, 1, 3)) -> 1
day of week("2019-09-17") -> null
is(date("2012-12-25"), time("23:00:50")) -> false
is(date("2012-12-25"), date("2012-12-25")) -> true
is(time("23:00:50z"), time("23:00:50")) -> false
is(time("23:00:50z"), time("23:00:50+00:00")) -> true
is(null, null) -> true
is(1, 1.0) -> true
is(@"2024-05-01T08:00:00@Asia/Shanghai", @"2024-05-01T08:00:00+08:00") -> false
is(@"2024-05-01T08:00:00@Asia/Shanghai", @"2024-05-01T08:00:00@Asia/Shanghai") -> true
is(@"08:00:00@Asia/Shanghai", @"08:00:00@Australia/Perth") -> false
is(@"08:00:00@Etc/UTC", @"08:00:00Z") -> false
is(@"08:00:00Z", @"08:00:00+00:00") -> true
is(@"08:00:00Z", @"09:00:00+01:00") -> false
is(@"08:00:00.123456789@Asia/Shanghai", @"08:00:00.123456789+08:00") -> false
is(@"12024-05-01T08:00:00Z", @"12024-05-01T08:00:00@Etc/UTC") -> false
is([@"08:00:00@Etc/UTC"], [@"08:00:00Z"]) -> false
is([@"08:00:00@Etc/UTC"], [@"08:00:00@Etc/UTC"]) -> true
is({t: @"08:00:00@Etc/UTC"}, {t: @"08:00:00Z"}) -> false
is({a: 1, b: [2]}, {b: [2], a: 1}) -> true
is([1, 2], [1]) -> false
is([null], [null]) -> true
is([1], [null]) -> false
is([@"08:00:00Z"..@"09:00:00Z"], [@"08:00:00@Etc/UTC"..@"09:00:00Z"]) -> false
is([1..2], [1..2]) -> true
is([1..2], [1..2)) -> false
is(1, "1") -> false
is([1], 1) -> false
is(value1: "a") -> false
is(value2: "a") -> false
is(value1: null) -> true
is("a") -> null
is(value1: "a", other: 1) -> null
now() -> null
today() -> null
"""

CONTEXTS = """
get value({key1: "value1"}, "key1") -> "value1"
get value({key1: "value1"}, "unexistent") -> null
get value({a: {b: 5}}, ["a", "b"]) -> 5
get value({a: {b: 5}}, []) -> null
get entries({a: "x", b: 2}) -> [{key: "a", value: "x"}, {key: "b", value: 2}]
get entries({}) -> []
context([{key: "a", value: 1}, {key: "b", value: 2}]) -> {a: 1, b: 2}
context([{key: "a", value: 1}, {key: "a", value: 2}]) -> null
context([{key: "a"}]) -> null
context([]) -> {}
context put({x: 1}, "y", 2) -> {x: 1, y: 2}
context put({x: 1, y: 0}, "y", 2) -> {x: 1, y: 2}
context put({x: 1, y: {a: 0}}, ["y", "a"], 2) -> {x: 1, y: {a: 2}}
context put({x: 1}, ["z", "a"], 2) -> null
context put({x: 1}, [], 2) -> null
context merge([{x: 1}, {y: 2}]) -> {x: 1, y: 2}
context merge([{x: 1, y: 0}, {y: 2}]) -> {x: 1, y: 2}
context merge([{x: 1}, 2]) -> null
"""


def cases(*blocks: str) -> list[tuple[str, str]]:
    lines = [line for block in blocks for line in block.strip().splitlines()]
    pairs = [tuple(line.replace("\\\\", "\\").rsplit(" -> ", 1)) for line in lines]
    return [pair for pair in pairs if pair[1] != "skip"]


def shown(text: str) -> str:
    run = dmn.compile(dmn.parse(text), missing=None)
    return dmn.to_feel(run({}))


@pytest.mark.parametrize(("text", "expected"), cases(LISTS))
def test_lists(text, expected):
    assert shown(text) == expected


@pytest.mark.parametrize(("text", "expected"), cases(RANGES))
def test_ranges(text, expected):
    assert shown(text) == expected


RANGE = st.builds("{}{}..{}{}".format, st.sampled_from("[("), st.integers(1, 3),
                  st.integers(3, 5), st.sampled_from("])"))  # fmt: skip
HALF = st.builds("({} {})".format, st.sampled_from(["<", "<=", ">", ">="]), st.integers(1, 5))
MIRRORED = [
    ("overlaps before", "overlaps after"),
    ("before", "after"),
    ("meets", "met by"),
    ("finishes", "finished by"),
    ("starts", "started by"),
    ("during", "includes"),
]


@pytest.mark.parametrize(("one", "other"), MIRRORED)
def test_each_relation_of_ranges_has_its_mirror(one: str, other: str):
    @settings(max_examples=150, deadline=None)
    @given(st.one_of(RANGE, HALF), st.one_of(RANGE, HALF))
    def check(a: str, b: str) -> None:
        assert shown(f"{one}({a}, {b})") == shown(f"{other}({b}, {a})")

    check()


@pytest.mark.parametrize(("text", "expected"), cases(DATES, CONTEXTS))
def test_dates_and_contexts(text, expected):
    assert shown(text) == expected


def test_the_clock_is_given_never_read():
    moment = datetime(2026, 1, 31, 8, 30, tzinfo=UTC)
    run = dmn.compile(dmn.parse("[now(), today()]"), clock=lambda: moment)
    assert run({}) == [moment, moment.date()]
