"""The smallest fix of a case with 15 requirements. Goal: at most 1 ms.

python -m benchmarks.fix
"""

from __future__ import annotations

import time
from datetime import date
from decimal import Decimal

from benchmarks.requirements15 import CONSTANTS, REQUIREMENTS, TYPES
from dmn.analysis.fix import FixFinder

GOAL = 0.001
MARKS = {
    "as_of": "time",
    "permit": "act",
    "income": "answer",
    "months": "act",
    "debts": "act",
    "address": "answer",
    "city": "answer",
}
BASE: dict[str, object] = {
    "as_of": date(2026, 3, 1),
    "born": date(1990, 2, 28),
    "licensed": date(2015, 1, 31),
    "graduated": date(2024, 6, 30),
    "hukou": "3101",
    "city": "4403",
    "permit": "valid",
    "level": "本科",
    "full_time": True,
    "income": Decimal(6000),
    "months": Decimal(24),
    "debts": Decimal(0),
    "record": False,
    "capacity": "full",
    "alive": True,
    "dishonest": False,
    "address": "南山区",
    "periods": [],
}
CASES: dict[str, dict[str, object]] = {
    "passes": {},
    "one act": {"permit": "expired"},
    "waiting is enough": {"licensed": date(2024, 2, 29)},
    "an answer and an act": {"income": Decimal(2000), "debts": Decimal(4)},
    "four at once": {
        "income": Decimal(2000),
        "debts": Decimal(9),
        "address": "",
        "permit": "expired",
    },
    "waiting and an act": {
        "periods": [{"ended": date(2024, 5, 5), "points": Decimal(12)}],
        "permit": "expired",
    },
    "hopeless": {"record": True},
    "hopeless in time": {"graduated": date(2020, 1, 1), "licensed": date(2025, 1, 1)},
}


def main() -> None:
    finder = FixFinder(REQUIREMENTS, TYPES, MARKS, constants=CONSTANTS)
    slowest = 0.0
    for name, changed in CASES.items():
        case = {**BASE, **changed}
        found = finder.fix(case)
        best = min(_timed(finder, case) for _ in range(5))
        slowest = max(slowest, best)
        changes = "none" if found is None else ", ".join(c.input for c in found.changes) or "-"
        print(f"{name:24} {best * 1e6:7.0f} us   {changes}")
    print(f"fix: {slowest / GOAL:.2f} of the goal of {GOAL * 1000:.0f} ms (slowest case)")


def _timed(finder: FixFinder, case: dict[str, object], rounds: int = 20) -> float:
    began = time.perf_counter()
    for _ in range(rounds):
        finder.fix(case)
    return (time.perf_counter() - began) / rounds


if __name__ == "__main__":
    main()
