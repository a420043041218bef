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
from exchange import delivery, outbox, routing, senders, webhook_client
from exchange.models import Endpoint, Notice, WebhookDelivery
from exchange.partners import Credentials
from ledger import clock
from tests import endpoints
from tests.endpoints import deliver
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


def way_of(owed: Notice) -> WebhookDelivery:
    """The one delivery of a notice, as it is now."""
    return WebhookDelivery.objects.get(notice=owed)


def let_time_pass() -> None:
    """Make everything due again that waits for later."""
    WebhookDelivery.objects.update(next_at=clock.now())
    Endpoint.objects.update(paused_until=None)


def numbers(receiver: Receiver) -> list[int]:
    return [int(json.loads(got.body)["data"]["n"]) for got in receiver.got]


def test_a_notice_arrives_signed_and_is_delivered(food: Credentials, receiver: Receiver) -> None:
    owed = owe()
    assert deliver("food") == 1
    [got] = receiver.got
    assert got.message_id == str(owed.pk)
    assert webhook_client.verify(food.webhook_secret, got.headers, got.body, at=clock.now())
    body = json.loads(got.body)
    assert (body["type"], body["data"]) == ("application.decided", {"n": "1"})
    way = way_of(owed)
    assert (way.state, way.attempts, way.last_status) == ("delivered", 1, "204")
    assert way.delivered_at and way.leased_until is None
    assert deliver("food") == 0 and len(receiver.got) == 1


def test_nothing_is_sent_of_what_was_rolled_back(food: Credentials, receiver: Receiver) -> None:
    with transaction.atomic():
        owe()
        transaction.set_rollback(True)
    assert outbox.due(clock.now()) == 0
    assert deliver("food") == 0 and not receiver.got


def test_a_later_notice_of_a_subject_waits_for_the_earlier_one(
    food: Credentials, receiver: Receiver
) -> None:
    for n in (1, 2, 3):
        owe("application:A", n)
    owe("application:B", 9)
    receiver.answer = lambda got, n: (500 if b'"1"' in got.body and n < 3 else 204, {})
    deliver("food")
    assert sorted(numbers(receiver)) == [1, 9]
    let_time_pass()
    deliver("food")
    let_time_pass()
    deliver("food")
    assert [n for n in numbers(receiver) if n != 9][-3:] == [1, 2, 3]
    assert not WebhookDelivery.objects.exclude(state="delivered").exists()


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
    deliver("food")
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
            while WebhookDelivery.objects.filter(state="due").exists() and time.monotonic() < ends:
                deliver("food")
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
    dead = WebhookDelivery.objects.filter(state="dead").count()
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
    deliver("food")
    assert len(receiver.got) == 1
    tried = WebhookDelivery.objects.get(attempts=1)
    assert tried.last_status == "429"
    assert dt.timedelta(seconds=115) < tried.next_at - now < dt.timedelta(seconds=125)
    assert outbox.waiting(now + dt.timedelta(seconds=100)) == {}
    assert list(outbox.waiting(now + dt.timedelta(seconds=125))) == [endpoints.of("food").pk]
    receiver.answer = lambda got, n: (204, {})
    let_time_pass()
    assert deliver("food") == 3
    assert endpoints.of("food").failures == 0


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 500, 599])
def test_any_answer_but_2xx_is_tried_again_later(
    food: Credentials, receiver: Receiver, status: int
) -> None:
    elsewhere = Receiver()
    receiver.answer = lambda got, n: (status, {"Location": elsewhere.url})
    owed = owe()
    now = clock.now()
    deliver("food")
    way = way_of(owed)
    assert (way.state, way.attempts, way.last_status) == ("due", 1, str(status))
    assert dt.timedelta(seconds=4) < way.next_at - now < dt.timedelta(seconds=8)
    elsewhere.stop()
    assert elsewhere.got == []  # redirects are not followed


def test_gone_switches_the_endpoint_off_and_what_is_owed_to_it_waits(
    food: Credentials, receiver: Receiver
) -> None:
    receiver.answer = lambda got, n: (410 if n == 1 else 204, {})
    first, second = owe("application:A", n=1), owe("application:B", n=2)
    deliver("food")
    assert (way_of(first).state, way_of(second).state) == ("due", "due")
    assert endpoints.of("food").ended == "gone" and len(receiver.got) == 1
    third = owe("application:B", n=3)
    assert outbox.due(clock.now()) == 0 and deliver("food") == 0
    assert not WebhookDelivery.objects.filter(notice=third).exists()
    endpoints.listen("food", receiver.url)  # its owner has mended it
    assert deliver("food") == 3
    first_time, *again = numbers(receiver)  # those of one subject in order
    assert first_time == 1 and again in ([1, 2, 3], [2, 1, 3], [2, 3, 1])
    assert endpoints.of("food").failing_since is None


