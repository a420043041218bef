"""How far a step of a bundle is; what becomes of its application is the application's own state."""

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _


class StepState(models.TextChoices):
    """``stopped``: it cannot be handed in as things stand, and says why."""

    WAITING = "waiting", _("waits for an earlier step")
    SUBMITTED = "submitted", _("handed in")
    STOPPED = "stopped", _("cannot follow")
    DROPPED = "dropped", _("given up")


S = StepState
EDGES: Mapping[StepState, tuple[StepState, ...]] = {
    S.WAITING: (S.SUBMITTED, S.STOPPED, S.DROPPED),
    S.STOPPED: (S.WAITING, S.DROPPED),
    S.SUBMITTED: (),
    S.DROPPED: (),
}
