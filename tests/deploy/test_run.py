"""`make run` as a person uses it: ready, once a checkout, all ended after Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from deploy.local.paths import ROOT
from deploy.local.stack import free_port
from tests.waiting import eventually

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("stack")]

RUN = [sys.executable, "-m", "deploy.local", "run", "--persons", "400", "--enterprises", "100"]
REMOVED_VARIABLES = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "DATABASE_ADMIN_URL",
    "REDIS_URL",
    "KEYS_DIR",
)


class Started:
    """One `make run` and its output so far."""

    def __init__(self, folder: Path) -> None:
        env = {k: v for k, v in os.environ.items() if k not in REMOVED_VARIABLES}
        env |= {"MIAOPI_VAR": str(folder), "PORT": str(free_port(18_000))}
        self.env = env
        self.output = ""
        self.popen = subprocess.Popen(
            RUN, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def until(self, pattern: str, seconds: float) -> re.Match[str]:
        assert self.popen.stdout is not None
        ends = time.monotonic() + seconds
        while not (found := re.search(pattern, self.output, re.M)):
            line = self.popen.stdout.readline()
            assert line and time.monotonic() < ends, self.output
            self.output += line
        return found

    def end(self) -> int:
        self.popen.send_signal(signal.SIGINT)
        self.output += self.popen.communicate(timeout=30)[0]
        return self.popen.returncode


def running(var: Path, name: str) -> int:
    """The process id of the one that runs now; 0 while none does."""
    pid_file = var / "run" / f"{name}.pid"
    return int((pid_file.read_text() or "0").split()[0]) if pid_file.exists() else 0


def ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url + "/ready/", timeout=10) as answer:
            return answer.status == 200
    except OSError:
        return False


def left(var: Path) -> list[str]:
    """Command lines that still name the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode().replace("\0", " ")
            except OSError:
                continue
            if str(var) in words:
                found.append(words)
    return found


def test_run_gets_ready_once_and_leaves_nothing_behind(open_folder: Path) -> None:
    var = open_folder
    first = Started(var)
    try:
        url = first.until(r"^ready (http://127\.0\.0\.1:\d+)$", 180).group(1)
        assert ready(url)
        second = subprocess.run(
            RUN, cwd=ROOT, env=first.env, capture_output=True, text=True, timeout=30, check=False
        )
        assert second.returncode == 1
        assert "已在运行" in second.stdout and url in second.stdout

        for name in ("postgres", "redis", "engine", "web"):
            before = running(var, name)
            os.kill(before, signal.SIGKILL)
            back = eventually(
                lambda n=name, b=before: running(var, n) not in {0, b} and ready(url), 60
            )
            assert back, name
    finally:
        assert first.end() == 0, first.output
    assert left(var) == []

    again = Started(var)
    try:
        again.until(r"^ready ", 120)  # 6 s on two idle cores; here others use them
    finally:
        again.end()
    prepared = re.findall(r"^(seed) +\|", again.output, re.M)
    assert prepared == [], "nothing changed, so nothing is to be done again"
    assert left(var) == []


def test_a_killed_run_takes_everything_with_it(open_folder: Path) -> None:
    run = Started(open_folder)
    run.until(r"^seed ", 120)
    assert left(open_folder)
    run.popen.kill()
    run.popen.communicate(timeout=30)
    assert eventually(lambda: left(open_folder) == [], 30), left(open_folder)
