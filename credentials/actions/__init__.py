"""Everything that changes offers, credentials in wallets, and requests to be shown one."""

from credentials.actions.ending import end, notify
from credentials.actions.issuing import Issued, issue
from credentials.actions.offering import offer, redeem
from credentials.actions.presenting import answer, ask, decline, erase

__all__ = [
    "Issued",
    "answer",
    "ask",
    "decline",
    "end",
    "erase",
    "issue",
    "notify",
    "offer",
    "redeem",
]
