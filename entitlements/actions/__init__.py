"""The actions on entitlements; see each module."""

from entitlements.actions.deciding import confirm, hold, hold_for, resume, stop
from entitlements.actions.granting import Grant, grant
from entitlements.actions.paying import Paid, pay
from entitlements.actions.payments import export, record_paid, record_returned, release
from entitlements.actions.recovering import decide, propose
from entitlements.actions.reviewing import Reviewed, review, review_changed, review_some

__all__ = [
    "Grant",
    "Paid",
    "Reviewed",
    "confirm",
    "decide",
    "export",
    "grant",
    "hold",
    "hold_for",
    "pay",
    "propose",
    "record_paid",
    "record_returned",
    "release",
    "resume",
    "review",
    "review_changed",
    "review_some",
    "stop",
]
