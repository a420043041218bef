"""What an edition computes from a case's inputs beside the verdict. Pure."""

from __future__ import annotations

from dmn.values import UNKNOWN
from services.inputs import Inputs
from services.rulebook import Rulebook, run_safely


def printed_values(rulebook: Rulebook, inputs: Inputs) -> dict[str, object]:
    """What a certificate prints: each field's value; None where nothing is known."""
    values = inputs.values
    found = ((name, run_safely(run, values)) for name, run in rulebook.program.printed)
    return {name: None if value is UNKNOWN else value for name, value in found}


def cosigners(rulebook: Rulebook, inputs: Inputs) -> list[str]:
    """Indices (identity.index) of all who must confirm, the applicant perhaps too; or []."""
    if rulebook.program.cosigners is None:
        return []
    found = run_safely(rulebook.program.cosigners, inputs.values)
    return [str(number) for number in found] if isinstance(found, list) else []


def need_cosigners(rulebook: Rulebook, inputs: Inputs) -> bool:
    """Whether others have to confirm; an unknown list counts as some."""
    if rulebook.program.cosigners is None:
        return False
    people = run_safely(rulebook.program.cosigners, inputs.values)
    return people is UNKNOWN or bool(people)
