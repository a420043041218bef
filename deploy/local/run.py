"""`make run`, and commands that need servers or all processes while they run."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from deploy import messages
from deploy.local import cities
from deploy.local.lock import FolderInUse, FolderLock
from deploy.local.paths import ROOT, VAR
from deploy.local.process import StopRequested, run_in_foreground
from deploy.local.servers import Servers, free_slot
from deploy.local.stack import MANAGE, NAMES, Stack, StepFailed, free_port
from deploy.local.supervise import Supervisor

DATABASE = "miaopi"
ADDRESSES = {"portal": "/", "desk": "/desk/", "API": "/api/docs/"}  # printed when all is ready


def report(line: str) -> None:
    print(line, flush=True)


def missing_parts() -> list[str]:
    """The servers that the environment does not name."""
    variables = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}
    return [part for part, variable in variables.items() if not os.environ.get(variable)]


def run_servers() -> Servers | None:
    """The servers of `make run`, not started; None when the environment names both."""
    parts = missing_parts()
    return Servers(VAR / "run", parts=parts) if parts else None


def run_lock(servers: Servers | None) -> FolderLock:
    """Held by the one `make run` of this checkout."""
    return servers.lock if servers else FolderLock(VAR / "run" / "lock")


def run(persons: int, enterprises: int) -> int:
    """All processes until Ctrl-C. Exit code 0 when a signal asked for the end."""
    supervisor = Supervisor(report)
    supervisor.handle_signals()
    servers = run_servers()
    lock = run_lock(servers)
    try:
        lock.take()
    except FolderInUse as other:
        report(f"本目录的 miaopi 已在运行：{other}")
        report(f"miaopi already runs in this checkout: {other}")
        return 1
    try:
        _start_all(supervisor, servers, lock, persons, enterprises)
        supervisor.run()
    except StopRequested:
        pass
    except StepFailed as failed:
        report(str(failed))
        return 1
    finally:
        report("stopping | 正在停止…")
        for name in ("redis", "postgres"):
            supervisor.release(name)
        supervisor.stop()
        if servers:
            servers.stop()
        lock.release()
    return 0


def _start_all(
    supervisor: Supervisor,
    servers: Servers | None,
    lock: FolderLock,
    persons: int,
    enterprises: int,
) -> None:
    """Servers, then the preparing steps, then the processes, until the web process answers."""
    began = time.monotonic()
    messages.compile_all()
    if servers:
        servers.start()
        for server in (servers.redis, servers.postgres):
            if server.process.is_running:
                supervisor.start(server.process, server.spawn)
        if "postgres" in servers.parts:
            servers.postgres.ensure_database(DATABASE)
    stack = _stack(servers, persons, enterprises)
    requests = Path(stack.env["PROMETHEUS_MULTIPROC_DIR"])
    shutil.rmtree(requests, ignore_errors=True)  # of processes that have ended
    requests.mkdir(parents=True)
    lock.write_note(f"{stack.url} (pid {os.getpid()})")
    started = ", ".join(servers.parts) if servers else "from the environment"
    report(f"servers  | {started}; logs in {stack.folder / 'log'}")
    stack.prepare(report, supervisor.tick, _stamps(servers))
    for name in NAMES:
        supervisor.start(stack.processes[name])
    supervisor.start(stack.provider)
    supervisor.start(stack.metrics)
    people = stack.step("personas", "personas", tick=supervisor.tick)  # while the web starts
    stack.ensure_token("window")
    _wait_for_web(stack, supervisor)
    supervisor.start(stack.food)
    if os.environ.get("ASSISTANTS", "0") != "0":
        supervisor.start(stack.door)
        report(f"assistants | {stack.env['ASSISTANTS_URL']}")
    cities.join(stack, report, supervisor.tick)
    welcome = ["welcome", "--url", stack.url, "--food", stack.food_url]
    welcome += ["--keepers", stack.env["REGISTRY_URL"]]
    report(stack.step("welcome", *welcome, tick=supervisor.tick).rstrip())
    report(people.rstrip())
    for name, address in ADDRESSES.items():
        report(f"{name:<8} | {stack.url}{address}")
    report(f"metrics  | {stack.metrics_url}")
    report(f"ready {stack.url}")
    report(f"({time.monotonic() - began:.1f} s; Ctrl-C 停止 / stops)")


def _stack(servers: Servers | None, persons: int, enterprises: int) -> Stack:
    """The processes of `make run`."""
    settings = servers.env(DATABASE) if servers else {}
    folders = {"KEYS_DIR": "keys", "HEADS_DIR": "heads"}
    kept = {name: os.environ.get(name, str(VAR / folder)) for name, folder in folders.items()}
    requests = VAR / "run" / "requests"  # how long they take: written by web, read by metrics
    settings = {**kept, **settings, "PROMETHEUS_MULTIPROC_DIR": str(requests)}
    port = free_port(int(os.environ.get("PORT") or 8000))
    return Stack(settings, VAR / "run", port=port, persons=persons, enterprises=enterprises)


def _stamps(servers: Servers | None) -> Path | None:
    """Inside our own cluster, so that they go when the data go; None for others' servers."""
    if servers and "postgres" in servers.parts:
        return servers.postgres.data / "miaopi.stamps"
    return None


