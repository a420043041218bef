"""Authors and CI check rules with nothing set: no secret, no settings, no database."""

import os
import subprocess
import sys

import pytest

from deploy.local.paths import ROOT


@pytest.mark.parametrize(
    ("words", "last"),
    [
        (["dmn", "tck", "tests/dmn/tck/compliance-level-2"], "tck: 11 of 11"),
        (["pack", "check", "cities/sample/services/sole_trader.yaml"], ": ok, "),
        (["pack", "test", "cities/sample/services/sole_trader.yaml"], "0 faults"),
        (["pack", "explain", "cities/sample/services/move_out.yaml"], ""),
        (["registry", "fields", "population"], "limited = 限制 / limited"),
    ],
)
def test_rules_are_checked_with_nothing_set(words: list[str], last: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert last in done.stdout.splitlines()[-1]


def test_what_needs_settings_says_how_to_type_it_beside_a_running_copy() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "pack", "list"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "SECRET_KEY is not set" in done.stderr and "deploy.local manage" in done.stderr
