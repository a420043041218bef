"""What the registry of kinship knows of a guardian; where it knows nothing, a paper is seen."""

import datetime
from dataclasses import replace

from django.conf import settings

from approvals.actions import Presence
from approvals.actions.intakes import KINSHIP
from approvals.rows.intakes import Acting, Authority, Relation
from exchange.registries import Query, query_registries
from ledger.clock import city_date
from people import identity, names
from people.actors import Actor
from people.errors import ActionRejected

GUARDIANS = "guardians"  # the registry's field: who they are, by keyed index, and what they are


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
    number = names.normal_number(applicant)
    query = Query(
        case="",
        registry=KINSHIP,
        subject=identity.index(number),
        number=number,
        fields=(GUARDIANS,),
        purpose=f"counter:{service}",
        basis=settings.CITY.registries[KINSHIP].basis,
    )
    (answer,) = query_registries([query], by=by, now=now)
    person = identity.index(names.normal_number(acts.number))
    guardians = answer.data.get(GUARDIANS, []) if answer.outcome == "found" else []
    found = next((g for g in guardians if g.get("person") == person), None)
    if found is None or found.get("relation") not in Relation.values:
        raise ActionRejected(
            "kinship_unknown",
            "亲属关系库没有该监护关系，请查验纸质证明原件并选择相应证明",
            "The registry of kinship does not have this guardian: see the paper and choose it.",
            status=422,
            field="/intake/representative/authority",
        )
    confirmed_ = replace(acts, relation=found["relation"], on=city_date(now))
    return replace(presence, representative=confirmed_)
