"""Plain data as YAML, in the manner of the packs: words and short lists on one line."""

from __future__ import annotations

import json
from typing import Any

import yaml

STEP = 2  # columns by which a block is indented


def scalar(value: str, *, is_flow: bool, column: int = 0) -> str:
    """A text as one scalar; several lines become a block, indented by ``column``."""
    if "\n" in value and not is_flow and _fits_block(value):
        lines = value.split("\n")
        keep = "" if value.endswith("\n") and not value.endswith("\n\n") else "-"
        body = lines[:-1] if not keep else lines
        if keep == "-" and value.endswith("\n"):
            return json.dumps(value, ensure_ascii=False)
        return f"|{keep}\n" + "\n".join(" " * column + line if line else "" for line in body)
    if _is_plain(value, is_flow):
        return value
    if "\n" not in value and "\t" not in value:
        return "'" + value.replace("'", "''") + "'"
    return json.dumps(value, ensure_ascii=False)


def flow(value: Any) -> str:
    """Maps and lists in braces and brackets, on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(key)}: {flow(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(part) for part in value) + "]"
    return scalar(str(value), is_flow=True)


def entry(key: str, value: Any, column: int) -> str:
    """``key: value`` with its end of line; what follows stands ``column`` from the left."""
    if isinstance(value, str):
        return f"{_key(key)}: {scalar(value, is_flow=False, column=column + STEP)}\n"
    if not value or _is_short(value):
        return f"{_key(key)}: {flow(value)}\n"
    if isinstance(value, list):
        return f"{_key(key)}:\n" + "".join(" " * column + item(part, column) for part in value)
    below = column + STEP
    lines = "".join(" " * below + entry(name, part, below) for name, part in value.items())
    return f"{_key(key)}:\n{lines}"


def item(value: Any, column: int) -> str:
    """``- value`` with its end of line, in a list whose dashes stand at ``column``."""
    if not isinstance(value, dict) or _is_short(value):
        return f"- {flow(value)}\n"
    below = column + STEP
    first, *rest = (entry(key, part, below) for key, part in value.items())
    return f"- {first}" + "".join(" " * below + line for line in rest)


def _key(key: str) -> str:
    return scalar(key, is_flow=True)


def _is_short(value: Any) -> bool:
    """Whether packs write it on one line: words, and lists of scalars or words."""
    if isinstance(value, dict):
        return set(value) <= {"zh", "en"} and all(isinstance(v, str) for v in value.values())
    return isinstance(value, list) and all(isinstance(part, str) for part in value)


def _fits_block(value: str) -> bool:
    return not value.startswith((" ", "\n", "\t")) and not any(
        sign in value for sign in "\r\x85\u2028\u2029"
    )


def _is_plain(value: str, is_flow: bool) -> bool:
    """Whether a text without quotes is read as itself."""
    if not value or value != value.strip() or "\n" in value or value.startswith(("---", "...")):
        return False
    framed = f"{{k: {value}, l: m}}" if is_flow else f"k: {value}\nl: m\n"
    try:
        events = [event for event in yaml.parse(framed) if isinstance(event, yaml.ScalarEvent)]
    except yaml.YAMLError:
        return False
    return [event.value for event in events] == ["k", value, "l", "m"] and not any(
        event.anchor or event.tag or event.style for event in events
    )
