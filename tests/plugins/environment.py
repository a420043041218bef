"""The servers of a test run and the variables that point at them, a worker's own."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

from deploy import messages
from deploy.local.run import Temporary

_temporary: Temporary | None = None


def worker() -> str:
    """`gw0`, `gw1` ... under xdist, else `main`."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def database_name() -> str:
    """Of this worker; runs beside this one have other names."""
    return f"miaopi_test_{os.environ['MIAOPI_TEST_RUN']}_{worker()}"


def with_database(url: str, name: str) -> str:
    """The same server and role, another database: `postgresql://role@host/NAME?options`."""
    head, _, query = url.partition("?")
    scheme, _, rest = head.partition("://")
    authority = rest.partition("/")[0]
    return f"{scheme}://{authority}/{name}" + (f"?{query}" if query else "")


def prepare() -> None:
    """Start servers unless given, and name this worker's database and keys; once a process."""
    global _temporary
    env = os.environ
    if "config.settings" in sys.modules:
        raise RuntimeError("unset DJANGO_SETTINGS_MODULE: the tests set it themselves")
    if worker() == "main":  # or the controller: its workers inherit all of this
        if not (env.get("DATABASE_URL") and env.get("REDIS_URL")):
            _temporary = Temporary(durable=False)
            env.update(_temporary.start())
        env.setdefault("MIAOPI_SLOT", str(Path("var/outside").resolve()))
        env["MIAOPI_TEST_RUN"] = secrets.token_hex(3)
        messages.compile_all()
    env["DEMO"] = "1"
    env.pop("DATABASE_POOL", None)
    env["DATABASE_URL"] = with_database(env["DATABASE_URL"], database_name())
    env["KEYS_DIR"] = str(Path(env["MIAOPI_SLOT"]) / f"keys-{worker()}")
    static = Path(env["MIAOPI_SLOT"]) / "static"
    static.mkdir(parents=True, exist_ok=True)
    env["STATIC_ROOT"] = str(static)
    number = 1 + int(worker().removeprefix("gw") if worker() != "main" else 0)
    env["REDIS_URL"] = env["REDIS_URL"].partition("?")[0] + f"?db={number}"
    env["DJANGO_SETTINGS_MODULE"] = "config.settings"


def hide() -> None:
    """xdist's workers would else read the settings before their own `prepare`."""
    del os.environ["DJANGO_SETTINGS_MODULE"]


def finish() -> None:
    """Stop what `prepare` started."""
    global _temporary
    if _temporary is not None:
        _temporary.stop()
        _temporary = None
