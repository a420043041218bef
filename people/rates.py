"""How often one address, one person or one agency's program may do something.

Counted in Redis by ``limits``, one round trip a count, in windows of fixed length. Without Redis
nobody is refused: a count protects the service, and must not be what stops it.
"""

import logging
import time
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

import redis
from django.conf import settings
from limits import RateLimitItem, parse
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter

from people.errors import ActionRejected

log = logging.getLogger(__name__)

PREFIX = "miaopi:rate"
LEASE = 50  # requests of a program that one round trip permits to one process
_PAUSE = 2.0  # seconds that Redis is left alone after it failed
_quiet = {"until": 0.0}


@dataclass(frozen=True, slots=True)
class Rate:
    """``most`` a window, such as ``30/minute``, of what is called ``name`` in Redis."""

    name: str
    most: str

    @property
    def item(self) -> RateLimitItem:
        return _parsed(self.most)


LOOKUP = Rate("lookup", "120/minute")  # of certificates, by anybody: from one address


@lru_cache(maxsize=64)
def _parsed(most: str) -> RateLimitItem:
    return parse(most)


@lru_cache(maxsize=1)
def _limiter() -> FixedWindowRateLimiter:
    pool = redis.ConnectionPool.from_url(
        settings.REDIS_URL, socket_timeout=0.2, socket_connect_timeout=0.2
    )
    storage = RedisStorage("redis://", connection_pool=pool, key_prefix=PREFIX)
    return FixedWindowRateLimiter(storage)


def is_over(rate: Rate, whose: str, *, cost: int = 1) -> bool:
    """Count once more, or ``cost`` times; tell whether that is more than the rate permits.

    ``whose`` is an address, a user's key or an agency's code; never a person's number.
    """
    if not settings.RATES or time.monotonic() < _quiet["until"]:
        return False
    try:
        return not _limiter().hit(rate.item, rate.name, whose, cost=cost)
    except redis.RedisError as error:
        _quiet["until"] = time.monotonic() + _PAUSE
        log.warning("rates are not counted, nobody is refused: %s", type(error).__name__)
        return False


def too_many() -> ActionRejected:
    return ActionRejected(
        "too_many", "请求过于频繁，请稍后再试", "Too many requests; wait a little.", status=429
    )


def seconds_left(rate: Rate, whose: str) -> int:
    """Return in how many seconds the window ends, at least 1; a minute when Redis is away."""
    try:
        reset = _limiter().get_window_stats(rate.item, rate.name, whose).reset_time
    except redis.RedisError:
        return 60
    return max(1, min(round(reset - time.time()) + 1, rate.item.get_expiry()))


class Leases:
    """Counts of programs, which come too often for a round trip each.

    A process takes ``LEASE`` requests at once from the count in Redis and hands them out itself.
    So a program may come up to ``LEASE`` times more often a process than its rate says.
    """

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._size = max(1, min(LEASE, rate.item.amount // 20))
        self._lock = Lock()
        self._left: dict[str, tuple[int, float]] = {}  # of whom: requests left, until when

    def is_over(self, whose: str) -> bool:
        at = time.monotonic()
        with self._lock:
            left, until = self._left.get(whose, (0, at))
            if left and at < until:
                self._left[whose] = left - 1, until
                return False
        if is_over(self._rate, whose, cost=self._size):
            return True
        with self._lock:
            self._left[whose] = self._size - 1, at + self._rate.item.get_expiry()
        return False


@lru_cache(maxsize=1)
def programs() -> Leases:
    """Return the counts of agencies' programs in this process."""
    return Leases(Rate("program", settings.PROGRAM_RATE))
