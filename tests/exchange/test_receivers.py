"""Receivers that misbehave in every way: order and at-least-once, by the receiver's own log.

A trial is one case: three notices in order, to a receiver that goes wrong at random, then recovers.
"""

import datetime as dt
import email.utils
import json
import random
import threading
from collections import defaultdict
from collections.abc import Iterator

import pytest

import bulk
from exchange import delivery, outbox
from exchange.models import Endpoint, Notice, WebhookDelivery
from ledger import clock
from tests import endpoints
from tests.endpoints import deliver
from tests.exchange.conftest import add_partner
from tests.exchange.receiver import Got, Receiver

TRIALS, ALL_TRIALS = 3, 200
NOTICES = 3  # of one trial
HUGE = 64 * 2**20  # bytes
Said = tuple[int, dict[str, str]] | None


class Moody:
    """Goes wrong in one way, half of the time; what it has said is its log."""

    def __init__(self, way: str) -> None:
        self.way, self.mood = way, random.Random(way)
        self.arrived: list[tuple[int, int]] = []  # (case, place), in order
        self.taken: list[tuple[int, int]] = []  # of those, what it did not refuse
        self.released, self.began = threading.Event(), clock.now()
        self.elsewhere = Receiver()
        self.receiver = Receiver()
        self.receiver.answer = self.answer

    def answer(self, got: Got, n: int) -> Said:
        data = json.loads(got.body)["data"]
        with self.receiver.lock:
            self.arrived.append((int(data["case"]), int(data["place"])))
            goes_wrong = self.mood.random() < 0.5
            said: Said = self.wrong() if goes_wrong else (204, {})
            if said is None or 200 <= said[0] < 300:
                self.taken.append(self.arrived[-1])
        if goes_wrong and self.way == "slow":
            self.released.wait(30)
        return said

    def wrong(self) -> Said:
        match self.way:
            case "reset" | "slow":  # it had taken what it then breaks off from
                return None
            case "giant":
                return (
                    self.mood.choice([200, 500]),
                    {"Content-Length": str(HUGE), "X-Zeros": str(HUGE)},
                )
            case "redirect":
                return (self.mood.choice([301, 302, 307]), {"Location": self.elsewhere.url})
            case "429":
                later = self.began + dt.timedelta(seconds=self.mood.randrange(1, 10_000))
                forms = [
                    str(self.mood.randrange(10**12)),
                    email.utils.format_datetime(later, usegmt=True),
                    later.strftime("%A, %d-%b-%y %H:%M:%S GMT"),
                    later.strftime("%a %b %e %H:%M:%S %Y"),
                ]
                return (429, {"Retry-After": self.mood.choice(forms)})
        return (int(self.way), {})

    def stop(self) -> None:
        self.released.set()
        self.receiver.stop()
        self.elsewhere.stop()


@pytest.fixture
def with_keys(request: pytest.FixtureRequest) -> None:
    """Many trials commit: rows that one transaction writes again and again are never vacuumed."""
    is_long = request.node.get_closest_marker("full") is not None
    request.getfixturevalue("real_keys" if is_long else "keys")


@pytest.fixture
def moody(request: pytest.FixtureRequest, with_keys: None) -> Iterator[Moody]:
    made = Moody(request.param)
    add_partner("food", made.receiver.url)
    yield made
    made.stop()


def owe(trials: int) -> None:
    """Write the notices of all cases, those of one case in order, cases in turn."""
    now = clock.now()
    for place in range(NOTICES):
        made = [
            outbox.notice(
                "food",
                "application.decided",
                f"application:{case}",
                {"case": str(case), "place": str(place)},
                now,
            )
            for case in range(trials)
        ]
        bulk.insert(Notice, made)


def let_pauses_pass() -> None:
    """As time does; of the rows those alone that wait, since a transaction's own are not pruned."""
    Endpoint.objects.exclude(paused_until=None).update(paused_until=None)
    now = clock.now()
    WebhookDelivery.objects.filter(next_at__gt=now).update(next_at=now, attempts=0)


def until_all_is_taken(address: str) -> None:
    """Deliver, and let the time of every pause pass, until nothing is due."""
    for _ in range(ALL_TRIALS * NOTICES * 20):
        deliver("food")
        if not WebhookDelivery.objects.exclude(state="delivered").exists():
            return
        let_pauses_pass()
        if Endpoint.objects.get().ended:
            endpoints.listen("food", address)  # its owner registers it anew
    raise AssertionError("it was never done")


def assert_in_order_and_complete(log: list[tuple[int, int]], trials: int) -> None:
    places = defaultdict(list)
    for case, place in log:
        places[case].append(place)
    assert set(places) == set(range(trials))
    for found in places.values():
        assert found == sorted(found) and set(found) == set(range(NOTICES))


def run(moody: Moody, trials: int) -> None:
    owe(trials)
    until_all_is_taken(moody.receiver.url)
    assert_in_order_and_complete(moody.arrived, trials)
    assert_in_order_and_complete(moody.taken, trials)
    assert len(moody.arrived) > trials * NOTICES, "it never went wrong"
    assert moody.elsewhere.got == []


WAYS = ["slow", "500", "410", "429", "reset", "redirect", "giant"]


@pytest.mark.parametrize("moody", WAYS, indirect=True)
def test_order_and_at_least_once_hold(moody: Moody, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "SECONDS", 0.5)
    run(moody, TRIALS)


@pytest.mark.full
@pytest.mark.parametrize("moody", WAYS, indirect=True)
def test_order_and_at_least_once_hold_in_200_trials(
    moody: Moody, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "SECONDS", 0.5)
    run(moody, ALL_TRIALS)


def down(trials: int) -> None:
    """In each trial nobody listens at first, and in between."""
    first = Receiver()
    port = first.server.server_address[1]
    first.stop()
    add_partner("food", first.url)
    owe(trials)
    log: list[tuple[int, int]] = []
    while len(log) < trials * NOTICES:
        assert deliver("food") == 0
        let_pauses_pass()
        again = Receiver(int(port))
        taken = WebhookDelivery.objects.filter(state="delivered").count()
        # one notice is taken, then it is down again
        again.answer = lambda got, n: (204, {}) if n == 1 else (503, {})
        try:
            assert deliver("food") == 1
        finally:
            again.stop()
        assert WebhookDelivery.objects.filter(state="delivered").count() == taken + 1
        data = json.loads(again.got[0].body)["data"]
        log.append((int(data["case"]), int(data["place"])))
        let_pauses_pass()
    assert not WebhookDelivery.objects.exclude(state="delivered").exists()
    assert_in_order_and_complete(log, trials)


def test_order_and_at_least_once_hold_for_a_receiver_that_is_down(keys: None) -> None:
    down(TRIALS)


@pytest.mark.full
def test_order_and_at_least_once_hold_for_one_that_is_down_200_times(with_keys: None) -> None:
    down(ALL_TRIALS)
