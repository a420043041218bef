"""Webhooks out: what a bad receiver costs the others, and deliveries a second per core.

    python -m deploy.local with-servers -- python -m benchmarks.deliveries

The product's own senders in this process, receivers in another one. Good partners are sent notices
at a steady pace, in turns with bad ones beside them (30 seconds slow, failing, and not there) and
without; the figure is the ratio of their 95th percentiles from the commit to the arrival, the
median of all turns. Then as many as go: by the CPU time of this process, PostgreSQL's apart.
"""

import json
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.database import seeded_database
from deploy.local.paths import ROOT

GOAL = 1.1
GOOD = ("tax", "labour", "police", "market", "customs")
BAD = {"food": "/slow", "culture": "/failing", "health": ""}  # "": nobody listens
TURNS, SECONDS, PACE = 5, 6.0, 40.0  # notices a second to all good ones together
MANY = 2000
PATIENCE = 60.0  # seconds that a turn's last notice may take


@contextmanager
def receivers() -> Iterator[str]:
    """Run the receivers; gives their address."""
    command = [sys.executable, "-m", "benchmarks.receivers"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        process.terminate()


def nowhere() -> str:
    """Return an address at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def arrivals(site: str) -> dict[str, float]:
    with urllib.request.urlopen(f"{site}/log", timeout=30) as answer:
        found: dict[str, float] = json.load(answer)
    return found


def write(partner: str, serial: int) -> str:
    """Commit a notice to a partner; returns its id."""
    import bulk
    from exchange import outbox
    from exchange.models import Notice
    from ledger.clock import now

    data = {"application": f"B{serial}", "state": "approved"}
    made = outbox.notice(partner, "application.decided", f"application:B{serial}", data, now())
    bulk.insert(Notice, [made])
    return str(made.pk)


def all_arrived(site: str, sent: dict[str, float]) -> dict[str, float]:
    """Wait for what was sent; returns seconds of each. Raises ``SystemExit`` for a lost one."""
    from exchange import senders
    from ledger.clock import now

    ends = time.monotonic() + PATIENCE
    while missing := sent.keys() - (found := arrivals(site)).keys():
        if time.monotonic() > ends:
            raise SystemExit(f"deliveries: {len(missing)} notices did not arrive")
        senders.start(now=now())
        time.sleep(0.1)
    return {key: found[key] - at for key, at in sent.items()}


def turn(site: str, first: int, *, is_bad: bool) -> float:
    """Return the 95th percentile of the good ones' seconds, with or without bad ones."""
    from exchange import senders
    from ledger.clock import now

    sent: dict[str, float] = {}
    began = time.monotonic()
    for n in range(int(PACE * SECONDS)):
        time.sleep(max(0.0, began + n / PACE - time.monotonic()))
        if is_bad and n % 5 == 0:
            for code in BAD:
                write(code, first + n)
        key = write(GOOD[n % len(GOOD)], first + n)
        sent[key] = time.monotonic()
        senders.start(now=now())  # as the task that is woken by the commit
    return statistics.quantiles(all_arrived(site, sent).values(), n=20)[-1]


def main() -> None:
    with seeded_database(persons=2000), receivers() as site:
        from exchange import endpoints
        from ledger.clock import now

        for code in GOOD:
            endpoints.set_default(code, f"{site}/good/{code}", now=now())
        for code, path in BAD.items():
            endpoints.set_default(code, (site + path if path else nowhere()) + "/", now=now())
        turn(site, 0, is_bad=False)  # threads and connections are there
        alone, beside = [], []
        for place in range(1, TURNS + 1):
            alone.append(turn(site, place * 1_000_000, is_bad=False))
            beside.append(turn(site, place * 1_000_000 + 500_000, is_bad=True))
        sent = {}
        for n in range(MANY):
            sent[write(GOOD[n % len(GOOD)], 90_000_000 + n)] = time.monotonic()
        began, cpu = time.monotonic(), time.process_time()
        all_arrived(site, sent)
        seconds, spent = time.monotonic() - began, time.process_time() - cpu
    quiet, loud = statistics.median(alone), statistics.median(beside)
    print(f"deliveries: p95 of good receivers {quiet * 1e3:.0f} ms, beside bad {loud * 1e3:.0f} ms")
    print(f"deliveries: {MANY / seconds:.0f} a second, {MANY / spent:.0f} a second per core")
    print(
        f"deliveries: p95 of others beside bad receivers, ratio {loud / quiet:.2f} (goal <= {GOAL})"
    )


if __name__ == "__main__":
    main()
