"""Several endpoints of one partner, each with what it asked for; secrets that change in use."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction

import bulk
from exchange import (
    delivery,
    inbox,
    named_persons,
    outbox,
    owners,
    partners,
    routing,
    webhook_client,
    webhook_secrets,
)
from exchange import endpoints as product
from exchange.endpoints import Subscription
from exchange.models import (
    Endpoint,
    Notice,
    Partner,
    WebhookAttempt,
    WebhookDelivery,
    WebhookSecret,
)
from exchange.webhook_secrets import IN, OUT
from ledger import clock
from people.errors import ActionRejected
from tests import endpoints
from tests.endpoints import deliver
from tests.exchange.conftest import add_partner
from tests.exchange.receiver import Got, Receiver

ALL = ["*"]
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
def other() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
def food(keys: None, receiver: Receiver) -> partners.Credentials:
    return add_partner("food", receiver.url)


def owe(n: int, kind: str = "application.decided", **data: str) -> Notice:
    owed = outbox.notice("food", kind, f"application:{n}", {"n": str(n), **data}, clock.now())
    bulk.insert(Notice, [owed])
    return owed


def also(receiver: Receiver, kinds: Any = None, services: Any = None, districts: Any = None) -> Any:
    wanted = Subscription(kinds or ALL, services or ALL, districts or ALL)
    food = Partner.objects.get(code="food")
    return product.add(food, receiver.url, now=clock.now(), wanted=wanted)


def numbers(receiver: Receiver) -> list[str]:
    return [json.loads(got.body)["data"]["n"] for got in receiver.got]


def test_each_endpoint_takes_what_it_asked_for_under_one_message_id(
    food: partners.Credentials, receiver: Receiver, other: Receiver
) -> None:
    also(other, ["filing.pushed"], ["sole_trader"], ["440305"])
    owe(1, service="sole_trader", district="440305")
    owed = owe(2, "filing.pushed", service="sole_trader", district="440305")
    owe(3, "filing.pushed", service="limited_company", district="440305")
    owe(4, "filing.pushed", service="sole_trader", district="440304")
    owe(5, "filing.pushed")  # says neither
    assert deliver("food") == 6
    assert sorted(numbers(receiver)) == ["1", "2", "3", "4", "5"]
    assert numbers(other) == ["2"] and other.got[0].message_id == str(owed.pk)
    assert deliver("food") == 0


def test_one_that_fails_keeps_its_order_and_delays_no_other(
    food: partners.Credentials, receiver: Receiver, other: Receiver
) -> None:
    also(other)
    receiver.answer = lambda got, n: (503 if n == 1 else 204, {})
    for n in range(3):
        bulk.insert(
            Notice,
            [outbox.notice("food", "application.decided", "a:1", {"n": str(n)}, clock.now())],
        )
    deliver("food")
    assert numbers(other) == ["0", "1", "2"] and numbers(receiver) == ["0"]
    WebhookDelivery.objects.update(next_at=clock.now())
    Endpoint.objects.update(paused_until=None)
    deliver("food")
    assert numbers(receiver) == ["0", "0", "1", "2"]


def test_one_that_is_gone_is_owed_what_others_take_meanwhile(
    food: partners.Credentials, receiver: Receiver, other: Receiver
) -> None:
    gone = also(other, ["filing.pushed"])
    other.answer = lambda got, n: (410 if n == 1 else 204, {})
    owe(1, "filing.pushed")
    deliver("food")
    owe(2, "filing.pushed")
    deliver("food")
    assert (numbers(receiver), numbers(other)) == (["1", "2"], ["1"])
    gone.refresh_from_db()
    product.change(gone, other.url, "", Subscription(["filing.pushed"], ALL, ALL))
    deliver("food")
    assert sorted(numbers(other)) == ["1", "1", "2"] and numbers(receiver) == ["1", "2"]


def test_a_notice_that_nobody_asked_for_is_kept_and_sent_to_nobody(
    food: partners.Credentials, receiver: Receiver
) -> None:
    wanted = Subscription(["filing.pushed"], ALL, ALL)
    product.change(endpoints.of("food"), receiver.url, "", wanted)
    owed = owe(1)
    assert deliver("food") == 0
    owed.refresh_from_db()
    assert owed.routed_at and not owed.webhookdelivery_set.exists()
    assert outbox.due(clock.now()) == 0


def test_the_log_has_every_attempt_with_its_answer_and_no_secret(
    food: partners.Credentials, receiver: Receiver
) -> None:
    number = "11010519491231002X"

    def answer(got: Got, n: int) -> tuple[int, dict[str, str]]:
        return (400, {"Content-Length": "0"}) if n == 1 else (204, {})

    receiver.answer = answer
    owed = owe(1)
    deliver("food")
    WebhookDelivery.objects.update(next_at=clock.now())
    deliver("food")
    first, second = WebhookAttempt.objects.order_by("pk")
    assert (first.status, second.status) == ("400", "204")
    assert first.url == receiver.url and first.at <= second.at
    sent = json.loads(second.headers)
    assert sent["webhook-id"] == str(owed.pk) and sent["webhook-signature"] == "1 x v1"
    assert delivery._kept(f"\x00no {number}".encode()) == " no 1101**********002X"
    assert delivery._kept("字".encode()[:2] + b"x" * 2000)[-1] == "x"
    WebhookAttempt.objects.filter(pk=first.pk).update(at=clock.now() - 2 * delivery.KEPT)
    assert delivery.forget(clock.now()) == 1


def test_while_a_secret_changes_both_verify_and_then_the_new_one_alone(
    food: partners.Credentials, receiver: Receiver, now: dt.datetime
) -> None:
    partner = Partner.objects.get(code="food")
    newer = webhook_secrets.renew(partner, OUT, now=clock.now(), overlap=HOUR)
    owe(1)
    deliver("food")
    [got] = receiver.got
    for secret in (food.webhook_secret, newer):
        assert webhook_client.verify(secret, got.headers, got.body, at=clock.now())
    later = clock.now() + HOUR
    assert webhook_secrets.active(partner, OUT, later) == [newer]
    inbound = webhook_secrets.renew(partner, IN, now=now, overlap=HOUR)
    body = b'{"type":"x"}'

    def accepted(secret: str, n: int, at: dt.datetime) -> Any:
        return inbox.accept("food", webhook_client.sign(secret, f"m{n}", body, at=at), body, at)

    assert accepted(food.inbound_secret, 1, now) and accepted(inbound, 2, now)
    with pytest.raises(ActionRejected) as refused:
        accepted(food.inbound_secret, 3, now + HOUR)
    assert refused.value.code == "bad_signature"
    assert accepted(inbound, 4, now + HOUR)


def test_a_person_encrypted_before_the_secret_changed_is_read_after_it(
    food: partners.Credentials, now: dt.datetime
) -> None:
    partner = Partner.objects.get(code="food")
    before = webhook_secrets.active(partner, IN, now)[0]
    token = named_persons.jwe.encrypt_compact(
        named_persons._HEADER,
        "11010519491231002X",
        named_persons._key(before),
        algorithms=named_persons._ALGORITHMS,
    )
    webhook_secrets.renew(partner, IN, now=now, overlap=HOUR)
    assert named_persons.decrypted(partner, token, now) == "11010519491231002X"
    with pytest.raises(ActionRejected):
        named_persons.decrypted(partner, token, now + HOUR)


def test_an_endpoint_of_its_own_secret_is_signed_with_that_alone(
    food: partners.Credentials, receiver: Receiver, other: Receiver
) -> None:
    endpoint = also(other)
    own = webhook_secrets.renew(endpoint.partner, OUT, now=clock.now(), endpoint=endpoint)
    owe(1)
    deliver("food")
    headers, body = other.got[0].headers, other.got[0].body
    assert webhook_client.verify(own, headers, body, at=clock.now())
    with pytest.raises(webhook_client.Invalid):
        webhook_client.verify(food.webhook_secret, headers, body, at=clock.now())
    first = receiver.got[0]
    assert webhook_client.verify(food.webhook_secret, first.headers, first.body, at=clock.now())


def test_no_secret_of_an_endpoint_verifies_what_its_partner_sends(
    food: partners.Credentials, other: Receiver
) -> None:
    endpoint = also(other)
    with pytest.raises(IntegrityError), transaction.atomic():
        webhook_secrets.renew(endpoint.partner, IN, now=clock.now(), endpoint=endpoint)


@pytest.mark.parametrize(
    ("url", "wanted", "field"),
    [
        ("http://u:p@127.0.0.1/", Subscription(ALL, ALL, ALL), "/url"),
        ("http://127.0.0.1/", Subscription(["nothing"], ALL, ALL), "/kinds"),
        ("http://127.0.0.1/", Subscription([], ALL, ALL), "/kinds"),
        ("http://127.0.0.1/", Subscription(ALL, ["A b"], ALL), "/services"),
        ("http://127.0.0.1/", Subscription(ALL, ALL, ["*", "440305"]), "/districts"),
    ],
)
def test_what_may_not_be_kept_of_an_endpoint_is_refused_by_field(
    food: partners.Credentials, url: str, wanted: Subscription, field: str
) -> None:
    partner = Partner.objects.get(code="food")
    with pytest.raises(ActionRejected) as refused:
        product.add(partner, url, now=clock.now(), wanted=wanted)
    assert (refused.value.status, refused.value.field) == (422, field)
    assert Endpoint.objects.count() == 1


def test_a_partner_has_twenty_endpoints_at_most(
    food: partners.Credentials, receiver: Receiver
) -> None:
    for _ in range(product.ENDPOINTS_MAX - 1):
        also(receiver)
    with pytest.raises(ActionRejected) as refused:
        also(receiver)
    assert refused.value.code == "too_many_endpoints"


def test_the_owner_of_an_endpoint_that_keeps_failing_is_told_once_a_day(
    food: partners.Credentials, receiver: Receiver
) -> None:
    Partner.objects.update(contact="ops@food.example")
    receiver.answer = lambda got, n: (500, {})
    owe(1)
    deliver("food")
    now = clock.now()
    assert owners.tell(now) == 0  # it may be for a moment
    assert owners.tell(now + 2 * HOUR) == 1
    assert owners.tell(now + 3 * HOUR) == 0
    assert owners.tell(now + 27 * HOUR) == 1
    assert mail.outbox[0].to == ["ops@food.example"] and receiver.url in mail.outbox[0].body
    receiver.answer = lambda got, n: (204, {})
    WebhookDelivery.objects.update(next_at=clock.now())
    deliver("food")
    assert owners.tell(now + 60 * HOUR) == 0


def test_the_owner_of_an_endpoint_that_is_gone_is_told_at_once_and_once(
    food: partners.Credentials, receiver: Receiver
) -> None:
    Partner.objects.update(contact="ops@food.example")
    receiver.answer = lambda got, n: (410, {})
    owe(1)
    deliver("food")
    now = clock.now()
    assert owners.tell(now) == 1 and owners.tell(now + 100 * HOUR) == 0
    assert "410" in mail.outbox[0].body


def test_a_notice_is_given_to_an_endpoint_once(
    food: partners.Credentials, receiver: Receiver
) -> None:
    for n in range(5):
        owe(n)
    now = clock.now()
    assert routing.route("food", now) == 5 and routing.route("food", now) == 0
    assert WebhookDelivery.objects.count() == 5
    with pytest.raises(IntegrityError), transaction.atomic():
        one = WebhookDelivery.objects.first()
        assert one is not None
        one.pk = None
        one.id = outbox.uuid7()
        one.save(force_insert=True)


def test_secrets_lie_encrypted(food: partners.Credentials) -> None:
    for row in WebhookSecret.objects.all():
        stored = bytes(row.secret)
        for secret in (food.webhook_secret, food.inbound_secret):
            assert secret.encode() not in stored
