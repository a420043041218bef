"""That a case is a step of a bundled case (一件事), as its first event says.

Bundles are told of by an app that uses this one (``settings.BUNDLE_LINES``): nothing is asked of
any other case.
"""

from collections.abc import Sequence

import orjson
from django.conf import settings
from django.utils.module_loading import import_string

from ledger.models import Event


def lines(history: Sequence[Event]) -> list[str]:
    """Return what is said of the bundled case that a case belongs to; nothing of any other."""
    first = orjson.loads(history[0].data) if history else {}
    part = first.get("bundle") if isinstance(first, dict) else None
    return list(import_string(settings.BUNDLE_LINES)(part["case"])) if part else []
