"""What a trial has found so far, as its row keeps it between two steps. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from approvals.records.backtest import Flip, Report
from services.models import Trial, TrialFlip

SENTENCES = 50  # that say where SQL and judge disagree; all are counted


def add(trial: Trial, report: Report, flips: Iterable[Flip]) -> list[TrialFlip]:
    """Add a step's report to a trial, in memory; returns the rows of what changes."""
    rows, cells = [], _cells(trial)
    moves = {(one["live"], one["draft"]): one for one in trial.moves}
    for (region, age, kind), cases in report.groups.items():
        _cell(cells, region, age, kind)["cases"] += cases
    for flip in flips:
        trial.flips += 1
        rows.append(_row(trial, flip))
        move = moves.setdefault(
            (flip.live, flip.draft),
            {"live": flip.live, "draft": flip.draft, "cases": 0, "conditions": {}},
        )
        move["cases"] += 1
        for id_ in flip.changes:
            move["conditions"][id_] = move["conditions"].get(id_, 0) + 1
        moved, name = _cell(cells, *flip.groups)["moves"], f"{flip.live} {flip.draft}"
        moved[name] = moved.get(name, 0) + 1
    trial.cases += report.cases
    trial.judged += report.judged
    trial.disagreements += len(report.wrong)
    trial.moves = [moves[pair] for pair in sorted(moves)]
    trial.breakdown = [cells[names] for names in sorted(cells)]
    trial.remarks = _remarks(trial.remarks, report)
    return rows


def _row(trial: Trial, flip: Flip) -> TrialFlip:
    region, age, kind = flip.groups
    return TrialFlip(
        trial=trial,
        place=trial.flips,
        decision=flip.decision,
        application=flip.number,
        live=flip.live,
        draft=flip.draft,
        changes={id_: list(pair) for id_, pair in flip.changes.items()},
        region=region,
        age=age,
        legal_kind=kind,
    )


def _cells(trial: Trial) -> dict[tuple[str, str, str], dict[str, Any]]:
    return {(one["region"], one["age"], one["legal_kind"]): one for one in trial.breakdown}


def _cell(cells: dict[tuple[str, str, str], Any], region: str, age: str, kind: str) -> Any:
    new = {"region": region, "age": age, "legal_kind": kind, "cases": 0, "moves": {}}
    return cells.setdefault((region, age, kind), new)


def _remarks(before: Mapping[str, Any], report: Report) -> dict[str, Any]:
    return {
        "alone": dict(Counter(before.get("alone", {})) + report.alone),
        "left": {**before.get("left", {}), **report.left},
        "unheld": dict(Counter(before.get("unheld", {})) + report.unheld),
        "wrong": [*before.get("wrong", []), *report.wrong][:SENTENCES],
    }
