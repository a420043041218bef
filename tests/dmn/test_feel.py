"""Operators and expressions, by DMN 1.5, clause 10.3.2; calendar facts computed by hand."""

from __future__ import annotations

import pytest

import dmn
from dmn import FeelError

ARITHMETIC = """
1 + 2 * 3 -> 7
(1 + 2) * 3 -> 9
10 - 2 - 3 -> 5
8 / 4 / 2 -> 1
"foo" + "bar" -> "foobar"
"foo" + 1 -> null
1 + null -> null
true + 1 -> null
--1 -> 1
-"a" -> null
.5 + 1.50 -> 2
1.2e3 -> 1200
1 / 3 -> 0.3333333333333333333333333333333333
2 / 3 -> 0.6666666666666666666666666666666667
@"2024-01-31" + @"P1M" -> @"2024-02-29"
@"2023-01-31" + @"P1M" -> @"2023-02-28"
@"2024-02-29" + @"P1Y" -> @"2025-02-28"
@"2024-03-31" - @"P1M" -> @"2024-02-29"
@"2020-11-30" + @"P15M" -> @"2022-02-28"
@"P1M" + @"2024-01-31" -> @"2024-02-29"
@"2024-12-31" + @"P1D" -> @"2025-01-01"
@"2024-01-01" + @"PT36H" -> @"2024-01-02"
@"2024-01-01" - @"PT1H" -> @"2023-12-31"
@"2024-03-01" - @"2024-02-01" -> @"P29D"
@"2024-03-01T12:00:00" - @"2024-03-01T10:30:00" -> @"PT1H30M"
@"2024-03-01T12:00:00+08:00" - @"2024-03-01T12:00:00Z" -> @"-PT8H"
@"2024-03-01T12:00:00" - @"2024-03-01T12:00:00Z" -> null
@"2024-03-31T01:30:00@Europe/Paris" + @"PT1H" -> @"2024-03-31T03:30:00@Europe/Paris"
@"23:30:00" + @"PT1H" -> @"00:30:00"
@"00:30:00Z" - @"PT1H" -> @"23:30:00Z"
@"10:15:00" - @"10:00:00" -> @"PT15M"
@"P1Y" + @"P2M" -> @"P1Y2M"
@"P1D" - @"PT1H" -> @"PT23H"
@"P1Y" + @"P1D" -> null
@"P1Y" * 1.5 -> @"P1Y6M"
@"P1Y" / 2 -> @"P6M"
@"P1Y" / @"P1M" -> 12
@"P1D" / @"PT6H" -> 4
@"P1D" * @"P1D" -> null
@"9999-12-31" + @"P1D" -> @"10000-01-01"
@"0001-01-01" - @"P1D" -> @"0000-12-31"
@"-2017-02-28" + @"P1Y" -> @"-2016-02-28"
@"999999999-12-31" + @"P1D" -> null
@"999999999-12-31" + @"P1Y" -> null
@"10000-03-01" - @"9999-03-01" -> @"P366D"
@"99999-12-31T11:22:33Z" - @"99999-12-31T11:22:30Z" -> @"PT3S"
@"2024-01-31" + 1 -> null
-@"P1D" -> @"-P1D"
"""

