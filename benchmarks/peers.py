"""One decision table in four engines: ours, SpiffWorkflow's, zen-engine, cel-python. Same run.

python -m benchmarks.peers

Fifteen rows over two inputs and a third that every row tests, hit policy unique. Each engine gets
the table in its own words and the inputs as its own values, made before the clock starts; all must
agree on every case. Time is this process's own CPU, the best of five rounds.
"""

from __future__ import annotations

import itertools
import json
import random
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

import celpy
import zen
from lxml import etree  # type: ignore[import-untyped]
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine
from SpiffWorkflow.dmn.engine.DMNEngine import DMNEngine
from SpiffWorkflow.dmn.parser.DMNParser import DMNParser

import dmn
from dmn.model.engine import Engine

AGES = (None, 30, 35, 40, 45, None)  # five bands: below 30, [30..35) ... 45 and more
LEVELS = ("专科", "本科", "硕士")
NAMES = ("age", "level", "months")
NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"
ROUNDS = 5

Decide = Callable[[dict[str, Any]], int]


class Row(NamedTuple):
    low: int | None
    high: int | None
    level: str
    points: int


def rows() -> Iterator[Row]:
    for band, (low, high) in enumerate(itertools.pairwise(AGES)):
        for rank, level in enumerate(LEVELS):
            yield Row(low, high, level, 100 - 15 * band + 7 * rank)


def band(row: Row, between: str) -> str:
    """The age's cell; ``between`` is how a dialect writes a range."""
    if row.low is None:
        return f"< {row.high}"
    return f">= {row.low}" if row.high is None else between.format(row.low, row.high)


def xml(between: str) -> str:
    """The table as DMN XML; SpiffWorkflow wants Python in its cells, everybody else FEEL."""
    types = dict.fromkeys(NAMES, "number") | {"level": "string"}
    inputs = "".join(
        f'<input id="c{n}" label="{n}"><inputExpression id="e{n}" typeRef="{t}"><text>{n}</text>'
        "</inputExpression></input>"
        for n, t in types.items()
    )
    rules = "".join(
        f'<rule id="r{i}">'
        + "".join(
            f'<inputEntry id="r{i}c{j}"><text>{escape(text)}</text></inputEntry>'
            for j, text in enumerate((band(row, between), f'"{row.level}"', ">= 0"))
        )
        + f'<outputEntry id="r{i}o"><text>{row.points}</text></outputEntry></rule>'
        for i, row in enumerate(rows())
    )
    data = "".join(
        f'<inputData id="d{n}" name="{n}"><variable name="{n}" typeRef="{t}"/></inputData>'
        for n, t in types.items()
    )
    needs = "".join(
        f'<informationRequirement id="n{n}"><requiredInput href="#d{n}"/></informationRequirement>'
        for n in NAMES
    )
    return (
        f'<definitions xmlns="{NAMESPACE}" id="m" name="m" namespace="urn:bench">{data}'
        '<decision id="points" name="points"><variable name="points" typeRef="number"/>'
        f'{needs}<decisionTable id="t" hitPolicy="UNIQUE">{inputs}'
        f'<output id="o" name="points" label="points" typeRef="number"/>{rules}'
        "</decisionTable></decision></definitions>"
    )


def ours_model() -> Decide:
    """The whole way of a DMN model: requirements, types of inputs and of the result."""
    engine = Engine(dmn.read_model(xml("[{}..{})").encode()))
    assert not engine.faults
    return lambda case: engine.decide("points", case)  # type: ignore[return-value]


def ours_table() -> Decide:
    """The table compiled alone, as a pack's tables are."""
    lines = [f'{i} | {band(r, "[{}..{})")} | "{r.level}" | >= 0 | {r.points}' for i, r in table()]
    text = "\n".join(["U | age | level | months | points", *lines])
    return dmn.compile(dmn.read_table(text, names=NAMES))  # type: ignore[return-value]


def table() -> Iterator[tuple[int, Row]]:
    return enumerate(rows(), 1)


