"""What people type, read as what they mean: full width, spaces, dashes, invisible marks. Pure.

For the portal's forms alone: programs send values as the form's schema says, and the API rejects
anything else. What cannot be read stays as it was typed, so that the schema's check names it.
"""

import datetime
import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

import jsonschema_rs

from services.tokens import PREFIX

# dashes of all kinds, and signs that are typed for one
_DASHES = re.compile("[\u2010-\u2015\u2212\u2500\u30fc\ufe58\ufe63\uff0d]")
_SPACES = re.compile(r"\s+")
_BETWEEN_DIGITS = re.compile(r"[\s().-]+")
_COUNTRY = re.compile(r"^(?:\+|00)?86(?=1[0-9]{10}$)")
_GROUPED = re.compile(r"^-?[0-9]{1,3}(?:[, '][0-9]{3})+(?:\.[0-9]+)?$")
_AMOUNT = re.compile(r"^(-?[0-9]+(?:\.[0-9]+)?)([万亿]?)元?$")
_UNITS = {"": 1, "万": 10_000, "亿": 100_000_000}
_DATE = re.compile(r"^([0-9]{4})\s*[年/.-]\s*([0-9]{1,2})\s*[月/.-]\s*([0-9]{1,2})\s*日?$")
_DIGITS_OF_DATE = re.compile(r"^([0-9]{4})([0-9]{2})([0-9]{2})$")


def plain(text: str) -> str:
    """Return a text in half width, with plain dashes and without invisible signs."""
    text = _DASHES.sub("-", text)
    signs = unicodedata.normalize("NFKC", text)
    return "".join(s for s in signs if unicodedata.category(s) != "Cf").strip()


def count(text: str | None) -> int:
    """Return a small number that a page carries, such as a version; 0 for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else 0


def meant(node: Mapping[str, Any], text: str) -> str:
    """Return what was meant by an answer to the question ``node`` (JSON Schema)."""
    if not text or text.startswith(PREFIX):
        return text
    form = str(node.get("format", ""))
    if node.get("type") == "integer" or form == "decimal":
        return _number(text)
    if form in _FORMATS:
        return _FORMATS[form](text)
    if "pattern" in node and not fits(node["pattern"], text):
        code = _SPACES.sub("", plain(text))
        return code if fits(node["pattern"], code) else text
    return text


def fits(pattern: str, text: str) -> bool:
    """Tell whether a text is written as a question's ``pattern`` wants it."""
    return _validator(pattern).is_valid(text)


@lru_cache(maxsize=256)
def _validator(pattern: str) -> jsonschema_rs.Draft202012Validator:
    """Make what the schema itself uses: its patterns run in linear time."""
    options = jsonschema_rs.RegexOptions()
    return jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=options)


def is_read(node: Mapping[str, Any]) -> bool:
    """Tell whether an answer may be longer as it is typed than as it is kept."""
    return node.get("type") == "integer" or "pattern" in node or "format" in node


def _number(text: str) -> str:
    """Read 1,000,000 and １００万 and 5000元; a comma that does not divide thousands stays."""
    number = plain(text)
    if _GROUPED.fullmatch(number):
        number = re.sub("[, ']", "", number)
    if number.endswith(("元", "万", "亿")):
        number = _SPACES.sub("", number)
    found = _AMOUNT.fullmatch(number)
    if found is None:
        return text
    if not found[2]:
        return found[1]
    value = Decimal(found[1]) * _UNITS[found[2]]
    return f"{value.normalize():f}"


def _phone(text: str) -> str:
    digits = _BETWEEN_DIGITS.sub("", plain(text))
    return _COUNTRY.sub("", digits) or text


def _without_space(text: str) -> str:
    return re.sub(r"[\s-]+", "", plain(text)).upper()


def _date(text: str) -> str:
    typed = plain(text)
    found = _DATE.fullmatch(typed) or _DIGITS_OF_DATE.fullmatch(typed)
    if found is None:
        return text
    try:
        return datetime.date(*map(int, found.groups())).isoformat()
    except ValueError:
        return text


_FORMATS: Mapping[str, Callable[[str], str]] = {
    "phone": _phone,
    "id-number": _without_space,
    "uscc": _without_space,
    "date": _date,
}
