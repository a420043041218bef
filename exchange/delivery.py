"""Sending notices: one attempt, how it went, and what is due to one endpoint.

The lease of each notice is in PostgreSQL, so a process that dies leaves nothing behind but leases
that run out. An endpoint that does not answer, or sends Retry-After, is paused for a growing time:
one attempt then finds out whether it is back, and the other notices to it lose no attempt. Which
thread does this, and when: ``exchange.senders``.
"""

import datetime
import email.utils
import json
import logging
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import requests

import bulk
from bulk.postgresql.outage import through_outage
from exchange import endpoints, outbox, webhook_client, webhook_secrets, wire
from exchange.egress import Blocked, check_url, egress_session
from exchange.models import Endpoint, Notice, WebhookAttempt, WebhookDelivery
from exchange.outgoing import outgoing
from exchange.webhook_secrets import OUT
from ledger import clock
from ledger.encryption import DecryptionError
from ledger.identifiers import uuid7
from telemetry import context, tracing

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/cloudevents+json"  # CloudEvents, HTTP binding, structured mode (3.2)
SECONDS = 10.0  # for one attempt, in all
LEASE = 30.0  # a batch is sent in ten seconds or given back; then a dead worker's is taken again
OUTAGE = 10.0  # seconds of PostgreSQL's absence in which the outcome of an attempt is kept
BATCH = 20  # notices claimed at a time
RUN = 2.0  # seconds after which the rest waits until other endpoints had their turn
SLOW = 1.0  # seconds to answer after which an endpoint is slow
ATTEMPTS = 16  # then the notice is dead, after about three days
BACK_OFF = (5, 15, 45, 120, 300, 900, 1800, 3600, 7200, 14400, 21600, 28800, 43200, 43200, 43200)
PAUSE_MAX = 600  # seconds that an endpoint which fails is not called, at most
RETRY_AFTER_MAX = 259_200  # most that its Retry-After may ask for: as long as we try
JITTER = 0.25  # share by which a pause is longer at random, so that not all come back at once
ANSWER_KEPT = 500  # characters of a refusal that the log has
KEPT = datetime.timedelta(days=30)  # for which attempts stay in the log
GONE = 410
BUSY = (429, 502, 503, 504)  # the receiver as a whole, not this notice, is the trouble


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt went. ``retry_after_seconds``: seconds asked for by Retry-After."""

    status: str  # "204", "timeout", "blocked"
    delivered: bool = False
    gone: bool = False
    is_down: bool = False  # the endpoint as a whole, not this notice, is the trouble
    retry_after_seconds: float = 0.0
    answer: str = ""  # the beginning of what it said


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt as the log has it."""

    outcome: Outcome
    url: str
    headers: Mapping[str, str]  # as sent; of a signature its version alone
    milliseconds: int


@dataclass(frozen=True, slots=True)
class Run:
    """What came of sending to one endpoint for a while."""

    delivered: int = 0
    slowest: float = 0.0  # seconds of the attempt that took longest
    is_over: bool = True  # nothing more is due now, or it is in trouble


def deliver(
    endpoint: UUID, *, more: Callable[[], object] = lambda: None, until_slow: bool = False
) -> Run:
    """Send what is due to one endpoint, until nothing is, it is in trouble, or ``RUN`` has passed.

    Every attempt is recorded before the next is made; ``more`` is called after each full batch
    that met no trouble, when another thread would help. ``until_slow``: leaves the rest after the
    first attempt that took more than ``SLOW`` seconds.
    """
    ends, run = time.monotonic() + RUN, Run()
    with egress_session() as session:
        while time.monotonic() < ends:
            receiver = Endpoint.objects.select_related("partner").get(pk=endpoint)
            if receiver.ended or not receiver.partner.active:
                return run
            claimed = outbox.lease(endpoint, now=clock.now(), seconds=LEASE, limit=BATCH)
            if not claimed:
                return run
            full = len(claimed) == BATCH
            batch = _send(session, receiver, claimed, until_slow)
            slowest = max(run.slowest, batch.slowest)
            run = Run(run.delivered + batch.delivered, slowest)
            if batch.is_over:
                return run
            if until_slow and slowest > SLOW:
                break
            if full:
                more()
    return Run(run.delivered, run.slowest, is_over=False)


