"""Runs a conformance suite in the format of the DMN TCK: models and test cases in folders.

    python -m dmn.tck FOLDER

Each folder `NNNN-name` holds models (`*.dmn`) and test files (`*.xml`). Every failed case is
printed with its reason; `tck: N of M` comes last, after a count for each level found.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, TextIO
from xml.etree.ElementTree import Element

from dmn.errors import FeelError
from dmn.feel.names import normal_name
from dmn.limits import Budget
from dmn.model.elements import Model
from dmn.model.engine import Engine
from dmn.model.xml_read import parse_xml, read_model
from dmn.tck.values import expected_value, matches, value_text

NAMESPACE = "{http://www.omg.org/spec/DMN/20160719/testcase}"
STEPS = 500_000
FRAMES = 12_000  # a suite's functions may call themselves deeper than a service lets them
MOMENT = datetime(2026, 1, 31, 12, tzinfo=UTC)  # what now() gives in a run


class Outcome(NamedTuple):
    """One test case; `reason` is empty when every result was the expected one."""

    level: str
    name: str
    reason: str


def run(folder: str | Path, out: TextIO = sys.stdout) -> tuple[int, int]:
    """Run all test files below the folder; gives (passed, total) and prints what failed."""
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(max(usual, FRAMES))
    try:
        return _run(Path(folder), out)
    finally:
        sys.setrecursionlimit(usual)


def _run(root: Path, out: TextIO) -> tuple[int, int]:
    levels: dict[str, list[int]] = {}
    for file in sorted(root.rglob("*.xml")):
        for outcome in outcomes(file, root):
            count = levels.setdefault(outcome.level, [0, 0])
            count[0] += not outcome.reason
            count[1] += 1
            if outcome.reason:
                print(f"{outcome.name}: {outcome.reason}", file=out)
    for level, (good, every) in sorted(levels.items()):
        if len(levels) > 1:
            print(f"{level}: {good} of {every}", file=out)
    passed = sum(good for good, _ in levels.values())
    total = sum(every for _, every in levels.values())
    print(f"tck: {passed} of {total}", file=out)
    return passed, total


def outcomes(file: Path, root: Path) -> Iterator[Outcome]:
    """The outcome of each case of a test file; none when the file holds no test cases."""
    try:
        suite = parse_xml(file.read_bytes())
    except FeelError:
        return
    if suite.tag != f"{NAMESPACE}testCases":
        return
    parts = file.relative_to(root).parts
    level = next((part for part in parts if "level" in part), root.name)
    engine, fault = _engine(suite, file.parent)
    for case in suite.iter(f"{NAMESPACE}testCase"):
        reasons = []
        for node in case.findall(f"{NAMESPACE}resultNode"):
            reason = _judge(engine, case, node) if engine else fault
            if reason:
                reasons.append(f"{node.get('name', '')}: {reason}")
        yield Outcome(level, f"{file.stem} {case.get('id', '')}", "; ".join(reasons))


def _engine(suite: Element, folder: Path) -> tuple[Engine | None, str]:
    """The engine for the suite's model, with all models of the folder at hand for imports."""
    wanted = (suite.findtext(f"{NAMESPACE}modelName") or "").strip()
    models: dict[str, Model] = {}
    fault = ""
    for path in sorted(folder.glob("*.dmn")):
        try:
            models[path.name] = read_model(path.read_bytes())
        except FeelError as error:
            fault = f"{path.name}: {error}"
        except Exception as error:  # a fault of the reader must not end the run
            fault = f"{path.name}: {type(error).__name__}: {error}"
    main = models.get(wanted) or next(
        (m for name, m in models.items() if wanted in (m.name, name.removesuffix(".dmn"))), None
    )
    if main is None:
        return None, fault or f"no model {wanted}"
    try:
        others = [model for model in models.values() if model is not main]
        return Engine(main, others, budget=Budget(STEPS, STEPS), clock=lambda: MOMENT), ""
    except FeelError as error:
        return None, str(error)
    except RecursionError:
        return None, "the model nests too deeply"
    except Exception as error:
        return None, f"{type(error).__name__}: {error}"


def _judge(engine: Engine, case: Element, node: Element) -> str:
    """Why the result is not what is expected; empty when it is."""
    name = normal_name(node.get("name", ""))
    invocable = normal_name(case.get("invocableName", ""))
    kind = case.get("type", "decision")
    fails = node.get("errorResult") in ("true", "1")
    try:
        inputs = {
            normal_name(part.get("name", "")): expected_value(part)
            for part in case.findall(f"{NAMESPACE}inputNode")
        }
        if kind in ("decisionService", "bkm") and invocable:
            found = engine.decide(invocable, inputs)
            if isinstance(found, dict) and name in found and name != invocable:
                found = found[name]
        else:
            found = engine.decide(name, inputs)
        expected = node.find(f"{NAMESPACE}expected")
        wanted = None if expected is None else expected_value(expected)
        right = matches(found, wanted)
    except FeelError as error:
        return "" if fails else str(error)
    except Exception as error:  # a fault of the engine must not end the run
        return f"{type(error).__name__}: {error}"
    return "" if right else f"expected {value_text(wanted)}, got {value_text(found)}"
