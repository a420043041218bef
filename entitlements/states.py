"""States of an entitlement, its instalments, what was overpaid and lists; the edges between."""

from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    ACTIVE = "active", _("being paid")
    SUSPENDED = "suspended", _("suspended")  # a condition does not hold; nothing is due meanwhile
    HELD = "held", _("with an officer")  # a contradiction, or nobody answers: not paid, not stopped
    ENDED = "ended", _("ended")


LIVE = (State.ACTIVE, State.SUSPENDED, State.HELD)
LIVE_WORDS = ", ".join(f"'{state.value}'" for state in LIVE)  # as SQL lists them

# action: (from, to). django-fsm's edges and the database guard are both made from this table.
EDGES: dict[str, tuple[tuple[State, ...], State]] = {
    "suspend": ((State.ACTIVE, State.HELD), State.SUSPENDED),
    "hold": ((State.ACTIVE, State.SUSPENDED), State.HELD),
    "resume": ((State.SUSPENDED, State.HELD), State.ACTIVE),
    "end": (LIVE, State.ENDED),
}
EDGE_TO: dict[str, str] = {str(to): name for name, (_from, to) in EDGES.items()}


class InstalmentState(models.TextChoices):
    DUE = "due", _("due for payment")  # on the next payment list, or, with ``payment``, on that one
    HELD = "held", _("held")  # of an entitlement that was held when its period began
    CANCELLED = "cancelled", _("not due")  # held or due, and then found not to be owed


# (from, to), of an instalment that is on no payment list
INSTALMENT_EDGES = (
    (InstalmentState.HELD, InstalmentState.DUE),
    (InstalmentState.HELD, InstalmentState.CANCELLED),
    (InstalmentState.DUE, InstalmentState.CANCELLED),
)


class OverpaymentState(models.TextChoices):
    STATED = "stated", _("found, not decided")
    PROPOSED = "proposed", _("waits for a second officer")
    RECOVERED = "recovered", _("to be paid back")  # two officers decided so
    WAIVED = "waived", _("not claimed back")  # likewise


OVERPAYMENT_OPEN = (OverpaymentState.STATED, OverpaymentState.PROPOSED)


class ListState(models.TextChoices):
    """How far a payment list has come; read from the Events of the list, its only history."""

    MADE = "made", _("made, not released")
    RELEASED = "released", _("released")  # by a supervisor or head: a clerk may take it
    EXPORTED = "exported", _("with the treasury")
    PAID = "paid", _("paid, as the treasury says")


# kinds of a list's Events; the first three are the states that they lead to
RELEASED, EXPORTED, PAID, RETURNED = "released", "exported", "paid", "returned"


def list_state(kinds: Iterable[str]) -> ListState:
    """Return the state of a list with Events of these kinds."""
    seen = set(kinds)
    reached = [state for state in (ListState.PAID, ListState.EXPORTED, ListState.RELEASED)
               if state.value in seen]  # fmt: skip
    return reached[0] if reached else ListState.MADE
