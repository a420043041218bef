"""One child process: started on a leash, logged to a file, stopped without leftovers."""

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

LEASH = Path(__file__).with_name("leash.py")
PYTHON = [sys.executable, "-I", "-S", str(LEASH)]
LOG_BYTES = 10_000_000


class Stopped(Exception):
    """Everything is to end, because of this signal."""

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.number = number


class Sweeper:
    """The one process that outlives us briefly and clears the groups we leave behind."""

    def __init__(self) -> None:
        self.owner = 0
        self.popen: subprocess.Popen[bytes] | None = None
        self.groups: set[int] = set()
        self.lock = threading.Lock()

    def tell(self, sign: str, group: int) -> None:
        with self.lock:
            if self.owner != os.getpid() or self.popen is None:
                self.owner, self.groups = os.getpid(), set()
                self.popen = subprocess.Popen(
                    [*PYTHON, "sweep", str(os.getpid())],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    start_new_session=True,
                    cwd="/",
                )
            (self.groups.add if sign == "+" else self.groups.discard)(group)
            assert self.popen.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                self.popen.stdin.write(f"{sign}{group}\n".encode())
                self.popen.stdin.flush()
            if not self.groups:  # nothing to guard: leave no process behind
                self.popen.stdin.close()
                self.popen.wait()
                self.popen = None


sweeper = Sweeper()


def born(pid: int) -> str:
    """When the process began, in clock ticks since boot; with the pid it names one process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]


@dataclass
class Process:
    """A command and at most one running instance of it.

    `user` is (uid, gid) to become, None keeps ours. `mark`, where given, is a file naming the
    running instance, so that the next start can tell an orphan from a stale pid.
    """

    name: str
    command: Sequence[str]
    log: Path
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    user: tuple[int, int] | None = None
    stop_signal: int = signal.SIGTERM
    patience: float = 8.0
    mark: Path | None = None
    popen: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    started: float = 0.0

    def start(self) -> None:
        """Start it. The kernel ties a child to the *thread* that made it, hence the assertion."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError(f"{self.name}: start processes from the main thread only")
        if self.alive:
            raise RuntimeError(f"{self.name} runs already, pid {self.pid}")
        self._evict()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        uid, gid = self.user or (-1, -1)
        leash = [*PYTHON, "hold", str(os.getpid()), str(uid), str(gid), str(int(self.stop_signal))]
        with self.log.open("ab") as out:
            self.popen = subprocess.Popen(
                [*leash, "--", *self.command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=None if self.env is None else dict(self.env),
                cwd=self.cwd,
                start_new_session=True,  # Ctrl-C reaches us alone; we tell it in order
            )
        self.started = time.monotonic()
        sweeper.tell("+", self.popen.pid)
        if self.mark:
            self.mark.write_text(f"{self.popen.pid} {born(self.popen.pid)}\n")

    @property
    def pid(self) -> int:
        if self.popen is None:
            raise RuntimeError(f"{self.name} was not started")
        return self.popen.pid

    @property
    def alive(self) -> bool:
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
        """Ask, wait `patience` seconds, then kill what is left of its group."""
        self.signal(self.stop_signal)
        self.finish(time.monotonic() + self.patience)

    def finish(self, deadline: float) -> None:
        """Wait until `deadline` (monotonic) for the end that was asked for, then kill."""
        if self.popen is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(max(0.0, deadline - time.monotonic()))
        self.kill()

    def forget(self) -> None:
        """It has ended: stop guarding its group."""
        if self.popen is not None:
            sweeper.tell("-", self.popen.pid)
            self.popen = None
        if self.mark:
            self.mark.unlink(missing_ok=True)

    def wait(self) -> int:
        """Wait for the end; the exit code, negative for a signal."""
        if self.popen is None:
            raise RuntimeError(f"{self.name} was not started")
        return self.popen.wait()

    def tail(self, lines: int = 30) -> str:
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _evict(self) -> None:
        """An instance left by a parent that was killed is on its way out: see it go."""
        if self.mark is None or not self.mark.exists():
            return
        pid, _, birth = self.mark.read_text().partition(" ")
        if birth.strip() and born(int(pid)) == birth.strip():
            for number, seconds in ((0, 5.0), (self.stop_signal, 5.0), (signal.SIGKILL, 5.0)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), number)
                ends = time.monotonic() + seconds
                while born(int(pid)) == birth.strip() and time.monotonic() < ends:
                    time.sleep(0.02)
        self.mark.unlink(missing_ok=True)


def foreground(
    command: Sequence[str], *, env: Mapping[str, str], cwd: Path, tick: Callable[[], None]
) -> int:
    """Run a command on our own terminal and in our group, so that Ctrl-C reaches it too.

    `tick` is called while it runs; when that raises, the command is told to end (unless the
    terminal's Ctrl-C did so already), has ten seconds for it, and the exception goes on.
    Returns the exit code.
    """
    hold = [*PYTHON, "hold", str(os.getpid()), "-1", "-1", str(int(signal.SIGTERM)), "--"]
    with subprocess.Popen([*hold, *command], env=dict(env), cwd=cwd) as popen:
        try:
            while popen.poll() is None:
                tick()
                time.sleep(0.05)
        except BaseException as end:
            if not (isinstance(end, Stopped) and end.number == signal.SIGINT):
                popen.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                popen.wait(10)
            popen.kill()
            raise
        return popen.returncode
