"""Gaps, overlaps and unreachable rows: checked against z3, and by faults put in on purpose."""

from __future__ import annotations

import os
import random
import time
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import combinations
from typing import Any

import pytest
import z3

from dmn import compile as compile_tree
from dmn import parse
from dmn import types as t
from dmn.analysis.lint import Finding, lint_table
from dmn.tables.model import Input, Output, Rule, Table

TABLES = int(os.environ.get("DMN_Z3_TABLES", "60"))
FAULTS = int(os.environ.get("DMN_FAULTS", "240"))
EPOCH = date(2020, 1, 1)
WORDS = ["甲", "乙", "丙"]
KINDS = {"number": t.NUMBER, "date": t.DATE, "text": t.STRING, "truth": t.BOOLEAN}


@dataclass(frozen=True)
class Span:
    """What a cell accepts, in a form of the test's own: an interval, or a set of values.

    low and high are integers or None; `points` is set for texts and booleans.
    """

    low: int | None = None
    high: int | None = None
    low_closed: bool = True
    high_closed: bool = False
    points: tuple[int, ...] | None = None
    negated: bool = False

    @property
    def whole(self) -> bool:
        return self.low is None and self.high is None and self.points is None


ANY = Span()


def literal(kind: str, value: int) -> str:
    if kind == "number":
        return str(value)
    if kind == "date":
        return f'@"{EPOCH + timedelta(days=value)}"'
    return ("false", "true")[value] if kind == "truth" else f'"{WORDS[value]}"'


def written(kind: str, span: Span) -> str:
    """The cell as FEEL."""
    if span.whole:
        return "-"
    if span.points is not None:
        tests = ", ".join(literal(kind, p) for p in span.points)
        return f"not({tests})" if span.negated else tests
    if span.low is None or span.high is None:
        value = span.high if span.low is None else span.low
        closed = span.high_closed if span.low is None else span.low_closed
        assert value is not None
        sign = "<" if span.low is None else ">"
        return f"{sign}{'=' if closed else ''} {literal(kind, value)}"
    left, right = "[" if span.low_closed else "(", "]" if span.high_closed else ")"
    return f"{left}{literal(kind, span.low)}..{literal(kind, span.high)}{right}"


def accepts(span: Span, variable: Any) -> Any:
    """The cell as a z3 formula over an integer or real."""
    if span.whole:
        return z3.BoolVal(True)
    if span.points is not None:
        inside = z3.Or(*(variable == p for p in span.points))
        return z3.Not(inside) if span.negated else inside
    parts = []
    if span.low is not None:
        parts.append(variable >= span.low if span.low_closed else variable > span.low)
    if span.high is not None:
        parts.append(variable <= span.high if span.high_closed else variable < span.high)
    return z3.And(*parts)


Rows = list[tuple[Span, ...]]


def table_of(kinds: list[str], rows: Rows, policy: str, outputs: list[str] | None = None) -> Table:
    names = [f"x{number}" for number in range(len(kinds))]
    outputs = outputs or [str(number) for number in range(len(rows))]
    return Table(
        tuple(Input(parse(n, names=names), KINDS[k]) for n, k in zip(names, kinds, strict=True)),
        (Output(),),
        tuple(
            Rule(
                tuple(
                    parse(written(kind, span), kind="unary_tests", names=names)
                    for kind, span in zip(kinds, row, strict=True)
                ),  # type: ignore[arg-type]
                (parse(output),),
                str(number),
            )
            for number, (row, output) in enumerate(zip(rows, outputs, strict=True), 1)
        ),
        policy,  # type: ignore[arg-type]
    )


def types_of(kinds: list[str]) -> dict[str, t.Type]:
    return {f"x{number}": KINDS[kind] for number, kind in enumerate(kinds)}


def lint(kinds: list[str], table: Table) -> list[Finding]:
    return lint_table(table, types_of(kinds))


def hits(table: Table, witness: dict[str, object]) -> tuple[int, ...]:
    """Numbers of the rows that match, by the judge."""
    values = [compile_tree(column.expression)(witness) for column in table.inputs]
    return tuple(
        number
        for number, rule in enumerate(table.rules, 1)
        if all(
            compile_tree(cell)({**witness, "?": value}) is True
            for cell, value in zip(rule.tests, values, strict=True)
        )
    )


