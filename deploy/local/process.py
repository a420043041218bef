"""One child process: it ends with its parent, logs to a file, and leaves no children behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PARENT_WATCH = [sys.executable, "-I", "-S", str(Path(__file__).with_name("parent_watch.py"))]
MAX_LOG_BYTES = 10_000_000


class StopRequested(Exception):
    """A signal asked for the end of everything."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


def child_command(
    command: Sequence[str], *, user: tuple[int, int] | None = None, parent_signal: int
) -> list[str]:
    """`command` run as `user` (uid, gid), ended by `parent_signal` when this process ends."""
    uid, gid = user or (-1, -1)
    ids = [str(os.getpid()), str(uid), str(gid), str(int(parent_signal))]
    return [*PARENT_WATCH, "exec", *ids, "--", *command]


class GroupCleaner:
    """One process that outlives this one briefly and ends the groups that it left."""

    def __init__(self) -> None:
        self.owner = 0
        self.popen: subprocess.Popen[bytes] | None = None
        self.groups: set[int] = set()
        self.lock = threading.Lock()

    def add(self, group: int) -> None:
        with self.lock:
            if self.owner != os.getpid() or self.popen is None:
                self.owner, self.groups = os.getpid(), set()
                self.popen = subprocess.Popen(
                    [*PARENT_WATCH, "clean", str(os.getpid())],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    start_new_session=True,
                    cwd="/",
                )
            self.groups.add(group)
            self._send(f"+{group}\n")

    def remove(self, group: int) -> None:
        with self.lock:
            if self.owner != os.getpid() or self.popen is None:
                return
            self.groups.discard(group)
            self._send(f"-{group}\n")
            if not self.groups:  # nothing to end: leave no process behind
                assert self.popen.stdin is not None
                self.popen.stdin.close()
                self.popen.wait()
                self.popen = None

    def _send(self, line: str) -> None:
        assert self.popen is not None and self.popen.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.popen.stdin.write(line.encode())
            self.popen.stdin.flush()


group_cleaner = GroupCleaner()


def start_ticks(pid: int) -> str:
    """When the process began, in clock ticks since boot; "" when there is no such process.

    Process ids are used again: pid and start together name one process.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]


@dataclass
class Process:
    """A command and at most one running instance of it.

    `user` is (uid, gid) to become, None keeps ours. `stop_seconds` is how long it may take to
    end after `stop_signal`. `pid_file`, where given, names the running instance, so that the
    next start can tell an instance left behind from an old pid that another process has now.
    """

    name: str
    command: Sequence[str]
    log: Path
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    user: tuple[int, int] | None = None
    stop_signal: int = signal.SIGTERM
    stop_seconds: float = 8.0
    pid_file: Path | None = None
    popen: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    started_at: float = 0.0  # time.monotonic()

    def start(self) -> None:
        """Start it. The kernel ties a child to the *thread* that made it: main thread only."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(f"{self.name}: start processes from the main thread only")
        if self.is_running:
            raise RuntimeError(f"{self.name} runs already, pid {self.pid}")
        self._end_previous()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > MAX_LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as out:
            self.popen = subprocess.Popen(
                child_command(self.command, user=self.user, parent_signal=self.stop_signal),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=None if self.env is None else dict(self.env),
                cwd=self.cwd,
                start_new_session=True,  # Ctrl-C reaches this process alone, which ends the others
            )
        self.started_at = time.monotonic()
        group_cleaner.add(self.popen.pid)
        if self.pid_file:
            self.pid_file.write_text(f"{self.popen.pid} {start_ticks(self.popen.pid)}\n")

    @property
    def pid(self) -> int:
        if self.popen is None:
            raise RuntimeError(f"{self.name} was not started")
        return self.popen.pid

    @property
    def is_running(self) -> bool:
        return self.popen is not None and self.popen.poll() is None

    def signal(self, number: int) -> None:
        """To the process alone. Nothing happens when it has ended."""
        if self.popen is not None:
            self.popen.send_signal(number)

    def kill(self) -> None:
        """SIGKILL to the process and its group, and wait for it."""
        if self.popen is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()
        self.forget()

    def stop(self) -> None:
        """Ask it to end, wait `stop_seconds`, then kill what is left of its group."""
        self.signal(self.stop_signal)
        self.finish(time.monotonic() + self.stop_seconds)

    def finish(self, deadline: float) -> None:
        """Wait until `deadline` (monotonic) for the end that was asked for, then kill."""
        if self.popen is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(max(0.0, deadline - time.monotonic()))
        self.kill()

    def forget(self) -> None:
        """It has ended: its group need not be ended any more."""
        if self.popen is not None:
            group_cleaner.remove(self.popen.pid)
            self.popen = None
        if self.pid_file:
            self.pid_file.unlink(missing_ok=True)

    def wait(self) -> int:
        """Wait for the end; the exit code, negative for a signal."""
        if self.popen is None:
            raise RuntimeError(f"{self.name} was not started")
        return self.popen.wait()

    def log_tail(self, lines: int = 30) -> str:
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _end_previous(self) -> None:
        """Wait for an instance whose parent was killed, and end it if it does not end itself."""
        if self.pid_file is None or not self.pid_file.exists():
            return
        pid, _, ticks = self.pid_file.read_text().partition(" ")
        ticks = ticks.strip()
        if ticks and start_ticks(int(pid)) == ticks:
            for number, seconds in ((0, 5.0), (self.stop_signal, 5.0), (signal.SIGKILL, 5.0)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), number)
                deadline = time.monotonic() + seconds
                while start_ticks(int(pid)) == ticks and time.monotonic() < deadline:
                    time.sleep(0.02)
        self.pid_file.unlink(missing_ok=True)


def run_in_foreground(
    command: Sequence[str], *, env: Mapping[str, str], cwd: Path, tick: Callable[[], None]
) -> int:
    """Run a command on our own terminal and in our group, so that Ctrl-C reaches it too.

    `tick` is called while it runs; when that raises, the command is asked to end (unless the
    terminal's Ctrl-C did so already), has ten seconds for it, and the exception goes on.
    Returns the exit code.
    """
    words = child_command(command, parent_signal=signal.SIGTERM)
    with subprocess.Popen(words, env=dict(env), cwd=cwd) as popen:
        try:
            while popen.poll() is None:
                tick()
                time.sleep(0.05)
        except BaseException as reason:
            if not (isinstance(reason, StopRequested) and reason.number == signal.SIGINT):
                popen.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                popen.wait(10)
            popen.kill()
            raise
        return popen.returncode
