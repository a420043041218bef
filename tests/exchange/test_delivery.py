"""What we owe other agencies arrives: at least once, in order, and nobody waits for another."""

import concurrent.futures
import datetime as dt
import json
import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction

import bulk
from exchange import delivery, outbox, webhook_client
from exchange.models import Notice, Partner
from exchange.partners import Credentials
from ledger import clock
from tests.exchange.conftest import add_partner
from tests.exchange.receiver import Got, Receiver


@pytest.fixture
def receivers() -> Iterator[Callable[[], Receiver]]:
    made: list[Receiver] = []

    def make() -> Receiver:
        made.append(Receiver())
        return made[-1]

    yield make
    for receiver in made:
        receiver.stop()


@pytest.fixture
def receiver(receivers: Callable[[], Receiver]) -> Receiver:
    return receivers()


@pytest.fixture
def food(keys: None, receiver: Receiver) -> Credentials:
    return add_partner("food", receiver.url)


def owe(subject: str = "application:A", n: int = 1, partner: str = "food") -> Notice:
    """One notice, written as verbs write it."""
    owed = outbox.notice(partner, "application.decided", subject, {"n": str(n)}, clock.now())
    bulk.insert(Notice, [owed])
    return owed


def let_time_pass() -> None:
    """Make everything due again that waits for later."""
    Notice.objects.update(next_at=clock.now())
    Partner.objects.update(paused_until=None)


def numbers(receiver: Receiver) -> list[int]:
    return [int(json.loads(got.body)["data"]["n"]) for got in receiver.got]


def test_a_notice_arrives_signed_and_is_delivered(food: Credentials, receiver: Receiver) -> None:
    owed = owe()
    assert delivery.deliver("food") == 1
    [got] = receiver.got
    assert got.message_id == str(owed.pk)
    assert webhook_client.verify(food.webhook_secret, got.headers, got.body, at=clock.now())
    body = json.loads(got.body)
    assert (body["type"], body["data"]) == ("application.decided", {"n": "1"})
    owed.refresh_from_db()
    assert (owed.state, owed.attempts, owed.last_status) == ("delivered", 1, "204")
    assert owed.delivered_at and owed.leased_until is None
    assert delivery.deliver("food") == 0 and len(receiver.got) == 1


def test_nothing_is_sent_of_what_was_rolled_back(food: Credentials, receiver: Receiver) -> None:
    with transaction.atomic():
        owe()
        transaction.set_rollback(True)
    assert outbox.due(clock.now()) == 0
    assert delivery.deliver("food") == 0 and not receiver.got


def test_a_later_notice_of_a_subject_waits_for_the_earlier_one(
    food: Credentials, receiver: Receiver
) -> None:
    for n in (1, 2, 3):
        owe("application:A", n)
    owe("application:B", 9)
    receiver.answer = lambda got, n: (500 if b'"1"' in got.body and n < 3 else 204, {})
    delivery.deliver("food")
    assert sorted(numbers(receiver)) == [1, 9]
    let_time_pass()
    delivery.deliver("food")
    let_time_pass()
    delivery.deliver("food")
    assert [n for n in numbers(receiver) if n != 9][-3:] == [1, 2, 3]
    assert not Notice.objects.exclude(state="delivered").exists()


def test_the_order_is_that_of_commits_whatever_clocks_and_ids_say(
    food: Credentials, receiver: Receiver
) -> None:
    now = clock.now()
    early = outbox.notice(
        "food", "application.decided", "application:A", {"n": "1"}, now - dt.timedelta(hours=1)
    )
    late = outbox.notice("food", "application.decided", "application:A", {"n": "2"}, now)
    bulk.insert(Notice, [late])  # the first to hold the subject's lock
    bulk.insert(Notice, [early])
    delivery.deliver("food")
    assert numbers(receiver) == [2, 1]


