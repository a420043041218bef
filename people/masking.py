"""Texts as an auditor reads them: names, ID numbers and telephone numbers are masked."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from people import identity

# parts of the names of fields that hold somebody's name, in forms and in registries' records
_NAMING = ("name", "representative", "contact")
_NUMBER = re.compile(r"(?<![0-9A-Za-z])(?:\d{17}[\dXx]|1[3-9]\d{9})(?![0-9A-Za-z])")


def is_of_a_name(field: str) -> bool:
    """Whether a field of answers or of a record holds names: ``spouse_name``, ``contact``."""
    return any(part in field for part in _NAMING)


def masked(value: str, names: Iterable[str]) -> str:
    """Return ``value`` with each of ``names`` and each number of a person or telephone masked."""
    for name in sorted(filter(None, names), key=len, reverse=True):
        value = value.replace(name, identity.mask_name(name))
    return _NUMBER.sub(lambda found: identity.mask(found[0]), value)


def names_in(data: Any) -> Iterator[str]:
    """Yield every text under a key that names somebody (``people.masking``), in lists too."""
    if isinstance(data, dict):
        for key, item in data.items():
            if is_of_a_name(key) and isinstance(item, str):
                yield item
            elif is_of_a_name(key) and isinstance(item, list):
                yield from (one for one in item if isinstance(one, str))
            yield from names_in(item)
    elif isinstance(data, list):
        for item in data:
            yield from names_in(item)
