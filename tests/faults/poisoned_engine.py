"""An engine whose process dies whenever it judges the case with the poisoned trade name."""

import os
import signal
import sys
from typing import Any

import django

django.setup()

from approvals.workers.engine import Engine  # noqa: E402 - needs Django set up
from services.rules import Rulebook  # noqa: E402

POISON = "毒丸"
_judge = Rulebook.judge


def judge(self: Rulebook, inputs: Any) -> Any:
    if inputs.values.get("trade_name") == POISON:
        os.kill(os.getpid(), signal.SIGKILL)
    return _judge(self, inputs)


Rulebook.judge = judge  # type: ignore[method-assign]
engine = Engine()
sys.exit(engine.run())