COMPARISON = """
1 = 1.0 -> true
1 = "1" -> null
null = null -> true
1 = null -> false
1 != null -> true
"a" != "a" -> false
[1, 2] = [1, 2] -> true
[1, 2] = [2, 1] -> false
[1, "a"] = [1, 2] -> false
{a: 1, b: 2} = {b: 2, a: 1} -> true
{a: 1} = {a: 2} -> false
[1..3] = [1..3] -> true
[1..3] = [1..3) -> false
@"2020-01-01" = @"2020-01-01T00:00:00" -> null
@"2020-01-01T10:00:00Z" = @"2020-01-01T11:00:00+01:00" -> true
@"10:00:00Z" = @"11:00:00+01:00" -> true
@"P1Y" = @"P12M" -> true
@"09:15:00.25" = @"09:15:00.75" -> false
@"09:15:00.25" < @"09:15:00.75" -> true
@"09:15:00.25" <= @"09:15:00.75" -> true
@"09:15:00.25" >= @"09:15:00.75" -> false
@"2024-05-01T09:15:00.000000001" = @"2024-05-01T09:15:00" -> false
@"2024-05-01T09:15:00.000000001" > @"2024-05-01T09:15:00" -> true
(=7) = [7..7] -> true
@"P1D" = @"PT24H" -> true
@"P1Y" = @"P365D" -> null
2 > 1 -> true
"b" > "a" -> true
"a" < 1 -> null
null < 1 -> null
true < false -> null
[1] < [2] -> null
@"2020-01-01" < @"2020-01-02" -> true
@"9999-12-31" < @"10000-01-01" -> true
@"-0001-01-01" < @"0001-01-01" -> true
@"-99999-01-01T00:00:00Z" < @"2020-01-01T00:00:00Z" -> true
@"-99999-01-01T00:00:00Z" < @"2020-01-01T00:00:00" -> null
@"10000-01-01" = @"10000-01-01" -> true
@"10000-01-01T10:00:00Z" = @"10000-01-01T11:00:00+01:00" -> true
@"2020-01-01T10:00:00" < @"2020-01-01T10:00:00Z" -> null
5 between 1 and 5 -> true
6 between 1 and 5 -> false
null between 1 and 5 -> null
5 in [1..5] -> true
5 in [1..5) -> false
5 in ]1..5[ -> false
1 in (1..5] -> false
3 in ]1..5[ -> true
5 in (1, 2, 5) -> true
5 in [1, 2, 5] -> true
5 in ([1..2], [4..6]) -> true
5 in < 6 -> true
5 in (< 3, > 4) -> true
5 in [< 3, > 4] -> true
4 in [< 3, > 4] -> false
5 in (< 6) -> true
"b" in ["a".."c"] -> true
null in [1..5] -> null
1 in null -> false
null in null -> true
[1] in [[1], [2]] -> true
true and false -> false
true and null -> null
false and null -> false
"x" and true -> null
"x" and false -> false
true or null -> true
false or null -> null
false or "x" -> null
not(true) -> false
not(null) -> null
not(1) -> null
"""

