"""The formats that a form's texts may have, and the validator of a form. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import jsonschema_rs

from dmn.errors import FeelError
from dmn.types import NUMBER
from dmn.values import from_json
from people.numbers import id_number_ok, uscc_ok
from services import tokens
from services.pack.types import day

_PHONE = re.compile(r"1[3-9][0-9]{9}", re.ASCII)


def _is_decimal(text: str) -> bool:
    try:
        return from_json(text, NUMBER) is not None
    except FeelError:
        return False


def _is_identity(text: str) -> bool:
    """A valid number (GB 11643), or a text in the stored form, which ``schema`` looks into."""
    return text.startswith(tokens.PREFIX) or id_number_ok(text)


FORMATS = {
    "date": lambda text: day(text) is not None,
    "decimal": _is_decimal,
    "id-number": _is_identity,
    "uscc": uscc_ok,
    "phone": lambda text: _PHONE.fullmatch(text) is not None,
}


def compiled(form: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """The validator of a form; patterns run in linear time. Raises ``ValueError`` if it is none."""
    return jsonschema_rs.Draft202012Validator(
        dict(form),
        formats=FORMATS,
        validate_formats=True,
        pattern_options=jsonschema_rs.RegexOptions(),
        offline=True,
    )
