"""The web process: `granian --interface wsgi config.wsgi:application`."""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from http import HTTPStatus
from threading import Thread
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.wsgi import get_wsgi_application
from django.db import Error, connection
from django.urls import resolve

from config import bodies

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class ProgramHandler(WSGIHandler):
    """The handler for other agencies' programs, which have no session, form or language.

    What only browsers need was an eighth of a program's request.
    """

    def load_middleware(self, is_async: bool = False) -> None:
        whole, settings.MIDDLEWARE = settings.MIDDLEWARE, settings.PROGRAM_MIDDLEWARE
        try:
            super().load_middleware(is_async)
        finally:
            settings.MIDDLEWARE = whole


_browsers = get_wsgi_application()
_programs = ProgramHandler()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer one request (PEP 3333)."""
    if fault := bodies.read(environ):
        return _without_body(fault, start_response)
    program = environ.get("PATH_INFO", "").startswith(settings.PROGRAM_PATHS)
    return (_programs if program else _browsers)(environ, start_response)


def _without_body(status: HTTPStatus, start_response: Callable[..., Any]) -> list[bytes]:
    """The body was not read: nothing was done, and it may be sent again."""
    from approvals.api import problems
    from people.errors import ActionRejected

    response = problems.http(
        ActionRejected(
            "body_not_read",
            "请求体未能读取，请稍后重试",
            "The body could not be read; send it again.",
            status=status,
        ),
        Connection="close",
    )
    start_response(f"{status.value} {status.phrase}", list(response.items()))
    return [response.content]


def _warm() -> None:
    from ledger.clock import city_date, now
    from services import catalogue

    resolve("/health/")  # reads all addresses
    with suppress(Error):  # without PostgreSQL it answers what it can, and makes them when asked
        catalogue.warm(city_date(now()))
    connection.close()


Thread(target=_warm, name="warm", daemon=True).start()
