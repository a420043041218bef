"""Values of test cases: `value` with a type of XML Schema, `list` of items, `component`s."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal
from xml.etree.ElementTree import Element

from dmn.builtins.registry import is_function
from dmn.errors import FeelError
from dmn.feel.names import normal_name
from dmn.operators.comparison import equal
from dmn.values import to_feel
from dmn.values.decimals import number
from dmn.values.temporal import read_date, read_date_time, read_duration, read_time

NAMESPACE = "{http://www.omg.org/spec/DMN/20160719/testcase}"
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
CLOSE = Decimal("1e-8")
_ZONE = re.compile(r"(?:Z|[+-]\d\d:\d\d)$", re.ASCII)


def expected_value(node: Element) -> object:
    """The FEEL value that an inputNode, expected, item or component holds; null when nil."""
    listed = node.find(f"{NAMESPACE}list")
    if listed is not None:
        if _nil(listed):
            return None
        return [expected_value(item) for item in listed.findall(f"{NAMESPACE}item")]
    components = node.findall(f"{NAMESPACE}component")
    if components:
        return {normal_name(part.get("name", "")): expected_value(part) for part in components}
    value = node.find(f"{NAMESPACE}value")
    if value is None or _nil(value):
        return None
    return _simple(value.text or "", value.get(f"{XSI}type", ""))


def _nil(node: Element) -> bool:
    return node.get(f"{XSI}nil") in ("true", "1")


def _simple(text: str, kind: str) -> object:
    kind = kind.rpartition(":")[2]
    trimmed = text.strip()
    match kind:
        case (
            ("decimal" | "double" | "float" | "integer" | "int" | "long" | "short" | "byte")
            | "nonNegativeInteger"
            | "positiveInteger"
            | "negativeInteger"
            | "unsignedInt"
        ):
            try:
                return number(trimmed)
            except ArithmeticError:  # NaN and infinity are no FEEL numbers
                return text
        case "boolean":
            return trimmed in ("true", "1")
        case "date":
            return read_date(_ZONE.sub("", trimmed))  # FEEL's dates have none
        case "time":
            return read_time(trimmed)
        case "dateTime":
            return read_date_time(trimmed)
        case "duration" | "dayTimeDuration" | "yearMonthDuration":
            return read_duration(trimmed)
    return text


def matches(found: object, wanted: object) -> bool:
    """Whether the result is the expected one; numbers to eight places, as the suite asks."""
    if isinstance(found, Decimal) and isinstance(wanted, Decimal):
        return abs(found - wanted) < CLOSE
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(matches, found, wanted))
    if isinstance(found, dict) and isinstance(wanted, dict):
        # a test file has no form for functions, which may stand in a context all the same
        found = {k: v for k, v in found.items() if k in wanted or not is_function(v)}
        return found.keys() == wanted.keys() and all(matches(found[k], wanted[k]) for k in found)
    if isinstance(found, datetime | time) and found.__class__ is wanted.__class__:
        return equal(found, wanted) is True
    if isinstance(found, date) and isinstance(wanted, date):
        return found == wanted
    return equal(found, wanted) is True


def value_text(value: object) -> str:
    try:
        return to_feel(value)[:200]
    except FeelError:
        return repr(value)[:200]
