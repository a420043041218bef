"""What other agencies send us: authentic, fresh and once; everything else is refused."""

import base64
import datetime as dt
import hashlib
import json
import logging
import os
import threading
from collections.abc import Mapping

import pytest
from django.db import ProgrammingError, connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from exchange import inbox, webhook_client
from exchange.models import Message, Partner, ReusedId, WebhookSecret
from exchange.partners import Credentials
from ledger import clock
from people.errors import ActionRejected
from tests.exchange.conftest import add_partner

BODY = b'{"type":"approval.answered","data":{"application":"ST1","granted":true}}'
LIBERAL = settings(
    max_examples=300 if os.environ.get("MIAOPI_FULL") else 100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def food(keys: None) -> Credentials:
    return add_partner("food")


def signed(
    food: Credentials, now: dt.datetime, body: bytes = BODY, message_id: str = "m-1"
) -> dict[str, str]:
    return webhook_client.sign(food.inbound_secret, message_id, body, at=now)


def refused(headers: Mapping[str, str], body: bytes, now: dt.datetime) -> ActionRejected:
    before = Message.objects.count()
    with pytest.raises(ActionRejected) as caught:
        inbox.accept("food", headers, body, now)
    assert 400 <= caught.value.status < 500
    assert caught.value.zh and caught.value.en and caught.value.code
    assert Message.objects.count() == before
    return caught.value


def test_an_authentic_message_is_recorded_as_it_came(food: Credentials, now: dt.datetime) -> None:
    inbox.accept("food", signed(food, now), BODY, now)
    message = Message.objects.get()
    assert (message.partner_id, message.message_id) == ("food", "m-1")
    assert message.kind == "approval.answered"
    assert message.body.encode() == BODY
    assert message.received_at == now


def test_header_names_in_any_case_and_two_signatures_are_fine(
    food: Credentials, now: dt.datetime
) -> None:
    headers = signed(food, now)
    old = "v1," + base64.b64encode(b"x" * 32).decode()
    headers["webhook-signature"] = f"{old} {headers['webhook-signature']}"
    inbox.accept("food", {k.title(): v for k, v in headers.items()}, BODY, now)
    assert Message.objects.count() == 1


def test_the_reference_library_signs_what_we_take_and_takes_what_we_sign(
    food: Credentials,
) -> None:
    now = clock.now()
    theirs = Webhook(food.inbound_secret)
    headers = {
        "webhook-id": "m-2",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": theirs.sign("m-2", now, BODY.decode()),
    }
    assert inbox.accept("food", headers, BODY, now).message_id == "m-2"
    assert theirs.verify(BODY, signed(food, now)) == json.loads(BODY)


@pytest.mark.parametrize(
    "others",
    [
        "v2,aGFzaA== {}",
        "{} v2,x v3,y,z",
        "v1a,{} {{}}".format("A" * 86 + "=="),
        "  {}   v9  ",
        "v1,short {}",
        " ".join(["v2,aGFzaA=="] * 100) + " {}",
    ],
)
def test_signatures_of_other_versions_beside_a_genuine_one_are_passed_over(
    food: Credentials, others: str
) -> None:
    now = clock.now()
    headers = signed(food, now)
    headers["webhook-signature"] = others.format(headers["webhook-signature"])
    inbox.accept("food", headers, BODY, now)
    assert Message.objects.count() == 1


@pytest.mark.parametrize("message_id", ["msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", "a/b+c=d@e~", "x" * 255])
def test_any_visible_message_id_is_taken_from_the_reference_library_and_by_it(
    food: Credentials, message_id: str
) -> None:
    now = clock.now()
    theirs = Webhook(food.inbound_secret)
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": theirs.sign(message_id, now, BODY.decode()),
    }
    assert inbox.accept("food", headers, BODY, now).message_id == message_id
    assert theirs.verify(BODY, signed(food, now, message_id=message_id)) == json.loads(BODY)


def test_a_zone_other_than_utc_makes_no_other_signature(
    food: Credentials, now: dt.datetime
) -> None:
    shanghai = now.astimezone(dt.timezone(dt.timedelta(hours=8)))
    assert signed(food, shanghai) == signed(food, now)


def test_the_same_message_again_is_repeated_and_takes_no_effect(
    food: Credentials, now: dt.datetime
) -> None:
    first = inbox.accept("food", signed(food, now), BODY, now)
    later = now + dt.timedelta(hours=1)
    with pytest.raises(inbox.Repeated) as caught:
        inbox.accept("food", signed(food, later), BODY, later)
    assert caught.value.message.pk == first.pk
    assert Message.objects.count() == 1


