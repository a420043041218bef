"""The tree into nested Python functions, each taking the scope and giving a value.

A scope is a dict of values by name. The rules for each kind of node stand in the other modules
of this package; `rules.py` lists them. Compiling and judging recurse as deep as the tree is
high, which reading has bounded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from dmn import tree
from dmn.limits import Budget
from dmn.types import NamedType, Type
from dmn.values import UNKNOWN

Scope = Mapping[str, object]
Run = Callable[[Scope], object]
Rule = Callable[["Compiler", tree.Node], Run]
INPUT = "?"


@dataclass(slots=True)
class Compiler:
    """What all closures of one expression share.

    missing: the value of a name that the scope lacks; clock: for `now()` and `today()`, null
    without; types: definitions of the types a model names.
    """

    rules: Mapping[type, Rule]
    functions: Mapping[str, object]
    budget: Budget
    missing: object = UNKNOWN
    clock: Callable[[], datetime] | None = None
    types: Mapping[str, Type] = field(default_factory=dict)

    def of(self, node: tree.Node) -> Run:
        return self.rules[node.__class__](self, node)

    def type(self, kind: Type | None) -> Type | None:
        if isinstance(kind, NamedType):
            return self.types.get(kind.name, kind)
        return kind