def reproduces(finding: Finding, table: Table) -> bool:
    """Whether judging the table at the witness shows what the finding says."""
    if finding.witness is None:  # a row whose own tests exclude each other, or a wrong type
        return finding.kind in ("unreachable_row", "wrong_type", "unknown_input")
    found = hits(table, finding.witness)
    if finding.kind == "gap":
        return found == ()
    if finding.kind == "overlap":
        return set(finding.rows) <= set(found)
    return finding.rows[0] in found and found[0] < finding.rows[0]


# --- agreement with z3 ----------------------------------------------------------------------


def any_span(rng: random.Random, kind: str) -> Span:
    if rng.random() < 0.3:
        return ANY
    if kind in ("text", "truth"):
        count = 2 if kind == "truth" else len(WORDS)
        points = tuple(rng.sample(range(count), rng.randint(1, count - 1)))
        return Span(points=points, negated=rng.random() < 0.3)
    low, high = sorted((rng.randint(0, 6), rng.randint(0, 6)))
    closed = (rng.random() < 0.5, rng.random() < 0.5)
    shape = rng.random()
    if shape < 0.3:
        return Span(None, high, True, closed[1])
    if shape < 0.6:
        return Span(low, None, closed[0])
    return Span(low, high, *closed)


def unknowns(kinds: list[str]) -> tuple[list[Any], list[Any]]:
    """z3 variables, and what confines them."""
    variables, domain = [], []
    for number, kind in enumerate(kinds):
        one = z3.Real(f"x{number}") if kind == "number" else z3.Int(f"x{number}")
        if kind == "truth":
            domain.append(z3.And(one >= 0, one <= 1))
        variables.append(one)
    return variables, domain


def possible(*formulas: Any) -> bool:
    solver = z3.Solver()
    solver.add(*formulas)
    return bool(solver.check() == z3.sat)


@pytest.mark.parametrize("seed", range(TABLES))
def test_findings_are_those_that_z3_proves(seed: int) -> None:
    rng = random.Random(seed)
    kinds = [rng.choice(list(KINDS)) for _ in range(rng.randint(1, 4))]
    rows = [tuple(any_span(rng, kind) for kind in kinds) for _ in range(rng.randint(1, 6))]
    policy = rng.choice("UF")
    table = table_of(kinds, rows, policy)
    found = lint(kinds, table)
    variables, domain = unknowns(kinds)
    match = [z3.And(*(accepts(s, v) for s, v in zip(row, variables, strict=True))) for row in rows]
    gap = possible(*domain, z3.Not(z3.Or(*match)))
    assert gap == any(f.kind == "gap" for f in found)
    empty = {n for n, m in enumerate(match, 1) if not possible(*domain, m)}
    dead = {
        n
        for n, m in enumerate(match, 1)
        if policy == "F" and not possible(*domain, m, *(z3.Not(e) for e in match[: n - 1]))
    }
    assert {f.rows[0] for f in found if f.kind == "unreachable_row"} == empty | dead
    pairs = {
        (a + 1, b + 1)
        for a, b in combinations(range(len(rows)), 2)
        if policy == "U" and possible(*domain, match[a], match[b])
    }
    assert {f.rows for f in found if f.kind == "overlap"} == pairs
    assert all(f.proved for f in found)
    assert all(reproduces(f, table) for f in found)


# --- faults put into correct tables ---------------------------------------------------------


def cut(rng: random.Random, kind: str, span: Span) -> tuple[Span, Span] | None:
    """The span in two parts without a gap or an overlap."""
    if kind in ("text", "truth"):
        if not span.whole:
            return None
        points = (rng.randrange(2 if kind == "truth" else len(WORDS)),)
        if kind == "truth":
            return Span(points=points), Span(points=(1 - points[0],))
        return Span(points=points), Span(points=points, negated=True)
    low, high = span.low, span.high
    at = rng.randint((-50 if low is None else low) + 2, (50 if high is None else high) - 2) if (
        (50 if high is None else high) - (-50 if low is None else low) >= 6
    ) else None  # fmt: skip
    if at is None:
        return None
    closed = rng.random() < 0.5
    return (
        replace(span, high=at, high_closed=closed),
        replace(span, low=at, low_closed=not closed),
    )


