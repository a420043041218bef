"""Identifiers made before the row is written: UUID version 7 (RFC 9562, section 5.7)."""

import os
import time
import uuid

# Asking the kernel costs more than the rest of an identifier, so it is asked for many at once.
# ``list.pop`` is atomic; a forked child must not use what its parent will use.
_random: list[bytes] = []
os.register_at_fork(after_in_child=_random.clear)
_BYTES, _STOCK = 10, 128


def _ten_bytes() -> bytes:
    try:
        return _random.pop()
    except IndexError:
        fresh = os.urandom(_BYTES * _STOCK)
        _random.extend(fresh[n : n + _BYTES] for n in range(_BYTES, len(fresh), _BYTES))
        return fresh[:_BYTES]


def uuid7() -> uuid.UUID:
    """Return a new time-ordered UUID: 48 bits of Unix milliseconds, then 74 random bits."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(_ten_bytes(), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    return uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62)
