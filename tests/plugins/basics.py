"""A fixed time, Redis, and the end of the run."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.plugins import environment


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--full", action="store_true", help="all fuzzed requests, insiders' edits and seeded faults"
    )


def pytest_unconfigure() -> None:
    environment.finish()


@pytest.fixture
def now() -> dt.datetime:
    """A Monday morning in the city, a working day: 2026-03-02 10:00 in Shanghai."""
    return dt.datetime(2026, 3, 2, 2, 0, tzinfo=dt.UTC)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that servers started by root can reach as another user; pytest's own are not."""
    made = Path(tempfile.mkdtemp(prefix="miaopi-test-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def redis_client() -> Iterator[redis.Redis]:
    """This worker's Redis database."""
    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    yield client
    client.close()


@pytest.fixture(autouse=True)
def empty_redis(redis_client: redis.Redis) -> None:
    """Remove what an earlier test left; Celery's routing stays, written when its worker started."""
    names = [
        name
        for name in redis_client.scan_iter(count=1000)
        if not name.startswith(b"_kombu.binding.")
    ]
    if names:
        redis_client.delete(*names)
