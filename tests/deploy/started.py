"""A command that runs until it is asked to end, and what it leaves behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

REMOVED_VARIABLES = (
    *("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_ADMIN_URL"),
    *("REDIS_URL", "KEYS_DIR"),
)


class Started:
    """A command in a session of its own, and its output so far."""

    def __init__(self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> None:
        self.output = ""
        self.popen = subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def wait_for(self, pattern: str, seconds: float) -> re.Match[str]:
        """Read its output until a line matches; fails when it ends or the time is over."""
        assert self.popen.stdout is not None
        deadline = time.monotonic() + seconds
        while not (found := re.search(pattern, self.output, re.M)):
            line = self.popen.stdout.readline()
            assert line and time.monotonic() < deadline, self.output
            self.output += line
        return found

    def end(self, number: int = signal.SIGINT) -> int:
        """Send a signal to its group, as a terminal does, and wait; its exit code."""
        os.killpg(self.popen.pid, number)
        self.output += self.popen.communicate(timeout=30)[0]
        return self.popen.returncode


def left_processes(folder: Path) -> list[str]:
    """Command lines of running processes that name the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode().replace("\0", " ")
            except OSError:
                continue
            if str(folder) in words:
                found.append(words)
    return found
