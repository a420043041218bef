"""Every built-in function, by the examples of DMN 1.5, clause 10.3.4, and its error conditions.

The expected text is how FEEL writes the value; `null` is what a call that does not fit gives.
"""

from __future__ import annotations

import pytest

import dmn

CONVERSION = """
date("2012-12-25") -> @"2012-12-25"
date("2012-12-25T00:00:00") -> null
date("12-25") -> null
date("999999999-12-31") -> @"999999999-12-31"
date("-999999999-12-31") -> @"-999999999-12-31"
date("01211-12-31") -> null
date("+2012-12-02") -> null
date(10000, 2, 30) -> null
date(-2017, 12, 31) -> @"-2017-12-31"
string(date("-0105-07-01")) -> "-0105-07-01"
date and time("99999-12-31T11:22:33.5@Etc/UTC") -> @"99999-12-31T11:22:33.5@Etc/UTC"
date(date and time("99999-12-31T11:22:33Z")) -> @"99999-12-31"
time(date and time("99999-12-31T11:22:33Z")) -> @"11:22:33Z"
years and months duration(date("-2016-01-30"), date("99999-12-31")) -> @"P102015Y11M"
date("2012-13-25") -> null
date(2012, 12, 25) -> @"2012-12-25"
date(2012, 2, 30) -> null
date(date and time("2012-12-25T11:00:00Z")) -> @"2012-12-25"
date(null) -> null
date(year: 2012, month: 12, day: 25) -> @"2012-12-25"
date(year: 2012, month: 12) -> null
date and time("2012-12-24T23:59:00") -> @"2012-12-24T23:59:00"
date and time("2012-12-24") -> @"2012-12-24T00:00:00"
date and time(date("2012-12-24"), time("23:59:00Z")) -> @"2012-12-24T23:59:00Z"
date and time(date and time("2012-12-24T23:59:00"), time("T23:59:00Z")) -> null
date and time("2017-08-14T14:25:00@Europe/Paris") -> @"2017-08-14T14:25:00@Europe/Paris"
date and time("2017-08-14T14:25:00@Nowhere/Town") -> null
time("23:59:00z") -> @"23:59:00Z"
time("24:00:00") -> null
time(23, 59, 0, duration("PT0H")) -> @"23:59:00Z"
time(23, 59, 0, duration("-PT5H")) -> @"23:59:00-05:00"
time(23, 59, 1.3) -> @"23:59:01.3"
time(hour: 11, minute: 59, second: 0) -> @"11:59:00"
time(date and time("2012-12-24T23:59:00+01:00")) -> @"23:59:00+01:00"
time(date("2012-12-24")) -> @"00:00:00Z"
number("1 000,0", " ", ",") -> 1000
number("1,000.0", ",", ".") -> 1000
number("1.000,5", ".", ",") -> 1000.5
number("1000", null, null) -> 1000
number("1,000", ",", ",") -> null
number("abc", ",", ".") -> null
number(from: "12.5", grouping separator: null, decimal separator: ".") -> 12.5
string(1.1) -> "1.1"
string(1e3) -> "1000"
string(null) -> null
string("a") -> "a"
string(true) -> "true"
string(date("2020-01-31")) -> "2020-01-31"
string(duration("P1Y14M")) -> "P2Y2M"
string(duration("PT36H")) -> "P1DT12H"
string([1, "a", null]) -> "[1, \\"a\\", null]"
string({a: "b", c: 1}) -> "{a: \\"b\\", c: 1}"
duration("P1Y") + duration("P1M") -> @"P1Y1M"
duration("PT20H") * 2 -> @"P1DT16H"
duration("P1Y2D") -> null
duration("P") -> null
years and months duration(date("2011-12-22"), date("2013-08-24")) -> @"P1Y8M"
years and months duration(date("2013-08-24"), date("2011-12-22")) -> @"-P1Y8M"
years and months duration(date("2012-02-29"), date("2013-02-28")) -> @"P11M"
years and months duration(date("2020-03-10"), date("2021-03-09")) -> @"P11M"
years and months duration(@"2020-03-10T20:00:00", @"2021-03-10T08:00:00") -> @"P1Y"
years and months duration(@"2021-03-10T08:00:00", @"2020-03-10T20:00:00") -> @"-P1Y"
years and months duration(@"2020-03-10T20:00:00", @"2021-03-10T08:00:00Z") -> @"P1Y"
years and months duration(@"2020-03-10T23:00:00", @"2021-03-09T23:30:00") -> @"P11M"
years and months duration(@"2020-03-10", @"2021-03-10T00:00:00+08:00") -> @"P1Y"
@"2024-02-28T24:00:00" -> @"2024-02-29T00:00:00"
@"2023-02-28T24:00:00" -> @"2023-03-01T00:00:00"
@"2024-02-28T24:00:00.000" -> @"2024-02-29T00:00:00"
@"2024-02-28T24:00:00" - @"PT1S" -> @"2024-02-28T23:59:59"
@"9999-12-31T24:00:00" -> @"10000-01-01T00:00:00"
date and time("2024-12-31T24:00:00+08:00") -> @"2025-01-01T00:00:00+08:00"
date and time("2024-12-31T24:00:00@Asia/Shanghai") -> @"2025-01-01T00:00:00@Asia/Shanghai"
date and time("2024-12-31T24:00:01") -> null
date and time("2024-12-31T24:30:00") -> null
date and time("2024-12-31T24:00:00.1") -> null
date and time("2024-12-31T25:00:00") -> null
date and time("2024-02-30T24:00:00") -> null
years and months duration(from: date("2011-12-22"), to: date("2011-12-22")) -> @"P0M"
"""

