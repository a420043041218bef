"""Canonical form of everything that is hashed or signed.

RFC 8785 (JSON Canonicalization Scheme) restricted to objects with ASCII keys, arrays, strings,
booleans and null: numbers and dates are strings. Under that restriction sorted compact JSON *is*
the canonical form, and a fast ordinary writer produces it.
"""

from typing import Any

import orjson


class NotCanonical(ValueError):
    """The value holds something that has no place in a signed document."""


def dumps(value: Any) -> bytes:
    """Return the canonical bytes of ``value``; raises ``NotCanonical`` naming what is wrong."""
    try:
        data = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)  # refuses what never ends
        _check(value)
        return data
    except (TypeError, RecursionError) as error:
        raise NotCanonical(str(error)) from error


def loads(data: bytes | memoryview | str) -> Any:
    """Read canonical bytes back; raises ``NotCanonical`` when they are not canonical."""
    raw = data.encode() if isinstance(data, str) else bytes(data)
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise NotCanonical(str(error)) from error
    if dumps(value) != raw:
        raise NotCanonical("the bytes are JSON but not in canonical form")
    return value


def once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that says something twice (``object_pairs_hook`` of ``json.loads``)."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _check(value: Any) -> None:
    # without recursion, and with few steps of Python an item: it sees all that is ever signed
    left = [value]
    while left:
        value = left.pop()
        kind = type(value)
        if kind is dict:
            if not "".join(value).isascii():
                raise NotCanonical(f"an object key of {list(value)!r} is not ASCII")
            left += [item for item in value.values() if type(item) is not str]
        elif kind is list or kind is tuple:
            left += [item for item in value if type(item) is not str]
        elif kind is not bool and kind is not str and value is not None:
            raise NotCanonical(f"{kind.__name__} {value!r}: write numbers and dates as strings")
