"""Replay: same facts, same edition, same bytes, wherever it runs; a changed judge is noticed."""

import os
import subprocess
import sys

import pytest

from tests.approvals.cases import settled
from tests.plugins.environment import with_database

KINDS = ("graduate", "criminal", "name_mismatch", "graduated_long_ago")
MUTANT = """
import operator, os
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
from dmn.operators import comparison as operators
found = [n for n, v in vars(operators).items() if isinstance(v, dict) and "<=" in v]
assert found, "no table of comparisons to mutate"
for name in found:
    vars(operators)[name]["<="] = operator.lt
    vars(operators)[name][">="] = operator.gt
    vars(operators)[name]["="], vars(operators)[name]["!="] = operator.ne, operator.eq
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "replay"])
"""


@pytest.fixture
def env(furnished_committed: None, at_furnished: str) -> dict[str, str]:
    """Four committed cases, and an environment in which nothing but PostgreSQL is reachable."""
    from django.conf import settings

    for kind in KINDS:
        settled(kind)
    return {
        **os.environ,
        "DATABASE_URL": with_database(os.environ["DATABASE_URL"], at_furnished),
        "KEYS_DIR": str(settings.KEYS_DIR),
        "REGISTRY_URL": "http://127.0.0.1:9",  # discard: nobody answers
        "REDIS_URL": "unix:///nonexistent/redis.sock?db=0",
        "LOG_LEVEL": "ERROR",
    }


def replay(env: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    words = command or ("manage.py", "replay")
    return subprocess.run(
        [sys.executable, *words], env=env, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize(
    ("zone", "seed"),
    [
        ("Pacific/Kiritimati", "1"),
        pytest.param("America/St_Johns", "4242", marks=pytest.mark.full),
    ],
)
def test_replay_gives_the_same_bytes_in_another_zone_with_another_hash_seed(
    env: dict[str, str], zone: str, seed: str
) -> None:
    done = replay({**env, "TZ": zone, "PYTHONHASHSEED": seed})
    assert f"replay: {len(KINDS)} receipts, 0 differences" in done.stdout, done.stderr
    assert done.returncode == 0


def test_a_mutated_operator_in_the_judge_makes_replay_differ(env: dict[str, str]) -> None:
    done = replay(env, "-c", MUTANT)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "differs: MP" in done.stdout
    assert " 0 differences" not in done.stdout
