"""A small history of three subjects under signed heads, and somebody who may do everything."""

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

import bulk
from ledger import events, heads, rotation
from ledger.audit import Subjects
from ledger.models import Event
from services.models import Service
from tests.plugins.environment import database_name, with_database

TABLE = Subjects("services_service", "service:", "code", state="")


@pytest.fixture(autouse=True)
def no_other_keys(settings: Any) -> None:
    """The ledger's own keys alone: those that sign PDFs have events of their own, to be counted."""
    settings.KEY_MAKERS = ()


@pytest.fixture
def keys(db: None, now: dt.datetime) -> None:
    """Keys of every purpose, published; rolled back."""
    rotation.make(now)


@pytest.fixture
def real_keys(committed: None, django_db_blocker: object, now: dt.datetime) -> None:
    """Keys of every purpose, published for other threads and connections too."""
    rotation.make(now)


@pytest.fixture
def insider(committed: None) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A superuser with all triggers and foreign keys out of the way, committing at once."""
    url = os.environ.get("DATABASE_ADMIN_URL")
    if not url:
        pytest.skip("no superuser on this server")
    url = with_database(url, database_name())
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection


def add(service: Service, kind: str, now: dt.datetime) -> Event:
    """One more event of a service that is already stored."""
    event = events.append(
        service, f"service:{service.code}", kind, by="officer:li", now=now, data={"why": kind}
    )
    bulk.insert(Event, [event])
    bulk.update(Service, [service], ["events", "head"])
    return event


@pytest.fixture
def history(real_keys: None, now: dt.datetime, tmp_path: Path) -> Path:
    """Services a, b and c with six events each, under six heads, all exported to the file."""
    services = [Service(code=code) for code in "abc"]
    bulk.insert(Service, services)
    exported = tmp_path / "heads.jsonl"
    assert heads.sequence(now) is not None  # the events of the four keys
    for n in range(6):
        for service in services:
            add(service, f"step{n + 1}", now + dt.timedelta(seconds=n))
        assert heads.sequence(now) is not None
        if n % 2:
            heads.export(exported)
    return exported
