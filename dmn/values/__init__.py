"""The values of FEEL as Python values, and their written forms."""

from dmn.values.json import from_json, to_json
from dmn.values.kinds import UNKNOWN, Closure, Range, Unknown, has_unknown, type_of
from dmn.values.temporal import YearsMonths
from dmn.values.text import to_feel

__all__ = [
    "UNKNOWN",
    "Closure",
    "Range",
    "Unknown",
    "YearsMonths",
    "from_json",
    "has_unknown",
    "to_feel",
    "to_json",
    "type_of",
]
