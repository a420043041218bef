"""All benchmarks, or those named, one after another in processes of their own.

    make bench                       all but the large ones (desk)
    make bench ARGS="engine http"    some of them

Prints each one's lines as they come and a table at the end: figure, measured, goal, and whether it
holds. A benchmark that fails or runs out of time makes the exit code 1; a goal that is missed does
not, because on a machine that does other work at the same time every figure may be missed.
"""

import argparse
import os
import platform
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

import psycopg
from psycopg import sql

from benchmarks.database import fsync_ms
from deploy.local.paths import ROOT

# name: the most seconds that it may take; on a quiet machine it needs a third of them
BENCHMARKS = {
    "judging": 120,
    "peers": 60,
    "fix": 30,
    "engine": 240,
    "http": 240,
    "route": 150,
    "tokens": 150,
    "deliveries": 240,
    "lookup": 120,
    "sql": 120,
    "certificates": 120,
    "verdict": 180,
    "shadow": 240,
    "suspension": 120,
}
# by name alone: what it loads takes minutes
LARGE = {"desk": 480, "backtest": 480, "scan": 480, "payments": 480, "centre": 480}
KNOWN = {**BENCHMARKS, **LARGE}
WHOLE = 480.0  # seconds for all of them
# "engine: ratio to batch SQL 0.31 (goal >= 0.25)": the figure and its goal stand last
_GOAL = re.compile(
    r"(?P<name>\S.*?)[ ,]+(?P<value>-?\d[\d.]*)(?P<unit> ?[^\s(]*)"
    r" \(goal (?P<sign>[<>]=) (?P<goal>[\d.]+)"
)
# "judging: 0.84 of the goal of 25 us (graduate_settlement)"
_SHARE = re.compile(r"(?P<name>\S.*?): (?P<value>\d[\d.]*) (?P<unit>of the goal of .*)")


class Figure(NamedTuple):
    """One measured value beside its goal."""

    name: str
    value: str
    goal: str
    holds: bool


def figure(line: str) -> Figure | None:
    """Read a figure with its goal from a printed line; None when it has none."""
    if found := _GOAL.match(line):
        value, goal = float(found["value"]), float(found["goal"])
        holds = value <= goal if found["sign"] == "<=" else value >= goal
        measured = found["value"] + found["unit"]
        return Figure(found["name"], measured, f"{found['sign']} {found['goal']}", holds)
    if found := _SHARE.match(line):
        name = f"{found['name']}, share {found['unit']}"
        return Figure(name, found["value"], "<= 1", float(found["value"]) <= 1)
    return None


def machine() -> list[str]:
    """Describe the machine that the figures are measured on."""
    info = Path("/proc/cpuinfo").read_text(errors="replace")
    model = re.search(r"model name\s*:\s*(.+)", info)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    with psycopg.connect(os.environ["DATABASE_ADMIN_URL"]) as connection:
        version = connection.execute("SHOW server_version").fetchone()
        durable = connection.execute(
            "SELECT current_setting('fsync'), current_setting('synchronous_commit')"
        ).fetchone()
    assert version and durable
    return [
        f"machine: {os.cpu_count()} cores ({model[1] if model else platform.machine()}),"
        f" {memory:.0f} GiB, Linux {platform.release()}, Python {platform.python_version()}",
        f"machine: PostgreSQL {version[0]}, fsync {durable[0]}, synchronous_commit {durable[1]};"
        f" one durable 8 kB write {fsync_ms():.2f} ms",
    ]


def load() -> str:
    one, five, _ = os.getloadavg()
    cores = os.cpu_count() or 1
    busy = "" if one < 0.5 * cores else "; NOT QUIET: only ratios within one run count"
    return f"machine: load average {one:.1f} (1 min) {five:.1f} (5 min) on {cores} cores{busy}"


def run(name: str, seconds: float) -> tuple[list[str], str]:
    """Run one benchmark; returns its lines, and the fault, or nothing."""
    command = [sys.executable, "-m", f"benchmarks.{name}"]
    lines: list[str] = []
    timed_out = threading.Event()
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )

    def on_timeout() -> None:
        timed_out.set()
        _stop(process)

    timer = threading.Timer(seconds, on_timeout)
    timer.start()
    try:
        assert process.stdout
        for line in process.stdout:
            print(f"  {line}", end="", flush=True)
            lines.append(line.rstrip())
        code = process.wait()
        if timed_out.is_set():
            return lines, f"stopped after {seconds:.0f} s"
        return lines, f"exit code {code}" if code else ""
    finally:
        timer.cancel()
        _stop(process)
        _drop_databases(process.pid)


def _stop(process: subprocess.Popen[str]) -> None:
    """SIGINT first: a benchmark then stops the processes that it started; its group follows."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _drop_databases(pid: int) -> None:
    """Drop the databases that the benchmark with this process id made."""
    with psycopg.connect(os.environ["DATABASE_ADMIN_URL"], autocommit=True) as admin:
        names = admin.execute(
            "SELECT datname FROM pg_database WHERE datname = %s OR starts_with(datname, %s)",
            [f"bench_{pid}", f"bench_{pid}_"],
        ).fetchall()
        for (name,) in names:
            admin.execute(sql.SQL("DROP DATABASE {} (FORCE)").format(sql.Identifier(name)))


def table(figures: list[Figure]) -> list[str]:
    rows = [("figure", "measured", "goal", "holds?")]
    rows += [(f.name, f.value, f.goal, "yes" if f.holds else "NO") for f in figures]
    widths = [max(len(row[i]) for row in rows) for i in range(4)]
    return ["  ".join(cell.ljust(widths[i]) for i, cell in enumerate(row)) for row in rows]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(KNOWN))
    names = parser.parse_args().names or list(BENCHMARKS)
    if unknown := [n for n in names if n not in KNOWN]:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(KNOWN)}")
    header = [*machine(), load()]
    print(*header, sep="\n", flush=True)
    began = time.monotonic()
    figures: list[Figure] = []
    failed: list[str] = []
    for name in names:
        print(f"{name}:", flush=True)
        left = WHOLE - (time.monotonic() - began)
        lines, trouble = run(name, min(KNOWN[name], left)) if left > 0 else ([], "no time left")
        figures += [found for line in lines if (found := figure(line))]
        if trouble:
            failed.append(f"{name}: {trouble}")
            print(f"  FAILED: {trouble}", flush=True)
    print("", *table(figures), "", *header, sep="\n")
    print(load().replace("machine:", "at the end:"))
    print(f"bench: {len(figures)} figures in {time.monotonic() - began:.0f} s", *failed, sep="; ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
