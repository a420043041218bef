"""Programs of Node that tests run; where there is no npm, such tests are skipped loudly.

`tests/node/package.json` names them. They are installed once a checkout, and again when
`package-lock.json` has changed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "node"
REASON = "no programs of Node"
INSTALL = ["npm", "ci", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund"]
_skipped: list[str] = []


@dataclass(frozen=True)
class Node:
    """The installed programs. Scripts below ``folder`` find its packages by name."""

    folder: Path

    def run(
        self,
        program: str,
        *arguments: str,
        cwd: Path | None = None,
        given: str = "",
        timeout: float = 300,
    ) -> subprocess.CompletedProcess[str]:
        """Run ``program``: one of `node_modules/.bin`, or ``node`` itself.

        ``given``: its standard input. ``timeout``: seconds.
        """
        path = "node" if program == "node" else str(self.folder / "node_modules/.bin" / program)
        return subprocess.run(
            [path, *arguments],
            cwd=cwd or self.folder,
            env={**os.environ, "NO_UPDATE_NOTIFIER": "1", "REDOCLY_TELEMETRY": "off"},
            capture_output=True,
            text=True,
            input=given,
            timeout=timeout,
            check=False,
        )


@pytest.fixture(scope="session")
def node() -> Node:
    """What `tests/node/package.json` names, installed as `package-lock.json` pins it."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip(f"{REASON}: npm is not installed")
    wanted = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
    stamp = FOLDER / "node_modules" / ".installed"
    with (FOLDER / ".npm-ci.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several workers ask at once
        if not (stamp.exists() and stamp.read_text() == wanted):
            _install(INSTALL)
            stamp.write_text(wanted)
    return Node(FOLDER)


def _install(command: Sequence[str]) -> None:
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{REASON}: npm ci: {done.stderr[-800:]}")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and REASON in str(report.longrepr):
        _skipped.append(report.nodeid)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """The last line of the run, and a failure where everything must run."""
    missing = bool(_skipped) and not hasattr(session.config, "workerinput")
    if missing and os.environ.get("CI") == "true" and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    yield
    if missing:
        print(
            f"\n!!! 未找到 Node：{len(_skipped)} 项测试没有运行 / "
            f"NO NODE: {len(_skipped)} TESTS DID NOT RUN: {' '.join(_skipped)}"
        )
