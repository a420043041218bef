"""Bad input is refused with place and reason: reading within 2 s, judging within 50 ms."""

from __future__ import annotations

import logging
import re
import time
import tracemalloc

import pytest
from lark import Lark

import dmn
from dmn.errors import FeelBudgetError, FeelError, FeelModelError
from dmn.feel.reader import GRAMMAR
from dmn.model.xml_read import read_model

# The greedy bodies: after `if .. else x`, `for .. return x`, `some .. satisfies x` and
# `function(..) x` a following operator belongs to x. Lark resolves each by shifting: on the
# left what it could reduce, on the right the tokens that it shifts instead.
CONFLICTS = """
additive : additive MINUS multiplicative | SLASH STAR
additive : additive PLUS multiplicative | SLASH STAR
additive : multiplicative | SLASH STAR
comparison : additive | MINUS PLUS
comparison : comparison BETWEEN additive AND additive | MINUS PLUS
comparison : comparison COMPARE additive | MINUS PLUS
comparison : comparison IN COMPARE additive | MINUS PLUS
comparison : comparison IN additive | MINUS PLUS
conjunction : comparison | BETWEEN COMPARE IN
conjunction : conjunction AND comparison | BETWEEN COMPARE IN
disjunction : conjunction | AND
disjunction : disjunction OR conjunction | AND
expression : disjunction | OR
multiplicative : multiplicative SLASH power | POWER
multiplicative : multiplicative STAR power | POWER
multiplicative : power | POWER
negation : postfix | CALL DOT OPEN_FILTER
power : instance | INSTANCE
power : power POWER instance | INSTANCE
"""


DOUBLING = "for i in 1..60 return if i = 1 then [1] else concatenate(partial[-1], partial[-1])"


def megabytes(work) -> float:
    tracemalloc.start()
    try:
        work()
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak / 1e6


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("(" * 10_000 + "1" + ")" * 10_000, "budget.depth"),
        ("[" * 10_000, "budget.depth"),
        ("{a: " * 10_000, "budget.depth"),
        ("not(" * 10_000 + "a" + ")" * 10_000, "budget.depth"),
        ("if a then " * 1_000 + "1" + " else 2" * 1_000, "budget.depth"),
        ("- " * 3_000 + "1", "budget.depth"),
        ("+".join(["1"] * 3_000), "budget.depth"),
        (" or ".join(["a"] * 4_000), "budget.tokens"),
        (" or ".join(["a"] * 3_000), "budget.terms"),
        ("9" * 100_000, "budget.digits"),
        ("1e99999999999", "syntax.number"),
        ("a" * 200_000, "budget.text"),
        ('"' + "a" * 99_000, "syntax.string"),
        ("{" + " " * 90_000, "syntax.end"),
        ("1 /* x" + "y" * 90_000, "syntax.comment"),
        ("for " * 20_000, "budget.tokens"),
        ("a." * 3_000 + "a", "budget.depth"),
    ],
)
def test_reading_is_bounded(text, code):
    started = time.process_time()
    with pytest.raises(FeelError) as caught:
        dmn.parse(text, names=["a"])
    assert caught.value.code == code
    assert caught.value.place.line == 1
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("for i in 1..1000000000 return i", "budget.length"),
        ("some i in 1..1000000000 satisfies i < 0", "budget.length"),
        ("count(for i in 1..1e300 return i)", "budget.length"),
        ("for a in 1..300, b in 1..300, c in 1..300 return a", "budget.steps"),
        ("distinct values(for i in 1..5000 return i)", "budget.steps"),
        ("sort(for i in 1..5000 return -i, function(a, b) a < b)", "budget.steps"),
        ('for i in 1..5000 return replace("abcabc", "b", "x")', "budget.steps"),
        ('for i in 1..60 return if i = 1 then "aa" else partial[-1] + partial[-1]', "budget"),
        (
            DOUBLING,
            "budget",
        ),
        ("every a in 1..50000 satisfies every b in 1..50000 satisfies a = b or true", "budget"),
    ],
)
def test_judging_is_bounded(text, code):
    run = dmn.compile(dmn.parse(text))
    started = time.process_time()
    with pytest.raises(FeelBudgetError) as caught:
        run({})
    assert caught.value.code.startswith(code)
    assert time.process_time() - started < 0.25  # 50 ms on a quiet machine


