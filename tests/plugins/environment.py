"""The servers of a test run, and the variables of each worker that point at them."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

from deploy import messages
from deploy.local.run import TemporaryServers
from deploy.local.servers import with_database

_temporary: TemporaryServers | None = None


def worker() -> str:
    """`gw0`, `gw1` ... under xdist, else `main`."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def database_name() -> str:
    """The name of this worker's database; other runs on the same server use other names."""
    return f"miaopi_test_{os.environ['MIAOPI_TEST_RUN']}_{worker()}"


def prepare() -> None:
    """Start servers unless the environment names them; name this worker's database and keys."""
    global _temporary
    env = os.environ
    if "config.settings" in sys.modules:
        raise RuntimeError("unset DJANGO_SETTINGS_MODULE: the tests set it themselves")
    if worker() == "main":  # or the controller: its workers inherit all of this
        if not (env.get("DATABASE_URL") and env.get("REDIS_URL")):
            _temporary = TemporaryServers(durable=False)
            env.update(_temporary.start())
        env.setdefault("MIAOPI_SLOT", str(Path("var/outside").resolve()))
        env["MIAOPI_TEST_RUN"] = secrets.token_hex(3)
        messages.compile_all()
    env["DEMO"] = "1"
    env["ASSISTANTS"] = "1"  # their pages are walked as all others
    env.pop("DATABASE_POOL", None)
    env["DATABASE_URL"] = with_database(env["DATABASE_URL"], database_name())
    env["KEYS_DIR"] = str(Path(env["MIAOPI_SLOT"]) / f"keys-{worker()}")
    env["HEADS_DIR"] = str(Path(env["MIAOPI_SLOT"]) / f"heads-{worker()}")
    env["MATERIALS_DIR"] = str(Path(env["MIAOPI_SLOT"]) / f"materials-{worker()}")
    static = Path(env["MIAOPI_SLOT"]) / "static"
    static.mkdir(parents=True, exist_ok=True)
    env["STATIC_ROOT"] = str(static)
    number = 1 + int(worker().removeprefix("gw") if worker() != "main" else 0)
    env["REDIS_URL"] = env["REDIS_URL"].partition("?")[0] + f"?db={number}"
    env["DJANGO_SETTINGS_MODULE"] = "config.settings"


def hide() -> None:
    """Otherwise xdist's workers would read the settings before their own `prepare`."""
    del os.environ["DJANGO_SETTINGS_MODULE"]


def finish() -> None:
    """Stop what `prepare` started."""
    global _temporary
    if _temporary is not None:
        _temporary.stop()
        _temporary = None
