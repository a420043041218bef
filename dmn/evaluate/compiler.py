"""The tree into nested Python functions, each taking the scope and giving a value.

A scope is a dict of values by name. The rules for each kind of node stand in the other modules
of this package; `rules.py` lists them. Compiling and judging recurse as deep as the tree is
high, which reading has bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dmn.feel import tree
from dmn.limits import Budget
from dmn.types import Type
from dmn.values import UNKNOWN

Scope = Mapping[str, object]
Run = Callable[[Scope], object]
Rule = Callable[["Compiler", Any], Run]  # each rule takes the kind of node it is listed for
INPUT = "?"


@dataclass(slots=True)
class Compiler:
    """What all closures of one expression share.

    missing: the value of a name that the scope lacks; clock: for `now()` and `today()`, null
    without; find: puts a model's definitions for the names in a type.
    """

    rules: Mapping[type, Rule]
    functions: Mapping[str, object]
    budget: Budget
    missing: object = UNKNOWN
    clock: Callable[[], datetime] | None = None
    find: Callable[[Type], Type] = field(default=lambda kind: kind)

    def of(self, node: tree.Node) -> Run:
        return self.rules[node.__class__](self, node)

    def type(self, kind: Type | None) -> Type | None:
        """The type with the names of a model in it resolved."""
        return None if kind is None else self.find(kind)