def test_memory_is_bounded():
    def judge() -> None:
        for text in (
            "for i in 1..1000000000 return i",
            'for i in 1..60 return if i = 1 then "aa" else partial[-1] + partial[-1]',
            DOUBLING,
        ):
            with pytest.raises(FeelBudgetError):
                dmn.compile(dmn.parse(text))({})

    assert megabytes(judge) < 50


def test_gigantic_numbers_give_null_not_time():
    started = time.process_time()
    for text in ("10 ** 1000000", "9e6144 * 9e6144", "exp(1e10)", "2 ** 0.5 ** 1e9"):
        assert dmn.compile(dmn.parse(text))({}) in (None, 0, 1)
    assert time.process_time() - started < 0.5


def test_a_regular_expression_cannot_run_wild():
    run = dmn.compile(dmn.parse('matches("' + "a" * 40 + '!", "^(a|a)*(a+)+(a*)*$")'))
    started = time.process_time()
    assert run({}) is None
    assert time.process_time() - started < 0.5


def test_a_budget_is_fresh_for_each_call():
    run = dmn.compile(dmn.parse("count(for i in 1..5000 return i)"))
    assert [run({}) for _ in range(9)] == [5000] * 9


HEAD = '<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="m" namespace="n">'


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("<a", "xml.syntax"),
        ("<a/>", "xml.version"),
        (HEAD.replace("20230324", "19990101") + "</definitions>", "xml.version"),
        (f'<!DOCTYPE d [<!ENTITY e "x">]>{HEAD}&e;</definitions>', "xml.entity"),
        (f'<!DOCTYPE d SYSTEM "file:///etc/passwd">{HEAD}</definitions>', "xml.entity"),
        (HEAD + "<a>" * 5_000, "xml.depth"),
        (" " * 9_000_000, "xml.length"),
    ],
)
def test_hostile_xml_is_refused(data, code):
    with pytest.raises(FeelModelError) as caught:
        read_model(data)
    assert caught.value.code == code


def test_a_circle_of_decisions_is_refused():
    def decision(name: str, need: str) -> str:
        return (
            f'<decision id="{name}" name="{name}"><variable name="{name}"/>'
            f'<informationRequirement><requiredDecision href="#{need}"/></informationRequirement>'
            f"<literalExpression><text>{need}</text></literalExpression></decision>"
        )

    model = read_model(HEAD + decision("a", "b") + decision("b", "a") + "</definitions>")
    with pytest.raises(FeelModelError) as caught:
        dmn.Engine(model)
    assert caught.value.code == "model.circle"
    assert "a" in caught.value.en


def test_the_conflicts_of_the_grammar_are_those_we_chose(caplog):
    logging.getLogger("lark").setLevel(logging.DEBUG)
    with caplog.at_level(logging.DEBUG, logger="lark"):
        Lark(
            GRAMMAR.read_text("utf-8"),
            parser="lalr",
            lexer="basic",
            start=["expression", "unary_tests"],
            debug=True,
        )
    found: dict[str, set[str]] = {}
    terminal = ""
    for line in caplog.messages:
        conflict = re.match(
            r"Shift/Reduce conflict for terminal (\w+): \(resolving as shift\)", line
        )
        if conflict:
            terminal = conflict[1]
        elif line.startswith(" * <"):
            found.setdefault(line.strip(" *<>"), set()).add(terminal)
        else:
            assert "onflict" not in line, line
    pinned = dict(line.split(" | ") for line in CONFLICTS.strip().splitlines())
    assert found == {reduced: set(shifted.split()) for reduced, shifted in pinned.items()}