EXPRESSIONS = """
if 1 > 0 then "a" else "b" -> "a"
if null then "a" else "b" -> "b"
if "true" then "a" else "b" -> "b"
if true then 1 else if true then 2 else 3 -> 1
for x in [1, 2] return x * 2 -> [2, 4]
for x in 1..3 return x -> [1, 2, 3]
for x in 3..1 return x -> [3, 2, 1]
for x in -1..1 return x -> [-1, 0, 1]
for x in [1, 2], y in [10, 20] return x + y -> [11, 21, 12, 22]
for x in [1, 2], y in [x, x] return y -> [1, 1, 2, 2]
for i in 0..4 return if i = 0 then 1 else i * partial[-1] -> [1, 1, 2, 6, 24]
for d in @"2024-02-28"..@"2024-03-01" return d -> [@"2024-02-28", @"2024-02-29", @"2024-03-01"]
for x in [1..3] return x -> [1, 2, 3]
for x in [1..3) return x -> [1, 2]
for x in 5 return x -> [5]
for x in null return x -> null
for x in [] return x -> []
some x in [1, 2] satisfies x > 1 -> true
some x in [] satisfies x > 1 -> false
every x in [1, 2] satisfies x > 1 -> false
every x in [] satisfies x > 1 -> true
every x in [1, 2], y in [3, 4] satisfies x < y -> true
some x in 1..3 satisfies x = 2 -> true
some x in null satisfies true -> null
[1, 2, 3][1] -> 1
[1, 2, 3][-1] -> 3
[1, 2, 3][0] -> null
[1, 2, 3][4] -> null
[1, 2, 3][item >= 2] -> [2, 3]
[1, 2, 3][false] -> []
5[1] -> 5
5[item > 3] -> [5]
[{x: 1, y: 2}, {x: 2, y: 3}][x = 1] -> [{x: 1, y: 2}]
[{x: 1, y: 2}, {x: 2, y: 3}][x = 1].y -> [2]
[{x: 1, y: 2}, {x: null, y: 3}][x < 2] -> [{x: 1, y: 2}]
[{x: 1}, {x: 2}].x -> [1, 2]
[{item: 5}, {item: 1}][item > 2] -> [{item: 5}]
{a: 1, b: a + 1} -> {a: 1, b: 2}
{a: {b: {c: 5}}}.a.b.c -> 5
{a: 1}.b -> null
{"full name": 1}.full name -> 1
{full name: 1, x: full name + 1}.x -> 2
{a: function(x) x + 1, b: a(2)}.b -> 3
(function(x: number, y: number) x - y)(y: 1, x: 5) -> 4
(function(x: number) x)("a") -> null
(function(x: number) x)(1, 2) -> null
(function(x: list<number>) x)(5) -> [5]
(function(x: number) x)([5]) -> 5
1(2) -> null
[1..3].start -> 1
(1..3].start included -> false
[1..3].end -> 3
[1..3).end included -> false
@"2024-02-29".year -> 2024
@"-2024-02-29".year -> -2024
@"12024-02-29".weekday -> 4
@"2024-02-29".month -> 2
@"2024-02-29".day -> 29
@"2024-02-29".weekday -> 4
@"2024-02-29".hour -> null
@"2024-02-29T10:11:12+08:00".time offset -> @"PT8H"
@"2024-02-29T10:11:12@Asia/Shanghai".timezone -> "Asia/Shanghai"
@"10:11:12".second -> 12
@"10:11:12".time offset -> null
@"P1Y2M".years -> 1
@"P1Y2M".months -> 2
@"P1DT2H3M4S".hours -> 2
@"-P1DT2H".days -> -1
@"P1Y".days -> null
"abc".foo -> null
1 instance of number -> true
"a" instance of number -> false
null instance of number -> false
null instance of Null -> true
1 instance of Any -> true
null instance of Any -> false
[1, 2] instance of list<number> -> true
[1, "a"] instance of list<number> -> false
[] instance of list<number> -> true
{a: 1} instance of context<a: number> -> true
{a: 1, b: 2} instance of context<a: number> -> true
{a: 1} instance of context<a: number, b: number> -> false
[1..2] instance of range<number> -> true
@"2024-01-01" instance of date -> true
@"2024-01-01" instance of date and time -> false
@"P1Y" instance of years and months duration -> true
@"P1D" instance of days and time duration -> true
(function(x: number) x) instance of function<number> -> Any -> true
1 /* one */ + 1 // two -> 2
"\\u79d2" -> "秒"
"a\\"b" -> "a\\"b"
{🐎: 1}.🐎 -> 1
[null, null] -> [null, null]
[1..null] -> null
[1.."a"] -> null
"""


def cases(block: str) -> list[tuple[str, str]]:
    return [tuple(line.rsplit(" -> ", 1)) for line in block.strip().splitlines()]


def shown(text: str) -> str:
    return dmn.to_feel(dmn.compile(dmn.parse(text), missing=None)({}))


@pytest.mark.parametrize(("text", "expected"), cases(ARITHMETIC))
def test_arithmetic(text, expected):
    assert shown(text) == expected


@pytest.mark.parametrize(("text", "expected"), cases(COMPARISON))
def test_comparison_and_logic(text, expected):
    assert shown(text) == expected


@pytest.mark.parametrize(("text", "expected"), cases(EXPRESSIONS))
def test_expressions(text, expected):
    assert shown(text) == expected


