"""Settings of logs and traces; metrics are switched on by ``PROMETHEUS_MULTIPROC_DIR`` alone."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environs import Env

FORMATTERS = {"plain": "people.logs.Formatter", "json": "people.logs.JSON"}


def traces(env: Env) -> tuple[str, float]:
    """Return where spans are sent (OTLP over HTTP, "" for nowhere) and the share of traces."""
    url = env.str("TRACES_URL", "")
    share = env.float("TRACES_SHARE", 1.0)
    if url and not url.startswith(("http://", "https://")):
        raise ImproperlyConfigured("TRACES_URL is http(s)://host:port, where OTLP is taken")
    if not 0 <= share <= 1:
        raise ImproperlyConfigured("TRACES_SHARE is a number from 0 to 1")
    return url, share


def logging(env: Env) -> dict[str, Any]:
    """Return Django's LOGGING: to standard error, with identity numbers masked."""
    kind = env.str("LOG_FORMAT", "plain")
    if kind not in FORMATTERS:
        raise ImproperlyConfigured(f"LOG_FORMAT is one of {', '.join(FORMATTERS)}")
    formatter = {"()": FORMATTERS[kind]}
    if kind == "plain":
        formatter["format"] = "%(asctime)s %(levelname)s %(name)s %(message)s"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
    }
