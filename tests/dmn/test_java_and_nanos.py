"""Java's closed table, and values finer than datetime: what they must not open or weaken."""

from __future__ import annotations

import time

import pytest

import dmn
from dmn.values import to_feel

JAVA = 'function(a) external {java: {class: "%s", method signature: "%s"}}'


def called(klass: str, signature: str, value: object) -> object:
    scope = {"v": value}
    text = f"({JAVA % (klass, signature)})(v)"
    return dmn.compile(dmn.parse(text), missing=None)(scope)


def judged(text: str) -> object:
    return dmn.compile(dmn.parse(text), missing=None)({})


def test_an_unknown_argument_leaves_the_result_unknown():
    assert called("java.lang.Math", "abs(double)", dmn.UNKNOWN) is dmn.UNKNOWN
    assert called("java.lang.String", "valueOf(java.lang.Object)", [dmn.UNKNOWN]) is dmn.UNKNOWN


@pytest.mark.parametrize(
    ("klass", "signature"),
    [
        ("java.lang.System", "exit(int)"),
        ("java.lang.Runtime", "getRuntime()"),
        ("java.lang.Math", "random()"),
        ("java.lang.Math", "__class__(double)"),
        ("os", "system(java.lang.String)"),
        ("java.lang.Class", "forName(java.lang.String)"),
    ],
)
def test_nothing_but_the_table_can_be_called(klass: str, signature: str):
    assert called(klass, signature, "1") is None


def test_a_format_cannot_fill_the_memory():
    start = time.process_time()
    signature = "format(java.lang.String, [Ljava.lang.Object;)"
    text = (
        f'({JAVA.replace("(a)", "(a, b)") % ("java.lang.String", signature)})(p, ["{"x" * 5000}"])'
    )
    scope = {"p": "%1$s" * 4_000}
    assert dmn.compile(dmn.parse(text, names=["p"]), missing=None)(scope) is None
    assert time.process_time() - start < 1


def test_rules_know_neither_functions_nor_nanoseconds():
    for text in (JAVA % ("java.lang.Math", "abs(double)"), '@"10:00:00.123456789"'):
        with pytest.raises(dmn.FeelError):
            dmn.parse(text, dialect="total")
    for text in ('@"PT0.000000001S"', '@"P1000000000D"'):
        with pytest.raises(dmn.FeelError) as caught:
            dmn.parse(text, dialect="total")
        assert caught.value.code == "dialect.fraction"
    dmn.parse('@"10:00:00.123456"', dialect="total")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('@"10:00:00.000000001" - @"10:00:00"', '@"PT0.000000001S"'),
        ('@"00:00:00" - @"PT0.000000001S"', '@"23:59:59.999999999"'),
        ('@"2026-01-31T00:00:00Z" - @"PT0.000000001S"', '@"2026-01-30T23:59:59.999999999Z"'),
        ('@"PT0.000000001S" * 1000000000', '@"PT1S"'),
        ('@"PT9223372036854775807S" + @"PT1S"', '@"P106751991167300DT15H30M8S"'),
        ('@"PT9223372036854775807S" + @"PT2S"', "null"),
        ('@"PT9223372036854775807S" / @"PT1S"', "9223372036854775807"),
        ('@"2026-01-31" + @"PT9223372036854775807S"', "null"),
        ('abs(@"-PT0.000000001S") > @"PT0S"', "true"),
        ('@"10:00:00.000000001@Asia/Shanghai" = @"02:00:00.000000001Z"', "true"),
        ('sort([@"PT1S", @"PT0.000000001S"])[1]', '@"PT0.000000001S"'),
        ('[@"10:00:00.000000001"..@"11:00:00"].start in [@"10:00:00"..@"10:00:01"]', "true"),
    ],
)
def test_nanoseconds_and_long_spans_count_exactly(text: str, wanted: str):
    assert to_feel(judged(text)) == wanted
