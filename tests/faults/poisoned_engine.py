"""An engine whose process dies whenever it judges the case with the poisoned trade name."""

import os
import signal
import sys
from typing import Any

import django
from django.conf import settings

django.setup()

from approvals.actions import machine  # noqa: E402 - needs Django set up
from approvals.workers.engine import Engine  # noqa: E402
from services.inputs import Inputs  # noqa: E402
from services.rulebook import Rulebook  # noqa: E402

POISON = "毒丸"
_judge = machine.judge


def judge(rulebook: Rulebook, inputs: Inputs) -> Any:
    if inputs.values.get("trade_name") == POISON:
        os.kill(os.getpid(), signal.SIGKILL)
    return _judge(rulebook, inputs)


machine.judge = judge
settings.LEASE_SECONDS = 3  # each of five deaths waits for the end of a lease
engine = Engine()
sys.exit(engine.run())
