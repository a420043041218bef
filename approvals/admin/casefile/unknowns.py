"""What the verdict of a case would be for each possible answer to what is unknown."""

from collections.abc import Sequence
from dataclasses import dataclass

from approvals.actions import evidence
from approvals.models import Application
from people.language import language
from services import whatif_wording
from services.explain import Explanation
from services.rulebook import Rulebook
from services.verdict import UNKNOWN
from services.whatif import what_if
from services.whatif_wording import Line


@dataclass(frozen=True, slots=True)
class Unknowns:
    """``lines``: an answer and what follows each; ``open``: facts not wholly worked out."""

    lines: list[Line]
    open: str
    several: bool  # facts: each line holds the others at values that suit
    is_cut: bool


def unknowns(case: Application, book: Rulebook, lines: Sequence[Explanation]) -> Unknowns | None:
    """Return it for a case whose trace has something unknown; None for any other."""
    if not any(line.result == UNKNOWN for line in lines):
        return None
    (file,) = evidence.files([case])
    found = what_if(book, file.inputs())
    if found is None:
        return None
    comma = ", " if language() == "en" else "、"
    return Unknowns(
        lines=whatif_wording.lines(found, book, case.as_of, language()),
        open=comma.join(whatif_wording.open_facts(found, book, language())),
        several=len(found.base) > 1,
        is_cut=found.is_cut,
    )
