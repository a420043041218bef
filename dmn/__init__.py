"""A decision language: FEEL and DMN with an honest unknown. See README.md."""

from dmn.check import check
from dmn.culprits import culprits, culprits_of
from dmn.drg import Engine, decide
from dmn.errors import (
    FeelBudgetError,
    FeelError,
    FeelModelError,
    FeelSyntaxError,
    FeelTypeError,
    Place,
)
from dmn.evaluate.rules import compile  # noqa: A004 - the word of the field
from dmn.language import parse
from dmn.limits import Budget
from dmn.punctuation import normalise
from dmn.tables.model import Table
from dmn.tables.text import read_table
from dmn.tree import Node, children, names, walk
from dmn.types import Function, Type
from dmn.values import UNKNOWN, Range, YearsMonths, from_json, to_feel, to_json
from dmn.xml_read import read_model
from dmn.xml_write import write_model

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
    "culprits",
    "culprits_of",
    "decide",
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
