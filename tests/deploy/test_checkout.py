"""`make` works in a checkout whose path has spaces, quotes and Chinese, and is long."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from deploy.local.paths import ROOT
from deploy.local.stack import free_port
from tests.deploy.started import REMOVED_VARIABLES, Started, left_processes

pytestmark = [pytest.mark.slow]


SPACES = "a b's 我的 项目"
LONG = "/".join(["a-folder-with-a-long-name"] * 5)


def copy_checkout(target: Path) -> Path:
    """The files of this checkout as they are now, with a .venv that borrows our packages."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    venv = target / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    packages = {"base": str(venv), "platbase": str(venv)}
    site = Path(sysconfig.get_path("purelib", vars=packages))
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    shutil.copy(target / "requirements.lock", venv / "installed.lock")
    return target


def environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k not in {*REMOVED_VARIABLES, "MIAOPI_VAR"}}


@pytest.mark.full
def test_make_test_runs_tests_there(open_folder: Path) -> None:
    checkout = copy_checkout(open_folder / SPACES)
    arguments = "tests/deploy/test_databases.py -n 0 -p no:cacheprovider"
    done = subprocess.run(
        ["make", "-f", checkout / "Makefile", "test", f"ARGS={arguments}"],
        cwd="/",
        env=environment(),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
    assert left_processes(checkout) == []


@pytest.mark.full  # test_run.py has the command that make calls
def test_make_run_gets_ready_where_the_path_is_also_long(open_folder: Path) -> None:
    checkout = copy_checkout(open_folder / SPACES / LONG)
    env = environment() | {"PORT": str(free_port(19_000))}
    words = ["make", "run", "PERSONS=400", "ENTERPRISES=100"]
    started = Started(words, cwd=checkout, env=env)
    try:
        started.wait_for(r"^ready http://127\.0\.0\.1:\d+$", 300)
    finally:
        code = started.end(signal.SIGINT)
    assert code == -signal.SIGINT, started.output  # make's own, after its command ended in order
    assert left_processes(checkout) == []
