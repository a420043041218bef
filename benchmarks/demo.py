"""``make demo``: 500 applications over HTTP, against an oracle; before them some limited companies
with their filings, and 200 business profiles against an oracle of their own.

``make demo ARGS=SERVICE``, or ``ARGS=all``: 200 of each service (``benchmarks.catalogue``).

Runs beside all processes (`python -m deploy.local with-stack`). Exit code 1 when anything is
undecided, lost or wrong.
"""

import argparse
import datetime
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import django

from benchmarks import businesses, companies
from benchmarks.cases import Drawn, draw
from benchmarks.departments import announce, departments
from benchmarks.filings import differences
from benchmarks.load import Call, Client, Reply, at, open_loop, partner_client
from benchmarks.oracle import expected
from demo.city import City, cohort_on
from deploy.local.paths import ROOT
from deploy.local.stack import MANAGE
from ledger.clock import city_date

OPEN = "submitted"
WARM = 40  # applications before the clock starts
PATH = "/api/v1/applications"


@dataclass(slots=True)
class Sent:
    """One application and what became of it."""

    drawn: Drawn
    reply: Reply
    number: str = ""
    state: str = OPEN


def call(client: Client, drawn: Drawn, prefer: str = "wait=5") -> Call:
    key = f"demo-{uuid.uuid4()}"
    return client.call("POST", PATH, drawn.body(), Idempotency_Key=key, Prefer=prefer)


def run(client: Client, cases: list[Drawn], rate: float) -> list[Sent]:
    """Send all ``cases`` at ``rate`` a second and wait until all have come to rest (120 s)."""
    replies = open_loop([call(client, drawn) for drawn in cases], rate)
    sent = [Sent(drawn, reply) for drawn, reply in zip(cases, replies, strict=True)]
    for one in sent:
        if one.reply.status in (201, 202):
            one.number, one.state = one.reply.body["number"], one.reply.body["state"]
    end = time.monotonic() + 120
    while time.monotonic() < end and (rest := [s for s in sent if s.number and s.state == OPEN]):
        for one in rest:
            look(client, one)
        time.sleep(0.2)
    return sent


def look(client: Client, sent: Sent) -> bool:
    """Ask for the state again; False when the application is not there."""
    status, body = client.ask("GET", f"{PATH}/{sent.number}")
    if status == 200:
        sent.state = body["state"]
    return status == 200


def report(client: Client, sent: list[Sent], on: datetime.date) -> tuple[str, bool]:
    """Return the closing line, and whether everything is as it must be."""
    lost = [s for s in sent if not s.number or not look(client, s)]
    undecided = [s for s in sent if s.number and s.state == OPEN]
    judged = [(s, expected(s.drawn, on)) for s in sent if s.number and s.state != OPEN]
    wrong = [(s, want) for s, want in judged if s.state != want]
    for s in lost[:10]:
        print(f"  lost: {s.drawn.service} {s.number} {s.reply.status} {s.reply.body}")
    for s, want in wrong[:10]:
        print(f"  wrong: {s.number} {s.drawn.service} is {s.state}, should be {want}")
    eligible = [s for s in sent if expected(s.drawn, on) == "approved"]
    automatic = sum(s.state == "approved" for s in eligible) / max(1, len(eligible))
    states = Counter(s.state for s in sent)
    decided = [s.reply for s in sent if s.number]
    line = (
        f"demo: submitted={len(sent)} approved={states['approved']} returned={states['returned']}"
        f" review={states['review']} waiting={states['waiting']} undecided={len(undecided)}"
        f" lost={len(lost)} wrong={len(wrong)} automatic={automatic:.3f}"
        f" p50_ms={at(decided, 0.50):.0f} p99_ms={at(decided, 0.99):.0f}"
    )
    return line, not (lost or undecided or wrong)


def profiles(today: datetime.date, count: int = 200) -> tuple[str, list[str]]:
    """Judge drawn businesses with the published edition, beside the oracle."""
    from services import catalogue  # once Django is set up

    edition = catalogue.current("limited_company", today)
    assert edition is not None, "no edition of limited_company is in force"
    book = catalogue.rulebook(edition)
    drawn = list(businesses.draw(count, seed=4, today=today))
    faults = [
        f"profile {n}: {fault}" for n, b in enumerate(drawn) for fault in differences(book, b)
    ]
    return f"demo: filings profiles={len(drawn)} wrong={len(faults)}", faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("services", nargs="*", help="of the catalogue, or all; none: 500 of two")
    parser.add_argument("--count", type=int, help="500, or 200 of each service")
    parser.add_argument("--rate", type=float, default=50.0, help="applications a second")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--persons", type=int, default=20_000, help="of the city that is seeded")
    parser.add_argument("--enterprises", type=int, default=2_000)
    options = parser.parse_args()
    django.setup()
    today = city_date(datetime.datetime.now(datetime.UTC))
    city = City(
        persons=options.persons, enterprises=options.enterprises, cohort=cohort_on(today)
    ).on(today)
    if options.services:
        return _catalogue(options, city, today)
    options.count = options.count or 500
    client = partner_client(os.environ["SITE_URL"], Path(os.environ["KEYS_DIR"]))
    line, faults = profiles(today)
    print(line, flush=True)
    founded = list(companies.draw(city, today))
    with (
        tempfile.TemporaryDirectory(prefix="miaopi-demo-") as folder,
        departments(Path(folder)) as addresses,
    ):
        for code, address in addresses.items():
            announce(code, address)
        companies.submit(client, founded)
        companies.wait_for_answers(client, founded)
        companies.wait_for_reminders()
        line, more = companies.report(client, founded)
    print(line, flush=True)
    # one may have one application in hand: those of the warm-up are other citizens
    drawn = list(draw(city, options.count + WARM, seed=options.seed))
    open_loop([call(client, one) for one in drawn[options.count :]], 20)
    sent = run(client, drawn[: options.count], options.rate)
    for fault in [*faults, *more][:10]:
        print(f"  wrong: {fault}")
    line, correct = report(client, sent, today)
    proved = prove()
    print(line)
    return 0 if correct and proved and not faults and not more else 1


def _catalogue(options: argparse.Namespace, city: City, today: datetime.date) -> int:
    from benchmarks.catalogue import run  # once Django is set up

    asked = run.SERVICES if "all" in options.services else tuple(options.services)
    if unknown := set(asked) - set(run.SERVICES):
        print(f"no such service: {sorted(unknown)}; there are {', '.join(run.SERVICES)}")
        return 2
    code = run.run(asked, city, today, count=options.count or 200, seed=options.seed)
    return code or (0 if prove() else 1)


def prove() -> bool:
    """Decide every stored case again from its receipt alone, and audit the whole history.

    Elsewhere: in another time zone, with another hash seed, and with no registry to be reached.
    """
    elsewhere = {
        **os.environ,
        "TZ": "America/St_Johns",
        "PYTHONHASHSEED": "20261122",
        "REGISTRY_URL": "unix:/nowhere",
    }
    passed = True
    for command in ("replay", "audit"):
        done = subprocess.run(  # noqa: PLW1510 - its return code is part of the answer
            [*MANAGE, command], cwd=ROOT, env=elsewhere, capture_output=True, text=True, timeout=120
        )
        print(f"demo: {done.stdout.strip() or done.stderr[-400:]}", flush=True)
        passed = passed and done.returncode == 0
    return passed


if __name__ == "__main__":
    sys.exit(main())
