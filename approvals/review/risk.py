"""How much can go wrong with a case in review: from why it is there and how near its day is. Pure.

Two things are weighed. What is against it: a condition that a registry answers as unmet, an agency
that did not agree, a name that differs weigh most; what nobody could find out weighs less; a wish
for a person, or a service that is switched to manual, weighs nothing. And the statutory day: within
two days, or past it, a case counts one step higher. Officers read the word and what it rests on.
"""

import datetime
from enum import IntEnum

from approvals.review.handover import CONSENT_DENIED, parse
from services.verdict import UNMET

NEAR = datetime.timedelta(days=2)
# an officer has it for something that was found, not for something that is missing
AGAINST = frozenset({CONSENT_DENIED, "name_differs", "duplicate", "contested", "facts_changed"})
# nothing is against it, and nothing is open
HARMLESS = frozenset({"person_requested", "automatic_off", "unprintable_name", "quota_full"})


class Risk(IntEnum):
    """In this order; the words are ``approvals.words.RISKS``."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2


def of_reasons(handover: str) -> Risk:
    """Return the weight of why a case is with an officer (``Application.handover``)."""
    reasons = parse(handover)
    if any(r.detail in (UNMET, "denied") or r.code in AGAINST for r in reasons):
        return Risk.HIGH
    return Risk.MEDIUM if any(r.code not in HARMLESS for r in reasons) else Risk.LOW


def risk(handover: str, due_at: datetime.datetime | None, now: datetime.datetime) -> Risk:
    """Return the risk of a case in review, its statutory day counted."""
    weight = of_reasons(handover)
    if due_at is not None and due_at <= now + NEAR:
        return Risk(min(weight + 1, Risk.HIGH))
    return weight
