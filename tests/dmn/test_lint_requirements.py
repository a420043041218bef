"""Lists of requirements: what can never be met, never fail, or not all be met at once."""

from __future__ import annotations

import os
import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import z3

from benchmarks.requirements15 import CONSTANTS as PACK_CONSTANTS
from benchmarks.requirements15 import REQUIREMENTS as PACK
from benchmarks.requirements15 import TYPES as PACK_TYPES
from dmn import YearsMonths, parse
from dmn import types as t
from dmn.analysis.lint import Finding, lint_requirements
from dmn.requirements import Requirement, judge

LISTS = int(os.environ.get("DMN_Z3_LISTS", "150" if os.environ.get("MIAOPI_FULL") else "60"))
EPOCH = date(2024, 1, 1)
TYPES: dict[str, t.Type] = {
    "n": t.NUMBER,
    "m": t.NUMBER,
    "d": t.DATE,
    "e": t.DATE,
    "f": t.DATE,
    "s": t.STRING,
    "b": t.BOOLEAN,
    "kind": t.enumeration(t.STRING, "valid", "expired"),
    "items": t.list_of(t.context_of(points=t.NUMBER, ended=t.DATE)),
}
CONSTANTS: dict[str, object] = {"limit": Decimal(5), "span": YearsMonths(36)}
ALL = [*TYPES, *CONSTANTS]


def requirement(name: str, must: str, applies: str = "") -> Requirement:
    return Requirement(
        name,
        parse(must, dialect="total", names=ALL),
        parse(applies, dialect="total", names=ALL) if applies else None,
    )


def lint(*texts: str, **more: Any) -> list[Finding]:
    found = [requirement(f"r{at}", text) for at, text in enumerate(texts)]
    return lint_requirements(found, TYPES, constants=CONSTANTS, **more)


def results(requirements: list[Requirement], case: dict[str, object] | None) -> list[str]:
    return [judge(one)({**CONSTANTS, **(case or {})}) for one in requirements]


# --- agreement with z3 ----------------------------------------------------------------------

VARIABLES = {
    **{name: z3.Real(name) for name in ("n", "m")},
    **{name: z3.Int(name) for name in ("d", "e", "f", "s", "kind")},
    "b": z3.Bool("b"),
}
DOMAIN = z3.And(VARIABLES["kind"] >= 0, VARIABLES["kind"] <= 1)
SIGNS: dict[str, Any] = {
    "=": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}  # fmt: skip


def atom(rng: random.Random, pairs: list[tuple[str, str]]) -> tuple[str, Any]:
    """A comparison as FEEL and as z3. `pairs`: the inputs that may be compared together."""
    shape = rng.randrange(6)
    sign = rng.choice(list(SIGNS))
    if shape == 0:
        name, value = rng.choice("nm"), rng.randint(0, 4)
        return f"{name} {sign} {value}", SIGNS[sign](VARIABLES[name], value)
    if shape == 1:
        name, value = rng.choice("def"), rng.randint(0, 6)
        day = EPOCH + timedelta(days=value)
        return f'{name} {sign} @"{day}"', SIGNS[sign](VARIABLES[name], value)
    if shape == 2:
        sign, value = rng.choice(["=", "!="]), rng.randrange(3)
        return f's {sign} "{"甲乙丙"[value]}"', SIGNS[sign](VARIABLES["s"], value)
    if shape == 3:
        value = rng.randrange(2)
        return f'kind = "{("valid", "expired")[value]}"', VARIABLES["kind"] == value
    if shape == 4:
        return "b", VARIABLES["b"]
    one, two = rng.choice(pairs)
    by = rng.randint(0, 5)
    shift = f' + @"P{by}D"' if one in "def" else f" + {by}"
    return f"{one}{shift} {sign} {two}", SIGNS[sign](VARIABLES[one] + by, VARIABLES[two])


def condition(rng: random.Random, pairs: list[tuple[str, str]], depth: int = 2) -> tuple[str, Any]:
    if depth == 0 or rng.random() < 0.4:
        return atom(rng, pairs)
    if rng.random() < 0.2:
        text, formula = condition(rng, pairs, depth - 1)
        return f"not({text})", z3.Not(formula)
    joiner = rng.choice(["and", "or"])
    parts = [condition(rng, pairs, depth - 1) for _ in range(2)]
    text = f" {joiner} ".join(f"({text})" for text, _ in parts)
    return text, (z3.And if joiner == "and" else z3.Or)(*(formula for _, formula in parts))


def possible(*formulas: Any) -> bool:
    solver = z3.Solver()
    solver.add(DOMAIN, *formulas)
    return bool(solver.check() == z3.sat)


