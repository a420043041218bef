"""`make run`, and commands that need servers or the whole house for their time."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from deploy import messages
from deploy.local.lock import Busy, FolderLock
from deploy.local.paths import ROOT, VAR
from deploy.local.process import Stopped, foreground
from deploy.local.servers import Servers, free_slot
from deploy.local.stack import MANAGE, NAMES, Stack, StepFailed, free_port
from deploy.local.supervise import Supervisor

DATABASE = "miaopi"


def say(line: str) -> None:
    print(line, flush=True)


def missing_parts() -> list[str]:
    """The servers that the environment does not name."""
    named = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}
    return [part for part, variable in named.items() if not os.environ.get(variable)]


def run(persons: int, enterprises: int) -> int:
    """The whole house until Ctrl-C. Exit code 0 when it was asked to end."""
    supervisor = Supervisor(say)
    supervisor.listen()
    began = time.monotonic()
    folder = VAR / "run"
    parts = missing_parts()
    servers = Servers(folder, parts=parts) if parts else None
    lock = servers.lock if servers else FolderLock(folder / "lock")
    try:
        lock.take()
    except Busy as busy:
        say(f"本目录的 miaopi 已在运行：{busy}")
        say(f"miaopi already runs in this checkout: {busy}")
        return 1
    stack = None
    try:
        messages.compile_all()
        if servers:
            servers.start()
            for server in (servers.redis, servers.postgres):
                if server.process.alive:
                    supervisor.start(server.process, server.begin)
            if "postgres" in parts:
                servers.postgres.ensure_database(DATABASE)
        stack = _stack(servers, folder, persons, enterprises)
        lock.note(f"{stack.url} (pid {os.getpid()})")
        say(f"servers  | {', '.join(parts) or 'from the environment'}; logs in {folder / 'log'}")
        stack.prepare(say, supervisor.tick, _stamps(servers, parts))
        for name in NAMES:
            supervisor.start(stack.processes[name])
        people = stack.step("personas", "personas", tick=supervisor.tick)  # while the web starts
        stack.keep_token("window")
        _await_web(stack, supervisor)
        supervisor.start(stack.food)
        greeting = ["welcome", "--url", stack.url, "--food", stack.food_url]
        say(stack.step("welcome", *greeting, tick=supervisor.tick).rstrip())
        say(people.rstrip())
        say(f"ready {stack.url}")
        say(f"({time.monotonic() - began:.1f} s; Ctrl-C 停止 / stops)")
        supervisor.watch()
    except Stopped:
        pass
    except StepFailed as failed:
        say(str(failed))
        return 1
    finally:
        say("stopping | 正在停止…")
        for name in ("redis", "postgres"):
            if name in supervisor.charges:
                supervisor.release(name)
        supervisor.stop()
        if servers:
            servers.stop()
        lock.release()
    return 0


def _stack(servers: Servers | None, folder: Path, persons: int, enterprises: int) -> Stack:
    settings = servers.env(DATABASE) if servers else {}
    settings = {"KEYS_DIR": os.environ.get("KEYS_DIR", str(VAR / "keys")), **settings}
    port = free_port(int(os.environ.get("PORT") or 8000))
    return Stack(settings, folder, port=port, persons=persons, enterprises=enterprises)


def _stamps(servers: Servers | None, parts: list[str]) -> Path | None:
    """Kept inside our own cluster, so that it goes when the data go; none for others' servers."""
    return servers.postgres.data / "miaopi.stamps" if servers and "postgres" in parts else None


def _await_web(stack: Stack, supervisor: Supervisor) -> None:
    if not supervisor.wait(stack.answers, 60):
        raise StepFailed(f"the web process does not answer\n{stack.processes['web'].tail()}")


class Temporary:
    """Servers for one command: a slot of its own, an empty database, nothing left over."""

    def __init__(self, *, durable: bool) -> None:
        self.parts = missing_parts()
        slots = VAR / ("durable" if durable else "test")
        self.servers = free_slot(slots, durable=durable, parts=self.parts) if self.parts else None
        self.folder = self.servers.folder if self.servers else VAR / "outside"

    def start(self) -> dict[str, str]:
        """The settings that reach the servers."""
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
        settings["MIAOPI_SLOT"] = str(self.folder)
        settings["DEMO"] = os.environ.get("DEMO", "1")
        return settings

    def stop(self) -> None:
        if self.servers:
            self.servers.stop()


def seed(persons: int, enterprises: int) -> int:
    """Load the city into the database of `make run`, which may be running or not."""
    parts = missing_parts()
    servers = Servers(VAR / "run", parts=parts) if parts else None
    ours = False
    try:
        if servers:
            try:
                servers.start()
                ours = True
            except Busy:
                pass  # `make run` has them up
            if "postgres" in parts:
                servers.postgres.ensure_database(DATABASE)
        stack = _stack(servers, VAR / "run", persons, enterprises)
        stack.prepare(say, stamps=_stamps(servers, parts))
    except StepFailed as failed:
        say(str(failed))
        return 1
    finally:
        if servers and ours:
            servers.stop()
    say(f"seeded   | {persons} persons, {enterprises} enterprises")
    return 0


def manage(words: Sequence[str]) -> int:
    """`manage.py WORDS` with the settings of the house that `run` has up; its exit code."""
    parts = missing_parts()
    servers = Servers(VAR / "run", parts=parts) if parts else None
    lock = servers.lock if servers else FolderLock(VAR / "run" / "lock")
    try:
        lock.take()
    except Busy as busy:  # as it should be: somebody runs it, and said where
        url = str(busy).partition(" ")[0]
    else:
        lock.release()
        say("本目录的 miaopi 没有运行 / miaopi does not run in this checkout: make run")
        return 1
    stack = _stack(servers, VAR / "run", 0, 0)
    env = stack.env | {"SITE_URL": url, "LOG_LEVEL": "WARNING"}
    supervisor = Supervisor(say)
    supervisor.listen()
    try:
        return _follow([*MANAGE, *words], env, supervisor)
    except Stopped:
        return 130


def with_servers(command: Sequence[str], *, durable: bool) -> int:
    """Run COMMAND with servers of its own; its exit code."""
    supervisor = Supervisor(say)
    supervisor.listen()
    temporary = Temporary(durable=durable)
    try:
        return _follow(command, {**os.environ, **temporary.start()}, supervisor)
    except Stopped:
        return 130
    finally:
        temporary.stop()


def with_stack(command: Sequence[str], *, durable: bool, persons: int, enterprises: int) -> int:
    """Run COMMAND beside the whole house, whose address is in MIAOPI_URL; its exit code."""
    supervisor = Supervisor(say)
    supervisor.listen()
    temporary = Temporary(durable=durable)
    try:
        settings = temporary.start()
        stack = Stack(settings, temporary.folder, persons=persons, enterprises=enterprises)
        stack.prepare(say, supervisor.tick)
        for name in NAMES:
            supervisor.start(stack.processes[name])
        _await_web(stack, supervisor)
        return _follow(command, {**stack.env, "MIAOPI_URL": stack.url}, supervisor)
    except StepFailed as failed:
        say(str(failed))
        return 1
    except Stopped:
        return 130
    finally:
        supervisor.stop()
        temporary.stop()


def _follow(command: Sequence[str], env: dict[str, str], supervisor: Supervisor) -> int:
    return foreground(command, env=env, cwd=ROOT, tick=supervisor.tick)
