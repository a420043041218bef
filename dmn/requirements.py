"""A requirement (条件) as trees, and its result in one case. The unit that analysis speaks of.

`must` is the condition; `applies`, when given, says whom it concerns. Results:

| applies | must | result |
|---|---|---|
| false | any | not_applicable |
| true or none given | true | met |
| true or none given | false, or null (nothing there to compare) | unmet |
| anything else, or must UNKNOWN | | unknown |

A null `applies` is unknown and not "does not apply": a value that is missing must never
waive a condition.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from dmn.evaluate.compiler import Run, Scope
from dmn.evaluate.rules import compile_tree
from dmn.feel.tree import Node, names
from dmn.values import UNKNOWN

Result = Literal["met", "unmet", "unknown", "not_applicable"]


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition. `undisclosed`: the applicant may learn that it failed, not why."""

    id: str
    must: Node
    applies: Node | None = None
    unmet: Literal["refer", "return"] = "refer"
    undisclosed: bool = False

    def names(self) -> tuple[str, ...]:
        """Every input that the requirement reads."""
        found = dict.fromkeys(names(self.must))
        if self.applies is not None:
            found.update(dict.fromkeys(names(self.applies)))
        return tuple(found)


def result(applies: object, must: object) -> Result:
    """The result of the two values, after the table above."""
    if applies is False:
        return "not_applicable"
    if applies is not True or must is UNKNOWN:
        return "unknown"
    return "met" if must is True else "unmet"


def judge(requirement: Requirement) -> Callable[[Scope], Result]:
    """A function from a case (values by name; a missing name is UNKNOWN) to the result."""
    must = compile_tree(requirement.must)
    applies: Run | None = compile_tree(requirement.applies) if requirement.applies else None
    if applies is None:
        return lambda scope: result(True, must(scope))
    return lambda scope: result(applies(scope), must(scope))
