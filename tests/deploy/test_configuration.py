"""docs/configuration.md lists every variable that is read, and no other."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from deploy.local.paths import ROOT

TABLE = re.compile(r"^\| (`[A-Z].*?) \|", re.M)
# set by our own commands for the processes that they start
INTERNAL = {"AS_OWNER", "DATABASE_ADMIN_URL", "CONTENT_LENGTH", "PATH_INFO"}
INTERNAL |= {"PROVIDER_FOLDER", "PROVIDER_SITE", "PROVIDER_ISSUER", "PROVIDER_FAULTS"}
INTERNAL |= {"PROVIDER_PERSONS", "PROVIDER_SEED"}
OF_REGISTRIES = {"REGISTRY_<CODE>_URL"}


def documented() -> set[str]:
    text = (ROOT / "docs" / "configuration.md").read_text()
    return {name for cell in TABLE.findall(text) for name in re.findall(r"`([A-Z_<>]+)`", cell)}


def sources() -> list[Path]:
    """Everything that may read the environment, tests aside."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py", "Makefile"]
        + ["deploy/venv.sh"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    return [ROOT / name for name in listed if not name.startswith("tests/")]


def read() -> set[str]:
    patterns = [
        r'\benv\.\w+\(\s*"([A-Z_]+)"',  # settings
        r'environ(?:\.get\(|\[)"([A-Z_]+)"',
        r"^([A-Z_]+) \?=",  # the Makefile
        r"\$\{([A-Z]+):-\}",  # the shell script
    ]
    texts = [path.read_text() for path in sources() if path.exists()]
    found = {name for text in texts for p in patterns for name in re.findall(p, text, re.M)}
    return found - INTERNAL


def test_every_variable_that_is_read_is_documented() -> None:
    assert read() - documented() == set()


def test_every_documented_variable_is_read() -> None:
    of_tests = {"CHROMIUM", "CI"}
    for_commands = {"MIAOPI_SLOT"}  # set for them, and read by some
    assert documented() - read() - of_tests - for_commands - OF_REGISTRIES == set()


def test_the_example_of_production_sets_only_what_there_is() -> None:
    lines = (ROOT / "deploy" / "miaopi.env.example").read_text().splitlines()
    names = {line.partition("=")[0] for line in lines if line and not line.startswith("#")}
    registries = {name for name in names if re.fullmatch(r"REGISTRY_[A-Z]+_URL", name)}
    assert registries
    assert names - registries - documented() == set()


def test_the_web_unit_runs_the_server_as_make_run_does() -> None:
    """The same options; only where it listens differs, and how long it may take to end."""
    unit = (ROOT / "deploy" / "systemd" / "miaopi-web.service").read_text()
    command = unit.split("ExecStart=")[1].split("\n\n")[0].replace("\\\n", " ").splitlines()[0]
    stack = (ROOT / "deploy" / "local" / "stack.py").read_text()
    started = set(re.findall(r'"(--[\w-]+)"', stack.split("def _granian")[1].split("def ")[0]))
    elsewhere = {"--host", "--port", "--uds", "--uds-permissions"}
    assert set(re.findall(r"(--[\w-]+)", command)) - elsewhere == started - elsewhere
    for option in ("--blocking-threads", "--backpressure", "--http1-header-read-timeout"):
        assert re.search(rf"{option} \d+", command), option
