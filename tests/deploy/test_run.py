"""`make run` as a person uses it: ready, once a checkout, all ended after Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from deploy.local.paths import ROOT
from deploy.local.stack import free_port
from tests.deploy.started import REMOVED_VARIABLES, Started, left_processes
from tests.waiting import eventually

pytestmark = [pytest.mark.slow]

RUN = [sys.executable, "-m", "deploy.local", "run", "--persons", "400", "--enterprises", "100"]

# printed name: what its page says. The desk's own first page is its log-in.
PAGES = {"portal": 'href="/services/', "desk": 'name="password"', "API": "swagger"}


def start(folder: Path) -> tuple[Started, dict[str, str]]:
    """Start it with its data in ``folder``; also its environment."""
    env = {k: v for k, v in os.environ.items() if k not in REMOVED_VARIABLES}
    env |= {"MIAOPI_VAR": str(folder), "PORT": str(free_port(18_000))}
    return Started(RUN, cwd=ROOT, env=env), env


def running_pid(var: Path, name: str) -> int:
    """The process id of the one that runs now; 0 while none does."""
    pid_file = var / "run" / f"{name}.pid"
    return int((pid_file.read_text() or "0").split()[0]) if pid_file.exists() else 0


def is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url + "/ready/", timeout=10) as answer:
            return answer.status == 200
    except OSError:
        return False


def test_run_gets_ready_once_and_leaves_nothing_behind(open_folder: Path) -> None:
    var = open_folder
    first, env = start(var)
    try:
        url = first.wait_for(r"^ready (http://127\.0\.0\.1:\d+)$", 180).group(1)
        assert is_ready(url)
        for name, words in PAGES.items():
            address = first.wait_for(rf"^{name} +\| ({url}/\S*)$", 1).group(1)
            with urllib.request.urlopen(address, timeout=20) as page:
                assert words in page.read().decode(), address
        second = subprocess.run(
            RUN, cwd=ROOT, env=env, capture_output=True, text=True, timeout=30, check=False
        )
        assert second.returncode == 1
        assert "已在运行" in second.stdout and url in second.stdout

        for name in ("postgres", "redis", "engine", "web"):
            before = running_pid(var, name)
            os.kill(before, signal.SIGKILL)
            restarted = eventually(
                lambda n=name, b=before: running_pid(var, n) not in {0, b} and is_ready(url), 60
            )
            assert restarted, name
    finally:
        assert first.end() == 0, first.output
    assert left_processes(var) == []

    again, _ = start(var)
    try:
        again.wait_for(r"^ready ", 120)  # 6 s on two idle cores; other tests use them here
    finally:
        again.end()
    prepared = re.findall(r"^(seed) +\|", again.output, re.M)
    assert prepared == [], "nothing changed, so no step is needed"
    assert left_processes(var) == []


@pytest.mark.full
def test_a_killed_run_takes_everything_with_it(open_folder: Path) -> None:
    run, _ = start(open_folder)
    run.wait_for(r"^seed ", 120)
    assert left_processes(open_folder)
    run.popen.kill()
    run.popen.communicate(timeout=30)
    assert eventually(lambda: left_processes(open_folder) == [], 30), left_processes(open_folder)
