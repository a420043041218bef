"""The door for assistants as a real process beside the others."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from deploy.local.process import Process
from deploy.local.stack import Stack
from tests.assistants.clients import Door


@pytest.fixture(scope="session")
def door_process(prepared_stack: tuple[Stack, str]) -> Iterator[Process]:
    """The door's process, not yet started; it runs until all tests have ended."""
    yield prepared_stack[0].door
    prepared_stack[0].door.stop()


@pytest.fixture
def door(stack: Stack, door_process: Process) -> Door:
    """The door answers; what is registered and given is of the test itself."""
    if not door_process.is_running:
        door_process.start()
    url = stack.env["ASSISTANTS_URL"]
    deadline = time.monotonic() + 120
    while not _answers(url):
        assert door_process.is_running and time.monotonic() < deadline, door_process.log_tail()
        time.sleep(0.1)
    return Door(url, stack)


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=5)
    try:
        connection.request("GET", "/.well-known/oauth-authorization-server")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
