"""Databases for tests, made by the owner and used in the application's role.

`db`           empty tables, rolled back afterwards
`committed`    empty tables, commits are real, restored afterwards
`furnished`    keys, packs, partners, personas and a small city, rolled back afterwards
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.plugins import templates
from tests.plugins.environment import database_name
from tests.plugins.wipe import Original

_CATALOGUES: dict[str, tuple[dict[Any, Any], ...]] = {}  # caches, by database


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: Any) -> Iterator[None]:
    """Instead of pytest-django's own, which would create and migrate as the application."""
    name = database_name()
    templates.copy(templates.bare(), name)
    templates.let_tests_publish_keys(name)
    yield
    with django_db_blocker.unblock():
        from django.db import connections

        connections.close_all()
    templates.drop(name)


@pytest.fixture(scope="session")
def furnished_template() -> templates.Template:
    return templates.furnished()


@pytest.fixture(scope="session")
def furnished_database(furnished_template: templates.Template) -> Iterator[str]:
    """The name of this worker's furnished database."""
    name = f"{database_name()}_full"
    templates.copy(furnished_template, name)
    yield name
    templates.drop(name)


@contextmanager
def pointed_at(name: str, keys: Any, blocker: Any) -> Iterator[None]:
    """Django's default connection goes to another database and uses the keys published there."""
    from django.conf import settings
    from django.db import connection
    from django.test import override_settings

    from services import catalogue

    with blocker.unblock():
        connection.close()
    before = connection.settings_dict["NAME"]
    settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = name
    # by id, and ids mean others here
    previous = catalogue._books, catalogue._editions, catalogue._answers
    catalogue._books, catalogue._editions, catalogue._answers = _CATALOGUES.setdefault(
        name, ({}, {}, {})
    )
    try:
        with override_settings(KEYS_DIR=keys):
            yield
    finally:
        with blocker.unblock():
            connection.close()
        settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = before
        catalogue._books, catalogue._editions, catalogue._answers = previous


@pytest.fixture
def at_furnished(
    furnished_template: templates.Template,
    furnished_database: str,
    django_db_setup: None,
    django_db_blocker: Any,
) -> Iterator[str]:
    """Django is connected to the furnished database; its name."""
    keys = furnished_template.folder / "keys"
    with pointed_at(furnished_database, keys, django_db_blocker):
        yield furnished_database


@pytest.fixture
def furnished(at_furnished: str, db: None) -> None:
    """Packs are published, the city and keys exist; what the test adds is rolled back."""


@pytest.fixture(scope="session")
def originals() -> dict[str, Original]:
    return {}


@contextmanager
def kept_original(name: str, originals: dict[str, Original], blocker: Any) -> Iterator[None]:
    """Real commits, and all rows restored afterwards."""
    from django.db import connection

    if name not in originals:
        originals[name] = Original(name)
    with blocker.unblock():
        yield
        connection.close()
    originals[name].restore()


@pytest.fixture
def committed(
    django_db_setup: None, originals: dict[str, Original], django_db_blocker: Any
) -> Iterator[None]:
    """Commits are real, so that other threads and processes see them; tables empty before."""
    with kept_original(database_name(), originals, django_db_blocker):
        yield


@pytest.fixture
def furnished_committed(
    at_furnished: str, originals: dict[str, Original], django_db_blocker: Any
) -> Iterator[None]:
    """The furnished database with real commits."""
    with kept_original(at_furnished, originals, django_db_blocker):
        yield
