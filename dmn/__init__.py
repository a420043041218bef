"""A decision language: FEEL and DMN with a value for what nobody answered. See README.md."""

from dmn.analysis.failed_elements import failed_elements, find_failed_elements
from dmn.checking.expressions import check
from dmn.compiling import compile  # noqa: A004 - the word of the field
from dmn.errors import (
    FeelBudgetError,
    FeelError,
    FeelModelError,
    FeelSyntaxError,
    FeelTypeError,
    Place,
)
from dmn.feel.punctuation import normalise
from dmn.feel.tree import Node, children, names, walk
from dmn.language import parse
from dmn.limits import Budget
from dmn.model.engine import Engine, decide
from dmn.model.xml_read import read_model
from dmn.model.xml_write import write_model
from dmn.tables.model import Table
from dmn.tables.text import read_table
from dmn.types import Function, Type
from dmn.values import UNKNOWN, Range, YearsMonths, from_json, to_feel, to_json

__all__ = [
    "UNKNOWN",
    "Budget",
    "Engine",
    "FeelBudgetError",
    "FeelError",
    "FeelModelError",
    "FeelSyntaxError",
    "FeelTypeError",
    "Function",
    "Node",
    "Place",
    "Range",
    "Table",
    "Type",
    "YearsMonths",
    "check",
    "children",
    "compile",
    "decide",
    "failed_elements",
    "find_failed_elements",
    "from_json",
    "names",
    "normalise",
    "parse",
    "read_model",
    "read_table",
    "to_feel",
    "to_json",
    "walk",
    "write_model",
]
