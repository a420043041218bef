"""A process that reminds agencies, and is killed when it is about to write the notices."""

import os
import signal
from typing import Any

import django

django.setup()

import bulk  # noqa: E402 - needs Django set up
from approvals import actions  # noqa: E402
from exchange.models import Notice  # noqa: E402
from ledger.clock import now  # noqa: E402
from people.actors import CLOCK  # noqa: E402

_insert = bulk.insert


def insert(model: Any, objects: Any) -> int:
    if model is Notice:
        os.kill(os.getpid(), signal.SIGKILL)
    return _insert(model, objects)


bulk.insert = insert
actions.remind_agencies(by=CLOCK, now=now())
