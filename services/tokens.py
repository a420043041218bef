"""ID numbers of other people in answers: never kept as they are (个人信息保护法 §51).

A form's text of format ``id-number`` is stored as ``idn:INDEX:MASK:BOX``: the keyed hash that the
person is found by, the number as it may be shown, and the sealed number. Rules see the index.
Pure; ``services.protection`` makes and opens the stored form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

START = "idn:"
FORMAT = "id-number"


def subject(text: str) -> str:
    """The index in a stored form; any other text stays."""
    return text.split(":")[1] if text.startswith(START) and text.count(":") == 3 else text


def shown(value: Any) -> Any:
    """Answers as they may be shown: numbers masked, all else as it is."""
    if isinstance(value, str):
        return value.split(":")[2] if value.startswith(START) and value.count(":") == 3 else value
    if isinstance(value, list):
        return [shown(item) for item in value]
    if isinstance(value, Mapping):
        return {key: shown(item) for key, item in value.items()}
    return value


def walk(form: Mapping[str, Any], value: Any, change: Callable[[str], str]) -> Any:
    """The answers with every text of format ``id-number`` changed."""
    if isinstance(value, str):
        return change(value) if form.get("format") == FORMAT else value
    if isinstance(value, list):
        return [walk(form.get("items", {}), item, change) for item in value]
    if isinstance(value, Mapping):
        parts = form.get("properties", {})
        return {key: walk(parts.get(key, {}), item, change) for key, item in value.items()}
    return value
