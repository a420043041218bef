"""The entry point to the language: `parse` text into a tree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from typing import Literal

from dmn.checking.dialect import check_names, check_total
from dmn.errors import FeelTypeError
from dmn.feel import tree
from dmn.feel.reader import read
from dmn.feel.tree import Node
from dmn.limits import READING, Limits
from dmn.types import Function

Dialect = Literal["feel", "total"]
Kind = Literal["expression", "unary_tests"]


def parse(
    text: str,
    *,
    dialect: Dialect = "feel",
    kind: Kind = "expression",
    names: Iterable[str] = (),
    functions: Mapping[str, Function] | None = None,
    limits: Limits = READING,
) -> Node:
    """The tree of a FEEL expression, or of the unary tests of a table's cell.

    names: what is in scope, needed for names with blanks or signs; functions: those the
    caller registers, callable by their name in either dialect. Raises FeelError with the
    place; in the total dialect also for what lies outside it.
    """
    known = tuple(names)
    registered = functions or {}
    if dialect == "total":
        check_names(known, registered)
    node = read(text, kind=kind, names=known, functions=registered, limits=limits)
    if dialect == "total":
        check_total(node, registered)
    return bound(node, registered) if registered else node


def bound(node: Node, functions: Mapping[str, Function]) -> Node:
    """The tree with calls of registered functions pointing at them."""
    changes: dict[str, object] = {}
    for slot in fields(node):
        part = getattr(node, slot.name)
        if isinstance(part, Node):
            changes[slot.name] = bound(part, functions)
        elif isinstance(part, tuple) and part and isinstance(part[0], Node):
            changes[slot.name] = tuple(bound(item, functions) for item in part)
    if isinstance(node, tree.Call) and isinstance(node.function, tree.Name):
        target = functions.get(node.function.name)
        if target:
            _check_arguments(node, target)
            changes["target"] = target
    return replace(node, **changes) if changes else node


def _check_arguments(node: tree.Call, target: Function) -> None:
    keys = [key for key, _ in target.parameters]
    wrong = len(node.args) != len(keys) or (
        node.names is not None and sorted(node.names) != sorted(keys)
    )
    if wrong:
        wanted = "、".join(keys)
        raise FeelTypeError(
            "type.arguments",
            f"函数 “{target.name}” 需要参数：{wanted}",
            f"the function {target.name!r} takes {', '.join(keys)}",
            node.place,
        )
