"""The published libraries, unmodified, on what really leaves us; and we on what they sign."""

import base64
import datetime as dt
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import standardwebhooks
import svix
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cloudevents.v1.http import from_http as from_http_v1
from django.test import Client

import bulk
from exchange import outbox, senders, webhook_secrets
from exchange.models import Message, Notice, Partner, WebhookDelivery
from exchange.partners import Credentials
from exchange.webhook_secrets import IN, OUT
from ledger import clock
from tests.exchange.conftest import add_partner
from tests.exchange.receiver import Got, Receiver
from tests.plugins.node import Node
from tests.waiting import eventually

LIBRARIES = (standardwebhooks.Webhook, svix.Webhook)
SEVERAL = 5


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.stop()


@pytest.fixture
def education(real_keys: None, receiver: Receiver) -> Credentials:
    return add_partner("education", receiver.url)


@pytest.fixture
def delivered(education: Credentials, receiver: Receiver) -> list[Got]:
    """What arrived over HTTP from the threads that a worker starts."""
    now = clock.now()
    made = [
        outbox.notice(
            "education", "application.decided", f"application:{n}", {"zh": "决定 ✓", "n": n}, now
        )
        for n in range(SEVERAL)
    ]
    bulk.insert(Notice, made)
    senders.start(now=now)
    assert eventually(lambda: not WebhookDelivery.objects.exclude(state="delivered").exists())
    assert eventually(lambda: not senders._senders.current.total())
    return receiver.got


def lowered(got: Got) -> dict[str, str]:
    return {name.lower(): value for name, value in got.headers.items()}


@pytest.mark.parametrize("library", LIBRARIES)
def test_python_verifies_what_is_delivered_and_finds_what_was_changed(
    education: Credentials, delivered: list[Got], library: Any
) -> None:
    theirs = library(education.webhook_secret)
    for got in delivered:
        theirs.verify(got.body, lowered(got))
        with pytest.raises(Exception, match=r"(?i)signature"):
            theirs.verify(got.body.replace(b"decided", b"denied"), lowered(got))


def test_javascript_verifies_what_is_delivered_and_signs_what_we_take(
    education: Credentials, delivered: list[Got], node: Node
) -> None:
    received = [{"headers": lowered(g), "body": _base64(g.body)} for g in delivered]
    received += [{**one, "body": _base64(b"{}")} for one in received]
    out = _javascript(node, education.webhook_secret, received, [])
    expected = [json.loads(g.body) for g in delivered] + [None] * SEVERAL
    assert out["verified"] == {"standardwebhooks": expected, "svix": expected}
    at, raw = int(clock.now().timestamp()), changed("GS1")
    for name in ("standardwebhooks", "svix"):
        message_id = f"msg_{uuid.uuid4().hex}"
        sent = [{"id": message_id, "timestamp": at, "body": _base64(raw)}]
        [signature] = _javascript(node, education.inbound_secret, [], sent)["signed"][name]
        assert post(raw, message_id, at, signature).status_code == 204
        assert Message.objects.get(message_id=message_id).body == raw.decode()


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("message_id", ["msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", "a.b/c=d e", "x" * 255])
def test_we_take_what_python_signs_under_any_id(
    education: Credentials, library: Any, message_id: str
) -> None:
    theirs, at, raw = library(education.inbound_secret), clock.now(), changed("GS1")
    moment = dt.datetime.fromtimestamp(int(at.timestamp()), dt.UTC)
    signature = theirs.sign(message_id, moment, raw.decode())
    assert post(raw, message_id, int(at.timestamp()), signature).status_code == 204
    assert Message.objects.get().message_id == message_id


@pytest.mark.parametrize(
    "others", ["v2,aGFzaA== {}", "{}   v1a,x", " ".join(["v9,y"] * 700) + " {}"]
)
def test_other_versions_beside_a_genuine_signature_are_passed_over(
    education: Credentials, others: str
) -> None:
    at, raw = clock.now(), changed("GS1")
    moment = dt.datetime.fromtimestamp(int(at.timestamp()), dt.UTC)
    signature = standardwebhooks.Webhook(education.inbound_secret).sign("m", moment, raw.decode())
    assert post(raw, "m", int(at.timestamp()), others.format(signature)).status_code == 204


@pytest.mark.parametrize("library", LIBRARIES)
def test_while_secrets_change_both_of_each_direction_count(
    education: Credentials, receiver: Receiver, library: Any
) -> None:
    partner, now, hour = Partner.objects.get(), clock.now(), dt.timedelta(hours=1)
    out = webhook_secrets.renew(partner, OUT, now=now, overlap=hour)
    incoming = webhook_secrets.renew(partner, IN, now=now, overlap=hour)
    owed = outbox.notice("education", "application.decided", "application:1", {}, now)
    bulk.insert(Notice, [owed])
    senders.start(now=clock.now())
    assert eventually(lambda: WebhookDelivery.objects.filter(state="delivered").exists())
    assert eventually(lambda: not senders._senders.current.total())
    [got] = receiver.got
    for secret in (education.webhook_secret, out):
        library(secret).verify(got.body, lowered(got))
    moment = dt.datetime.fromtimestamp(int(now.timestamp()), dt.UTC)
    for n, secret in enumerate((education.inbound_secret, incoming)):
        raw = changed("GS1")
        signature = library(secret).sign(f"m{n}", moment, raw.decode())
        assert post(raw, f"m{n}", int(now.timestamp()), signature).status_code == 204


def test_the_sdk_of_cloudevents_reads_a_delivery_as_it_came(delivered: list[Got]) -> None:
    for got in delivered:
        body = json.loads(got.body)
        event = from_http_event(HTTPMessage(lowered(got), got.body))
        assert event.get_specversion() == "1.0" and event.get_id() == got.message_id
        assert (event.get_type(), event.get_data()) == (body["type"], body["data"])
        assert event.get_time() == dt.datetime.fromisoformat(body["timestamp"])
        assert event.get_datacontenttype() == "application/json"
        before = from_http_v1(lowered(got), got.body)  # as read by programs of its version 1
        assert (before["id"], before["source"]) == (got.message_id, body["source"])
        assert before.get_data() == body["data"]


def changed(case: str) -> bytes:
    """A message that may come at any time: a record of its registry has changed."""
    data = {"registry": "education", "cases": [case]}
    return json.dumps({"type": "record.changed", "data": data}).encode()


def post(raw: bytes, message_id: str, at: int, signature: str) -> Any:
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": signature,
    }
    return Client(headers=headers).post(
        "/webhooks/education/", raw, content_type="application/json"
    )


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _javascript(node: Node, secret: str, received: list[Any], send: list[Any]) -> Any:
    asked = json.dumps({"secret": secret, "received": received, "send": send})
    done = node.run("node", str(node.folder / "webhooks.mjs"), given=asked)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
