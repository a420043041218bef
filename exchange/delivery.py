"""Sending notices: threads of its own for each partner, so that a slow one delays no other.

A Celery task only starts the threads (``start``); the lease of each notice is in PostgreSQL, so a
process that dies leaves nothing behind but leases that run out. A partner that does not answer, or
sends Retry-After, is paused for a growing time: one attempt then finds out whether it is back, and
the other notices to it lose no attempt.
"""

import datetime
import email.utils
import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import requests
from django.db import connection

import bulk
from bulk.postgresql.outage import through_outage
from exchange import outbox, partners, webhook_client, wire
from exchange.egress import Blocked, check_url, egress_session
from exchange.models import Notice, Partner
from ledger import clock
from ledger.encryption import DecryptionError

log = logging.getLogger(__name__)

SECONDS = 10.0  # for one attempt, in all
LEASE = 30.0  # a batch is sent in ten seconds or given back; then a dead worker's is taken again
OUTAGE = 10.0  # seconds of PostgreSQL's absence in which the outcome of an attempt is kept
BATCH = 20  # notices claimed at a time
RUN = 20.0  # seconds after which a thread leaves the rest to the next task
THREADS = 32
THREADS_PER_PARTNER = 4  # threads for one partner that takes what it is sent
ATTEMPTS = 16  # then the notice is dead, after about three days
BACK_OFF = (5, 15, 45, 120, 300, 900, 1800, 3600, 7200, 14400, 21600, 28800, 43200, 43200, 43200)
PAUSE_MAX = 600  # seconds that a partner which fails is not called, at most
RETRY_AFTER_MAX = 43_200  # most that its Retry-After may ask for
GONE = 410
BUSY = (429, 502, 503, 504)  # the receiver as a whole, not this notice, is the trouble


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt went. ``retry_after_seconds``: seconds asked for by Retry-After."""

    status: str  # "204", "timeout", "blocked"
    delivered: bool = False
    gone: bool = False
    partner_down: bool = False
    retry_after_seconds: float = 0.0


class _Threads:
    """This process's threads: one a partner, up to ``THREADS_PER_PARTNER`` while all goes well."""

    def __init__(self) -> None:
        self.reset()
        os.register_at_fork(after_in_child=self.reset)  # threads stay behind in the parent

    def reset(self) -> None:
        self.pool = ThreadPoolExecutor(THREADS, thread_name_prefix="delivery")
        self.lock = threading.Lock()
        self.current: Counter[str] = Counter()

    def start(self, code: str, most: int = 1) -> Future[int] | None:
        with self.lock:
            if self.current[code] >= most:
                return None
            self.current[code] += 1
        return self.pool.submit(self._run, code)

    def _run(self, code: str) -> int:
        try:
            return deliver(code, more=lambda: self.start(code, THREADS_PER_PARTNER))
        except Exception:
            log.exception("delivery to %s ended; its leases will run out", code)
            return 0
        finally:
            with self.lock:
                self.current[code] -= 1
            connection.close()


_threads = _Threads()


def start(*, now: datetime.datetime) -> list[Future[int]]:
    """Start delivering to every partner that has something due; returns at once."""
    futures = [_threads.start(code) for code in outbox.waiting(now)]
    return [future for future in futures if future is not None]


def deliver(code: str, *, more: Callable[[], object] = lambda: None) -> int:
    """Send what is due to one partner, until nothing is or it is in trouble.

    Returns how many notices were delivered. Every attempt is recorded before the next is made;
    ``more`` is called after each full batch that met no trouble, when another thread would help.
    """
    ends, delivered = time.monotonic() + RUN, 0
    with egress_session() as session:
        while time.monotonic() < ends:
            partner = Partner.objects.get(code=code)
            claimed = outbox.lease(code, now=clock.now(), seconds=LEASE, limit=BATCH)
            if not claimed:
                break
            full = len(claimed) == BATCH
            done, well = _send(session, partner, claimed)
            delivered += done
            if not well:
                break
            if full:
                more()
    return delivered


def _send(session: requests.Session, partner: Partner, claimed: list[Notice]) -> tuple[int, bool]:
    """Send claimed notices one by one; returns how many arrived, and whether to go on.

    Gives back what there is no point or no time to try: the claims run out.
    """
    until, delivered, now = time.monotonic() + LEASE - 2 * SECONDS, 0, clock.now()
    while claimed and time.monotonic() < until:
        notice = claimed.pop(0)
        outcome = attempt(session, partner, notice, now=now)
        # known now, and if it were forgotten the partner would be sent the notice again
        now = through_outage(partial(_record_now, partner, notice, outcome), seconds=OUTAGE)
        delivered += outcome.delivered
        if outcome.partner_down:
            outbox.release(claimed)
            return delivered, False
    outbox.release(claimed)
    return delivered, True


