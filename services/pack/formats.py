"""The formats that a form's texts may have, and the validator of a form. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import jsonschema_rs

from dmn.errors import FeelError
from dmn.types import NUMBER
from dmn.values import from_json
from people.names import normal_number
from people.numbers import id_number_ok, uscc_ok
from services import tokens
from services.pack.bounds import BOUNDED, OPEN, read
from services.pack.types import day

_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)  # SHA-256 of a file that was handed in before
_PHONE = re.compile(r"1[3-9][0-9]{9}", re.ASCII)


def _is_decimal(text: str) -> bool:
    try:
        return from_json(text, NUMBER) is not None
    except FeelError:
        return False


def _is_identity(text: str) -> bool:
    """A valid number (GB 11643, x for X), or the stored form, which ``schema`` looks into."""
    return text.startswith(tokens.PREFIX) or id_number_ok(normal_number(text))


FORMATS = {
    "date": lambda text: day(text) is not None,
    "decimal": _is_decimal,
    "id-number": _is_identity,
    "uscc": uscc_ok,
    "phone": lambda text: _PHONE.fullmatch(text) is not None,
    "material": lambda text: _DIGEST.fullmatch(text) is not None,
}


class _Least:
    """``formatMinimum``; the error's message is the limit itself."""

    least = True

    def __init__(self, parent: dict[str, Any], limit: Any, _path: list[Any]) -> None:
        self.kind = BOUNDED.get(str(parent.get("format")))
        self.limit, self.bounds = str(limit), OPEN
        if self.kind is not None:
            with suppress(FeelError):  # a fault of the form, which ``form`` names
                self.bounds = read(self.kind, *((limit, None) if self.least else (None, limit)))

    def validate(self, instance: Any) -> None:
        if self.kind is None or not isinstance(instance, str):
            return
        try:
            value = from_json(instance, self.kind)
        except FeelError:
            return  # ``format`` says so
        if value is not None and not self.bounds.admit(value):
            raise ValueError(self.limit)


class _Most(_Least):
    """``formatMaximum``."""

    least = False


def compiled(form: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """The validator of a form; patterns run in linear time. Raises ``ValueError`` if it is none."""
    return jsonschema_rs.Draft202012Validator(
        dict(form),
        formats=FORMATS,
        validate_formats=True,
        pattern_options=jsonschema_rs.RegexOptions(),
        keywords={"formatMinimum": _Least, "formatMaximum": _Most},
        offline=True,
    )
