"""Why a case is with an officer: what ``Application.handover`` holds, taken apart nowhere else."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.verdict import UNKNOWN

UNANSWERED = "unanswered"  # unanswered:REGISTRY
CONSENT_DENIED = "consent_denied"  # consent_denied:ITEM
CONSENT_OVERDUE = "consent_overdue"  # consent_overdue:ITEM
TERM_OVER = "term_over"  # the statutory day, whatever was awaited
NAME_UNKNOWN = "name_unknown"
NOT_CONFIRMED = "not_confirmed"  # not_confirmed:REGISTRY, whose answer contradicts an approval
CONFIRMATION_OVERDUE = "confirmation_overdue"  # of REGISTRY, which never answered
REGISTRY_SUSPENDED = "registry_suspended"  # of REGISTRY: nothing automatic rests on it now
DISPUTED = "disputed"  # the applicant calls a record wrong, and that is not settled
# CODE:REGISTRY
OF_REGISTRIES = (UNANSWERED, NOT_CONFIRMED, CONFIRMATION_OVERDUE, REGISTRY_SUSPENDED)
LONGEST = 200  # characters, of all reasons of one case
# SQL's pattern of a case that an officer has for a registry's silence alone; % is doubled, for the
# statements that have parameters
SILENCE_ALONE = f"'{UNANSWERED}:%%'"

# what an officer has a case for that the machine, judging it anew, would not find again
BEYOND_JUDGING = frozenset(
    {"contested", "own_error", "facts_changed", "engine_failed", CONSENT_DENIED}
    | {CONSENT_OVERDUE, TERM_OVER, NOT_CONFIRMED, CONFIRMATION_OVERDUE}
)


@dataclass(frozen=True, slots=True)
class Reason:
    """``contested``, ``unanswered:education``, or a condition and its result: ``degree:unmet``."""

    code: str
    detail: str = ""

    @classmethod
    def parse(cls, text: str) -> "Reason":
        code, _colon, detail = text.partition(":")
        return cls(code, detail)

    def __str__(self) -> str:
        return f"{self.code}:{self.detail}" if self.detail else self.code


def write(reasons: Iterable[Reason]) -> str:
    """Return the reasons as a case keeps them: as many, each whole, as there is space for.

    What judging anew would not find comes first, so that it is never what is left out.
    """
    kept = ""
    for reason in sorted(reasons, key=lambda reason: reason.code not in BEYOND_JUDGING):
        longer = f"{kept},{reason}" if kept else str(reason)
        if len(longer) > LONGEST:
            break
        kept = longer
    return kept


def parse(text: str) -> list[Reason]:
    return [Reason.parse(part) for part in text.split(",") if part]


def of_decision(reasons: Iterable[str], silent: Iterable[str], *, unnamed: bool) -> str:
    """Return why an officer decides; the registries that are ``silent`` first if it is that alone.

    ``unnamed``: it is a silent registry that keeps the applicant's name.
    """
    parsed = [Reason.parse(text) for text in reasons]
    away = [Reason(UNANSWERED, registry) for registry in dict.fromkeys(silent)]
    alone = all(r.detail == UNKNOWN or (unnamed and r.code == NAME_UNKNOWN) for r in parsed)
    return write([*away, *parsed] if alone else [*parsed, *away])


def may_be_judged_again(text: str) -> bool:
    """Whether judging a case anew loses none of the reasons for which an officer has it."""
    return not any(reason.code in BEYOND_JUDGING for reason in parse(text))


def is_silence_alone(text: str) -> bool:
    """Whether an officer has the case for the silence of registries, and for nothing else."""
    return text.startswith(f"{UNANSWERED}:")