NUMBERS = """
decimal(1/3, 2) -> 0.33
decimal(1.5, 0) -> 2
decimal(2.5, 0) -> 2
decimal(1234.56, -2) -> 1200
decimal(1, 7000) -> null
decimal("1", 0) -> null
floor(1.5) -> 1
floor(-1.5) -> -2
floor(1.56, 1) -> 1.5
floor(-1.56, 1) -> -1.6
ceiling(1.5) -> 2
ceiling(-1.5) -> -1
ceiling(1.56, 1) -> 1.6
round up(5.5, 0) -> 6
round up(-5.5, 0) -> -6
round up(1.121, 2) -> 1.13
round down(5.5, 0) -> 5
round down(-1.126, 2) -> -1.12
round half up(5.5, 0) -> 6
round half up(-1.125, 2) -> -1.13
round half down(5.5, 0) -> 5
round half down(1.126, 2) -> 1.13
abs(10) -> 10
abs(-10) -> 10
abs(@"PT5H") -> @"PT5H"
abs(@"-P1Y") -> @"P1Y"
abs("x") -> null
modulo(12, 5) -> 2
modulo(-12, 5) -> 3
modulo(12, -5) -> -3
modulo(-12, -5) -> -2
modulo(10.1, 4.5) -> 1.1
modulo(-10.1, 4.5) -> 3.4
modulo(10.1, -4.5) -> -3.4
modulo(1, 0) -> null
sqrt(16) -> 4
sqrt(-1) -> null
log(1) -> 0
log(0) -> null
exp(0) -> 1
odd(5) -> true
odd(2) -> false
even(2) -> true
even(5) -> false
even(0) -> true
not(true) -> false
not(null) -> null
not("x") -> null
2 ** 3 -> 8
2 ** 3 ** 2 -> 64
-3 ** 2 -> 9
1 / 0 -> null
0.1 + 0.2 = 0.3 -> true
10 / 4 -> 2.5
1e6144 * 10 -> null
"""

