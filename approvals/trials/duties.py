"""What the reconciler does for trials (``settings.FURTHER_DUTIES``)."""

import datetime

from approvals.progress import wake
from approvals.trials import running


def drive(at: datetime.datetime) -> None:
    """Send the task of each trial that waits, or whose worker died."""
    wake.tasks("approvals.trial", trial=[str(one) for one in running.waiting()])
