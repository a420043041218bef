"""ID numbers of other people in answers: never kept as they are (个人信息保护法 §51).

A form's text of format ``id-number`` is stored as ``idn:INDEX:MASK:BOX``: the keyed hash that the
person is found by, the number as it may be shown, and the encrypted number. Rules see the index.
Pure; ``people.protection`` makes and decrypts the stored form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from people.numbers import STORED

PREFIX = STORED
FORMAT = "id-number"


def subject(text: str) -> str:
    """The index in a stored form; any other text stays."""
    return text.split(":")[1] if text.startswith(PREFIX) and text.count(":") == 3 else text


def masked(value: Any) -> Any:
    """Answers as they may be shown: numbers masked, all else as it is."""
    if isinstance(value, str):
        return value.split(":")[2] if value.startswith(PREFIX) and value.count(":") == 3 else value
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, Mapping):
        return {key: masked(item) for key, item in value.items()}
    return value


def change_numbers(
    form: Mapping[str, Any], value: Any, change: Callable[[str, str], str], pointer: str = ""
) -> Any:
    """The answers with every text of format ``id-number`` changed by ``change(text, pointer)``."""
    if isinstance(value, str):
        return change(value, pointer) if form.get("format") == FORMAT else value
    if isinstance(value, list):
        items = form.get("items", {})
        return [
            change_numbers(items, item, change, f"{pointer}/{i}") for i, item in enumerate(value)
        ]
    if isinstance(value, Mapping):
        parts = form.get("properties", {})
        return {
            key: change_numbers(parts.get(key, {}), item, change, f"{pointer}/{key}")
            for key, item in value.items()
        }
    return value
