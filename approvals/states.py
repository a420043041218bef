"""States of an application, who holds the pen in each, and the edges between them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    DRAFT = "draft", _("draft")  # the citizen is filling it in
    SUBMITTED = "submitted", _("submitted")  # the machine checks and decides
    WAITING = "waiting", _("waiting for another agency")  # an agency's answer is due
    RETURNED = "returned", _("returned for correction")  # one notice listed everything missing
    REVIEW = "review", _("with an officer")  # a named officer decides
    APPROVED = "approved", _("approved")  # settled: granted
    REFUSED = "refused", _("refused")  # settled: refused by a named officer
    WITHDRAWN = "withdrawn", _("withdrawn")  # settled: the citizen took it back
    EXPIRED = "expired", _("expired")  # settled: not corrected in time


PEN = {
    State.DRAFT: "citizen",
    State.SUBMITTED: "machine",
    State.WAITING: "agency",
    State.RETURNED: "citizen",
    State.REVIEW: "clerk",
    State.APPROVED: None,
    State.REFUSED: None,
    State.WITHDRAWN: None,
    State.EXPIRED: None,
}

SETTLED = frozenset(state for state, pen in PEN.items() if pen is None)

# edge: (from, to). django-fsm's transitions, the database guard and the diagram in the docs are
# all made from this one table; delete a line and each of them refuses the move.
EDGES: dict[str, tuple[tuple[State, ...], State]] = {
    "submit": ((State.DRAFT, State.RETURNED), State.SUBMITTED),
    "grant": ((State.SUBMITTED,), State.APPROVED),  # by the machine
    "send_back": ((State.SUBMITTED,), State.RETURNED),  # by the machine
    "await_consent": ((State.SUBMITTED, State.REVIEW), State.WAITING),
    "hand_over": ((State.SUBMITTED, State.WAITING), State.REVIEW),
    "resume": ((State.WAITING,), State.SUBMITTED),
    "approve": ((State.REVIEW,), State.APPROVED),  # by a named officer
    "refuse": ((State.REVIEW,), State.REFUSED),  # by a named officer, and by nobody else
    "return_": ((State.REVIEW,), State.RETURNED),  # by a named officer
    "withdraw": (
        (State.DRAFT, State.WAITING, State.RETURNED, State.REVIEW),
        State.WITHDRAWN,
    ),
    "expire": ((State.RETURNED,), State.EXPIRED),
    "reopen": ((State.APPROVED, State.REFUSED), State.REVIEW),  # 复核
}


def edge(name: str) -> dict[str, object]:
    """Return django-fsm's arguments for one edge of the table; none of them if it was deleted."""
    sources, target = EDGES.get(name, ((), State.DRAFT))
    return {"source": [s.value for s in sources], "target": target.value}
