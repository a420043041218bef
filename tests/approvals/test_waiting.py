"""Waiting for a decision: woken over Redis, without it by looking; a full room sends away."""

import threading
import time
import uuid
from typing import Any

import pytest
import redis
from django.db import connection

from approvals.progress import waiting, wake
from tests.approvals.cases import decide, submit

pytestmark = pytest.mark.usefixtures("furnished_committed")


def timed(waiter: waiting.Waiter, seconds: float) -> tuple[bool, float]:
    began = time.monotonic()
    return waiter.wait(seconds), time.monotonic() - began


def test_a_moved_case_calls_those_who_wait_for_it_and_no_others() -> None:
    room, mine, other = waiting.Waiters(), uuid.uuid4(), uuid.uuid4()
    ours, theirs = room.enter(mine), room.enter(other)
    wake.announce_moved([mine])
    assert timed(ours, 5) < (True, 4.0)
    assert not theirs.wait(0)
    room.leave(mine, ours)
    room.leave(other, theirs)


def test_a_line_that_broke_is_opened_again_and_nothing_is_lost() -> None:
    room, mine = waiting.Waiters(), uuid.uuid4()
    waiter = room.enter(mine)
    wake.announce_moved([uuid.uuid4()])
    wake.client().client_kill_filter(_type="normal", skipme=True)
    wake.announce_moved([mine])
    assert timed(waiter, 5) < (True, 4.0)
    room.leave(mine, waiter)


def test_all_that_moved_meanwhile_is_read_with_one_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room, going = waiting.Waiters(), threading.Event()
    asked: list[int] = []

    def standings(ids: list[uuid.UUID]) -> dict[uuid.UUID, Any]:
        asked.append(len(ids))
        if len(asked) == 1:
            going.wait(5)
        return dict.fromkeys(ids, "moved")

    monkeypatch.setattr(waiting.standings, "read", standings)
    ids = [uuid.uuid4() for _ in range(6)]
    waiters = [room.enter(i, standing=True) for i in ids]
    wake.announce_moved(ids[:1])
    for _ in range(100):
        time.sleep(0 if asked else 0.05)
    for one in ids[1:]:
        wake.announce_moved([one])
    time.sleep(0.2)  # all has been said
    going.set()
    assert all(waiter.wait(5) for waiter in waiters)
    assert [waiter.standing for waiter in waiters] == ["moved"] * 6
    assert asked == [1, 5]
    for one, waiter in zip(ids, waiters, strict=True):
        room.leave(one, waiter)


def test_when_the_room_is_full_the_next_is_answered_at_once(settings: Any) -> None:
    settings.WAITERS_MAX = 2
    room, one = waiting.Waiters(), uuid.uuid4()
    first, second, third = (room.enter(one) for _ in range(3))
    assert (first.full, second.full, third.full) == (False, False, True)
    assert timed(third, 5) < (False, 1.0)
    room.leave(one, third)
    room.leave(one, first)
    assert not room.enter(one).full


def test_nobody_who_waits_keeps_a_database_connection() -> None:
    case = submit("trader", "sole_trader")
    assert connection.connection is not None
    waiter = waiting.Waiters().enter(case.id)
    waiter.wait(0.05)
    assert connection.connection is None


def test_without_redis_the_one_who_waits_looks_for_himself(settings: Any) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.sock"
    case = submit("trader", "sole_trader")
    room = waiting.Waiters()
    waiter = room.enter(case.id)

    def engine() -> None:
        time.sleep(0.3)
        try:
            decide(case)
        finally:
            connection.close()

    thread = threading.Thread(target=engine)
    thread.start()
    moved, seconds = timed(waiter, 10)
    thread.join()
    assert moved
    assert seconds < 8
    began = time.monotonic()
    room.enter(case.id)  # and only the first one waited for Redis
    assert time.monotonic() - began < 0.3


class SilentSubscription:
    """Redis's host has vanished: nothing arrives, and no test of the connection is answered."""

    def __init__(self) -> None:
        self.health_check_response_counter = 0
        self.reads = 0

    def get_message(self, timeout: float) -> None:
        self.reads += 1
        assert self.reads < 100, "it is not given up"
        self.health_check_response_counter += self.reads % 5 == 0  # as redis-py sends its PING


def test_a_subscription_that_no_longer_answers_is_given_up() -> None:
    silent: Any = SilentSubscription()
    with pytest.raises(redis.ConnectionError):
        waiting.Waiters()._receive(silent)
    assert silent.reads == 10  # after the second test of the connection
