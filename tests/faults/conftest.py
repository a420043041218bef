"""All processes on durable servers of their own, for tests that break them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.load import Client, partner_client
from tests.faults.injection import Injection, running


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Injection]:
    with running(tmp_path_factory.mktemp("faults")) as made:
        yield made


@pytest.fixture
def injection(started: Injection) -> Injection:
    """All processes run, whatever the test before has left."""
    started.stack.restart_ended()
    return started


@pytest.fixture
def client(injection: Injection) -> Iterator[Client]:
    """The service hall's program."""
    program = partner_client(injection.stack.url, Path(injection.stack.env["KEYS_DIR"]))
    yield program
    program.close()
