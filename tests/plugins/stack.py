"""Web, engine, Celery worker and registries for tests, as real processes.

Each worker has its own, which start once; the furnished database is put back after each test.
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


@pytest.fixture(scope="session")
def prepared_stack(furnished_template: templates.Template) -> Iterator[tuple[Stack, str]]:
    """The processes, not yet started, and the name of their database."""
    import os

    name = f"{database_name()}_stack"
    templates.copy(furnished_template, name)
    keys = furnished_template.folder / "keys"
    settings = templates.settings_for(name) | {
        "KEYS_DIR": str(keys),
        "REDIS_URL": os.environ["REDIS_URL"],
        "CHECK_PATIENCE_SECONDS": "5",  # tests of stopped registries do not wait for minutes
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
    prepared_stack: tuple[Stack, str],
    names: tuple[str, ...],
    template: templates.Template,
    originals: dict[str, Original],
    blocker: Any,
) -> Iterator[Stack]:
    stack, name = prepared_stack
    stack.restart_ended(names)
    with (
        pointed_at(name, template.folder / "keys", blocker),
        kept_original(name, originals, blocker),
    ):
        yield stack


@pytest.fixture
def stack(
    prepared_stack: tuple[Stack, str],
    furnished_template: templates.Template,
    django_db_setup: None,
    originals: dict[str, Original],
    django_db_blocker: Any,
) -> Iterator[Stack]:
    """All processes run; Django in the test looks at their database; `stack.url` is the web's.

    `stack.kill(name)`, `stack.stop(name)`, `stack.start(name)`: what a test leaves stopped
    is started again for the next.
    """
    yield from _running(prepared_stack, NAMES, furnished_template, originals, django_db_blocker)


@pytest.fixture
def live(
    prepared_stack: tuple[Stack, str],
    furnished_template: templates.Template,
    django_db_setup: None,
    originals: dict[str, Original],
    django_db_blocker: Any,
) -> Iterator[Stack]:
    """At least the web process runs; others may."""
    yield from _running(prepared_stack, ("web",), furnished_template, originals, django_db_blocker)