def correct(rng: random.Random) -> tuple[list[str], Rows]:
    """A table with exactly one row for every case, made by cutting space in two again and again."""
    kinds = [rng.choice(list(KINDS)) for _ in range(rng.randint(2, 5))]
    rows: Rows = [tuple(ANY for _ in kinds)]
    for _ in range(60):
        if len(rows) >= rng.randint(4, 14):
            break
        row = rows.pop(rng.randrange(len(rows)))
        axis = rng.randrange(len(kinds))
        parts = cut(rng, kinds[axis], row[axis])
        if parts is None:
            rows.append(row)
            continue
        rows += [(*row[:axis], part, *row[axis + 1 :]) for part in parts]
    rng.shuffle(rows)
    return kinds, rows


def narrowed(rng: random.Random, span: Span) -> Span | None:
    """A smaller interval: its lower end moved up, or opened."""
    if span.low is None or span.points is not None:
        return None
    if span.low_closed and rng.random() < 0.5:
        return replace(span, low_closed=False)
    return replace(span, low=span.low + 1)


def fault(rng: random.Random, kinds: list[str], rows: Rows, which: str) -> tuple[str, Table] | None:
    """One fault of a kind: what lint must say, and the faulty table; None when it cannot be put."""
    at, axis = rng.randrange(len(rows)), rng.randrange(len(kinds))
    row = rows[at]
    if which == "gap":
        if rng.random() < 0.4:
            return "gap", table_of(kinds, rows[:at] + rows[at + 1 :], "U")
        smaller = narrowed(rng, row[axis])
        if smaller is None:
            return None
        changed = (*row[:axis], smaller, *row[axis + 1 :])
        return "gap", table_of(kinds, [*rows[:at], changed, *rows[at + 1 :]], "U")
    if which == "overlap":
        span = row[axis]
        if span.points is not None or span.low is None:
            return None
        wider = replace(span, low=span.low - 1) if rng.random() < 0.5 else replace(span, low=None)
        changed = (*row[:axis], wider, *row[axis + 1 :])
        return "overlap", table_of(kinds, [*rows[:at], changed, *rows[at + 1 :]], "U")
    if which == "dropped":
        if row[axis].whole:
            return None
        changed = (*row[:axis], ANY, *row[axis + 1 :])
        return "overlap", table_of(kinds, [*rows[:at], changed, *rows[at + 1 :]], "U")
    if which == "unreachable":
        later = rng.randint(at + 1, len(rows))
        inside = (*row[:axis], narrowed(rng, row[axis]) or row[axis], *row[axis + 1 :])
        return "unreachable_row", table_of(kinds, [*rows[:later], inside, *rows[later:]], "F")
    wrong = {"number": '"18"', "date": "18", "text": "18", "truth": '"是"'}[kinds[axis]]
    table = table_of(kinds, rows, "U")
    rule = table.rules[at]
    tests = list(rule.tests)
    tests[axis] = parse(wrong, kind="unary_tests")  # type: ignore[call-overload]
    changed_rule = replace(rule, tests=tuple(tests))
    rules = (*table.rules[:at], changed_rule, *table.rules[at + 1 :])
    return "wrong_type", replace(table, rules=rules)


@pytest.mark.parametrize("which", ["gap", "overlap", "dropped", "unreachable", "wrong_type"])
def test_every_fault_is_found_and_its_witness_shows_it(which: str) -> None:
    rng = random.Random(which)
    seeded = 0
    while seeded < FAULTS // 5:
        kinds, rows = correct(rng)
        if len(rows) < 3:
            continue
        assert lint(kinds, table_of(kinds, rows, "U")) == []
        assert lint(kinds, table_of(kinds, rows, "F")) == []
        made = fault(rng, kinds, rows, which)
        if made is None:
            continue
        seeded += 1
        expected, table = made
        found = lint(kinds, table)
        assert expected in {f.kind for f in found}, (kinds, rows)
        assert all(f.proved and reproduces(f, table) for f in found)


# --- speed ---------------------------------------------------------------------------------


def test_a_hundred_rows_of_eight_inputs_take_less_than_the_goal() -> None:
    rng = random.Random(8)
    kinds = ["number"] * 8
    rows: Rows = [tuple(ANY for _ in kinds)]
    while len(rows) < 100:
        row = rows.pop(rng.randrange(len(rows)))
        axis = rng.randrange(8)
        parts = cut(rng, "number", row[axis])
        if parts is None:
            rows.append(row)
            continue
        rows += [(*row[:axis], part, *row[axis + 1 :]) for part in parts]
    table = table_of(kinds, rows, "U")
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        assert lint(kinds, table) == []
        best = min(best, time.process_time() - began)
    assert best < 0.4
