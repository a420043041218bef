"""Judging a case by the packs that ship, with the full trace. Goal: 25 us for 15 requirements.

python -m benchmarks.judging

The trace is the verdict's payload: every requirement with its result, the values that it rests on,
what was unknown and who is to blame. A pack's first case is approved; its slowest is found among
the cases of its own tests. Time is this process's own (other work on the machine does not count);
the best of seven rounds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from city.reader import load as load_city
from ledger import canonical
from services import pack_tests
from services.edition import load
from services.inputs import read_inputs
from services.pack.model import Case
from services.rulebook import Rulebook
from services.verdict import judge

GOAL = 25e-6  # seconds for fifteen requirements
FOLDER = Path(__file__).parent.parent / "cities" / "sample" / "services"
PACKS = ("graduate_settlement", "sole_trader", "limited_company")


def main() -> None:
    figures, slowest, city = {}, {}, load_city(FOLDER.parent)
    for name in PACKS:
        book = load((FOLDER / f"{name}.yaml").read_text("utf-8"), name, city=city)
        case = book.pack.cases[0]
        inputs = pack_tests.inputs_of(book, case)
        stored, verdict = inputs.to_json(), judge(book, inputs)
        count = len(book.conditions)
        traced = _timed(lambda book=book, inputs=inputs: judge(book, inputs).payload())
        figures[name] = traced / count * 15
        slowest[name] = max(_case(book, one) for one in book.pack.cases) / count * 15
        parts = {
            "typed inputs": _timed(lambda book=book, case=case: pack_tests.inputs_of(book, case)),
            "from a receipt": _timed(lambda book=book, stored=stored: read_inputs(book, stored)),
            "verdict": _timed(lambda book=book, inputs=inputs: judge(book, inputs)),
            "verdict and trace": traced,
            "canonical bytes": _timed(lambda verdict=verdict: canonical.dumps(verdict.payload())),
        }
        print(f"{name}: {count} requirements, {len(canonical.dumps(verdict.payload()))} bytes")
        for what, seconds in parts.items():
            print(f"  {what:20} {seconds * 1e6:7.1f} us")
    print(f"per fifteen requirements with trace: {_all(figures)}")
    print(f"the same of the slowest case in a pack's tests: {_all(slowest)}")
    worst = max(figures, key=lambda name: figures[name])
    print(f"judging: {figures[worst] / GOAL:.2f} of the goal of {GOAL * 1e6:.0f} us ({worst})")


def _case(book: Rulebook, case: Case) -> float:
    inputs = pack_tests.inputs_of(book, case)
    return _timed(lambda: judge(book, inputs).payload(), 400)


def _all(figures: dict[str, float]) -> str:
    return ", ".join(f"{name} {seconds * 1e6:.1f} us" for name, seconds in figures.items())


def _timed(run: Callable[[], object], rounds: int = 2000) -> float:
    best = 1.0
    for _ in range(7):
        began = time.process_time()
        for _ in range(rounds):
            run()
        best = min(best, (time.process_time() - began) / rounds)
    return best


if __name__ == "__main__":
    main()
