"""A trial without past cases: both editions on cases generated at the boundaries of their rules."""

from collections.abc import Iterator
from typing import Any

from dmn import to_json
from services import boundaries, comparison
from services.inputs import read_inputs
from services.models import Trial, TrialFlip
from services.pack.model import AS_OF, CONSENTS
from services.rulebook import Rulebook
from services.verdict import judge


def add(trial: Trial, live: Rulebook | None, draft: Rulebook) -> list[TrialFlip]:
    """Judge the cases by both editions, or by the draft alone; returns what changes.

    Their number is written into the trial, in memory, and for a draft alone how many lead where.
    """
    rows: list[TrialFlip] = []
    moves: dict[tuple[str, str], dict[str, Any]] = {}
    for facts in _cases(live, draft):
        trial.cases += 1
        trial.judged += 1
        after = judge(draft, read_inputs(draft, facts))
        before = judge(live, read_inputs(live, facts)) if live is not None else after
        if live is not None and before.outcome == after.outcome:
            continue
        pair = before.outcome if live is not None else "", after.outcome
        new: dict[str, Any] = {"live": pair[0], "draft": pair[1], "cases": 0, "conditions": {}}
        move = moves.setdefault(pair, new)
        move["cases"] += 1
        if live is None:
            continue
        changes = comparison.changes(before, after)
        for id_ in changes:
            move["conditions"][id_] = move["conditions"].get(id_, 0) + 1
        trial.flips += 1
        rows.append(
            TrialFlip(
                trial=trial,
                place=trial.flips,
                live=before.outcome,
                draft=after.outcome,
                changes={id_: list(found) for id_, found in changes.items()},
                facts=facts,
            )
        )
    trial.moves = [moves[pair] for pair in sorted(moves)]
    return rows


def _cases(live: Rulebook | None, draft: Rulebook) -> Iterator[dict[str, Any]]:
    """The boundary cases of both, each once; what one does not ask for is as in the other's."""
    seen = set()
    books = [book for book in (draft, live) if book is not None]
    made = [boundaries.cases(book) for book in books]
    bases = [_stored(cases[0].values) for cases in made]
    for book, cases, others in zip(books, made, reversed(bases), strict=True):
        for case in cases:
            facts = {**others, **_stored(case.values)}
            if case.side == "unknown":
                facts.pop(case.input, None)
            facts.setdefault(AS_OF, book.pack.in_force_from.isoformat())
            facts[CONSENTS] = dict.fromkeys(draft.consents, "granted")
            if live is not None:
                facts[CONSENTS] |= dict.fromkeys(live.consents, "granted")
            key = repr(sorted(facts.items(), key=str))
            if key not in seen:
                seen.add(key)
                yield facts


def _stored(values: dict[str, Any]) -> dict[str, Any]:
    return {name: to_json(value) for name, value in values.items()}
