"""The supervisor restarts what ends, and when it ends leaves no process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from deploy.local.paths import ROOT
from deploy.local.process import Process, start_ticks
from deploy.local.supervise import Supervisor
from tests.waiting import eventually


def sleeper(folder: Path, name: str = "sleeper", code: str = "time.sleep(300)") -> Process:
    command = [sys.executable, "-c", f"import sys, time, os, signal, subprocess\n{code}"]
    return Process(name=name, command=command, log=folder / f"{name}.log", stop_seconds=2.0)


def test_what_ends_is_restarted_slower_each_time(tmp_path: Path) -> None:
    lines: list[str] = []
    supervisor = Supervisor(lines.append)
    process = sleeper(tmp_path)
    supervisor.start(process)
    try:
        pauses = []
        for _death in range(3):
            before = process.pid
            process.signal(signal.SIGKILL)
            died = time.monotonic()
            assert supervisor.wait(lambda b=before: process.is_running and process.pid != b, 10)
            pauses.append(time.monotonic() - died)
        assert 0.2 <= pauses[0] < pauses[1] < pauses[2]
        assert sum("SIGKILL" in line for line in lines) == 3
    finally:
        supervisor.stop()
    assert not process.is_running


def test_errors_in_a_log_reach_the_terminal_with_a_name(tmp_path: Path) -> None:
    lines: list[str] = []
    supervisor = Supervisor(lines.append)
    code = "print('quiet'); print('2026 ERROR loud', flush=True); time.sleep(300)"
    supervisor.start(sleeper(tmp_path, code=code))
    try:
        assert supervisor.wait(lambda: bool(lines), 10)
        assert "sleeper" in lines[0] and "loud" in lines[0]
        assert not any("quiet" in line for line in lines)
    finally:
        supervisor.stop()


def test_one_that_will_not_end_is_killed_with_its_children(tmp_path: Path) -> None:
    code = (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(300)'])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(300)"
    )
    process = sleeper(tmp_path, code=code)
    supervisor = Supervisor(lambda line: None)
    supervisor.start(process)
    assert supervisor.wait(lambda: process.log.read_text().strip().isdigit(), 10)
    child = int(process.log.read_text())
    began = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - began < 10
    assert eventually(lambda: not start_ticks(child))


COMMAND = """
import signal, sys, time
def end(number, frame):
    print("ended in order by", signal.Signals(number).name, flush=True)
    sys.exit(7)
signal.signal(signal.SIGTERM, end)
print("begun", flush=True)
time.sleep(300)
"""


def test_a_signal_ends_the_command_that_servers_were_started_for(open_folder: Path) -> None:
    env = {**os.environ, "MIAOPI_VAR": str(open_folder)}
    for name in ("DATABASE_URL", "REDIS_URL"):
        env.pop(name)
    words = [sys.executable, "-m", "deploy.local", "with-servers", "--fast", "--"]
    with subprocess.Popen(
        [*words, sys.executable, "-c", COMMAND],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        text=True,
    ) as popen:
        assert popen.stdout is not None
        assert popen.stdout.readline() == "begun\n"
        popen.send_signal(signal.SIGTERM)
        assert "ended in order by SIGTERM" in popen.communicate(timeout=30)[0]
        assert popen.returncode == 130


PARENT = """
import sys, time
from pathlib import Path
from deploy.local.process import Process
from deploy.local.supervise import Supervisor

code = '''
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
print(child.pid, flush=True)
time.sleep(300)
'''
folder = Path(sys.argv[1])
supervisor = Supervisor()
log = folder / "stubborn.log"
process = Process(name="stubborn", command=[sys.executable, "-c", code], log=log)
supervisor.start(process)
print(process.pid, flush=True)
supervisor.run()
"""


def test_groups_of_a_parent_that_ended_before_the_cleaner_began_are_ended() -> None:
    """On a busy machine it begins late: what the parent wrote is still read."""
    left = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(300)"], start_new_session=True
    )
    code = (
        "from deploy.local import parent_watch as p; p.GRACE_SECONDS = 0.1; p.clean_groups(['1'])"
    )
    subprocess.run(
        [sys.executable, "-c", code], input=f"+{left.pid}\n".encode(), cwd=ROOT, check=True
    )
    assert left.wait(10) == -signal.SIGKILL


def test_even_what_ignores_signals_ends_with_a_killed_supervisor(
    tmp_path: Path,
) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT
    ) as parent:
        assert parent.stdout is not None
        stubborn = int(parent.stdout.readline())
        log = tmp_path / "stubborn.log"
        assert eventually(lambda: log.exists() and log.read_text().strip().isdigit())
        child = int(log.read_text())
        assert start_ticks(stubborn) and start_ticks(child)
        parent.send_signal(signal.SIGKILL)
    assert eventually(lambda: not start_ticks(stubborn) and not start_ticks(child), 60)