def test_four_workers_and_a_moody_receiver_keep_every_subjects_order(
    real_keys: None, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_partner("food", receiver.url)
    monkeypatch.setattr(delivery, "BACK_OFF", (0,) * 15)
    mood = random.Random(3)
    receiver.answer = lambda got, n: (204 if mood.random() < 0.7 else 500, {})
    accepted: list[tuple[str, int]] = []
    honest = receiver.answer

    def answer(got: Got, n: int) -> tuple[int, dict[str, str]]:
        with receiver.lock:
            told = honest(got, n)
            if told[0] == 204:
                body = json.loads(got.body)["data"]
                accepted.append((body["s"], int(body["n"])))
        return told

    receiver.answer = answer
    now = clock.now()
    bulk.insert(
        Notice,
        [
            outbox.notice(
                "food", "application.decided", f"application:{s}", {"s": str(s), "n": str(n)}, now
            )
            for n in range(6)
            for s in range(12)
        ],
    )

    def work() -> None:
        try:
            ends = time.monotonic() + 20
            while Notice.objects.filter(state="due").exists() and time.monotonic() < ends:
                delivery.deliver("food")
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    order = defaultdict(list)
    for subject, n in accepted:
        order[subject].append(n)
    dead = Notice.objects.filter(state="dead").count()
    assert dead == 0
    assert all(ns == sorted(ns) for ns in order.values()), order
    assert all(set(ns) == set(range(6)) for ns in order.values())


def test_retry_after_in_seconds_is_kept_and_holds_for_the_whole_partner(
    food: Credentials, receiver: Receiver
) -> None:
    receiver.answer = lambda got, n: (429, {"Retry-After": "120"})
    for n in range(3):
        owe(f"application:{n}", n)
    now = clock.now()
    delivery.deliver("food")
    assert len(receiver.got) == 1
    tried = Notice.objects.get(attempts=1)
    assert tried.last_status == "429"
    assert dt.timedelta(seconds=115) < tried.next_at - now < dt.timedelta(seconds=125)
    assert outbox.waiting(now + dt.timedelta(seconds=100)) == []
    assert outbox.waiting(now + dt.timedelta(seconds=125)) == ["food"]
    receiver.answer = lambda got, n: (204, {})
    let_time_pass()
    assert delivery.deliver("food") == 3
    assert Partner.objects.get().failures == 0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        ("99999999", 43_200),  # at most twelve hours
        ("Mon, 02 Mar 2026 02:01:00 GMT", 60),
        ("Mon, 02 Mar 2026 01:00:00 GMT", 0),
        ("-5", 0),
        ("٣", 0),
        ("soon", 0),
        ("", 0),
        ("1e9", 0),
        ("9" * 5000, 0),
        ("Mon, 99 Foo 2026", 0),
    ],
)
def test_retry_after_is_read_as_the_standard_says(
    now: dt.datetime, value: str, seconds: float
) -> None:
    assert delivery.retry_after(value, now) == seconds


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 500, 599])
def test_any_answer_but_2xx_is_tried_again_later(
    food: Credentials, receiver: Receiver, status: int
) -> None:
    elsewhere = Receiver()
    receiver.answer = lambda got, n: (status, {"Location": elsewhere.url})
    owed = owe()
    now = clock.now()
    delivery.deliver("food")
    owed.refresh_from_db()
    assert (owed.state, owed.attempts, owed.last_status) == ("due", 1, str(status))
    assert dt.timedelta(seconds=4) < owed.next_at - now < dt.timedelta(seconds=8)
    elsewhere.stop()
    assert elsewhere.got == []  # redirects are not followed


def test_the_pauses_grow_from_seconds_to_half_a_day() -> None:
    assert delivery.BACK_OFF[0] == 5 and delivery.BACK_OFF[-1] == 12 * 3600
    assert len(delivery.BACK_OFF) == delivery.ATTEMPTS - 1
    assert list(delivery.BACK_OFF) == sorted(delivery.BACK_OFF)
    assert sum(delivery.BACK_OFF) > 2 * 24 * 3600  # a receiver may be down for a day


def test_gone_is_dead_at_once_and_the_next_one_goes_on(
    food: Credentials, receiver: Receiver
) -> None:
    receiver.answer = lambda got, n: (410 if n == 1 else 204, {})
    first, second = owe(n=1), owe(n=2)
    delivery.deliver("food")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("dead", "delivered")


def test_after_sixteen_attempts_a_notice_is_dead_and_an_officer_may_send_it_again(
    food: Credentials, receiver: Receiver
) -> None:
    receiver.answer = lambda got, n: (500, {})
    owed, after = owe(n=1), owe(n=2)
    for _ in range(delivery.ATTEMPTS):
        let_time_pass()
        delivery.deliver("food")
    owed.refresh_from_db()
    assert (owed.state, owed.attempts) == ("dead", 16)
    receiver.answer = lambda got, n: (204, {})
    let_time_pass()
    delivery.deliver("food")
    after.refresh_from_db()
    assert after.state == "delivered"
    assert outbox.replay(ids=[owed.pk], by="officer:li", now=clock.now()) == 1
    assert delivery.deliver("food") == 1
    owed.refresh_from_db()
    assert owed.state == "delivered" and numbers(receiver)[-1] == 1