def test_the_same_id_with_another_body_is_refused_and_kept_once_for_operators(
    food: Credentials, now: dt.datetime, caplog: pytest.LogCaptureFixture
) -> None:
    first = inbox.accept("food", signed(food, now), BODY, now)
    other = BODY.replace(b"true", b"false")
    for _ in range(2):
        error = refused(signed(food, now, other), other, now)
        assert isinstance(error, inbox.IdReused) and error.status == 409
        with caplog.at_level(logging.ERROR):
            inbox.report(error)
    assert "ALARM" in caplog.text
    kept = ReusedId.objects.get()
    assert kept.message == first and bytes(kept.body_hash) == hashlib.sha256(other).digest()


def test_the_same_id_of_two_partners_are_two_messages(food: Credentials, now: dt.datetime) -> None:
    culture = add_partner("culture")
    inbox.accept("food", signed(food, now), BODY, now)
    inbox.accept("culture", signed(culture, now), BODY, now)
    assert Message.objects.count() == 2


def test_a_partner_cannot_speak_for_another_nor_with_our_own_key(
    food: Credentials, now: dt.datetime
) -> None:
    culture = add_partner("culture")
    assert refused(signed(culture, now), BODY, now).status == 401
    ours = webhook_client.sign(food.webhook_secret, "m-1", BODY, at=now)
    assert refused(ours, BODY, now).status == 401


@pytest.mark.parametrize("minutes", [-5.1, -60, -60 * 24 * 365, 5.1, 60, 60 * 24 * 365])
def test_a_stale_or_early_message_is_refused(
    food: Credentials, now: dt.datetime, minutes: float
) -> None:
    at = now + dt.timedelta(minutes=minutes)
    assert refused(signed(food, at), BODY, now).code == "stale_webhook"


@pytest.mark.parametrize("seconds", [-300, -1, 0, 1, 300])
def test_five_minutes_either_way_are_tolerated(
    food: Credentials, now: dt.datetime, seconds: int
) -> None:
    at = now + dt.timedelta(seconds=seconds)
    assert inbox.accept("food", signed(food, at), BODY, now)


@pytest.mark.parametrize(
    "body",
    [
        BODY.replace(b":", b": "),  # re-serialised
        json.dumps(json.loads(BODY), sort_keys=True).encode(),
        BODY + b"\n",
        b" " + BODY,
        BODY.replace(b"ST1", b"ST2"),
        BODY.decode().encode("utf-16"),
        b"\xef\xbb\xbf" + BODY,
        b"",
        b"\xff" * 10,
    ],
)
def test_any_other_bytes_are_refused(food: Credentials, now: dt.datetime, body: bytes) -> None:
    assert refused(signed(food, now), body, now).status in (400, 401)


def test_every_flipped_bit_is_found(food: Credentials, now: dt.datetime) -> None:
    headers = signed(food, now)
    for place in range(len(BODY) * 8):
        body = bytearray(BODY)
        body[place // 8] ^= 1 << place % 8
        refused(headers, bytes(body), now)


def test_a_nul_or_a_huge_body_is_refused_even_with_the_right_signature(
    food: Credentials, now: dt.datetime
) -> None:
    assert refused(signed(food, now, b'{"a":"\0"}'), b'{"a":"\0"}', now).status == 400
    huge = b'"' + b"x" * 1_000_000 + b'"'
    assert refused(signed(food, now, huge), huge, now).status == 413


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b"null", b"7", b'{"type":7}', b'{"type":"' + b"k" * 500 + b'"}', b"no JSON"],
)
def test_an_authentic_body_of_any_shape_is_recorded_for_its_reader_to_judge(
    food: Credentials, now: dt.datetime, body: bytes
) -> None:
    message = inbox.accept("food", signed(food, now, body), body, now)
    assert len(message.kind) <= 40


@pytest.mark.parametrize("code", ["nobody", "", "x" * 500, "食品", "food\0", "FOOD", "food/../x"])
def test_an_unknown_partner_is_refused(food: Credentials, now: dt.datetime, code: str) -> None:
    with pytest.raises(ActionRejected) as caught:
        inbox.accept(code, signed(food, now), BODY, now)
    assert caught.value.status == 404


def test_an_inactive_partner_is_refused(food: Credentials, now: dt.datetime) -> None:
    Partner.objects.update(active=False)
    assert refused(signed(food, now), BODY, now).status == 404