@pytest.mark.parametrize(
    ("cell", "value", "expected"),
    [
        ("-", "null", "true"),
        ("< 5", "4", "true"),
        ("[1..3], 7", "7", "true"),
        ("not(1, 2)", "3", "true"),
        ("not(1, 2)", "2", "false"),
        ("not([1..5))", "5", "true"),
        ("not([1..5))", "4", "false"),
        ("not((1..5])", "1", "true"),
        ("not(]1..5[, 9)", "5", "true"),
        ("not(]1..5[, 9)", "9", "false"),
        ('not("a)", "(")', '"a"', "true"),
        ("not(true) or (? > 3)", "4", "true"),
        ('"a", "b"', '"b"', "true"),
        ("? > 3", "4", "true"),
        ("? * 2 = 8 and ? < 5", "4", "true"),
        ("null", "null", "true"),
        ("true", "false", "false"),
        ("[1, 2]", "2", "true"),
        ("> 3", '"a"', "null"),
        ("list contains([4], ?)", "4", "true"),
        ("not(null)", "1", "true"),
    ],
)
def test_unary_tests(cell, value, expected):
    run = dmn.compile(dmn.parse(cell, kind="unary_tests"))
    scope = {"?": dmn.compile(dmn.parse(value))({})}
    assert dmn.to_feel(run(scope)) == expected


@pytest.mark.parametrize(
    ("names", "text", "scope", "expected"),
    [
        (["a-b", "a", "b"], "a-b + 1", {"a-b": "7"}, "8"),
        (["a", "b"], "a-b", {"a": "7", "b": "2"}, "5"),
        (["in stock"], "in stock > 1", {"in stock": "2"}, "true"),
        (["profit and loss"], "profit  and loss * 2", {"profit and loss": "2"}, "4"),
        (["初次 领证日"], "初次 领证日 + 1", {"初次 领证日": "2"}, "3"),
        (["a", "b"], "[1, a - b in [4..5]][2]", {"a": "7", "b": "2"}, "true"),
        (["a-b", "a"], "for a-b in [1] return a-b + a", {"a": "7", "a-b": "2"}, "[8]"),
        (["x"], "some y in [x] satisfies y = x", {"x": "1"}, "true"),
    ],
)
def test_names_may_hold_blanks_and_signs_where_known(names, text, scope, expected):
    values = {key: dmn.compile(dmn.parse(value))({}) for key, value in scope.items()}
    assert dmn.to_feel(dmn.compile(dmn.parse(text, names=names))(values)) == expected


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("1 +", "syntax.end", 1, 4),
        ("1 + * 2", "syntax.unexpected", 1, 5),
        ("\n  )", "syntax.unexpected", 2, 3),
        ('"abc', "syntax.string", 1, 1),
        ('@"2024-1-5"', "syntax.at", 1, 1),
        ("a #", "syntax.character", 1, 3),
        ("1e9999", "syntax.number", 1, 1),
        ("{a: 1, a: 2}", "syntax.twice", 1, 8),
        ("（1）", "syntax.wide", 1, 1),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(text, code, line, column):
    with pytest.raises(FeelError) as caught:
        dmn.parse(text)
    assert caught.value.code == code
    assert (caught.value.place.line, caught.value.place.column) == (line, column)


def test_full_width_punctuation_is_normalised_visibly_and_not_inside_strings():
    text, notes = dmn.normalise("学历 in （“学士”，“硕，士”）")
    assert text == '学历 in ("学士","硕，士")'
    assert [(note.place.column, note.before, note.after) for note in notes] == [
        (7, "（", "("),
        (8, "“", '"'),
        (11, "”", '"'),
        (12, "，", ","),
        (13, "“", '"'),
        (17, "”", '"'),
        (18, "）", ")"),
    ]


def test_places_point_into_the_text():
    node = dmn.parse("a +\n  bc")
    assert (node.right.place.line, node.right.place.column) == (2, 3)
    assert (node.right.place.start, node.right.place.end) == (6, 8)
