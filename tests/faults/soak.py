"""``make soak``: applications over HTTP while something fails every second, then a verdict.

    make soak                                            3,000 applications, five minutes
    make soak ARGS="--applications 300 --minutes 0.7 --seed 5"

A fault a second, drawn with the seed, over engine, Celery worker and its children, web,
registries, PostgreSQL, Redis, and connections that end at the server's side; then quiet. The last
line says what became of the applications, checked in SQL and by an oracle that share no code with
the application. Exit code 1 when one is lost, doubled, wrong or undecided 60 seconds after the
last fault, when more than one in 200 is with an officer for no other reason than the outages, or
when there were fewer faults than seconds.
"""

import argparse
import re
import secrets
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from benchmarks.cases import Drawn, draw
from benchmarks.load import partner_client
from benchmarks.oracle import expected
from deploy.local.paths import VAR
from deploy.local.stack import StepFailed
from tests.exchange.receiver import Receiver
from tests.faults.clients import Clients
from tests.faults.injection import Injection, running
from tests.faults.invariants import NOTICES_DUE, violations_by_kind
from tests.faults.random_faults import RandomFaults

DRAIN_SECONDS = 60.0  # after the last fault
OFFICER_SHARE = 0.005  # of the accepted ones, most that outages may give to officers
SHOWN = 10  # sentences of a kind that are printed
# why an application is with an officer although nothing is wrong with it
OUTAGE = re.compile(r"(^|,)([^,]+:unknown|name_unknown|unanswered:[^,]+|engine_failed)(,|$)")


@dataclass
class Verdict:
    """What became of the applications; ``faults``: how many were injected."""

    accepted: int
    faults: int
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    to_officers_for_outage: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        faultless = not (self.lost or self.doubled or self.wrong or self.undecided)
        return faultless and len(self.to_officers_for_outage) <= OFFICER_SHARE * self.accepted

    def __str__(self) -> str:
        return (
            f"soak: accepted={self.accepted} faults={self.faults} lost={len(self.lost)}"
            f" doubled={len(self.doubled)} wrong={len(self.wrong)}"
            f" undecided={len(self.undecided)}"
            f" to_officers_for_outage={len(self.to_officers_for_outage)}"
        )


def judge(
    admin: psycopg.Connection, wanted: Mapping[str, str], delivered: str, *, faults: int
) -> Verdict:
    """Compare the database with ``wanted``: number of each acknowledged application -> the state
    in which it must have come to rest by the oracle. ``delivered``: all that the submitting
    partner's webhook has received, as text. The time to decide and to deliver is over: whatever
    is still on its way is undecided, however lately it came."""
    found = violations_by_kind(admin, wanted, seconds=0)
    verdict = Verdict(len(wanted), faults, **found)
    rows = admin.execute("SELECT number, state, handover FROM approvals_application").fetchall()
    for number, state, handover in rows:
        if number not in wanted:  # sent again with its key, it must not become another one
            verdict.doubled.append(f"{number}: no client received this number")
        elif state == wanted[number]:
            if state in ("approved", "returned", "review") and number not in delivered:
                verdict.lost.append(f"{number}: {state}, and its partner was not notified")
        elif state == "review" and OUTAGE.search(handover):
            verdict.to_officers_for_outage.append(f"{number}: {handover}")
        elif state != "submitted":  # which is undecided, as ``violations_by_kind`` says
            verdict.wrong.append(f"{number}: {state}, should be {wanted[number]} ({handover})")
    return verdict


def send_under_faults(
    clients: Clients, faults: RandomFaults, seconds: float, report_every: float = 10.0
) -> None:
    """Send evenly over the time, with one fault a second."""
    began = time.monotonic()
    shown, count = began, 0
    while (passed := time.monotonic() - began) < seconds:
        clients.allow(int(len(clients.cases) * passed / seconds) - clients.allowed)
        if passed >= count:
            faults.inject()
            count = int(passed) + 1
        faults.repair()
        if time.monotonic() - shown >= report_every:
            shown = time.monotonic()
            accepted = len(clients.numbers)
            print(
                f"  {passed:.0f} s: {faults.made.total()} faults, {accepted} accepted", flush=True
            )
        time.sleep(0.02)