def test_a_worker_that_dies_after_the_receiver_accepted_sends_the_same_id_again(
    food: Credentials, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe()

    def die(*args: Any, **kwargs: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr(delivery, "record", die)
        delivery.deliver("food")
    assert delivery.deliver("food") == 0  # its lease still runs
    Notice.objects.update(leased_until=clock.now() - dt.timedelta(seconds=1))
    assert delivery.deliver("food") == 1
    assert len({got.message_id for got in receiver.got}) == 1 and len(receiver.got) == 2
    assert Notice.objects.get().attempts == 2


def test_a_worker_whose_lease_ran_out_does_not_overwrite_the_next_ones_word(
    food: Credentials, receiver: Receiver
) -> None:
    owed = owe()
    [slow] = outbox.lease("food", now=clock.now(), seconds=60, limit=1)
    Notice.objects.update(leased_until=clock.now() - dt.timedelta(seconds=1))
    assert delivery.deliver("food") == 1
    partner = Partner.objects.get()
    delivery.record(partner, slow, delivery.Outcome("timeout", partner_down=True), now=clock.now())
    owed.refresh_from_db()
    assert (owed.state, owed.last_status) == ("delivered", "204")


@pytest.mark.parametrize("how", ["refuses", "hangs", "breaks off", "drips"])
def test_a_receiver_that_is_down_costs_one_attempt_and_delays_no_other(
    real_keys: None,
    receivers: Callable[[], Receiver],
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    monkeypatch.setattr(delivery, "SECONDS", 1.0)
    dead, well = receivers(), receivers()
    dead.answer = {
        "hangs": lambda got, n: time.sleep(3),
        "breaks off": lambda got, n: None,
        "drips": lambda got, n: (200, {"X-Slow": "x", "Content-Length": "100000"}),
        "refuses": lambda got, n: None,
    }[how]
    if how == "refuses":
        dead.stop()
    add_partner("food", dead.url)
    add_partner("culture", well.url)
    for n in range(20):
        owe(f"application:{n}", n, "food")
        owe(f"application:{n}", n, "culture")
    began = time.monotonic()
    futures = delivery.start(now=clock.now())
    assert time.monotonic() - began < 0.5  # the task itself does not wait
    assert not concurrent.futures.wait(futures, timeout=10).not_done
    assert len(well.got) == 20
    assert well.got[-1].at - began < 1.5
    assert Notice.objects.filter(partner="culture", state="delivered").count() == 20
    if how == "drips":  # it said 200, and nobody waits for the rest
        assert Notice.objects.filter(partner="food", state="delivered").count() == 20
        return
    tried = Notice.objects.filter(partner="food", attempts__gt=0)
    assert tried.count() == 1
    assert Partner.objects.get(code="food").paused_until > clock.now()
    assert outbox.waiting(clock.now()) == []


def test_a_partner_that_takes_what_it_is_sent_is_sent_several_at_once(
    real_keys: None, receiver: Receiver
) -> None:
    add_partner("food", receiver.url)
    now = clock.now()
    bulk.insert(
        Notice,
        [
            outbox.notice("food", "application.decided", f"application:{n}", {"n": str(n)}, now)
            for n in range(150)
        ],
    )
    at_once, most = 0, 0

    def answer(got: Got, n: int) -> tuple[int, dict[str, str]]:
        nonlocal at_once, most
        with receiver.lock:
            at_once += 1
            most = max(most, at_once)
        time.sleep(0.01)
        with receiver.lock:
            at_once -= 1
        return 204, {}

    receiver.answer = answer
    delivery.start(now=clock.now())
    ends = time.monotonic() + 20
    while Notice.objects.filter(state="due").exists() and time.monotonic() < ends:
        time.sleep(0.05)
    assert sorted(numbers(receiver)) == list(range(150))
    assert 1 < most <= delivery.THREADS_PER_PARTNER
    while delivery._threads.current.total() and time.monotonic() < ends:
        time.sleep(0.01)  # the threads give their connections back


def test_a_partner_without_an_address_keeps_its_notices_until_it_has_one(
    keys: None, receiver: Receiver
) -> None:
    add_partner("food")
    owe()
    assert outbox.due(clock.now()) == 0
    Partner.objects.update(webhook_url=receiver.url)
    assert outbox.due(clock.now()) == 1
    assert delivery.deliver("food") == 1


def test_the_reconcilers_question_and_the_lease_agree(food: Credentials) -> None:
    now = clock.now()
    assert outbox.waiting(now) == []
    owe()
    now = clock.now()
    assert outbox.waiting(now) == ["food"]
    assert len(outbox.lease("food", now=now, seconds=60, limit=5)) == 1
    assert outbox.waiting(now) == []
    assert outbox.waiting(now + dt.timedelta(seconds=61)) == ["food"]
