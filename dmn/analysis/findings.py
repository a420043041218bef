"""What analysis says: findings as data, with a witness case that a person can try."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from dmn.errors import NOWHERE, FeelError, Place
from dmn.values import to_feel

Kind = Literal[
    "gap",
    "overlap",
    "unreachable_row",
    "contradiction",
    "never_fails",
    "never_met",
    "unreachable_applies",
    "wrong_type",
    "unknown_input",
    "failed_condition",
    "not_proved",
]
Case = dict[str, object]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found.

    place: in the text of the cell or expression, when there is one; rows: numbers of table rows
    from 1; subjects: ids of requirements; witness: a case (values by input, as FEEL values) that
    shows it. `proved` is False when the search was not exhaustive: then `kind` is `not_proved`
    and nothing is claimed to be wrong.
    """

    kind: Kind
    zh: str
    en: str
    place: Place = NOWHERE
    witness: Case | None = None
    proved: bool = True
    rows: tuple[int, ...] = ()
    subjects: tuple[str, ...] = ()


def case_text(case: Mapping[str, object]) -> str:
    """A case in a line: `age = 18, permit = "valid"`."""
    return ", ".join(f"{name} = {to_feel(value)}" for name, value in case.items())


def type_finding(
    error: FeelError, *, rows: tuple[int, ...] = (), subjects: tuple[str, ...] = ()
) -> Finding:
    """A finding from what the type check refused."""
    kind: Kind = "unknown_input" if error.code == "type.name" else "wrong_type"
    return Finding(kind, error.zh, error.en, error.place, rows=rows, subjects=subjects)


def nested(values: Mapping[str, object]) -> Case:
    """Values by variable (dotted paths) as values by input."""
    found: Case = {}
    for variable, value in values.items():
        *outer, last = variable.split(".")
        at = found
        for name in outer:
            at = at.setdefault(name, {})  # type: ignore[assignment]
        at[last] = value
    return found
