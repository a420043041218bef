"""States of a proposed edition, and the edges between them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from ledger.models import Edges


class ProposalState(models.TextChoices):
    PROPOSED = "proposed", _("waits for its reviews")
    APPROVED = "approved", _("approved, not published")  # by a legal and a technical officer
    SENT_BACK = "sent_back", _("sent back")  # by a reviewer, with reasons
    WITHDRAWN = "withdrawn", _("withdrawn")  # by whoever proposed it
    PUBLISHED = "published", _("published")


OPEN = (ProposalState.PROPOSED, ProposalState.APPROVED)

# django-fsm's edges and the database guard are both made from this table
EDGES: Edges = {
    "approve": ((ProposalState.PROPOSED,), ProposalState.APPROVED),
    "send_back": (OPEN, ProposalState.SENT_BACK),
    "withdraw": (OPEN, ProposalState.WITHDRAWN),
    "publish": ((ProposalState.APPROVED,), ProposalState.PUBLISHED),
}

# kind of a step's Event: the edge that it takes; other kinds change no state
EDGE_OF = {
    "approved": "approve",
    "sent_back": "send_back",
    "withdrawn": "withdraw",
    "published": "publish",
}