STRINGS = """
substring("foobar", 3) -> "obar"
substring("foobar", 3, 3) -> "oba"
substring("foobar", -2, 1) -> "a"
substring("\\U01F40Eab", 2) -> "ab"
substring("foobar", 0) -> null
substring(string: "foobar", start position: 3) -> "obar"
string length("foo") -> 3
string length("\\U01F40Eab") -> 3
string length("秒批") -> 2
string length(5) -> null
upper case("aBc4") -> "ABC4"
lower case("aBc4") -> "abc4"
substring before("foobar", "bar") -> "foo"
substring before("foobar", "xyz") -> ""
substring before("foobar", "foobar") -> ""
substring before("foobar", "") -> ""
substring after("foobar", "ob") -> "ar"
substring after("", "a") -> ""
substring after("foobar", "xyz") -> ""
substring after("foobar", "") -> "foobar"
replace("abcd", "(ab)|(a)", "[1=$1][2=$2]") -> "[1=ab][2=]cd"
replace("abracadabra", "bra", "*") -> "a*cada*"
replace("abracadabra", "a.*a", "*") -> "*"
replace("abracadabra", "a.*?a", "*") -> "*c*bra"
replace("AAAA", "A+", "b") -> "b"
replace("AAAA", "A+?", "b") -> "bbbb"
replace("darted", "^(.*?)d(.*)$", "$1c$2") -> "carted"
replace("a.b", ".", "$", "q") -> "a$b"
replace("hello", "L", "x", "i") -> "hexxo"
replace("abc", "b", "$") -> null
contains("foobar", "of") -> false
contains("foobar", "ob") -> true
starts with("foobar", "fo") -> true
ends with("foobar", "r") -> true
matches("foobar", "^fo*b") -> true
matches("foobar", "^fo*z") -> false
matches("helloworld", "hello world", "x") -> true
matches("HELLO", "hello", "i") -> true
matches("abc", "[a-z-[aeiou]]{2}") -> true
matches("aei", "[a-z-[aeiou]]") -> false
matches("秒", "\\\\p{Lo}") -> true
matches("abc", "[") -> null
matches("abc", "a", "y") -> null
matches("abab", "(ab)\\\\1") -> true
matches("a\\n", "a$") -> false
matches("x", "(x") -> null
replace("abc", "x*", "-") -> null
matches("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "(a+)+$") -> null
split("John Doe", "\\\\s") -> ["John", "Doe"]
split("a;b;c;;", ";") -> ["a", "b", "c", "", ""]
split("abc", "") -> null
split("abc", "x*") -> null
split("a1b22c", "[0-9]+") -> ["a", "b", "c"]
replace("abc", "", "-") -> null
matches("top\\rend", "top.end") -> false
matches("top\\nend", "top.end") -> false
matches("top\\rend", "top.end", "s") -> true
matches("top\\rend", "top[.]end") -> false
matches("top.end", "top[.]end") -> true
matches("top\\rend", "top[^.]end") -> true
matches("top\\rend", "top\\.end") -> false
replace("a\\rb", ".", "x") -> "x\\rx"
split("a\\r\\rb-c", "b.") -> ["a\\r\\r", "c"]
string join(["a", "b", "c"], "_and_") -> "a_and_b_and_c"
string join(["a", "b", "c"], "") -> "abc"
string join(["a", "b", "c"], null) -> "abc"
string join(["a"], "X") -> "a"
string join(["a", null, "c"], "X") -> "aXc"
string join([], "X") -> ""
string join(["a", 1]) -> null
contains("a", null) -> null
starts with("a") -> null
ends with(1, "a") -> null
"""


def cases(*blocks: str) -> list[tuple[str, str]]:
    lines = [line for block in blocks for line in block.strip().splitlines()]
    pairs = [tuple(line.replace("\\\\", "\\").rsplit(" -> ", 1)) for line in lines]
    return [pair for pair in pairs if pair[1] != "skip"]


def shown(text: str) -> str:
    run = dmn.compile(dmn.parse(text), missing=None)
    return dmn.to_feel(run({}))


@pytest.mark.parametrize(("text", "expected"), cases(CONVERSION))
def test_conversion(text, expected):
    assert shown(text) == expected


@pytest.mark.parametrize(("text", "expected"), cases(NUMBERS))
def test_numbers(text, expected):
    assert shown(text) == expected


@pytest.mark.parametrize(("text", "expected"), cases(STRINGS))
def test_strings(text, expected):
    assert shown(text) == expected
