"""The running house for tests: web, engine, Celery worker, registries, as real processes.

Tests that use it run one after another (one xdist worker has them all); the processes start
once and the furnished database is put back after each test.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from deploy.local.stack import NAMES, Stack
from tests.plugins import templates
from tests.plugins.database import kept_original, pointed_at
from tests.plugins.environment import database_name
from tests.plugins.wipe import Original


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"stack", "live"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.xdist_group("house"))


@pytest.fixture(scope="session")
def house(furnished_template: templates.Template) -> Iterator[tuple[Stack, str]]:
    """The processes, not yet started, and the name of their database."""
    import os

    name = f"{database_name()}_house"
    templates.copy(furnished_template, name)
    keys = furnished_template.folder / "keys"
    settings = templates.settings_for(name) | {
        "KEYS_DIR": str(keys),
        "REDIS_URL": os.environ["REDIS_URL"],
    }
    stack = Stack(
        settings,
        furnished_template.folder.parent / name,
        persons=templates.PERSONS,
        enterprises=templates.ENTERPRISES,
        seed=templates.SEED,
    )
    yield stack, name
    stack.stop()
    templates.drop(name)


def _running(
    house: tuple[Stack, str],
    names: tuple[str, ...],
    template: templates.Template,
    originals: dict[str, Original],
    blocker: Any,
) -> Iterator[Stack]:
    stack, name = house
    for dead in [n for n in names if not stack.processes[n].alive]:
        stack.processes[dead].kill()
        stack.start(dead)
    with (
        pointed_at(name, template.folder / "keys", blocker),
        kept_original(name, originals, blocker),
    ):
        yield stack


@pytest.fixture
def stack(
    house: tuple[Stack, str],
    furnished_template: templates.Template,
    django_db_setup: None,
    originals: dict[str, Original],
    django_db_blocker: Any,
) -> Iterator[Stack]:
    """All processes run; Django in the test looks at their database; `stack.url` is the web's.

    `stack.kill(name)`, `stack.stop(name)`, `stack.start(name)`: what a test leaves down is
    started again for the next.
    """
    yield from _running(house, NAMES, furnished_template, originals, django_db_blocker)


@pytest.fixture
def live(
    house: tuple[Stack, str],
    furnished_template: templates.Template,
    django_db_setup: None,
    originals: dict[str, Original],
    django_db_blocker: Any,
) -> Iterator[Stack]:
    """At least the web process runs; others may."""
    yield from _running(house, ("web",), furnished_template, originals, django_db_blocker)