@pytest.mark.parametrize("seed", range(LISTS))
def test_what_is_proved_is_what_z3_proves(seed: int) -> None:
    rng = random.Random(seed)
    pairs = [rng.choice([("n", "m"), ("m", "n")]), *rng.choice([[("d", "e"), ("d", "f")],
             [("e", "d"), ("f", "d")], [("d", "e"), ("e", "f")]])]  # fmt: skip
    made = [condition(rng, pairs) for _ in range(rng.randint(2, 6))]
    found = lint(*(text for text, _ in made))
    assert not any(f.kind == "not_proved" for f in found), [text for text, _ in made]
    kinds = {(f.kind, f.subjects[0]) for f in found if f.kind != "contradiction"}
    formulas = {f"r{at}": formula for at, (_, formula) in enumerate(made)}
    for name, formula in formulas.items():
        assert (("never_met", name) in kinds) == (not possible(formula)), made
        assert (("never_fails", name) in kinds) == (not possible(z3.Not(formula))), made
    alive = [f for name, f in formulas.items() if ("never_met", name) not in kinds]
    cores = [f for f in found if f.kind == "contradiction"]
    assert bool(cores) == (not possible(*alive)), made
    for core in cores:
        members = [formulas[name] for name in core.subjects]
        assert not possible(*members)
        for left_out in range(len(members)):  # nothing in it is there for nothing
            assert possible(*members[:left_out], *members[left_out + 1 :])
        requirements = [requirement(n, made[int(n[1:])][0]) for n in core.subjects]
        assert results(requirements, core.witness) == ["met"] * (len(members) - 1) + ["unmet"]


# --- faults put into a correct list ---------------------------------------------------------

CALL_ERRORS = [
    ("never_met", "income >= 3000 and income < 2000"),
    ("never_met", 'permit = "valid" and permit = "expired"'),
    ("never_met", "born + adult <= as_of and born + @\"P10Y\" > as_of"),
    ("never_met", "alive and not(alive)"),
    ("never_fails", "income >= 3000 or income < 4000"),
    ("never_fails", 'permit in ("valid", "expired")'),
    ("never_fails", "full_time or not(full_time)"),
    ("contradiction", "not(alive)"),
    ("contradiction", "born + @\"P20Y\" > as_of and born + @\"P18Y\" > as_of"),
    ("contradiction", 'capacity = "limited"'),
    ("contradiction", "months < 6 and income < 20000"),
    ("wrong_type", 'income >= "3000"'),
    ("wrong_type", 'permit = "vaild"'),
    ("wrong_type", "born + 18 <= as_of"),
    ("wrong_type", "income + 1"),
    ("unknown_input", "incom >= 3000"),
]  # fmt: skip


def test_a_list_such_as_a_pack_has_raises_no_alarm() -> None:
    assert lint_requirements(PACK, PACK_TYPES, constants=PACK_CONSTANTS) == []
    nullable = list(PACK_TYPES)
    assert lint_requirements(PACK, PACK_TYPES, constants=PACK_CONSTANTS, nullable=nullable) == []


@pytest.mark.parametrize(("kind", "text"), CALL_ERRORS)
def test_every_fault_in_it_is_found(kind: str, text: str) -> None:
    known = [*PACK_TYPES, *PACK_CONSTANTS, "incom"]
    wrong = Requirement("wrong", parse(text, dialect="total", names=known))
    found = lint_requirements([*PACK, wrong], PACK_TYPES, constants=PACK_CONSTANTS)
    assert {f.kind for f in found} == {kind}
    assert all("wrong" in f.subjects and f.proved for f in found)
    for one in found:
        if one.kind == "contradiction":
            members = [r for r in [*PACK, wrong] if r.id in one.subjects]
            said = [judge(r)({**PACK_CONSTANTS, **(one.witness or {})}) for r in members]
            assert sorted(said) == ["met"] * (len(members) - 1) + ["unmet"]


# --- single sentences -----------------------------------------------------------------------


def test_an_applies_that_no_case_meets() -> None:
    one = requirement("x", "b", "n > 5 and n < 5")
    (found,) = lint_requirements([one], TYPES, constants=CONSTANTS)
    assert (found.kind, found.subjects) == ("unreachable_applies", ("x",))


def test_a_requirement_that_does_not_apply_cannot_contradict() -> None:
    pair = [requirement("x", "n > 5", "b"), requirement("y", "n < 3", "not(b)")]
    assert lint_requirements(pair, TYPES, constants=CONSTANTS) == []


def test_months_that_are_clipped_are_known() -> None:
    """31 January + 1 month = 29 February 2024: the only way to meet both."""
    assert lint('d + @"P1M" = @"2024-02-29"', 'd > @"2024-01-30"') == []
    (found,) = lint('d + @"P1M" = @"2024-02-29"', 'd > @"2024-01-31"')
    assert found.kind == "contradiction"


def test_a_quantifier_is_shown_to_hold_and_to_fail_but_never_proved() -> None:
    assert lint("every i in items satisfies i.points < limit") == []
    found = lint("every i in items satisfies i.points < limit or i.points >= limit")
    assert [(f.kind, f.proved) for f in found] == [("not_proved", False)]


def test_an_input_computed_from_others_proves_nothing() -> None:
    found = lint("n > 3", "n < 2", derived=["n"])
    assert [(f.kind, f.proved) for f in found] == [("not_proved", False)]


def test_parameters_count_with_their_values() -> None:
    (found,) = lint("n > limit", "n <= limit")
    assert found.kind == "contradiction"
    assert set(found.subjects) == {"r0", "r1"}