def _record_now(partner: Partner, notice: Notice, outcome: Outcome) -> datetime.datetime:
    now = clock.now()
    record(partner, notice, outcome, now=now)
    return now


def attempt(
    session: requests.Session, partner: Partner, notice: Notice, *, now: datetime.datetime
) -> Outcome:
    """Send one notice once; whatever the receiver does is an outcome."""
    body = notice.body.encode()
    try:
        url = check_url(partner.webhook_url)
        secret = partners.webhook_secret(partner)
        headers = webhook_client.sign(secret, str(notice.pk), body, at=now)
        reply = wire.post(
            session,
            url,
            body,
            {**headers, "Content-Type": "application/json", "User-Agent": "miaopi-webhooks/1"},
            seconds=SECONDS,
            limit=0,
        )
    except Blocked:
        return Outcome("blocked", partner_down=True)
    except DecryptionError:
        return Outcome("no_secret", partner_down=True)
    except wire.NoReply as error:
        if 200 <= error.status < 300:  # taken; what it said besides is of no interest
            return Outcome(str(error.status), delivered=True)
        return Outcome(error.reason, partner_down=True)
    return outcome_of(reply, now)


def outcome_of(reply: wire.Reply, now: datetime.datetime) -> Outcome:
    """Read a receiver's answer: 2xx is taken, 410 never again, a redirect is a failure."""
    status = str(reply.status)
    if 200 <= reply.status < 300:
        return Outcome(status, delivered=True)
    if reply.status == GONE:
        return Outcome(status, gone=True)
    retry_after_seconds = retry_after(reply.headers.get("Retry-After", ""), now)
    busy = reply.status in BUSY
    return Outcome(
        status,
        partner_down=busy or retry_after_seconds > 0,
        retry_after_seconds=retry_after_seconds,
    )


def retry_after(value: str, now: datetime.datetime) -> float:
    """Return the seconds that a Retry-After asks for (RFC 9110, 10.2.3), 0 when it says nothing."""
    value = value.strip()
    if value.isascii() and value.isdecimal() and len(value) < 10:
        return float(min(int(value), RETRY_AFTER_MAX))
    try:
        at = email.utils.parsedate_to_datetime(value)
        seconds = (at.astimezone(datetime.UTC) - now).total_seconds()
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0.0
    return max(0.0, min(seconds, RETRY_AFTER_MAX))


def record(partner: Partner, notice: Notice, outcome: Outcome, *, now: datetime.datetime) -> None:
    """Write how an attempt went; a worker whose lease ran out writes nothing."""
    notice.last_status, notice.leased_until = outcome.status[:80], None
    if outcome.delivered:
        notice.state, notice.delivered_at = Notice.State.DELIVERED.value, now
    elif outcome.gone or notice.attempts >= ATTEMPTS:
        notice.state = Notice.State.DEAD.value
        log.error("notice %s to %s is dead: %s", notice.pk, partner.code, outcome.status)
    else:
        wait = max(BACK_OFF[notice.attempts - 1], outcome.retry_after_seconds)
        notice.next_at = now + datetime.timedelta(seconds=wait)
    try:
        bulk.update(
            Notice,
            [notice],
            ["state", "next_at", "leased_until", "last_status", "delivered_at"],
            old={"state": [Notice.State.DUE.value], "attempts": [notice.attempts]},
        )
    except bulk.Conflict:
        log.warning("notice %s was taken by another worker meanwhile", notice.pk)
    _record_partner(partner, outcome, now)


def _record_partner(partner: Partner, outcome: Outcome, now: datetime.datetime) -> None:
    """Pause a partner that fails; resume it as soon as it answers."""
    if outcome.partner_down:
        partner.failures = min(partner.failures + 1, 1000)
        silence = max(
            min(5 * 2 ** min(partner.failures - 1, 7), PAUSE_MAX),
            outcome.retry_after_seconds,
        )
        partner.paused_until = now + datetime.timedelta(seconds=silence)
    elif partner.failures or partner.paused_until:
        partner.failures, partner.paused_until = 0, None
    else:
        return
    partner.save(update_fields=["failures", "paused_until"])
