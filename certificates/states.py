"""States of a certificate (GB/T 36903 status) and the edges between them."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    VALID = "valid", _("valid")  # may be relied on
    SUSPENDED = "suspended", _("suspended")  # an officer stopped it for a while
    SUPERSEDED = "superseded", _("superseded")  # a newer version stands in its place
    REVOKED = "revoked", _("revoked")  # by two named officers, with a reason in law
    EXPIRED = "expired", _("expired")  # its last day has passed
    CANCELLED = "cancelled", _("cancelled")  # given up by its holder, or deregistered


# what can still be relied on, or be again; everything else has ended
LIVE = (State.VALID, State.SUSPENDED)
LIVE_WORDS = ", ".join(f"'{state.value}'" for state in LIVE)  # as SQL lists them
ENDED = (State.SUPERSEDED, State.REVOKED, State.EXPIRED, State.CANCELLED)

# action: (from, to). django-fsm's edges and the database guard are both made from this table.
EDGES: dict[str, tuple[tuple[State, ...], State]] = {
    "supersede": (LIVE, State.SUPERSEDED),
    "suspend": ((State.VALID,), State.SUSPENDED),
    "restore": ((State.SUSPENDED,), State.VALID),
    "revoke": (LIVE, State.REVOKED),
    "expire": (LIVE, State.EXPIRED),
    "cancel": (LIVE, State.CANCELLED),
}


class FilingState(models.TextChoices):
    """Where one item of a consolidated licence stands with its receiver."""

    DUE = "due", _("to be pushed")  # applies, but its receiver is no partner of ours yet
    PUSHED = "pushed", _("sent, no answer yet")  # the receiver holds the pen
    OVERDUE = "overdue", _("no answer in time")  # reminded; a clerk sees it
    ACCEPTED = "accepted", _("accepted")  # the receiver gave its receipt
    RETURNED = "returned", _("returned with a reason")  # a clerk's task
    NOT_APPLICABLE = "not_applicable", _("not applicable")  # with the reason
    REVOKED = "revoked", _("revoked")  # this part alone was withdrawn


UNANSWERED = (FilingState.PUSHED, FilingState.OVERDUE)  # its receiver has to answer
# what an officer has to deal with
WITH_OFFICER = (FilingState.RETURNED, FilingState.OVERDUE, FilingState.DUE)
NOT_SENT = (FilingState.NOT_APPLICABLE, FilingState.DUE, FilingState.REVOKED)

FILING_EDGES: dict[str, tuple[tuple[FilingState, ...], FilingState]] = {
    "push": (
        (
            FilingState.DUE,
            FilingState.RETURNED,
            FilingState.OVERDUE,
            FilingState.ACCEPTED,  # a change or the end of the licence is pushed again
        ),
        FilingState.PUSHED,
    ),
    "accept": (UNANSWERED, FilingState.ACCEPTED),
    "return_": (UNANSWERED, FilingState.RETURNED),
    "lapse": ((FilingState.PUSHED,), FilingState.OVERDUE),
    "revoke": (
        (
            FilingState.PUSHED,
            FilingState.OVERDUE,
            FilingState.ACCEPTED,
            FilingState.RETURNED,
        ),
        FilingState.REVOKED,
    ),
}
