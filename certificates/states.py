"""States of a certificate (GB/T 36903 status) and the edges between them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    VALID = "valid", _("valid")  # may be relied on
    SUSPENDED = "suspended", _("suspended")  # an officer stopped it for a while
    SUPERSEDED = "superseded", _("superseded")  # a newer version stands in its place
    REVOKED = "revoked", _("revoked")  # withdrawn by two named officers, with a reason in law
    EXPIRED = "expired", _("expired")  # its last day has passed
    CANCELLED = "cancelled", _("cancelled")  # given up by its holder, or deregistered


# verb: (from, to). django-fsm's edges and the database guard are both made from this table.
EDGES: dict[str, tuple[tuple[State, ...], State]] = {
    "supersede": ((State.VALID, State.SUSPENDED), State.SUPERSEDED),
    "suspend": ((State.VALID,), State.SUSPENDED),
    "restore": ((State.SUSPENDED,), State.VALID),
    "revoke": ((State.VALID, State.SUSPENDED), State.REVOKED),
    "expire": ((State.VALID, State.SUSPENDED), State.EXPIRED),
    "cancel": ((State.VALID, State.SUSPENDED), State.CANCELLED),
}


def edge(name: str) -> dict[str, object]:
    """Return django-fsm's arguments for one edge of the table; none of them if it was deleted."""
    sources, target = EDGES.get(name, ((), State.VALID))
    return {"source": [s.value for s in sources], "target": target.value}
