"""How often one address, one person or one agency's program may do something.

Counted in Redis by ``limits``, one round trip a count, in windows of fixed length. Without Redis
nobody is refused: a count protects the service, and must not be what stops it.
"""

import logging
import math
import time
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import cast

import redis
from django.conf import settings
from limits import RateLimitItem, parse
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter
from redis.commands.core import Script

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
        _leave_alone(error)
        return False


def _leave_alone(error: redis.RedisError) -> None:
    _quiet["until"] = time.monotonic() + _PAUSE
    log.warning("rates are not counted, nobody is refused: %s", type(error).__name__)


def too_many(seconds: int = 0) -> ActionRejected:
    """Return the refusal of whoever came too often, with the seconds to wait where it knows."""
    refused = ActionRejected(
        "too_many", "请求过于频繁，请稍后再试", "Too many requests; wait a little.", status=429
    )
    if seconds:
        refused.headers["Retry-After"] = str(seconds)
    return refused


def seconds_left(rate: Rate, whose: str) -> int:
    """Return in how many seconds the window ends, at least 1; a minute when Redis is away."""
    try:
        reset = _limiter().get_window_stats(rate.item, rate.name, whose).reset_time
    except redis.RedisError:
        return 60
    return max(1, min(round(reset - time.time()) + 1, rate.item.get_expiry()))


def is_spent(rate: Rate, whose: str) -> bool:
    """Tell whether no more is permitted in this window, without counting once more."""
    if not settings.RATES or time.monotonic() < _quiet["until"]:
        return False
    try:
        return not _limiter().test(rate.item, rate.name, whose)
    except redis.RedisError as error:
        _leave_alone(error)
        return False


@dataclass(frozen=True, slots=True)
class Standing:
    """How a program stands after a request: what is ``left`` of its window of ``seconds`` more."""

    rate: Rate
    left: int
    seconds: int
    is_over: bool = False

    @property
    def fields(self) -> dict[str, str]:
        """As HTTP fields say it (draft-ietf-httpapi-ratelimit-headers-10, structured fields)."""
        name, window = self.rate.name, self.rate.item
        return {
            "RateLimit-Policy": f'"{name}";q={window.amount};w={window.get_expiry()}',
            "RateLimit": f'"{name}";r={self.left};t={self.seconds}',
        }


# the count of a window, which begins with its first request, and its milliseconds left
_COUNT = """
local count = redis.call('INCRBY', KEYS[1], ARGV[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
    left = tonumber(ARGV[2])
end
return {count, left}
"""


@lru_cache(maxsize=1)
def _counting(storage: RedisStorage) -> Script:
    return storage.storage.register_script(_COUNT)


@dataclass(slots=True)
class _Lease:
    """What a process may hand out by itself until the window ends, and what Redis has left."""

    in_hand: int
    beyond: int
    until: float  # of the monotonic clock


class Leases:
    """Counts of programs, which come too often for a round trip each.

    A process takes ``LEASE`` requests at once from the count in Redis and hands them out itself.
    So a program may come up to ``LEASE`` times more often a process than its rate says, and what
    it is told to have left is what this process knows of it.
    """

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._size = max(1, min(LEASE, rate.item.amount // 20))
        self._lock = Lock()
        self._taken: dict[str, _Lease] = {}

    def take(self, whose: str) -> Standing | None:
        """Count one request; None where nothing is counted: by setting, or without Redis."""
        with self._lock:
            lease = self._taken.get(whose)
            if lease is not None and lease.in_hand and time.monotonic() < lease.until:
                lease.in_hand -= 1
                return self._standing(lease)
        if not settings.RATES or time.monotonic() < _quiet["until"]:
            return None
        try:
            count, left = self._count(whose)
        except redis.RedisError as error:
            _leave_alone(error)
            return None
        beyond = self._rate.item.amount - count
        lease = _Lease(max(self._size - 1, 0), max(beyond, 0), time.monotonic() + left / 1000)
        if beyond < 0:
            lease.in_hand = 0
            return Standing(self._rate, 0, self._standing(lease).seconds, is_over=True)
        with self._lock:
            self._taken[whose] = lease
        return self._standing(lease)

    def _standing(self, lease: _Lease) -> Standing:
        seconds = max(1, math.ceil(lease.until - time.monotonic()))
        return Standing(self._rate, lease.in_hand + lease.beyond, seconds)

    def _count(self, whose: str) -> tuple[int, int]:
        storage = cast(RedisStorage, _limiter().storage)
        item = self._rate.item
        key = storage.prefixed_key(item.key_for(self._rate.name, whose))
        milliseconds = item.get_expiry() * 1000
        count, left = _counting(storage)(keys=[key], args=[self._size, milliseconds])
        return int(count), int(left)


@lru_cache(maxsize=1)
def programs() -> Leases:
    """Return the counts of agencies' programs in this process."""
    return Leases(Rate("program", settings.PROGRAM_RATE))
