"""The file of a case as an auditor reads it: whole, with names and numbers of people masked."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

from people.masking import masked


def concealed(value: Any, names: frozenset[str]) -> Any:
    """Return a copy of what a page shows, with each of ``names`` and each number masked."""
    if isinstance(value, str):
        return masked(value, names) if type(value) is str else value
    if isinstance(value, list | tuple):
        return type(value)(concealed(item, names) for item in value)
    if isinstance(value, dict):
        return {key: concealed(item, names) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        changes = {f.name: concealed(getattr(value, f.name), names) for f in fields(value)}
        return replace(value, **changes)
    return value


def names_in(data: Any) -> Iterator[str]:
    """Yield every text under a key that names somebody: ``name``, ``spouse_name``, ``names``."""
    if isinstance(data, dict):
        for key, item in data.items():
            if "name" in key and isinstance(item, str):
                yield item
            elif "name" in key and isinstance(item, list):
                yield from (one for one in item if isinstance(one, str))
            yield from names_in(item)
    elif isinstance(data, list):
        for item in data:
            yield from names_in(item)