def _wait_for_web(stack: Stack, supervisor: Supervisor) -> None:
    if not supervisor.wait(stack.answers, 60):
        raise StepFailed(f"the web process does not answer\n{stack.processes['web'].log_tail()}")


class TemporaryServers:
    """Servers for one command: a folder of its own, an empty database, nothing kept."""

    def __init__(self, *, durable: bool) -> None:
        self.parts = missing_parts()
        slots = VAR / ("durable" if durable else "test")
        self.servers = free_slot(slots, durable=durable, parts=self.parts) if self.parts else None
        self.folder = self.servers.folder if self.servers else VAR / "outside"

    def start(self) -> dict[str, str]:
        """The settings that point the application at the servers."""
        settings: dict[str, str] = {}
        if self.servers:
            self.servers.start()
            settings = self.servers.env(DATABASE)
        if self.servers and "postgres" in self.parts:
            # Runs that were killed left their databases; the templates are worth keeping.
            self.servers.postgres.drop_databases("miaopi")
            self.servers.postgres.drop_databases("miaopi_test_%")
            self.servers.postgres.ensure_database(DATABASE)
            shutil.rmtree(self.folder / "keys", ignore_errors=True)
            settings["KEYS_DIR"] = str(self.folder / "keys")
            settings["HEADS_DIR"] = str(self.folder / "heads")
        settings["MIAOPI_SLOT"] = str(self.folder)
        settings["DEMO"] = os.environ.get("DEMO", "1")
        return settings

    def stop(self) -> None:
        if self.servers:
            self.servers.stop()


def seed(persons: int, enterprises: int) -> int:
    """Load the city into the database of `make run`, which may be running or not."""
    servers = run_servers()
    started = False
    try:
        if servers:
            try:
                servers.start()
                started = True
            except FolderInUse:
                pass  # `make run` runs them
            if "postgres" in servers.parts:
                servers.postgres.ensure_database(DATABASE)
        _stack(servers, persons, enterprises).prepare(report, stamps=_stamps(servers))
    except StepFailed as failed:
        report(str(failed))
        return 1
    finally:
        if servers and started:
            servers.stop()
    report(f"seeded   | {persons} persons, {enterprises} enterprises")
    return 0


def manage(arguments: Sequence[str]) -> int:
    """`manage.py ARGUMENTS` with the settings of the running `make run`; its exit code."""
    servers = run_servers()
    lock = run_lock(servers)
    try:
        lock.take()
    except FolderInUse as other:  # as it should be: its note begins with its address
        url = str(other).partition(" ")[0]
    else:
        lock.release()
        report("本目录的 miaopi 没有运行 / miaopi does not run in this checkout: make run")
        return 1
    env = _stack(servers, 0, 0).env | {"SITE_URL": url, "LOG_LEVEL": "WARNING"}
    supervisor = Supervisor(report)
    supervisor.handle_signals()
    try:
        return _run_beside([*MANAGE, *arguments], env, supervisor)
    except StopRequested:
        return 130


def with_servers(command: Sequence[str], *, durable: bool) -> int:
    """Run COMMAND with servers of its own; its exit code."""
    supervisor = Supervisor(report)
    supervisor.handle_signals()
    temporary = TemporaryServers(durable=durable)
    try:
        return _run_beside(command, {**os.environ, **temporary.start()}, supervisor)
    except StopRequested:
        return 130
    finally:
        temporary.stop()


def with_stack(command: Sequence[str], *, durable: bool, persons: int, enterprises: int) -> int:
    """Run COMMAND beside all processes, whose address is in MIAOPI_URL; its exit code."""
    supervisor = Supervisor(report)
    supervisor.handle_signals()
    temporary = TemporaryServers(durable=durable)
    try:
        settings = temporary.start()
        stack = Stack(settings, temporary.folder, persons=persons, enterprises=enterprises)
        stack.prepare(report, supervisor.tick)
        for name in NAMES:
            supervisor.start(stack.processes[name])
        _wait_for_web(stack, supervisor)
        return _run_beside(command, {**stack.env, "MIAOPI_URL": stack.url}, supervisor)
    except StepFailed as failed:
        report(str(failed))
        return 1
    except StopRequested:
        return 130
    finally:
        supervisor.stop()
        temporary.stop()


def _run_beside(command: Sequence[str], env: dict[str, str], supervisor: Supervisor) -> int:
    return run_in_foreground(command, env=env, cwd=ROOT, tick=supervisor.tick)
