"""Threads are shared: neither slow endpoints nor one partner's many keep others waiting."""

import threading
from collections.abc import Callable, Iterator

import pytest

import bulk
from exchange import delivery, endpoints, outbox, senders
from exchange.models import Endpoint, Notice, Partner, WebhookDelivery
from ledger import clock
from tests.exchange.conftest import add_partner
from tests.exchange.receiver import Receiver
from tests.waiting import eventually


@pytest.fixture
def released() -> threading.Event:
    """Set at the end: until then slow receivers do not answer."""
    return threading.Event()


@pytest.fixture
def receivers(real_keys: None, released: threading.Event) -> Iterator[Callable[[], Receiver]]:
    made: list[Receiver] = []

    def make() -> Receiver:
        made.append(Receiver())
        return made[-1]

    yield make
    released.set()
    assert eventually(lambda: not senders._senders.current.total(), seconds=30)
    for receiver in made:
        receiver.stop()
    senders._senders.slow.clear()


def owe(partner: str, count: int) -> None:
    now = clock.now()
    made = [
        outbox.notice(partner, "application.decided", f"application:{n}", {"n": str(n)}, now)
        for n in range(count)
    ]
    bulk.insert(Notice, made)


def left(partner: str) -> int:
    return WebhookDelivery.objects.filter(endpoint__partner=partner, state="due").count()


def test_many_slow_endpoints_delay_no_quick_one(
    receivers: Callable[[], Receiver],
    released: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(senders, "THREADS_PARTNER", 100)
    monkeypatch.setattr(delivery, "SLOW", 60.0)  # nobody else is slow, however busy this machine is
    monkeypatch.setattr(delivery, "SECONDS", 60.0)
    monkeypatch.setattr(delivery, "LEASE", 180.0)
    quick, slow = receivers(), receivers()

    def wait(got: object, n: int) -> tuple[int, dict[str, str]]:
        released.wait(60)
        return 204, {}

    slow.answer = wait
    add_partner("culture", slow.url)
    partner = Partner.objects.get(code="culture")
    for _ in range(endpoints.ENDPOINTS_MAX - 1):
        endpoints.add(partner, slow.url, now=clock.now())
    senders._senders.slow.update(partner.endpoints.values_list("pk", flat=True))
    add_partner("food", quick.url)
    owe("culture", 5)
    senders.start(now=clock.now())
    assert eventually(lambda: len(slow.got) == senders.THREADS_SLOW)
    owe("food", 40)
    senders.start(now=clock.now())
    assert eventually(lambda: left("food") == 0 and len(quick.got) == 40)
    assert len(slow.got) == senders.THREADS_SLOW  # the first are still being waited for
    Endpoint.objects.filter(partner="culture").update(ended="owner")


def test_who_takes_long_once_is_slow_and_the_rest_is_sent_all_the_same(
    receivers: Callable[[], Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = receivers()
    add_partner("food", receiver.url)
    monkeypatch.setattr(delivery, "SLOW", 0.0)
    owe("food", 5)
    senders.start(now=clock.now())
    assert eventually(lambda: left("food") == 0 and not senders._senders.current.total())
    assert senders._senders.slow == set(Endpoint.objects.values_list("pk", flat=True))


def test_a_partner_with_many_endpoints_leaves_threads_to_others(
    receivers: Callable[[], Receiver], released: threading.Event
) -> None:
    held, other = receivers(), receivers()

    def hold(got: object, n: int) -> tuple[int, dict[str, str]]:
        released.wait(60)
        return 204, {}

    held.answer = hold
    add_partner("culture", held.url)
    partner = Partner.objects.get(code="culture")
    for _ in range(endpoints.ENDPOINTS_MAX - 1):
        endpoints.add(partner, held.url, now=clock.now())
    add_partner("food", other.url)
    owe("culture", 3)
    owe("food", 30)
    senders.start(now=clock.now())
    assert eventually(lambda: left("food") == 0 and len(other.got) == 30)
    assert eventually(lambda: len(held.got) == senders.THREADS_PARTNER)
    assert senders._senders.current["culture"] == senders.THREADS_PARTNER
    Endpoint.objects.filter(partner="culture").update(ended="owner")


def test_what_is_quick_again_leaves_the_slow(
    receivers: Callable[[], Receiver], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "SLOW", 60.0)
    receiver = receivers()
    add_partner("food", receiver.url)
    [endpoint] = Endpoint.objects.all()
    senders._senders.slow.add(endpoint.pk)
    owe("food", 3)
    senders.start(now=clock.now())
    assert eventually(lambda: left("food") == 0 and not senders._senders.current.total())
    assert senders._senders.slow == set()
