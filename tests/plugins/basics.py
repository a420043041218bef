"""A fixed time, Redis, and the end of the run."""

from __future__ import annotations

import datetime as dt
import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import redis
from django.template.base import Template
from django.test import override_settings

from tests.plugins import environment

RENDER = Template._render  # before pytest-django replaces it


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--full", action="store_true", help="all fuzzed requests, insiders' edits and seeded faults"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Tests that know nothing of these fixtures, as those of `dmn`, read the variable."""
    if config.getoption("--full"):
        os.environ["MIAOPI_FULL"] = "1"
    # a busy machine is no fault of a test, nor of what it draws
    hypothesis.settings.register_profile(
        "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    hypothesis.settings.load_profile("any machine")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long tests first when several workers share the run, so that none ends it alone.

    What is marked ``full`` is skipped before anything is made for it, unless asked for.
    Those in a browser come last: Playwright's event loop runs in its worker to the end, and where
    one runs no other can be started, as for the signature of a PDF.
    """

    def place(item: pytest.Item) -> tuple[bool, bool]:
        in_browser = "browser" in getattr(item, "fixturenames", ())
        return in_browser, item.get_closest_marker("slow") is None

    if not config.getoption("--full"):
        for item in items:
            if item.get_closest_marker("full"):
                item.add_marker(pytest.mark.skip(reason="with --full"))
    if hasattr(config, "workerinput"):
        items.sort(key=place)


def pytest_collection_finish() -> None:
    """What is imported and collected stays to the end: the collector need not walk it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)  # as the web process (services.catalogue.warm)


def pytest_unconfigure() -> None:
    environment.finish()


@pytest.fixture(scope="session", autouse=True)
def plain_templates(django_test_environment: None) -> None:
    """Render templates as production does.

    Django's tests keep a copy of the context of each template that a page includes; no test here
    looks at them, and a page of the desk includes hundreds.
    """
    Template._render = RENDER


@pytest.fixture(scope="session", autouse=True)
def unread_static_files(django_test_environment: None) -> Iterator[None]:
    """Look for a static file when it is asked for.

    Each test client has middleware of its own, whose start would read about all of them: 20 ms.
    """
    with override_settings(WHITENOISE_AUTOREFRESH=True):
        yield


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
def nothing_remembered() -> None:
    """Forget what a process remembers of a database or of Redis: each test has others.

    Tokens and their scopes, leases of the counts in Redis, and what is kept by an id, which is
    another row's in another database. Editions: plugins/database.py.
    """
    from approvals.admin.queue import columns  # Django is set up by now
    from approvals.api import authentication
    from people import rates
    from services import shadows

    authentication._known.clear()
    rates.programs.cache_clear()
    columns.reasons.cache_clear()
    shadows._books.clear()


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