def test_after_sixteen_attempts_a_notice_is_dead_and_an_officer_may_send_it_again(
    food: Credentials, receiver: Receiver
) -> None:
    receiver.answer = lambda got, n: (500, {})
    owed, after = owe(n=1), owe(n=2)
    for _ in range(delivery.ATTEMPTS):
        let_time_pass()
        deliver("food")
    assert (way_of(owed).state, way_of(owed).attempts) == ("dead", 16)
    receiver.answer = lambda got, n: (204, {})
    let_time_pass()
    deliver("food")
    assert way_of(after).state == "delivered"
    dead = WebhookDelivery.objects.filter(notice=owed)
    assert outbox.replay(dead, by="officer:li", now=clock.now()) == 1
    assert deliver("food") == 1
    assert way_of(owed).state == "delivered" and numbers(receiver)[-1] == 1


def test_a_worker_that_dies_after_the_receiver_accepted_sends_the_same_id_again(
    food: Credentials, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe()

    def die(*args: Any, **kwargs: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr(delivery, "record", die)
        deliver("food")
    assert deliver("food") == 0  # its lease still runs
    WebhookDelivery.objects.update(leased_until=clock.now() - dt.timedelta(seconds=1))
    assert deliver("food") == 1
    assert len({got.message_id for got in receiver.got}) == 1 and len(receiver.got) == 2
    assert WebhookDelivery.objects.get().attempts == 2


def test_a_worker_whose_lease_ran_out_does_not_overwrite_the_next_ones_word(
    food: Credentials, receiver: Receiver
) -> None:
    owed = owe()
    routing.route("food", clock.now())
    endpoint = endpoints.of("food")
    [slow] = outbox.lease(endpoint.pk, now=clock.now(), seconds=60, limit=1)
    WebhookDelivery.objects.update(leased_until=clock.now() - dt.timedelta(seconds=1))
    assert deliver("food") == 1
    tried = delivery.Tried(delivery.Outcome("timeout", is_down=True), endpoint.url, {}, 10_000)
    delivery.record(endpoint, slow, tried, now=clock.now())
    assert (way_of(owed).state, way_of(owed).last_status) == ("delivered", "204")
    assert sorted(slow.log.values_list("status", flat=True)) == ["204", "timeout"]


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
    futures = senders.start(now=clock.now())
    assert time.monotonic() - began < 0.5  # the task itself does not wait
    assert not concurrent.futures.wait(futures, timeout=10).not_done
    assert len(well.got) == 20
    assert well.got[-1].at - began < 1.5
    assert (
        WebhookDelivery.objects.filter(endpoint__partner="culture", state="delivered").count() == 20
    )
    if how == "drips":  # it said 200, and nobody waits for the rest
        assert (
            WebhookDelivery.objects.filter(endpoint__partner="food", state="delivered").count()
            == 20
        )
        return
    tried = WebhookDelivery.objects.filter(endpoint__partner="food", attempts__gt=0)
    assert tried.count() == 1
    assert endpoints.of("food").paused_until > clock.now()
    assert outbox.waiting(clock.now()) == {}


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
    senders.start(now=clock.now())
    ends = time.monotonic() + 20
    while WebhookDelivery.objects.filter(state="due").exists() and time.monotonic() < ends:
        time.sleep(0.05)
    assert sorted(numbers(receiver)) == list(range(150))
    assert 1 < most <= senders.THREADS_EACH
    while senders._senders.current.total() and time.monotonic() < ends:
        time.sleep(0.01)  # the threads give their connections back


def test_a_partner_without_an_address_keeps_its_notices_until_it_has_one(
    keys: None, receiver: Receiver
) -> None:
    add_partner("food")
    owe()
    assert outbox.due(clock.now()) == 0
    endpoints.listen("food", receiver.url)
    assert outbox.due(clock.now()) == 1
    assert deliver("food") == 1


def test_the_reconcilers_question_and_the_lease_agree(food: Credentials) -> None:
    now, endpoint = clock.now(), endpoints.of("food").pk
    assert outbox.due(now) == 0
    owe()
    assert outbox.due(now) == 1  # to be given to its endpoint
    now = clock.now()
    routing.route("food", now)
    assert list(outbox.waiting(now)) == [endpoint] and outbox.due(now) == 1
    assert len(outbox.lease(endpoint, now=now, seconds=60, limit=5)) == 1
    assert outbox.waiting(now) == {}
    assert list(outbox.waiting(now + dt.timedelta(seconds=61))) == [endpoint]


def test_gone_said_by_an_address_of_before_leaves_the_new_one_on(
    food: Credentials, receiver: Receiver
) -> None:
    """Its owner wrote another address while the old one was answering."""
    endpoint = endpoints.of("food")
    owe()
    Endpoint.objects.update(url=f"{receiver.url}/new")
    tried = delivery.Tried(delivery.Outcome("410", gone=True), receiver.url, {}, 1)
    routing.route("food", clock.now())
    [claimed] = outbox.lease(endpoint.pk, now=clock.now(), seconds=60, limit=1)
    delivery.record(endpoint, claimed, tried, now=clock.now())
    assert endpoints.of("food").ended == ""