def spiff() -> Decide:
    root = etree.fromstring(xml("{} <= ? < {}").encode())
    for extra in root.findall(f"{{{NAMESPACE}}}inputData"):
        root.remove(extra)
    parser = DMNParser(None, root, {"dmn": NAMESPACE})
    parser.parse()
    engine = DMNEngine(parser.decision.decisionTables[0])
    task = SimpleNamespace(workflow=SimpleNamespace(script_engine=PythonScriptEngine()), data={})

    def decide(case: dict[str, Any]) -> int:
        task.data = case
        return int(engine.result(task)["points"])

    return decide


def zen_engine() -> Decide:
    content = {
        "hitPolicy": "first",
        "inputs": [{"id": f"c{n}", "name": n, "field": n} for n in NAMES],
        "outputs": [{"id": "o", "name": "points", "field": "points"}],
        "rules": [
            {
                "_id": f"r{i}",
                "cage": band(r, "[{}..{})"),
                "clevel": f'"{r.level}"',
                "cmonths": ">= 0",
                "o": str(r.points),
            }
            for i, r in table()
        ],
    }
    nodes = [
        {"id": "i", "name": "in", "type": "inputNode"},
        {"id": "t", "name": "points", "type": "decisionTableNode", "content": content},
        {"id": "o", "name": "out", "type": "outputNode"},
    ]
    edges = [
        {"id": "a", "type": "edge", "sourceId": "i", "targetId": "t"},
        {"id": "b", "type": "edge", "sourceId": "t", "targetId": "o"},
    ]
    decision = zen.ZenEngine().create_decision(json.dumps({"nodes": nodes, "edges": edges}))
    return lambda case: int(decision.evaluate(case)["result"]["points"])


def cel() -> Decide:
    """The rows as one chain of choices, compiled to Python by cel-python's quicker runner."""
    text = "0"
    for row in reversed(list(rows())):
        tests = [f'level == "{row.level}"', "months >= 0"]
        tests += [f"age < {row.high}"] if row.high else []
        tests += [f"age >= {row.low}"] if row.low else []
        text = f"{' && '.join(tests)} ? {row.points} : ({text})"
    environment = celpy.Environment(runner_class=celpy.CompiledRunner)
    program = environment.program(environment.compile(text))
    return lambda case: int(program.evaluate(case))


def cases(count: int = 60) -> list[dict[str, Any]]:
    draw = random.Random(5)
    return [
        {
            "age": draw.randrange(18, 60),
            "level": draw.choice(LEVELS),
            "months": draw.randrange(0, 120),
        }
        for _ in range(count)
    ]


def _feel(case: dict[str, Any]) -> dict[str, Any]:
    return {n: v if isinstance(v, str) else Decimal(v) for n, v in case.items()}


# name: (how to make it ready, values in its own types, passes over the cases a round)
ENGINES: dict[str, tuple[Callable[[], Decide], Callable[[dict[str, Any]], Any], int]] = {
    "dmn, compiled table": (ours_table, _feel, 100),
    "dmn, DMN model": (ours_model, _feel, 30),
    "zen-engine": (zen_engine, dict, 30),
    "SpiffWorkflow": (spiff, dict, 1),
    "cel-python": (cel, celpy.json_to_cel, 1),
}


def main() -> None:
    drawn = cases()
    expected: list[int] = []
    times: dict[str, float] = {}
    for name, (make, typed, passes) in ENGINES.items():
        decide, values = make(), [typed(case) for case in drawn]
        found = [int(decide(one)) for one in values]
        expected = expected or found
        if found != expected:
            raise SystemExit(f"{name} decides otherwise than the first engine")
        times[name] = _timed(decide, values, passes)
        print(f"peers: {name}: {times[name] * 1e6:.1f} us, {1 / times[name]:.0f}/s", flush=True)
    ours = times["dmn, compiled table"]
    for name in ("SpiffWorkflow", "cel-python", "zen-engine"):
        print(f"peers: {name}, ratio to dmn's compiled table {times[name] / ours:.1f} (goal >= 1)")
    whole = times["SpiffWorkflow"] / times["dmn, DMN model"]
    print(f"peers: SpiffWorkflow, ratio to dmn's whole model {whole:.1f} (goal >= 1)")


def _timed(decide: Decide, values: list[Any], passes: int) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(passes):
            for one in values:
                decide(one)
        best = min(best, (time.process_time() - began) / passes / len(values))
    return best


if __name__ == "__main__":
    main()
