"""Request bodies are read before Django begins, by a bounded number of threads.

The server has no time-out for a body: a thread that reads one waits for as long as the client
likes, and a few hundred half-sent bodies would hold all of them. A proxy in front receives bodies
whole and gives each its time (deploy/nginx.conf). Without one, as in a demo, half-sent bodies take
these places at most: then other bodies are asked to come again, and what has no body never waits.
"""

import io
import threading
from http import HTTPStatus
from typing import Any

PLACES = (
    128  # threads, of the web process's 512; a body that arrives takes a thousandth of a second
)
LARGEST = 1_048_576  # bytes, as in nginx.conf; more is not read, and 413 where a body is expected

_places = threading.BoundedSemaphore(PLACES)


def read(environ: dict[str, Any]) -> HTTPStatus | None:
    """Replace `wsgi.input` by the body in memory; the status to answer with when there is none.

    A body that breaks off is passed on as far as it came.
    """
    length = environ.get("CONTENT_LENGTH")
    if not length or length == "0":
        return None
    if not length.isdecimal() or len(length) > 12 or int(length) > LARGEST:
        environ["wsgi.input"] = io.BytesIO()
        return None
    if not _places.acquire(blocking=False):
        return HTTPStatus.SERVICE_UNAVAILABLE
    try:
        environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(int(length)))
    except OSError:
        return HTTPStatus.BAD_REQUEST
    finally:
        _places.release()
    return None
