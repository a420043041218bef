"""The processes of the application and the steps that prepare its database, on any servers."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from deploy.local.paths import ROOT, source_packages
from deploy.local.process import Process
from deploy.local.supervise import stop_all

MANAGE = [sys.executable, "manage.py"]
NAMES = ("registry", "engine", "worker", "web")
WEB_THREADS = 512  # requests may wait for their decision
WEB_CONNECTIONS = 4096  # granian's backpressure counts connections, and browsers keep idle ones


# Until the first release migrations may be squashed or rewritten: an older database may be stuck.
TOO_OLD = """
{folder} 中的数据库由更早的开发版本建立，无法升级到当前版本。
演示数据可以重新生成：删除该目录后再运行。
The database in {folder} was made by an earlier version and cannot be brought to this one.
A demo's data can be made anew: delete that folder, and run again."""


class StepFailed(Exception):
    """A preparing step failed; the message has the end of its log."""


def free_port(first: int | None = None) -> int:
    """The first port from `first` on that is free on loopback; without `first`, any."""
    for port in range(first, first + 200) if first else (0,):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SystemExit(f"{first} 起的 200 个端口均被占用 / 200 ports from {first} on are taken")


def digest(*patterns: str) -> str:
    """One hash of the files of the checkout that match, names included."""
    total = hashlib.sha256()
    for path in sorted({p for pattern in patterns for p in ROOT.glob(pattern) if p.is_file()}):
        total.update(f"{path.relative_to(ROOT)}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]


def tables_digest() -> str:
    """Of all that `migrate` reads: migrations, guards, and the edge tables behind the guards."""
    return digest(
        "*/migrations/*.py",
        "*/guards.py",
        "*/guards/*.py",
        "*/*_guards.py",
        "*/*/guards.py",
        "*/states.py",
        "ledger/management/commands/migrate.py",
        "ledger/row_events.py",
        "requirements.lock",
    )


class Stack:
    """Web, engine, Celery worker and the other agencies' registries, as real processes.

    `settings` points at servers (see `Servers.env`). `folder` takes logs, keys and stamps.
    """

    def __init__(
        self,
        settings: Mapping[str, str],
        folder: Path,
        *,
        port: int | None = None,
        persons: int = 20_000,
        enterprises: int = 2_000,
        seed: int = 2026,
    ) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.city = ["--persons", str(persons), "--enterprises", str(enterprises)]
        self.city += ["--seed", str(seed)]
        registry_port, provider_port, door_port = free_port(), free_port(), free_port()
        self.provider_url = f"http://127.0.0.1:{provider_port}"
        self.env = {
            **os.environ,
            "DEMO": "1",
            "KEYS_DIR": str(folder / "keys"),
            "HEADS_DIR": str(folder / "heads"),
            "MATERIALS_DIR": str(folder / "materials"),
            "STATIC_ROOT": str(folder / "static"),  # empty: a demo serves files where they are
            "SITE_URL": self.url,
            "REGISTRY_URL": f"http://127.0.0.1:{registry_port}",
            "ASSISTANTS_URL": f"http://127.0.0.1:{door_port}/mcp",
            "OIDC_ISSUER": self.provider_url,
            "OIDC_CLIENT_ID": "miaopi",
            "OIDC_CLIENT_SECRET": secrets.token_urlsafe(24),
            "OIDC_LEVELS": "urn:demo:password=2,urn:demo:face=3",
            "PYTHONUNBUFFERED": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            **settings,
        }
        Path(self.env["STATIC_ROOT"]).mkdir(parents=True, exist_ok=True)
        self.processes = {
            "registry": self._process(
                "registry",
                *[*MANAGE, "registry", "serve", "--port", str(registry_port), *self.city],
                *["--planted", str(folder / "planted.jsonl")],
            ),
            "engine": self._process("engine", *MANAGE, "engine"),
            "worker": self._process("worker", *self._celery()),
            "web": self._process("web", *self._granian(), DATABASE_POOL="16"),
        }
        self.provider = self._process(  # citizens log in there, when it runs
            "provider",
            *[sys.executable, "-m", "demo.provider", "--port", str(provider_port)],
            *["--site", self.url, "--folder", str(folder / "provider")],
            *["--persons", str(persons), "--seed", str(seed)],
        )
        metrics_port = free_port()
        self.metrics_url = f"http://127.0.0.1:{metrics_port}/metrics"
        self.metrics = self._process("metrics", *MANAGE, "metrics", "--port", str(metrics_port))
        self.door = self._process(  # for citizens' assistants; off unless it is started
            "assistants",
            *[*MANAGE, "assistants", "serve", "--port", str(door_port)],
            ASSISTANTS="1",
        )
        food_port = free_port()
        self.food_url = f"http://127.0.0.1:{food_port}/"
        self.food = self._process(  # a partner that takes some seconds to grant its permits
            "food",
            *MANAGE,
            *["partner", "serve", "food", "--answer", "slow", "--seconds", "6"],
            *["--port", str(food_port), "--site", self.url],
        )

    @staticmethod
    def _celery() -> list[str]:
        without = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        return [sys.executable, "-m", "celery", "-A", "config.celery", "worker"] + [
            *["--loglevel", "WARNING", "--concurrency", os.environ.get("CELERY_CONCURRENCY", "2")],
            *without,
        ]

    def _granian(self) -> list[str]:
        return [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"] + [
            *["--port", str(self.port), "--workers", "1"],
            *["--blocking-threads", str(WEB_THREADS), "--backpressure", str(WEB_CONNECTIONS)],
            *[
                "--http1-header-read-timeout",
                "10000",
                "--respawn-failed-workers",
                "--workers-kill-timeout",
                "5",
                "--no-ws",
            ],
            *["--log-level", "warning", "config.wsgi:application"],
        ]

    def _process(self, name: str, *command: str, **more: str) -> Process:
        return Process(
            name=name,
            command=command,
            log=self.folder / "log" / f"{name}.log",
            env=self.env | more,
            cwd=ROOT,
            pid_file=self.folder / f"{name}.pid",
        )

    def step(self, name: str, *arguments: str, tick: Callable[[], None] | None = None) -> str:
        """Run `manage.py ARGUMENTS`; its output. `tick` is called while it runs and may raise."""
        process = self._process(name, *MANAGE, *arguments, LOG_LEVEL="WARNING")
        process.pid_file = None
        process.log.parent.mkdir(parents=True, exist_ok=True)
        process.log.write_bytes(b"")
        process.start()
        try:
            while process.is_running:
                if tick:
                    tick()
                time.sleep(0.02)
            code = process.wait()
        finally:
            process.kill()
        if code:
            raise StepFailed(f"manage.py {arguments[0]}: exit {code}\n{process.log_tail()}")
        return process.log.read_text(errors="replace")

    def prepare(
        self,
        report: Callable[[str], None] = lambda line: None,
        tick: Callable[[], None] | None = None,
        stamps: Path | None = None,
    ) -> None:
        """Make tables, keys, the city, partners, people and packs. Running it again is harmless.

        `stamps` is a file that is removed with the database: a step is left out while the
        sources that it depends on are as when it last ran.
        """
        code = digest(*(f"{p.name}/**/*.py" for p in source_packages()), "requirements.lock")
        steps = [
            ("migrate", ["migrate", "--skip-checks", "--verbosity", "0"], tables_digest()),
            ("keys", ["keys", "make"], code),
            ("seed", ["seed", *self.city], digest("demo/city/*.py") + "".join(self.city)),
            ("partners", ["partners", "make"], code),
            ("personas", ["personas", "--make"], code),
            ("packs", ["first_editions"], code + digest("cities/**/*")),
        ]
        done = json.loads(stamps.read_text()) if stamps and stamps.exists() else {}
        if not Path(self.env["KEYS_DIR"]).exists():
            done.pop("keys", None)
        for name, arguments, state in steps:
            if done.get(name) == state:
                continue
            began = time.monotonic()
            try:
                self.step(name, *arguments, tick=tick)
            except StepFailed as failed:
                if name == "migrate" and name in done:
                    raise StepFailed(f"{failed}{TOO_OLD.format(folder=self.folder)}") from failed
                raise
            report(f"{name:<9}| {time.monotonic() - began:.1f} s")
            done[name] = state
            if stamps:
                stamps.write_text(json.dumps(done, indent=1))

    def ensure_token(self, partner: str) -> None:
        """Renew a demo partner's credentials when their file is missing."""
        if not (Path(self.env["KEYS_DIR"]) / "partners" / f"{partner}.json").exists():
            self.step("token", "partners", "token", partner)

    def start(self, *names: str) -> None:
        """Start the named processes (none named: all) and wait until the web process answers."""
        for name in names or NAMES:
            self.processes[name].start()
        if "web" in (names or NAMES):
            self.wait_for_web()

    def restart_ended(self, names: Iterable[str] = NAMES) -> None:
        """Start again what has ended; in a test, what a supervisor does."""
        for name in names:
            if not self.processes[name].is_running:
                self.kill(name)
                self.start(name)

    def wait_for_web(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not self.answers():
            web = self.processes["web"]
            if not web.is_running or time.monotonic() > deadline:
                raise StepFailed(f"the web process does not answer\n{web.log_tail()}")
            time.sleep(0.05)

    def answers(self, path: str = "/health/") -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status < 400
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def stop(self, *names: str) -> None:
        stop_all([self.processes[name] for name in names or NAMES])

    def kill(self, name: str) -> None:
        """SIGKILL to the process and all its children."""
        self.processes[name].kill()

    def suspend(self, name: str) -> None:
        os.killpg(self.processes[name].pid, signal.SIGSTOP)

    def resume(self, name: str) -> None:
        os.killpg(self.processes[name].pid, signal.SIGCONT)

    def pids(self, name: str) -> list[int]:
        """The process's own id first, then those of its children."""
        group = self.processes[name].pid
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    fields = (entry / "stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                if int(fields[2]) == group and int(entry.name) != group:
                    found.append(int(entry.name))
        return [group, *sorted(found)]
