"""Request bodies are read before Django begins, by a bounded number of threads.

The server has no time-out for a body: a thread that reads one waits for as long as the client
likes, and a few hundred half-sent bodies would hold all of them. A proxy in front receives bodies
whole and gives each its time (deploy/nginx.conf). Without one, as in a demo, half-sent bodies take
these places at most: then other bodies are asked to come again, and what has no body never waits.
"""

import io
import re
import threading
from http import HTTPStatus
from typing import Any

PLACES = (
    128  # threads, of the web process's 512; a body that arrives takes a thousandth of a second
)
LARGEST = 1_048_576  # bytes, as in nginx.conf; more is not read, and 413 where a body is expected
# pages of a form that may have files, and the address where programs send them; as in nginx.conf
WITH_FILES = re.compile(
    r"/services/[a-z0-9_-]+/(?:apply|for/form|wrong/[A-Za-z0-9_-]+)/"
    r"|/bundles/[a-z0-9_-]+/apply/"
    r"|/cases/[A-Za-z0-9]+/(?:correct|(?:wrong|later)/[A-Za-z0-9_-]+)/"
    r"|/api/v1/services/[a-z0-9_-]+/materials/[a-z0-9_]+"
    r"|/desk/approvals/intake/(?:take|correct)/[A-Za-z0-9_-]+/"
)
LARGEST_WITH_FILES = 22_000_000  # bytes: two files of the largest kind
PLACES_WITH_FILES = 8  # threads that read such a body, which stays in memory, at once

_places = threading.BoundedSemaphore(PLACES)
_places_with_files = threading.BoundedSemaphore(PLACES_WITH_FILES)


def read(environ: dict[str, Any]) -> HTTPStatus | None:
    """Replace `wsgi.input` by the body in memory; the status to answer with when there is none.

    A body that breaks off is passed on as far as it came.
    """
    length = environ.get("CONTENT_LENGTH")
    if not length or length == "0":
        return None
    most, places = _bounds(environ, length)
    if not length.isdecimal() or len(length) > 12 or int(length) > most:
        environ["wsgi.input"] = io.BytesIO()
        return None
    if not places.acquire(blocking=False):
        return HTTPStatus.SERVICE_UNAVAILABLE
    try:
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(int(length)))
    except OSError:
        return HTTPStatus.BAD_REQUEST
    finally:
        places.release()
    return None


def _bounds(environ: dict[str, Any], length: str) -> tuple[int, threading.BoundedSemaphore]:
    """Return how long a body may be, and who may read it: small ones never wait for large ones."""
    is_small = len(length) < 8 and length.isdecimal() and int(length) <= LARGEST
    if is_small or not WITH_FILES.fullmatch(environ.get("PATH_INFO", "")):
        return LARGEST, _places
    return LARGEST_WITH_FILES, _places_with_files
