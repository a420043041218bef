"""Over HTTP, with all processes: how long a waiting client waits.

Sole traders that the city's own store can decide, 200 a second, open loop, against the same route
that only stores (engine suspended), in turn, so that both meet the same minutes of the machine;
then graduates with Celery and remote registries at 50 a second.
Any answer but 201 or 202 fails the benchmark, and so does any case left undecided.

    python -m deploy.local with-servers -- python -m benchmarks.http
"""

import argparse
import datetime
import os
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg

from benchmarks.cases import FOOD_SCOPE, Drawn, draw
from benchmarks.database import create_database
from benchmarks.load import Call, Client, Reply, at, open_loop, partner_client
from demo.city import City, cohort_on
from deploy.local.stack import Stack

PATH = "/api/v1/applications"
TICKS = os.sysconf("SC_CLK_TCK")
PERSONS, ENTERPRISES = 20_000, 2_000
ROUNDS = 5


@contextmanager
def running_stack() -> Iterator[Stack]:
    """All processes on a new database; they end with the context."""
    settings = create_database(f"bench_{os.getpid()}")
    settings |= {"REDIS_URL": os.environ["REDIS_URL"], "LOG_LEVEL": "ERROR"}
    with tempfile.TemporaryDirectory(prefix="miaopi-bench-") as folder:
        stack = Stack(settings, Path(folder), persons=PERSONS, enterprises=ENTERPRISES)
        stack.prepare()
        try:
            stack.start()
            yield stack
        finally:
            stack.stop()


def cases(seed: int) -> dict[str, list[Drawn]]:
    """Everybody who may apply, by service; sole traders without a permit before the licence."""
    today = datetime.datetime.now(ZoneInfo("Asia/Shanghai")).date()
    city = City(persons=PERSONS, enterprises=ENTERPRISES, cohort=cohort_on(today)).on(today)
    found: dict[str, list[Drawn]] = {"sole_trader": [], "graduate_settlement": []}
    for one in draw(city, 15_000, seed=seed):
        if FOOD_SCOPE not in one.answers.get("scope", ()):
            found[one.service].append(one)
    return found


def call(client: Client, drawn: Drawn, prefer: str) -> Call:
    headers = {"Idempotency_Key": f"bench-{uuid.uuid4()}"}
    if prefer:
        headers["Prefer"] = prefer
    return client.call("POST", PATH, drawn.body(), **headers)


class Bench:
    """All processes under load; ``errors`` counts every answer that is not a success."""

    def __init__(self, stack: Stack) -> None:
        self.client = partner_client(stack.url, Path(stack.env["KEYS_DIR"]))
        self.stack, self.errors, self.undecided = stack, 0, 0
        self.url = stack.env["DATABASE_ADMIN_URL"]

    def phase(self, name: str, drawn: list[Drawn], rate: float, prefer: str) -> list[Reply]:
        """Send ``drawn`` at ``rate``, print what came of it, and return the replies."""
        used = self.web_cpu()
        replies = open_loop([call(self.client, one, prefer) for one in drawn], rate)
        used = self.web_cpu() - used
        self.client.close()
        bad = [r for r in replies if r.status not in (201, 202)]
        late = sum(r.status == 202 for r in replies) if prefer else 0
        self.errors, self.undecided = self.errors + len(bad), self.undecided + late
        print(
            f"http: {name}: {len(replies)} at {rate:.0f}/s, p50 {at(replies, 0.5):.1f} ms,"
            f" p99 {at(replies, 0.99):.1f} ms, errors {len(bad)}, past the budget {late},"
            f" web CPU {used / len(replies) * 1e6:.0f} us each",
            flush=True,
        )
        for one in bad[:3]:
            print(f"http:   {one.status} {str(one.body)[:200]}")
        return replies

    def web_cpu(self) -> float:
        """CPU seconds of the web process and its workers so far."""
        total = 0
        for pid in self.stack.pids("web"):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICKS

    def wait_until_decided(self, seconds: float = 90) -> int:
        """Wait until nothing is undecided; returns how many still are when time is up."""
        end = time.monotonic() + seconds
        with psycopg.connect(self.url, autocommit=True) as raw:
            while True:
                row = raw.execute(
                    "SELECT count(*) FROM approvals_application WHERE state = 'submitted'"
                ).fetchone()
                if row == (0,) or time.monotonic() > end:
                    return int(row[0]) if row else 0
                time.sleep(0.2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="of each side at 200/s")
    parser.add_argument("--rate", type=float, default=200.0)
    arguments = parser.parse_args()
    drawn = cases(seed=11)
    traders, graduates = iter(drawn["sole_trader"]), iter(drawn["graduate_settlement"])

    def take(source: Iterator[Drawn], count: float) -> list[Drawn]:
        return [next(source) for _ in range(int(count))]

    count = arguments.rate * arguments.seconds / ROUNDS
    decided: list[Reply] = []
    stored: list[Reply] = []
    with running_stack() as stack:
        bench = Bench(stack)
        bench.phase("warming up", take(traders, 200), 50, "wait=5")
        bench.phase("warming up, remote", take(graduates, 100), 25, "wait=5")
        bench.errors = bench.undecided = 0
        for _ in range(ROUNDS):
            decided += bench.phase("decided", take(traders, count), arguments.rate, "wait=5")
            bench.wait_until_decided()
            stack.suspend("engine")
            try:
                stored += bench.phase("only stored", take(traders, count), arguments.rate, "")
            finally:
                stack.resume("engine")
            bench.wait_until_decided()
        remote = bench.phase("remote registries", take(graduates, 500), 50, "wait=5")
        left = bench.wait_until_decided()
    for name, replies in (("decided", decided), ("only stored", stored)):
        p50, p99 = (at(replies, share) for share in (0.5, 0.99))
        print(f"http: {name}, all rounds: p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    p50, p99 = (at(decided, share) / at(stored, share) for share in (0.5, 0.99))
    print(f"http: remote registries at 50/s p99 {at(remote, 0.99):.0f} ms (goal <= 300)")
    print(f"http: errors {bench.errors} (goal <= 0)")
    print(f"http: undecided in the end {left} (goal <= 0)")
    print(f"http: decided to stored at {arguments.rate:.0f}/s, ratio p50 {p50:.2f} (goal <= 4)")
    print(f"http: decided to stored at {arguments.rate:.0f}/s, ratio p99 {p99:.2f} (goal <= 5)")
    return 1 if bench.errors or left else 0


if __name__ == "__main__":
    raise SystemExit(main())