def test_a_secret_moved_from_another_partner_verifies_nothing(
    food: Credentials, now: dt.datetime
) -> None:
    culture = add_partner("culture")
    inbound = WebhookSecret.objects.filter(direction="in")
    moved = inbound.get(partner="culture").secret
    inbound.filter(partner="food").update(secret=bytes(moved))
    assert refused(signed(culture, now), BODY, now).status == 404


NAMES = ("webhook-id", "webhook-timestamp", "webhook-signature")
JUNK = st.one_of(
    st.text(max_size=60),
    st.integers().map(str),
    st.floats().map(str),
    st.binary(max_size=80).map(lambda b: "v1," + base64.b64encode(b).decode()),
    st.sampled_from(["", " ", "v1,", "v1", ",", "v1,=", "nan", "inf", "-1", "1e9", "0", "٣", "½"]),
)


@LIBERAL
@given(name=st.sampled_from(NAMES), value=JUNK)
@example(name="webhook-timestamp", value="9" * 400)
@example(name="webhook-timestamp", value="1772416800.7")
@example(name="webhook-timestamp", value=" 1772416800")
@example(name="webhook-id", value="m-1\n")
@example(name="webhook-id", value="x" * 121)
@example(name="webhook-signature", value="v1,é")
@example(name="webhook-signature", value="v1,abc")
@example(name="webhook-signature", value="v1,a,b v1,,")
@example(name="webhook-signature", value=" ".join(["v1," + "A" * 43 + "="] * 1000))
def test_a_header_that_is_not_ours_is_refused_without_any_other_exception(
    food: Credentials, now: dt.datetime, name: str, value: str
) -> None:
    headers = signed(food, now)
    if headers[name] == value:
        return
    refused({**headers, name: value}, BODY, now)


@LIBERAL
@given(headers=st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=20)), JUNK))
def test_headers_at_random_are_refused(
    food: Credentials, now: dt.datetime, headers: dict[str, str]
) -> None:
    refused(headers, BODY, now)


@LIBERAL
@given(
    prefix=st.sampled_from(["", "v1", "v2,", "V1,", " v1,", "v1,v1,", "v1a,"]),
    change=st.sampled_from(["padding", "junk", "newline", "urlsafe", "short", "double"]),
    place=st.integers(0, 43),
)
def test_another_spelling_of_the_right_signature_is_refused(
    food: Credentials, now: dt.datetime, prefix: str, change: str, place: int
) -> None:
    headers = signed(food, now)
    right = headers["webhook-signature"].removeprefix("v1,")
    spelling = {
        "padding": right.rstrip("="),
        "junk": right[:place] + "!" + right[place:],
        "newline": right[:place] + "\n" + right[place:],
        "urlsafe": right.replace("+", "-").replace("/", "_").replace("=", "%3D"),
        "short": right[:place],
        "double": right + right,
    }[change]
    refused({**headers, "webhook-signature": (prefix or "v1,") + spelling}, BODY, now)


def test_eight_deliveries_at_once_take_effect_once(real_keys: None, now: dt.datetime) -> None:
    food = add_partner("food")
    headers = signed(food, now)
    start = threading.Barrier(8)
    results: list[str] = []

    def deliver() -> None:
        start.wait()
        try:
            with transaction.atomic():
                inbox.accept("food", headers, BODY, now)
            results.append("taken")
        except inbox.Repeated:
            results.append("repeated")
        finally:
            connection.close()

    threads = [threading.Thread(target=deliver) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["repeated"] * 7 + ["taken"]
    assert Message.objects.count() == 1


def test_a_message_whose_effect_was_refused_may_come_again(
    real_keys: None, now: dt.datetime
) -> None:
    food = add_partner("food")

    def take_and_fail() -> None:
        with transaction.atomic():
            inbox.accept("food", signed(food, now), BODY, now)
            raise LookupError

    with pytest.raises(LookupError):
        take_and_fail()
    assert inbox.accept("food", signed(food, now), BODY, now)


def test_a_recorded_message_cannot_be_changed(food: Credentials, now: dt.datetime) -> None:
    inbox.accept("food", signed(food, now), BODY, now)
    with pytest.raises(ProgrammingError), transaction.atomic():
        Message.objects.update(body="{}")
    with pytest.raises(ProgrammingError), transaction.atomic():
        Message.objects.all().delete()
    assert Message.objects.update(result="answered") == 1
