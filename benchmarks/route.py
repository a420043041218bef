"""What the submit route costs in Python, measured in-process through the WSGI entry point.

    python -m deploy.local with-servers -- python -m benchmarks.route

Three forms of the same route, one thread, CPU time of this process only (PostgreSQL's own time does
not count): plain (framework, token, JSON parsed, the same answer rendered; no validation, no
database), before the database (all that ``submit`` does in Python, its statements replaced by
nothing), and whole (storing for real, to a database of its own).
"""

import io
import json
import os
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.cases import FOOD_SCOPE, Drawn, draw
from benchmarks.database import seeded_database

GOAL = 1.5
Route = Callable[[dict[str, Any]], int]


def environ(body: bytes, token: str) -> dict[str, Any]:
    """The request as a WSGI server hands it over (PEP 3333)."""
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/v1/applications",
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "HTTP_IDEMPOTENCY_KEY": f"bench-{uuid.uuid4()}",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
    }


def wsgi_route() -> Route:
    from config.wsgi import application

    def ask(request: dict[str, Any]) -> int:
        statuses: list[str] = []
        answer = application(request, lambda status, headers, *_: statuses.append(status))
        for _ in answer:
            pass
        if hasattr(answer, "close"):
            answer.close()
        return int(statuses[0][:3])

    return ask


@contextmanager
def without_database(sample: Any, token: str) -> Iterator[None]:
    """Replace all calls of PostgreSQL and Redis by the results that they returned before."""
    import bulk
    from approvals.api import authentication
    from approvals.progress import wake
    from services import catalogue

    grant = authentication.tokens.find(token)
    # known for as long as this lasts, which the route asks PostgreSQL for once in two seconds
    known = catalogue.remembered(sample.service_id, sample.received_on)
    with ExitStack() as stack:

        def put(owner: Any, name: str, value: Any) -> None:
            stack.enter_context(mock.patch.object(owner, name, value))

        put(catalogue, "remembered", lambda code, on: known)
        put(bulk, "insert_once", lambda *groups, when: True)
        put(wake, "wake_engine", lambda: None)
        put(authentication.tokens, "find", lambda token: grant)
        yield


@contextmanager
def plain(sample: Any, token: str) -> Iterator[None]:
    """The route as a framework alone would have it: parse, do nothing, render."""
    from types import SimpleNamespace

    from approvals import actions
    from approvals.api import envelope, parsers

    empty = {"service": "", "edition": 1, "applicant": None, "answers": {}}
    nothing = SimpleNamespace(**empty, by_person=False, disputes=())
    with (
        without_database(sample, token),
        mock.patch.object(actions, "submit", lambda **arguments: _same(sample, arguments)),
        mock.patch.object(envelope, "read", lambda data: nothing),
        mock.patch.object(parsers, "strict_loads", json.loads),
    ):
        yield


def _same(sample: Any, arguments: dict[str, Any]) -> Any:
    sample.id = arguments["new"].identifier
    return sample


def spend(ask: Route, drawn: list[Drawn], token: str) -> float:
    """Return the median CPU seconds of one request; any answer but 202 fails the benchmark."""
    spans = []
    for one in drawn:
        request = environ(json.dumps(one.body()).encode(), token)
        began = time.process_time_ns()
        status = ask(request)
        spans.append(time.process_time_ns() - began)
        if status != 202:
            raise SystemExit(f"the route answered {status}")
    return statistics.median(spans) / 1e9


def main(count: int = 200) -> None:
    with seeded_database(persons=3000):
        from approvals.models import Application
        from demo.city import City

        file = Path(os.environ["KEYS_DIR"]) / "partners" / "window.json"
        token = json.loads(file.read_text())["token"]
        traders = (
            d
            for d in draw(City(persons=3000), 2000, seed=5)
            if d.service == "sole_trader" and FOOD_SCOPE not in d.answers["scope"]
        )
        ask = wsgi_route()
        spend(ask, list(islice(traders, 50)), token)
        whole = spend(ask, list(islice(traders, count)), token)
        sample = Application.objects.select_related("service", "edition", "client").first()
        repeated = list(islice(traders, count))
        with without_database(sample, token):
            before = spend(ask, repeated, token)
        with plain(sample, token):
            bare = spend(ask, repeated, token)
        if "--profile" in sys.argv:
            profile(ask, list(islice(traders, count)), token)
    print(f"route: plain {bare * 1e6:.0f} us, before the database {before * 1e6:.0f} us CPU")
    print(f"route: whole, with the database's client {whole * 1e6:.0f} us CPU")
    print(f"route: whole to plain, ratio {whole / bare:.2f}")
    print(f"route: before the database to plain, ratio {before / bare:.2f} (goal <= {GOAL})")


def profile(ask: Route, drawn: list[Drawn], token: str) -> None:
    """Print where the whole route spends its time."""
    import cProfile
    import pstats

    requests = [environ(json.dumps(one.body()).encode(), token) for one in drawn]
    profiler = cProfile.Profile(time.process_time)
    profiler.enable()
    for request in requests:
        ask(request)
    profiler.disable()
    stats = pstats.Stats(profiler)
    stats.sort_stats("tottime").print_stats(40)
    stats.sort_stats("cumtime").print_stats(90)


if __name__ == "__main__":
    main()
