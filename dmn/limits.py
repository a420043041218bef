"""How much an expression may cost: length, depth and terms when read, steps when judged."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from dmn.errors import NOWHERE, FeelBudgetError, Place


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading may take.

    length: characters of text; tokens: words and signs; depth: of brackets, and of the tree;
    terms: operands of one `and`, items of one list; digits: of one number.
    """

    length: int = 100_000
    tokens: int = 7_000
    depth: int = 120
    terms: int = 1_000
    digits: int = 400


READING = Limits()
STEPS = 20_000
LENGTH = 20_000


class Budget(threading.local):
    """Steps one judgement may take: some for each round of a loop, one for each item made.

    Each thread counts for itself. `length` bounds lists, and strings at 16 characters an item,
    so that steps bound memory as well.
    """

    def __init__(self, steps: int = STEPS, length: int = LENGTH) -> None:
        self.steps = steps
        self.length = length
        self.left = steps

    def reset(self) -> None:
        self.left = self.steps

    def spend(self, steps: int, place: Place = NOWHERE) -> None:
        self.left -= steps
        if self.left < 0:
            raise FeelBudgetError(
                "budget.steps",
                f"计算步数超过上限（{self.steps}），请缩小列表或区间",
                f"judging takes more than {self.steps} steps; use shorter lists or ranges",
                place,
            )

    def make(self, length: int, place: Place = NOWHERE) -> None:
        """Account for a list of this many items (or a string of 16 times that)."""
        if length > self.length:
            raise FeelBudgetError(
                "budget.length",
                f"结果过长（上限 {self.length} 项）",
                f"the result is too long (at most {self.length} items)",
                place,
            )
        self.spend(length, place)


def too_deep(place: Place = NOWHERE, limit: int = READING.depth) -> FeelBudgetError:
    return FeelBudgetError(
        "budget.depth",
        f"嵌套过深（上限 {limit} 层），请拆成几个条件",
        f"nested too deeply (at most {limit} levels); split it into several conditions",
        place,
    )
