"""The built-in functions of DMN 1.5, clause 10.3.4, by the groups of the standard."""

from dmn.builtins import contexts, conversion, dates, lists, numbers, ranges, statistics, strings
from dmn.builtins.registry import REGISTRY, Builtin

__all__ = [
    "REGISTRY",
    "Builtin",
    "contexts",
    "conversion",
    "dates",
    "lists",
    "numbers",
    "ranges",
    "statistics",
    "strings",
]
