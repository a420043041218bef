"""Departments that receive filings, as processes of their own with their own credentials alone."""

import http.client
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from django.core.management import call_command

from benchmarks.load import Client, partner_client
from deploy.local.paths import ROOT
from deploy.local.process import Process
from deploy.local.stack import free_port

ANSWERS = {  # as `manage.py partner serve --answer` has them
    "market": "grant",
    "tax": "grant",
    "labour": "grant",
    "police": "grant",
    "housing_fund": "deny",
    "customs": "never",
}
DOWN = "statistics"  # its address is registered and nothing listens there
PASSED_ON = ("PATH", "HOME", "LANG", "DEMO", "DJANGO_SETTINGS_MODULE", "PYTHONUNBUFFERED")
START_SECONDS = 30.0  # seconds for all to start


def credentials(code: str) -> Path:
    return Path(os.environ["KEYS_DIR"]) / "partners" / f"{code}.json"


def client(code: str) -> Client:
    """The department's own program, with its token."""
    return partner_client(os.environ["SITE_URL"], Path(os.environ["KEYS_DIR"]), code)


def _process(code: str, answer: str, port: int, folder: Path) -> Process:
    """Give it a copy of its own credentials, no database and none of our keys."""
    keys = folder / code
    (keys / "partners").mkdir(parents=True, exist_ok=True)
    shutil.copy(credentials(code), keys / "partners")
    env = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    env |= {"KEYS_DIR": str(keys), "DATABASE_URL": "postgresql://nobody@/none?host=/nowhere"}
    command = [sys.executable, "manage.py", "partner", "serve", code, "--answer", answer]
    return Process(
        name=code,
        command=[*command, "--port", str(port), "--site", os.environ["SITE_URL"]],
        log=folder / f"{code}.log",
        env=env,
        cwd=ROOT,
    )


def _listens(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.connect()
        return True
    except OSError:
        return False
    finally:
        connection.close()


def announce(code: str, address: str) -> None:
    """Register the address at which a department receives its notices."""
    call_command("partners", "url", code, address)


@contextmanager
def departments(folder: Path) -> Iterator[dict[str, str]]:
    """Run them all while the body runs; gives code -> address, of the one that is down too."""
    with partners(folder, ANSWERS) as addresses:
        yield {**addresses, DOWN: f"http://127.0.0.1:{free_port()}/"}


@contextmanager
def partners(folder: Path, answers: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Run programs that answer so while the body runs; gives code -> address.

    Raises ``RuntimeError`` when one does not start.
    """
    ports = {code: free_port() for code in answers}
    running = {code: _process(code, answers[code], ports[code], folder) for code in answers}
    try:
        for process in running.values():
            process.start()
        deadline = time.monotonic() + START_SECONDS
        for code, port in ports.items():
            while not _listens(port):
                if not running[code].is_running or time.monotonic() > deadline:
                    raise RuntimeError(f"{code} does not start\n{running[code].log_tail()}")
                time.sleep(0.05)
        yield {code: f"http://127.0.0.1:{port}/" for code, port in ports.items()}
    finally:
        for process in running.values():
            process.stop()
