"""Papers beside certificates that are verified at the same place: those that settings name.

Each is a module with ``find(typed, now)`` and ``read(jws, now)``. Both return what the public may
see (``state``, ``words``, ``since``, ``document``), or None where it is no paper of theirs.
``read`` raises ``offline.Forged`` where it claims to be one and is not.
"""

import datetime
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any

from django.conf import settings


def _modules() -> Iterator[ModuleType]:
    return (import_module(path) for path in settings.VERIFIED_PAPERS)


def find(typed: str, now: datetime.datetime) -> dict[str, Any] | None:
    """Return what a code that somebody typed is of."""
    return next((found for m in _modules() if (found := m.find(typed, now))), None)


def read(jws: str, now: datetime.datetime) -> dict[str, Any] | None:
    """Return what a signed payload is of; raises ``offline.Forged``."""
    return next((found for m in _modules() if (found := m.read(jws, now))), None)
