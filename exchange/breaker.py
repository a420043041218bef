"""A circuit breaker shared by all workers through Redis.

Closed: calls pass. After ``FAILURES`` failing calls in a row it opens, and no call passes for
``OPEN_FIRST`` seconds. Then one caller probes at a time: its success closes the breaker for
everybody, its failure opens it for twice as long, ``OPEN_MOST`` at most: what was absent for two
seconds is found again within two more, what is absent for hours is asked seldom. Without Redis
every process counts for itself: a worker then learns of a dead registry by its own few calls, and
nothing waits for Redis.
"""

import time
from collections.abc import Sequence
from functools import lru_cache

import redis
from django.conf import settings

FAILURES = 5  # failing calls in a row that open it
OPEN_FIRST, OPEN_MOST = 0.5, 10.0  # seconds that it stays open, doubled by each failing probe
MEMORY_SECONDS = 60  # failures further apart than this are not in a row
PROBE_SECONDS = 5  # a probe that never came back frees its place
_REDIS_PAUSE = 2.0  # how long Redis is left alone after it failed


@lru_cache(maxsize=1)
def _redis() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=0.2, socket_connect_timeout=0.2, max_connections=8
    )


def open_seconds(probes: int) -> float:
    """Return how long the breaker stays open after so many failing probes."""
    return float(min(OPEN_FIRST * 2 ** min(probes, 30), OPEN_MOST))


def are_open(names: Sequence[str]) -> set[str]:
    """Return which of these registries are not asked now; raises ``redis.RedisError``."""
    if not names:
        return set()
    counted = _redis().mget([f"breaker:{name}:failures" for name in names])
    return {n for n, failures in zip(names, counted, strict=True) if int(failures or 0) >= FAILURES}


class _Local:
    """The state of one process, for when there is no Redis."""

    def __init__(self) -> None:
        self.failures, self.opened = 0, float("-inf")

    def allowed(self) -> bool:
        if self.failures < FAILURES:
            return True
        if time.monotonic() - self.opened < open_seconds(self.failures - FAILURES):
            return False
        self.opened = time.monotonic()  # this caller is the probe; the others wait again
        return True

    def failed(self) -> None:
        self.failures += 1
        if self.failures >= FAILURES:
            self.opened = time.monotonic()

    def succeeded(self) -> None:
        self.failures = 0


class Breaker:
    """The breaker of one registry. Ask ``allowed`` first, then report how the call went."""

    def __init__(self, name: str) -> None:
        self.failures_key, self.open_key, self.probe_key = (
            f"breaker:{name}:{part}" for part in ("failures", "open", "probe")
        )
        self.probes_key = f"breaker:{name}:probes"  # how many have failed since it opened
        self._local = _Local()
        self._redis_failed_until = float("-inf")
        self._has_failures = False  # a failure was seen, so a success must be reported

    def allowed(self) -> bool:
        """Return whether a call may be made now; a probe counts as one."""
        if self._redis_unavailable():
            return self._local.allowed()
        try:
            failures, is_open = (
                _redis().pipeline(transaction=False).get(self.failures_key).exists(self.open_key)
            ).execute()
            self._has_failures = failures is not None
            if int(failures or 0) < FAILURES:
                return True
            if is_open:
                return False
            return bool(_redis().set(self.probe_key, "1", nx=True, ex=PROBE_SECONDS))
        except redis.RedisError:
            self._lost()
            return self._local.allowed()

    def failed(self) -> None:
        """Report that the registry answered nothing usable."""
        self._local.failed()
        if self._redis_unavailable():
            return
        try:
            failures, _, probes = (
                _redis()
                .pipeline(transaction=False)
                .incr(self.failures_key)
                .expire(self.failures_key, MEMORY_SECONDS)
                .get(self.probes_key)
            ).execute()
            if failures >= FAILURES:
                self._open(int(probes or 0))
        except redis.RedisError:
            self._lost()

    def _open(self, probes: int) -> None:
        """Open it, unless another call that failed meanwhile has: its time is not lengthened."""
        lasts = int(open_seconds(probes) * 1000)
        if _redis().set(self.open_key, "1", px=lasts, nx=True):
            (
                _redis()
                .pipeline(transaction=False)
                .set(self.probes_key, probes + 1, ex=MEMORY_SECONDS)
                .delete(self.probe_key)
            ).execute()

    def succeeded(self) -> None:
        """Report a usable answer: whatever was counted is forgotten."""
        self._local.succeeded()
        if self._has_failures and not self._redis_unavailable():
            try:
                _redis().delete(self.failures_key, self.open_key, self.probe_key, self.probes_key)
                self._has_failures = False
            except redis.RedisError:
                self._lost()

    def _redis_unavailable(self) -> bool:
        return time.monotonic() < self._redis_failed_until

    def _lost(self) -> None:
        self._redis_failed_until = time.monotonic() + _REDIS_PAUSE
