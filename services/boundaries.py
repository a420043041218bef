"""Boundary cases made from a pack's own conditions, shown to its author to confirm. Pure.

Each line says what a value just below, at and just above a boundary leads to; a line that the
author would not have expected is a mistake in the pack, before it is one in a decision. The
parameters are those in force when the edition begins, consents count as granted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dmn.analysis.boundary_cases import BoundaryCase, boundary_cases
from dmn.values import to_feel
from services.explain import requirements_in_words
from services.pack import lint
from services.pack.model import AS_OF
from services.rulebook import Rulebook
from services.verdict import MET, NOT_APPLICABLE, UNMET

_SIDES = {
    "base": "passes",
    "below": "just below",
    "at": "at",
    "above": "just above",
    "value": "is",
    "absent": "none",
    "unknown": "unknown",
}


@dataclass(frozen=True, slots=True)
class Boundary:
    """One case: about which requirement, what was set (``graduated at …``), what follows.

    ``against`` names every requirement that is not met in it, this one perhaps among them.
    """

    requirement: str
    setting: str
    result: str
    outcome: str
    against: tuple[str, ...]


def cases(book: Rulebook) -> list[BoundaryCase]:
    """The cases in the order of the requirements, the first one that passes."""
    found = boundary_cases(
        lint.requirements(book.pack, book.program),
        book.program.names,
        constants=lint.constants(book.pack),
        nullable=lint.nullable(book.pack),
        derived=book.program.tables,
    )
    # the day of receipt is always known
    return [one for one in found if one.input != AS_OF or one.side != "unknown"]


def boundaries(book: Rulebook) -> list[Boundary]:
    """The cases as an author reads them."""
    return [
        Boundary(
            case.requirement,
            _setting(case),
            case.results[case.requirement],
            _outcome(book, case),
            tuple(n for n, result in case.results.items() if result not in (MET, NOT_APPLICABLE)),
        )
        for case in cases(book)
    ]


def _outcome(book: Rulebook, case: BoundaryCase) -> str:
    """What the verdict's precedence makes of the results."""
    results = case.results
    if all(result in (MET, NOT_APPLICABLE) for result in results.values()):
        return "approve"
    returns = {c.id for c in book.conditions if c.unmet == "return"}
    if all(results[name] != UNMET or name in returns for name in results) and not any(
        result == "unknown" for result in results.values()
    ):
        return "return"
    return "refer"


def _setting(case: BoundaryCase) -> str:
    if not case.input:
        return "a case that passes"
    side = _SIDES[case.side]
    point = f" {to_feel(case.point)}" if case.point is not None else ""
    shown = to_feel(case.values[case.input]) if case.input in case.values else "unknown"
    return f"{case.input} {side}{point}: {shown}"


def lines(book: Rulebook, language: str = "zh-hans") -> Iterator[str]:
    """The cases as lines of text, grouped by requirement."""
    words = requirements_in_words(book, book.pack.in_force_from, language)
    before = ""
    for one in boundaries(book):
        if one.requirement != before:
            before = one.requirement
            yield f"{book.code} {before}: {words[before]}"
        others = [name for name in one.against if name != one.requirement]
        more = f" ({', '.join(others)})" if others else ""
        yield f"  {one.setting} -> {one.result}, {one.outcome}{more}"
