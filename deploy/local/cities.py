"""Two cities of one checkout that run beside each other know each other as partners.

Each has servers, keys and secrets of its own. Whichever starts second takes over the secrets that
the other made for it (`manage.py partners join`), and tells the other where its webhook is.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from deploy.local.lock import FolderInUse, FolderLock
from deploy.local.paths import ROOT, data_folder, server_user, var_of
from deploy.local.stack import Stack, StepFailed


def join(stack: Stack, report: Callable[[str], None], tick: Callable[[], None]) -> None:
    """Join this city with those of its partners that are cities and run now."""
    for line in stack.step("cities", "partners", "cities", tick=tick).splitlines():
        ours, city, theirs = line.split()
        url = address_of(city)
        if url is None or theirs == "-":
            continue
        file = credentials_of(city, theirs)
        if not file.is_file():
            continue
        webhook = f"{url}/webhooks/{theirs}/"
        join = ["partners", "join", ours, "--credentials", str(file), "--url", webhook]
        stack.step("join", *join, tick=tick)
        _set_webhook(city, theirs, f"{stack.url}/webhooks/{ours}/")
        report(f"partners | {city} {url}")


def address_of(city: str) -> str | None:
    """Where a city of this checkout runs, or None."""
    folder = (var_of(city) / "run").resolve()
    if not folder.exists():  # it has never run here
        return None
    lock = FolderLock(data_folder(folder, server_user()) / "lock")
    try:
        lock.take()
    except FolderInUse as other:
        note = str(other).partition(" ")[0]
        return note if note.startswith("http") else None
    except OSError:
        return None
    lock.release()
    return None


def credentials_of(city: str, code: str) -> Path:
    """What a city made for its partner, as a demo leaves it for the partner's own process."""
    return var_of(city) / "keys" / "partners" / f"{code}.json"


def _set_webhook(city: str, code: str, url: str) -> None:
    """Say to a running city where one of its partners takes webhooks now."""
    env = {name: value for name, value in os.environ.items() if name != "MIAOPI_VAR"}
    command = [sys.executable, "-m", "deploy.local", "manage", "partners", "url", code, url]
    done = subprocess.run(
        command, cwd=ROOT, env={**env, "CITY": city}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise StepFailed(f"{city}: {done.stdout[-500:]}{done.stderr[-500:]}")
