"""A decision language: FEEL and DMN with an honest unknown. See README.md."""

from dmn.errors import (
    FeelBudgetError,
    FeelError,
    FeelModelError,
    FeelSyntaxError,
    FeelTypeError,
    Place,
)
from dmn.tree import Node, children, names, walk
from dmn.types import Function, Type
from dmn.values import UNKNOWN, Range, YearsMonths, from_json, to_feel, to_json

__all__ = [
    "UNKNOWN",
    "FeelBudgetError",
    "FeelError",
    "FeelModelError",
    "FeelSyntaxError",
    "FeelTypeError",
    "Function",
    "Node",
    "Place",
    "Range",
    "Type",
    "YearsMonths",
    "children",
    "from_json",
    "names",
    "to_feel",
    "to_json",
    "walk",
]
