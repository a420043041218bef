"""Keeps processes alive and their terminal quiet: what dies is restarted, what ends is ended.

Each process writes its own log file, so a dead supervisor breaks nobody's output; the
terminal shows what starts and dies, and lines that speak of errors.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

from deploy.local.process import Process, Stopped

SHORTEST, LONGEST = 0.2, 10.0  # seconds before a restart
STEADY = 30.0  # seconds alive after which earlier deaths are forgiven
ALARMS = (b" ERROR ", b" CRITICAL ", b"FATAL:", b"PANIC:")
LINES_A_LOOK = 5


@dataclass
class Charge:
    """One process in care."""

    process: Process
    start: Callable[[], None]
    deaths: int = 0
    due: float = 0.0
    read: int = 0  # bytes of its log that were looked at


class Supervisor:
    def __init__(self, say: Callable[[str], None] = print) -> None:
        self.say = say
        self.charges: dict[str, Charge] = {}
        self.stopping = 0  # the signal that asked for the end

    def listen(self) -> None:
        """From now on Ctrl-C, SIGTERM and a closed terminal end everything in order."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = number

    def start(self, process: Process, start: Callable[[], None] | None = None) -> None:
        """Take a process into care, starting it unless it runs. `start` replaces its own."""
        size = process.log.stat().st_size if process.log.exists() else 0
        charge = Charge(process, start or process.start, read=size)
        self.charges[process.name] = charge
        if not process.alive:
            charge.start()

    def release(self, name: str) -> None:
        """Care for it no longer; it goes on or not as it likes."""
        del self.charges[name]

    def tick(self) -> None:
        """One look at everybody. Raises Stopped once the end was asked for."""
        if self.stopping:
            raise Stopped(self.stopping)
        now = time.monotonic()
        for charge in self.charges.values():
            self._show(charge)
            process = charge.process
            if process.alive:
                if charge.deaths and now - process.started > STEADY:
                    charge.deaths = 0
            elif process.popen is not None:
                self._mourn(charge, now)
            elif now >= charge.due:
                charge.start()

    def _mourn(self, charge: Charge, now: float) -> None:
        process = charge.process
        code = process.wait()
        process.kill()  # what it left of its group
        pause = min(LONGEST, SHORTEST * 2**charge.deaths)
        charge.deaths += 1
        charge.due = now + pause
        end = signal.Signals(-code).name if code < 0 else f"exit {code}"
        self.say(f"{process.name:<9}| 已停止 {end}，{pause:.1f} 秒后重启 / ended, restarts")
        if code > 0 and (last := process.tail(1).strip()):
            self.say(f"{process.name:<9}| {last[:300]}")

    def _show(self, charge: Charge) -> None:
        """New alarming lines of its log, a few at a time, with its name before them."""
        log = charge.process.log
        if not log.exists():
            return
        size = log.stat().st_size
        if size == charge.read:
            return
        with log.open("rb") as source:
            source.seek(charge.read if size > charge.read else 0)
            lines = source.read(1_000_000).splitlines()
        charge.read = size
        alarming = [line for line in lines if any(word in line for word in ALARMS)]
        for line in alarming[:LINES_A_LOOK]:
            self.say(f"{charge.process.name:<9}| {line.decode(errors='replace')[:300]}")
        if len(alarming) > LINES_A_LOOK:
            self.say(f"{charge.process.name:<9}| … {len(alarming)} lines, see {log}")

    def watch(self) -> None:
        """Until told to stop."""
        while True:
            try:
                self.tick()
            except Stopped:
                return
            time.sleep(0.1)

    def wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Look after everybody until `condition` holds or the time is over."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            self.tick()
            if condition():
                return True
            time.sleep(0.05)
        return False

    def stop(self) -> None:
        """End all, last started first; servers that others need go after the others."""
        processes = [charge.process for charge in self.charges.values()]
        self.charges.clear()
        stop_all(processes)


def stop_all(processes: list[Process]) -> None:
    """Ask all at once, wait for all at once; the longest patience is the longest wait."""
    asked = time.monotonic()
    for process in reversed(processes):
        process.signal(process.stop_signal)
    for process in reversed(processes):
        process.finish(asked + process.patience)
