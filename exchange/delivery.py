"""Sending notices: threads of its own for each endpoint, so that a slow one delays no other.

A Celery task only starts the threads (``start``); the lease of each notice is in PostgreSQL, so a
process that dies leaves nothing behind but leases that run out. An endpoint that does not answer,
or sends Retry-After, is paused for a growing time: one attempt then finds out whether it is back,
and the other notices to it lose no attempt.
"""

import datetime
import email.utils
import json
import logging
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import requests
from django.db import connection

import bulk
from bulk.postgresql.outage import through_outage
from exchange import endpoints, outbox, routing, webhook_client, webhook_secrets, wire
from exchange.egress import Blocked, check_url, egress_session
from exchange.models import Endpoint, Notice, WebhookAttempt, WebhookDelivery
from exchange.outgoing import outgoing
from exchange.webhook_secrets import OUT
from ledger import clock
from ledger.encryption import DecryptionError
from ledger.identifiers import uuid7
from telemetry import context, tracing

log = logging.getLogger(__name__)

SECONDS = 10.0  # for one attempt, in all
LEASE = 30.0  # a batch is sent in ten seconds or given back; then a dead worker's is taken again
OUTAGE = 10.0  # seconds of PostgreSQL's absence in which the outcome of an attempt is kept
BATCH = 20  # notices claimed at a time
RUN = 20.0  # seconds after which a thread leaves the rest to the next task
THREADS = 32
THREADS_EACH = 4  # threads for one endpoint that takes what it is sent
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


class _Threads:
    """This process's threads: one an endpoint, up to ``THREADS_EACH`` while all goes well."""

    def __init__(self) -> None:
        self.reset()
        os.register_at_fork(after_in_child=self.reset)  # threads stay behind in the parent

    def reset(self) -> None:
        self.pool = ThreadPoolExecutor(THREADS, thread_name_prefix="delivery")
        self.lock = threading.Lock()
        self.current: Counter[UUID] = Counter()

    def start(self, endpoint: UUID, most: int = 1) -> Future[int] | None:
        with self.lock:
            if self.current[endpoint] >= most:
                return None
            self.current[endpoint] += 1
        return self.pool.submit(self._run, endpoint)

    def _run(self, endpoint: UUID) -> int:
        try:
            return deliver(endpoint, more=lambda: self.start(endpoint, THREADS_EACH))
        except Exception:
            log.exception("delivery to %s ended; its leases will run out", endpoint)
            return 0
        finally:
            with self.lock:
                self.current[endpoint] -= 1
            connection.close()


_threads = _Threads()


def start(*, now: datetime.datetime) -> list[Future[int]]:
    """Start delivering to every endpoint that something is due to; returns at once."""
    for partner in routing.waiting():
        routing.route(partner, now)
    futures = [_threads.start(endpoint) for endpoint in outbox.waiting(now)]
    return [future for future in futures if future is not None]


def deliver(endpoint: UUID, *, more: Callable[[], object] = lambda: None) -> int:
    """Send what is due to one endpoint, until nothing is or it is in trouble.

    Returns how many notices were delivered. Every attempt is recorded before the next is made;
    ``more`` is called after each full batch that met no trouble, when another thread would help.
    """
    ends, delivered = time.monotonic() + RUN, 0
    with egress_session() as session:
        while time.monotonic() < ends:
            receiver = Endpoint.objects.select_related("partner").get(pk=endpoint)
            if receiver.ended or not receiver.partner.active:
                break
            claimed = outbox.lease(endpoint, now=clock.now(), seconds=LEASE, limit=BATCH)
            if not claimed:
                break
            full = len(claimed) == BATCH
            done, well = _send(session, receiver, claimed)
            delivered += done
            if not well:
                break
            if full:
                more()
    return delivered


def _send(
    session: requests.Session, endpoint: Endpoint, claimed: list[WebhookDelivery]
) -> tuple[int, bool]:
    """Send claimed notices one by one; returns how many arrived, and whether to go on.

    Gives back what there is no point or no time to try: the claims run out.
    """
    until, delivered, now = time.monotonic() + LEASE - 2 * SECONDS, 0, clock.now()
    try:
        secrets = webhook_secrets.active(endpoint.partner, OUT, now, endpoint)
    except DecryptionError:
        log.exception("nothing can be signed for %s", endpoint.url)
        secrets = []
    while claimed and time.monotonic() < until:
        delivery = claimed.pop(0)
        tried = attempt(session, endpoint, delivery, secrets, now=now)
        # known now, and if it were forgotten the endpoint would be sent the notice again
        now = through_outage(partial(_record_now, endpoint, delivery, tried), seconds=OUTAGE)
        delivered += tried.outcome.delivered
        if tried.outcome.is_down or tried.outcome.gone:
            outbox.release(claimed)
            return delivered, False
    outbox.release(claimed)
    return delivered, True


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
    headers = {"Content-Type": "application/json", "User-Agent": "miaopi-webhooks/1"}
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
    elif outcome.gone or delivery.attempts >= ATTEMPTS:
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
