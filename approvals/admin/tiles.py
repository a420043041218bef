"""Numbers on the desk's first page, each with what it counts, and those of proposed editions."""

import datetime
from dataclasses import dataclass

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext

from ledger.clock import city_date
from people.models import User
from services.models import Edition, Proposal, Review
from services.states import ProposalState


@dataclass(frozen=True, slots=True)
class Tile:
    """One number with what it counts. ``tone``: bad, wait or nothing."""

    label: str
    count: int
    link: str
    tone: str = ""


def proposals(label: str, state: ProposalState, tone: str = "wait") -> Tile:
    """Return how many proposed editions are in a state, leading to their list."""
    count = Proposal.objects.filter(state=state).count()
    page = f"{reverse('admin:services_proposal_changelist')}?state__exact={state}"
    return Tile(label, count, page, tone * bool(count))


def editions_later(now: datetime.datetime) -> Tile:
    later = Edition.objects.filter(in_force_from__gt=city_date(now)).count()
    editions = reverse("admin:services_edition_changelist")
    return Tile(gettext("Editions in force later"), later, editions)


def editions_to_review(user: User) -> Tile:
    """What waits for a review of one's role, one's own proposals apart."""
    done = Review.objects.filter(proposal=OuterRef("pk"), role=user.role, approves=True)
    waiting = Proposal.objects.filter(state=ProposalState.PROPOSED).exclude(Exists(done))
    count = waiting.exclude(author=user.person).count()
    page = f"{reverse('admin:services_proposal_changelist')}?state__exact={ProposalState.PROPOSED}"
    return Tile(gettext("Proposed editions to review"), count, page, "wait" * bool(count))
