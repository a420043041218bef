"""Patterns that may take too long: the matcher that counts its steps, against Python's engine."""

from __future__ import annotations

import random
import re
import time

import pytest

import dmn
from dmn.builtins.backtrack import STEPS, occurs
from dmn.builtins.patterns import Translator


def matches(text: str, pattern: str, flags: str = "") -> object:
    names = {"t": text, "p": pattern, "f": flags}
    return dmn.compile(dmn.parse("matches(t, p, f)"), missing=None)(names)


def made(chance: random.Random, depth: int = 0) -> str:
    """A pattern of a few letters, choices, groups and repetitions."""
    kind = chance.random()
    if depth > 2 or kind < 0.45:
        atom = chance.choice(["a", "b", "[ab]", ".", "[^a]"])
        return atom + chance.choice(["", "", "*", "+", "?", "{2}", "{1,2}", "*?", "+?"])
    if kind < 0.7:
        return made(chance, depth + 1) + made(chance, depth + 1)
    inside = made(chance, depth + 1) + chance.choice(["", f"|{made(chance, depth + 1)}"])
    return chance.choice(["(", "(?:"]) + inside + ")" + chance.choice(["", "*", "+", "?", "{2}"])


def test_it_finds_what_pythons_engine_finds():
    chance, tried = random.Random(20260131), 0
    for _ in range(1500):
        pattern = made(chance) + made(chance) + chance.choice(["", "$"])
        text = "".join(chance.choice("ab") for _ in range(chance.randrange(6)))
        known = re.compile(Translator(pattern, 0).whole())
        try:
            found = occurs(text, pattern, 0, lambda steps: None)
        except ValueError:  # its steps were used up
            continue
        assert found == (known.search(text) is not None), (pattern, text)
        tried += 1
    assert tried > 1400


@pytest.mark.parametrize(
    ("text", "pattern", "wanted"),
    [
        ("some.one@example.co.cn", r"^([a-z]+\.)*[a-z]+@([a-z]+\.)+[a-z]+$", True),
        ("123-456-789-12", r"^(\d{3}-)*\d+$", True),
        ("the quick brown fox", r"^(\w+\s?)+$", True),
        ("1,22,333,x", r"^(([0-9]+)(,[0-9]+)*)?$", False),
        ("xx abba zzzz", r"(.)(.)\2\1", True),
        ("AbbA abBa", r"^(?:(.)(.)\2\1\s?)+$", False),
    ],
)
def test_what_is_soon_done_is_answered(text: str, pattern: str, wanted: bool):
    assert matches(text, pattern) is wanted


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("a" * 28, "a?" * 28 + "a" * 28),
        ("a" * 40, "(a?){30}a{30}$"),
        ("ab" * 20, "(a?b?)*c"),
        ("a" * 40 + "!", "^(a|a)*(a+)+(a*)*$"),
        ("a" * 31 + "!", "(a+)+$"),
    ],
)
def test_what_is_not_soon_done_gives_null(text: str, pattern: str):
    start = time.process_time()
    assert matches(text, pattern) is None
    assert time.process_time() - start < 1


def test_the_steps_taken_count_against_the_budget():
    spent: list[int] = []
    with pytest.raises(ValueError, match="too long"):
        occurs("a" * 31 + "!", "(a+)+$", 0, spent.append)
    assert spent == [STEPS + 1]
    words = ", ".join(['matches("' + "a" * 31 + '!", "(a+)+$")'] * 20)
    with pytest.raises(dmn.FeelBudgetError):
        dmn.compile(dmn.parse(f"[{words}]"), missing=None)({})
