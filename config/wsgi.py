"""The web process: `granian --interface wsgi config.wsgi:application`."""

import os
from contextlib import suppress
from threading import Thread

from django.core.wsgi import get_wsgi_application
from django.db import Error, connection
from django.urls import resolve

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()


def _warm() -> None:
    from approvals.clock import city_date, now
    from services import catalogue

    resolve("/health/")  # reads all addresses
    with suppress(Error):  # without PostgreSQL it answers what it can, and makes them when asked
        catalogue.warm(city_date(now()))
    connection.close()


Thread(target=_warm, name="warm", daemon=True).start()