def _send(
    session: requests.Session,
    endpoint: Endpoint,
    claimed: list[WebhookDelivery],
    until_slow: bool,
) -> Run:
    """Send claimed notices one by one; over: the endpoint is in trouble.

    Gives back what there is no point or no time to try: the claims run out.
    """
    until, now = time.monotonic() + LEASE - 2 * SECONDS, clock.now()
    delivered, slowest, in_trouble = 0, 0.0, False
    try:
        secrets = webhook_secrets.active(endpoint.partner, OUT, now, endpoint)
    except DecryptionError:
        log.exception("nothing can be signed for %s", endpoint.url)
        secrets = []
    while claimed and time.monotonic() < until and not in_trouble:
        delivery = claimed.pop(0)
        tried = attempt(session, endpoint, delivery, secrets, now=now)
        # known now, and if it were forgotten the endpoint would be sent the notice again
        now = through_outage(partial(_record_now, endpoint, delivery, tried), seconds=OUTAGE)
        delivered += tried.outcome.delivered
        slowest = max(slowest, tried.milliseconds / 1000)
        in_trouble = tried.outcome.is_down or tried.outcome.gone
        if until_slow and slowest > SLOW:
            break
    outbox.release(claimed)
    return Run(delivered, slowest, in_trouble)


def _record_now(endpoint: Endpoint, delivery: WebhookDelivery, tried: Tried) -> datetime.datetime:
    now = clock.now()
    record(endpoint, delivery, tried, now=now)
    return now


def attempt(
    session: requests.Session,
    endpoint: Endpoint,
    delivery: WebhookDelivery,
    secrets: Sequence[str],
    *,
    now: datetime.datetime,
) -> Tried:
    """Send one notice once; whatever the receiver does is an outcome."""
    notice, started = delivery.notice, time.time()
    number = context.case_of_subject(notice.subject)
    said = {"miaopi.kind": notice.kind, "miaopi.partner": notice.partner_id}
    with context.of_case(number), tracing.batch("deliver", said):
        tried = _attempt(session, endpoint, notice, secrets, now=now)
        if number:
            said["miaopi.status"] = tried.outcome.status
            tracing.record("deliver", [number], started, said)
    return tried


def _attempt(
    session: requests.Session,
    endpoint: Endpoint,
    notice: Notice,
    secrets: Sequence[str],
    *,
    now: datetime.datetime,
) -> Tried:
    body = notice.body.encode()
    headers = {"Content-Type": MEDIA_TYPE, "User-Agent": "miaopi-webhooks/1"}
    headers |= tracing.headers()
    began = time.monotonic()
    if secrets:
        headers |= webhook_client.sign(secrets, str(notice.pk), body, at=now)
        outcome = _post(session, endpoint.url, body, headers, now)
    else:
        outcome = Outcome("no_secret", is_down=True)
    signed = "webhook-signature"
    shown = {**headers, signed: f"{len(secrets)} x v1"} if secrets else headers
    return Tried(outcome, endpoint.url, shown, int((time.monotonic() - began) * 1000))


def _post(
    session: requests.Session,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    now: datetime.datetime,
) -> Outcome:
    try:
        reply = wire.post(session, check_url(url), body, headers, seconds=SECONDS, limit=0)
    except Blocked:
        return Outcome("blocked", is_down=True)
    except wire.NoReply as error:
        if 200 <= error.status < 300:  # taken; what it said besides is of no interest
            return Outcome(str(error.status), delivered=True)
        return Outcome(error.reason, is_down=True)
    return outcome_of(reply, now)


def outcome_of(reply: wire.Reply, now: datetime.datetime) -> Outcome:
    """Read a receiver's answer: 2xx is taken, 410 never again, a redirect is a failure."""
    status = str(reply.status)
    if 200 <= reply.status < 300:
        return Outcome(status, delivered=True)
    answer = _kept(reply.body)
    if reply.status == GONE:
        return Outcome(status, gone=True, answer=answer)
    retry_after_seconds = retry_after(reply.headers.get("Retry-After", ""), now)
    return Outcome(
        status,
        is_down=reply.status in BUSY or retry_after_seconds > 0,
        retry_after_seconds=retry_after_seconds,
        answer=answer,
    )


