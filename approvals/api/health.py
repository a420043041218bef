"""``/health/``: this process answers. ``/ready/``: and whether all that it relies on works."""

import orjson
import redis
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from approvals.progress import liveness, wake
from exchange import breaker
from exchange.registries import is_remote
from ledger import keys
from ledger.clock import now
from people import proxies

ASKED = ("engine", "checker", "deliverer", "confirmations")  # of PostgreSQL


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    return _json({"status": "ok"}, 200)


@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Each part by name: ``ok``, ``late``, ``away``, ``unknown``; of clients' addresses
    ``doubtful``, of keys ``missing`` (``manage.py keys make``), of other agencies' registries
    ``not asked: `` and which, because they kept failing; ``status`` sums them up.

    503 (``down``) only when PostgreSQL is away: without the others applications are accepted and
    wait, so that a proxy must not take the site away (``degraded``, 200).
    """
    parts = {"postgresql": "ok", "redis": "ok"}
    parts["addresses"] = "doubtful" if proxies.are_doubtful() else "ok"
    parts["keys"] = "missing" if keys.missing() else "ok"
    try:
        at = now()
        parts |= {**liveness.workers(at), "confirmations": liveness.confirmations(at)}
    except (OperationalError, InterfaceError):
        parts |= {"postgresql": "away", **dict.fromkeys(ASKED, "unknown")}
        connection.close()
    try:
        wake.client().ping()
        away = breaker.are_open([code for code in settings.REGISTRIES if is_remote(code)])
        parts["registries"] = f"not asked: {', '.join(sorted(away))}" if away else "ok"
    except redis.RedisError:
        parts |= {"redis": "away", "registries": "unknown"}
    if parts["postgresql"] != "ok":
        return _json({"status": "down", **parts}, 503)
    return _json({"status": "ok" if set(parts.values()) == {"ok"} else "degraded", **parts}, 200)


def _json(body: dict[str, str], status: int) -> HttpResponse:
    response = HttpResponse(orjson.dumps(body), status=status, content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response
