"""What the registry of kinship knows of a guardian; where it knows nothing, a paper is seen."""

import datetime
from dataclasses import replace

from approvals.actions import Presence
from approvals.rows.intakes import Acting, Authority, Relation
from exchange import kinship
from ledger.clock import city_date
from people.actors import Actor
from people.errors import ActionRejected


def confirmed(
    presence: Presence, applicant: str, service: str, *, by: Actor, now: datetime.datetime
) -> Presence:
    """Return what was seen, with the relation that the registry has, where it is relied on.

    ``presence`` passed ``intakes.require``; ``applicant``: the number. The look-up names the
    officer. Raises ``ActionRejected`` (422) where the registry does not have this guardian, or does
    not answer.
    """
    acts = presence.representative
    if acts is None or acts.authority != Authority.REGISTRY or presence.acting != Acting.GUARDIAN:
        return presence
    found = kinship.relation(
        ward=applicant, guardian=acts.number, purpose=f"counter:{service}", by=by, now=now
    )
    if found not in Relation.values:
        raise ActionRejected(
            "kinship_unknown",
            "亲属关系库没有该监护关系，请查验纸质证明原件并选择相应证明",
            "The registry of kinship does not have this guardian: see the paper and choose it.",
            status=422,
            field="/intake/representative/authority",
        )
    confirmed_ = replace(acts, relation=found, on=city_date(now))
    return replace(presence, representative=confirmed_)
