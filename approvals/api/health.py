"""``/health/``: this process answers. ``/ready/``: and what it stands on does too."""

import datetime

import orjson
import redis
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from approvals.clock import now
from approvals.models import Heartbeat
from approvals.workers import wake

ALIVE = datetime.timedelta(seconds=20)  # a heartbeat older than this counts as none


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    return _json({"status": "ok"}, 200)


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """503 only when PostgreSQL is away; without Redis or engine the site is slower, not down."""
    parts = {"postgresql": "ok", "redis": "ok", "engine": "ok"}
    try:
        if not engine_alive():
            parts["engine"] = "away"
    except Error:
        parts["postgresql"], parts["engine"] = "away", "unknown"
        connection.close()
    try:
        wake.client().ping()
    except redis.RedisError:
        parts["redis"] = "away"
    up = parts["postgresql"] == "ok"
    degraded = up and set(parts.values()) != {"ok"}
    status = "degraded" if degraded else "ok" if up else "down"
    return _json({"status": status, **parts}, 200 if up else 503)


def engine_alive() -> bool:
    """Has any engine said within the last seconds that it lives?"""
    return Heartbeat.objects.filter(kind="engine", at__gt=now() - ALIVE).exists()


def _json(body: dict[str, str], status: int) -> HttpResponse:
    response = HttpResponse(orjson.dumps(body), status=status, content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response
