"""Who may hand in for whom, by which channel: the applicant, somebody for them, a program."""

import datetime
from typing import TYPE_CHECKING

from approvals import policies
from approvals.actions import applicants, assisted, intakes, representations
from approvals.actions.representations import Right
from approvals.errors import not_found
from approvals.rows.assistants import ASSISTANT
from approvals.rows.intakes import WINDOW
from approvals.rows.representations import REPRESENTED
from ledger.clock import city_date
from people import identity
from people.actors import Actor, Kind
from people.errors import ActionRejected
from services.pack import supply
from services.rulebook import Rulebook

if TYPE_CHECKING:
    from approvals.actions.submission import NewApplication


def require(
    new: "NewApplication", rulebook: Rulebook, by: Actor, now: datetime.datetime
) -> Right | None:
    """Return by what right it is handed in online for another, if it is."""
    applicant, client, acts = new.applicant, new.client, new.represents
    if not supply.is_open(rulebook.pack, new.channel):
        raise ActionRejected(
            "not_by_this_way",
            "该事项不通过这一渠道受理，办理渠道见事项说明",
            "This service takes no applications this way; its page says which ways there are.",
            status=403,
            field="/channel",
        )
    number = applicants.require(applicant, rulebook, city_date(now))
    may_be_own = by.kind is Kind.CITIZEN and acts is None
    if may_be_own and (by.enterprise or by.code != identity.index(number)):
        raise not_found()  # one applies for oneself, or says by what right for another
    if new.channel != (acts.acting if acts else new.channel) or (
        acts is None and new.channel in REPRESENTED
    ):
        raise not_found()
    if (by.kind is Kind.OFFICER) != (new.presence is not None) or (
        (new.channel == WINDOW) != (new.presence is not None)
    ):
        raise not_found()  # an officer takes what is handed in at a counter, and nothing else
    if new.presence is not None:
        intakes.require(new.presence, rulebook.code, (applicant.kind, number), by, now)
    if (by.assistant != "") != (new.channel == ASSISTANT) or (new.mandate and not by.assistant):
        raise not_found()  # an assistant hands in as such, and nobody else does
    if by.assistant:
        assisted.require(new.mandate, rulebook.code, by=by, now=now)
    if client is not None:
        policies.require_service(client, rulebook.code)
    return representations.right(acts, rulebook, applicant, by=by, now=now) if acts else None
