"""Seeded choices by name: the same key always draws the same, whatever was drawn before."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
_MILLION = 1_000_000


class Draw:
    """A stream of choices from a key, by BLAKE2b (RFC 7693), so it is the same on any Python."""

    __slots__ = ("_key", "_part", "_pool")

    def __init__(self, *key: object) -> None:
        self._key = "/".join(map(str, key))
        self._part = 0
        self._refill()

    def _refill(self) -> None:
        data = f"{self._key}#{self._part}".encode()
        self._pool = int.from_bytes(hashlib.blake2b(data).digest(), "big") | 1 << 512
        self._part += 1

    def below(self, n: int) -> int:
        """Return a whole number from 0 to ``n`` - 1, for ``n`` up to about 2^40."""
        if self._pool >> 64 < n:
            self._refill()
        self._pool, rest = divmod(self._pool, n)
        return rest

    def chance(self, share: float) -> bool:
        """Return true in ``share`` of all draws, to the millionth."""
        return self.below(_MILLION) < share * _MILLION

    def choose(self, items: Sequence[T]) -> T:
        return items[self.below(len(items))]

    def weigh(self, shares: Sequence[tuple[T, float]], otherwise: T) -> T:
        """Return one of the weighed items, or ``otherwise`` for what is missing from 1."""
        at = self.below(_MILLION)
        for item, share in shares:
            at -= round(share * _MILLION)
            if at < 0:
                return item
        return otherwise
