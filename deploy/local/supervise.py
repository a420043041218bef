"""Keeps processes running: one that ends is started again, and all end together.

Each process writes its own log file, so none of them needs this one's output; the terminal shows
starts and ends, and lines of the logs that report errors.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

from deploy.local.process import Process, StopRequested

MIN_PAUSE, MAX_PAUSE = 0.2, 10.0  # seconds before a restart
STABLE_SECONDS = 30.0  # running so long resets the pause
ERROR_MARKS = (b" ERROR ", b" CRITICAL ", b"FATAL:", b"PANIC:")
LINES_A_TICK = 5  # error lines of one process shown at a time


@dataclass
class Supervised:
    """One process that is kept running."""

    process: Process
    start: Callable[[], None]
    exits: int = 0  # since it last ran for STABLE_SECONDS
    restart_at: float = 0.0  # time.monotonic()
    log_position: int = 0  # bytes of its log that were read


class Supervisor:
    def __init__(self, report: Callable[[str], None] = print) -> None:
        self.report = report
        self.supervised: dict[str, Supervised] = {}
        self.stop_signal = 0  # the signal that asked for the end

    def handle_signals(self) -> None:
        """From now on Ctrl-C, SIGTERM and a closed terminal end everything in order."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stop_signal = number

    def start(self, process: Process, start: Callable[[], None] | None = None) -> None:
        """Keep a process running, starting it unless it runs. `start` replaces its own."""
        size = process.log.stat().st_size if process.log.exists() else 0
        supervised = Supervised(process, start or process.start, log_position=size)
        self.supervised[process.name] = supervised
        if not process.is_running:
            supervised.start()

    def release(self, name: str) -> None:
        """Supervise it no longer; it goes on running."""
        self.supervised.pop(name, None)

    def tick(self) -> None:
        """Look at every process once. Raises StopRequested once a signal asked for the end."""
        if self.stop_signal:
            raise StopRequested(self.stop_signal)
        now = time.monotonic()
        for supervised in self.supervised.values():
            self._report_errors(supervised)
            process = supervised.process
            if process.is_running:
                if supervised.exits and now - process.started_at > STABLE_SECONDS:
                    supervised.exits = 0
            elif process.popen is not None:
                self._report_exit(supervised, now)
            elif now >= supervised.restart_at:
                supervised.start()

    def _report_exit(self, supervised: Supervised, now: float) -> None:
        process = supervised.process
        code = process.wait()
        process.kill()  # what it left of its group
        pause = min(MAX_PAUSE, MIN_PAUSE * 2**supervised.exits)
        supervised.exits += 1
        supervised.restart_at = now + pause
        end = signal.Signals(-code).name if code < 0 else f"exit {code}"
        self.report(f"{process.name:<9}| 已停止 {end}，{pause:.1f} 秒后重启 / ended, restarts")
        if code > 0 and (last := process.log_tail(1).strip()):
            self.report(f"{process.name:<9}| {last[:300]}")

    def _report_errors(self, supervised: Supervised) -> None:
        """New error lines of its log, a few at a time, with its name before them."""
        log = supervised.process.log
        if not log.exists():
            return
        size, position = log.stat().st_size, supervised.log_position
        if size == position:
            return
        with log.open("rb") as source:
            source.seek(position if size > position else 0)
            lines = source.read(1_000_000).splitlines()
        supervised.log_position = size
        errors = [line for line in lines if any(mark in line for mark in ERROR_MARKS)]
        name = supervised.process.name
        for line in errors[:LINES_A_TICK]:
            self.report(f"{name:<9}| {line.decode(errors='replace')[:300]}")
        if len(errors) > LINES_A_TICK:
            self.report(f"{name:<9}| … {len(errors)} lines, see {log}")

    def run(self) -> None:
        """Until a signal asks for the end."""
        while True:
            try:
                self.tick()
            except StopRequested:
                return
            time.sleep(0.1)

    def wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Supervise until `condition` holds or the time is over; does it hold?"""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.tick()
            if condition():
                return True
            time.sleep(0.05)
        return False

    def stop(self) -> None:
        """End all, last started first; servers that others need go after the others."""
        processes = [supervised.process for supervised in self.supervised.values()]
        self.supervised.clear()
        stop_all(processes)


def stop_all(processes: list[Process]) -> None:
    """Ask all at once, wait for all at once; the longest `stop_seconds` is the longest wait."""
    asked_at = time.monotonic()
    for process in reversed(processes):
        process.signal(process.stop_signal)
    for process in reversed(processes):
        process.finish(asked_at + process.stop_seconds)