def _kept(body: bytes) -> str:
    """Return of a refusal's text what is kept: its beginning, and nobody's number."""
    words = "".join(c if c.isprintable() else " " for c in body.decode(errors="replace"))
    return str(outgoing(words))[:ANSWER_KEPT]


def retry_after(value: str, now: datetime.datetime) -> float:
    """Return the seconds that a Retry-After asks for (RFC 9110, 10.2.3), 0 when it says nothing.

    Seconds of any length, or a date in one of the three forms (5.6.7), all of them in GMT.
    """
    value = value.strip()
    if value.isascii() and value.isdecimal():
        digits = value.lstrip("0") or "0"
        return float(RETRY_AFTER_MAX if len(digits) > 9 else min(int(digits), RETRY_AFTER_MAX))
    try:
        at = email.utils.parsedate_to_datetime(value)
        if at.tzinfo is None:  # the form of asctime says no zone
            at = at.replace(tzinfo=datetime.UTC)
        seconds = (at - now).total_seconds()
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0.0
    return max(0.0, min(seconds, RETRY_AFTER_MAX))


def record(
    endpoint: Endpoint, delivery: WebhookDelivery, tried: Tried, *, now: datetime.datetime
) -> None:
    """Write how an attempt went; a worker whose lease ran out writes it in the log alone."""
    outcome = tried.outcome
    delivery.last_status, delivery.leased_until = outcome.status[:80], None
    if outcome.delivered:
        delivery.state, delivery.delivered_at = WebhookDelivery.State.DELIVERED.value, now
    elif outcome.gone:
        delivery.next_at = now  # as soon as its owner has registered the endpoint anew
    elif delivery.attempts >= ATTEMPTS:
        delivery.state = WebhookDelivery.State.DEAD.value
        log.error("notice %s to %s is dead: %s", delivery.notice_id, tried.url, outcome.status)
    else:
        pause = BACK_OFF[delivery.attempts - 1] * (1 + random.uniform(0, JITTER))  # noqa: S311
        wait = max(pause, outcome.retry_after_seconds)
        delivery.next_at = now + datetime.timedelta(seconds=wait)
    try:
        bulk.update(
            WebhookDelivery,
            [delivery],
            ["state", "next_at", "leased_until", "last_status", "delivered_at"],
            old={
                "state": [WebhookDelivery.State.DUE.value],
                "attempts": [delivery.attempts],
            },
        )
    except bulk.Conflict:
        log.warning("delivery %s was taken by another worker meanwhile", delivery.pk)
    bulk.insert(WebhookAttempt, [_logged(delivery, tried, now)])
    _record_endpoint(endpoint, outcome, now)


def _logged(delivery: WebhookDelivery, tried: Tried, now: datetime.datetime) -> WebhookAttempt:
    return bulk.new(
        WebhookAttempt,
        id=uuid7(),
        delivery_id=delivery.pk,
        url=tried.url,
        status=tried.outcome.status[:80],
        headers=json.dumps(dict(tried.headers)),
        answer=tried.outcome.answer,
        milliseconds=tried.milliseconds,
        at=now,
    )


def _record_endpoint(endpoint: Endpoint, outcome: Outcome, now: datetime.datetime) -> None:
    """Pause an endpoint that fails; resume it as soon as it takes something."""
    if outcome.delivered:
        if not (endpoint.failures or endpoint.paused_until or endpoint.failing_since):
            return
        endpoint.failures, endpoint.paused_until, endpoint.failing_since = 0, None, None
    else:
        endpoint.failing_since = endpoint.failing_since or now
    if outcome.gone:
        endpoints.end_if_still_at(endpoint, endpoint.url)
    if outcome.is_down:
        endpoint.failures = min(endpoint.failures + 1, 1000)
        silence = max(
            min(5 * 2 ** min(endpoint.failures - 1, 7), PAUSE_MAX),
            outcome.retry_after_seconds,
        )
        endpoint.paused_until = now + datetime.timedelta(seconds=silence)
    endpoint.save(update_fields=["failures", "paused_until", "failing_since"])


def forget(now: datetime.datetime) -> int:
    """Delete attempts older than ``KEPT``; returns how many."""
    return WebhookAttempt.objects.filter(at__lt=now - KEPT).delete()[0]