def drain(injection: Injection, clients: Clients, faults: RandomFaults) -> float:
    """Wait until all are sent and at rest, at most DRAIN_SECONDS; how long it took."""
    began = time.monotonic()
    clients.allow(len(clients.cases))
    while (passed := time.monotonic() - began) < DRAIN_SECONDS:
        faults.repair()
        sent = len(clients.numbers) + len(clients.rejected) == len(clients.cases)
        if sent and open_work(injection) == 0:
            break
        time.sleep(0.2)
    return passed


def open_work(injection: Injection) -> int:
    """Undecided applications, due checks and undelivered notices; -1 without PostgreSQL."""
    try:
        with injection.view() as admin:
            row = admin.execute(
                "SELECT (SELECT count(*) FROM approvals_application WHERE state = 'submitted')"
                " + (SELECT count(*) FROM approvals_check WHERE state = 'due')"
                f" + {NOTICES_DUE}"
            ).fetchone()
    except psycopg.OperationalError:
        return -1
    return int(row[0]) if row else -1


def soak(injection: Injection, cases: Sequence[Drawn], seconds: float, seed: int) -> Verdict:
    """Send all ``cases`` while faults happen for so long, and judge what became of them."""
    receiver = Receiver()
    for partner in ("window", "food"):
        injection.stack.step("url", "partners", "url", partner, receiver.url)
    program = partner_client(injection.stack.url, Path(injection.stack.env["KEYS_DIR"]))
    clients = Clients(program, cases, seconds=seconds + DRAIN_SECONDS)
    faults = RandomFaults(injection, seed)
    clients.start()
    send_under_faults(clients, faults, seconds)
    drained = drain(injection, clients, faults)
    print(f"soak: drained {drained:.0f} s after the last fault; {dict(faults.made)}", flush=True)
    if not faults.finish(DRAIN_SECONDS):
        raise SystemExit("soak: the processes do not come back")
    wanted = {
        number: expected(cases[place], injection.today) for place, number in clients.numbers.items()
    }
    delivered = b"\n".join(got.body for got in receiver.got).decode()
    with injection.view() as admin:
        verdict = judge(admin, wanted, delivered, faults=faults.made.total())
    verdict.wrong += [f"rejected: {body}" for body in clients.rejected]
    unsent = len(cases) - len(clients.numbers) - len(clients.rejected)
    verdict.undecided += ["never acknowledged"] * unsent
    verdict.wrong += unprovable(injection)
    if verdict.faults < int(seconds):
        verdict.wrong.append(f"only {verdict.faults} faults in {seconds:.0f} s")
    verdict.wrong += [f"never made: {fault.__name__}" for fault in faults.unmade]
    return verdict


def unprovable(injection: Injection) -> list[str]:
    """The faults that the audit of the whole history and the replay of every receipt find."""
    found = []
    for name, faultless in (("audit", "audit: 0 faults"), ("replay", " 0 differences")):
        try:
            output = injection.stack.step(name, name)
        except StepFailed as failed:
            output = str(failed)
        if faultless not in output:
            found.append(f"{name}: {output.strip()[-600:]}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--applications", type=int, default=3000)
    parser.add_argument("--minutes", type=float, default=5.0, help="with a fault every second")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10_000))
    options = parser.parse_args()
    folder = VAR / "soak"
    shutil.rmtree(folder, ignore_errors=True)
    print(f"soak: seed {options.seed}; logs in {folder / 'stack' / 'log'}", flush=True)
    with running(folder, persons=max(3000, 4 * options.applications)) as injection:
        cases = list(draw(injection.city, options.applications, seed=options.seed))
        verdict = soak(injection, cases, 60 * options.minutes, options.seed)
    for kind in ("lost", "doubled", "wrong", "undecided", "to_officers_for_outage"):
        for sentence in getattr(verdict, kind)[:SHOWN]:
            print(f"  {kind}: {sentence}")
    print(verdict)
    return 0 if verdict.passed else 1


if __name__ == "__main__":
    sys.exit(main())
