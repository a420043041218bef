"""Files of others are parsed in a process of their own, with little memory, time and nothing else.

The child (``python -m materials.isolation``) knows no secret, no database and no address: it reads
one file from its input, and writes one answer. Whatever becomes of it, nothing becomes of us.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import threading
from http import HTTPStatus
from pathlib import Path

from materials.content import Content, Kind, RejectedFile, begins_as, inspect, unreadable

SECONDS = 20  # of the clock; a file of fifty pages takes less than one
PROCESSOR_SECONDS = 10
MEMORY = 1_500_000_000  # bytes of address space; a picture of 40 million pixels takes a fifth
AT_ONCE = 2  # children of one web process
_ROOT = Path(__file__).resolve().parents[1]
_places = threading.BoundedSemaphore(AT_ONCE)


class NoCapacity(Exception):
    """Too many files at once; it may be sent again in a moment."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


def inspected(data: bytes) -> Content:
    """Return what a file of known size and kind is; raises ``RejectedFile``, ``NoCapacity``."""
    answer = _run("inspect", data)
    if answer is None:
        kind = begins_as(data)
        assert kind is not None
        raise unreadable(kind)
    found = json.loads(answer)
    if "code" in found:
        raise RejectedFile(found["code"], found["zh"], found["en"])
    return Content(Kind(found["kind"]), found["pages"])


def preview(data: bytes, page: int) -> bytes | None:
    """Return a page, from 1, as JPEG; None where it cannot be drawn. Raises ``NoCapacity``."""
    return _run("preview", data, str(page)) or None


def _run(*arguments: str | bytes) -> bytes | None:
    what, data, *rest = arguments
    assert isinstance(data, bytes)
    if not _places.acquire(timeout=SECONDS):
        raise NoCapacity
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _CHILD, str(_ROOT), str(what), *map(str, rest)],
            input=data,
            capture_output=True,
            timeout=SECONDS,
            env={},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    finally:
        _places.release()
    return done.stdout if done.returncode == 0 else None


_CHILD = """
import sys
sys.path.insert(0, sys.argv[1])
from materials import isolation
isolation.main(*sys.argv[2:])
"""


def main(what: str, page: str = "1") -> None:
    """What the child does."""
    data = sys.stdin.buffer.read()
    resource.setrlimit(resource.RLIMIT_CPU, (PROCESSOR_SECONDS, PROCESSOR_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    if what == "preview":
        from materials import drawing

        sys.stdout.buffer.write(drawing.page(data, int(page)))
        return
    try:
        found = inspect(data)
        answer: dict[str, object] = {"kind": found.kind.value, "pages": found.pages}
    except RejectedFile as error:
        answer = {"code": error.code, "zh": error.zh, "en": error.en}
    sys.stdout.write(json.dumps(answer))
