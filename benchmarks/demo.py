"""``make demo``: 500 applications of both services over HTTP, against an oracle.

Runs beside the whole house (`python -m deploy.local with-stack`). Open loop: an application goes
out when its turn comes, whether or not earlier ones were answered, and its time counts from its
turn. Exit code 1 when anything is undecided, lost or wrong.
"""

import argparse
import datetime
import json
import os
import sys
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import requests
from requests.adapters import HTTPAdapter

from benchmarks.cases import Drawn, draw
from benchmarks.oracle import expected
from exchange.city import City, cohort_on

OPEN = "submitted"


@dataclass(slots=True)
class Sent:
    """One application and what became of it; ``seconds`` from its turn to its decision."""

    drawn: Drawn
    number: str = ""
    state: str = OPEN
    seconds: float = 0.0
    error: str = ""


class Client:
    """An agency's program with its own token and nothing else."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url + "/api/v1/applications"
        self.session = requests.Session()
        self.session.mount("http://", HTTPAdapter(pool_maxsize=128, pool_block=True))
        self.session.headers["Authorization"] = f"Bearer {token}"

    def send(self, drawn: Drawn, turn: float) -> Sent:
        """Submit one application, waiting up to 5 s for its decision."""
        time.sleep(max(0.0, turn - time.perf_counter()))
        sent = Sent(drawn)
        answer = self.session.post(
            self.url,
            data=json.dumps(drawn.body()),
            headers={
                "Content-Type": "application/json",
                "Idempotency-Key": f"demo-{uuid.uuid4()}",
                "Prefer": "wait=5",
            },
            timeout=30,
        )
        sent.seconds = time.perf_counter() - turn
        if answer.status_code in (201, 202):
            sent.number, sent.state = answer.json()["number"], answer.json()["state"]
        else:
            sent.error = f"{answer.status_code} {answer.text[:200]}"
        return sent

    def look(self, sent: Sent) -> bool:
        """Ask for the state again; False when the application is not there."""
        answer = self.session.get(f"{self.url}/{sent.number}", timeout=30)
        if answer.status_code == 200:
            sent.state = answer.json()["state"]
        return answer.status_code == 200


def run(url: str, token: str, *, count: int, rate: float, seed: int, city: City) -> list[Sent]:
    """Send ``count`` applications at ``rate`` a second and wait until all have come to rest."""
    client = Client(url, token)
    for warm in draw(city, 4, seed=seed + 1):
        client.send(warm, time.perf_counter())
    cases = list(draw(city, count, seed=seed))
    begin = time.perf_counter() + 0.2
    with ThreadPoolExecutor(128) as pool:
        sent = list(pool.map(lambda i: client.send(cases[i], begin + i / rate), range(len(cases))))
    end = time.monotonic() + 120
    while time.monotonic() < end:
        open_ones = [s for s in sent if s.number and s.state == OPEN]
        if not open_ones:
            break
        for s in open_ones:
            client.look(s)
        time.sleep(0.2)
    return sent


def report(sent: list[Sent], client: Client, on: datetime.date) -> tuple[str, bool]:
    """Return the closing line, and whether everything is as it must be."""
    lost = [s for s in sent if not s.number or not client.look(s)]
    undecided = [s for s in sent if s.number and s.state == OPEN]
    wrong = [(s, expected(s.drawn, on)) for s in sent if s.number and s.state != OPEN]
    wrong = [(s, want) for s, want in wrong if s.state != want]
    for s in lost[:10]:
        print(f"  lost: {s.drawn.service} {s.error or s.number}")
    for s, want in wrong[:10]:
        print(f"  wrong: {s.number} {s.drawn.service} is {s.state}, should be {want}")
    eligible = [s for s in sent if expected(s.drawn, on) == "approved"]
    automatic = sum(s.state == "approved" for s in eligible) / max(1, len(eligible))
    states = Counter(s.state for s in sent)
    times = sorted(s.seconds * 1000 for s in sent if s.number)
    line = (
        f"demo: submitted={len(sent)} approved={states['approved']} returned={states['returned']}"
        f" review={states['review']} waiting={states['waiting']} undecided={len(undecided)}"
        f" lost={len(lost)} wrong={len(wrong)} automatic={automatic:.3f}"
        f" p50_ms={_at(times, 0.50):.0f} p99_ms={_at(times, 0.99):.0f}"
    )
    return line, not (lost or undecided or wrong)


def _at(times: list[float], share: float) -> float:
    return times[min(len(times) - 1, int(len(times) * share))] if times else 0.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--rate", type=float, default=50.0, help="applications a second")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--persons", type=int, default=20_000, help="of the city that is seeded")
    parser.add_argument("--enterprises", type=int, default=2_000)
    given = parser.parse_args()
    url = os.environ["SITE_URL"]
    file = Path(os.environ["KEYS_DIR"]) / "partners" / "window.json"
    token = json.loads(file.read_text())["token"]
    today = datetime.datetime.now(ZoneInfo("Asia/Shanghai")).date()
    city = City(persons=given.persons, enterprises=given.enterprises, cohort=cohort_on(today))
    sent = run(url, token, count=given.count, rate=given.rate, seed=given.seed, city=city)
    line, well = report(sent, Client(url, token), today)
    print(line)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
