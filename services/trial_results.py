"""What a trial found, in words: which outcome became which, because of what, gained and lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from people.language import in_language, language
from services.explain import requirements_in_words
from services.models import Trial
from services.playground import OUTCOMES
from services.rulebook import Rulebook

APPROVE = "approve"


@dataclass(frozen=True, slots=True)
class Outcome:
    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Moved:
    """One change of outcome; ``why``: a condition's words, and cases."""

    live: Outcome | None  # none: of a first edition, on generated cases
    draft: Outcome
    cases: int
    why: list[tuple[str, int]]


def outcome(code: str) -> Outcome:
    return Outcome(code, OUTCOMES[code][language() != "zh"])


def direction(before: str, after: str) -> str:
    """Whether a change of outcome gains an approval, loses it, or is another."""
    return "gained" if after == APPROVE else "lost" if before == APPROVE else "other"


def totals(trial: Trial) -> Counter[str]:
    """Cases by ``direction``: approvals gained, lost, other changes."""
    found: Counter[str] = Counter()
    for one in trial.moves:
        if one["live"]:
            found[direction(one["live"], one["draft"])] += one["cases"]
    return found


def moves(trial: Trial, live: Rulebook | None, draft: Rulebook) -> list[Moved]:
    words = condition_words(trial, live, draft)
    return [
        Moved(
            outcome(one["live"]) if one["live"] else None,
            outcome(one["draft"]),
            one["cases"],
            [(words.get(id_, id_), n) for id_, n in _most(one["conditions"].items())],
        )
        for one in trial.moves
    ]


def _most(conditions: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    return sorted(conditions, key=lambda pair: (-pair[1], pair[0]))


def condition_words(trial: Trial, live: Rulebook | None, draft: Rulebook) -> dict[str, str]:
    """What each condition demands, by its id; of both editions the draft's words."""
    found: dict[str, str] = {}
    for book in (live, draft):
        if book is not None:
            found |= {item: in_language(one) for item, one in book.consents.items()}
            found |= requirements_in_words(book, trial.last_day, language())
    return found
