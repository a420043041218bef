"""The actions on certificates and filings; see each module."""

from certificates.actions.endorsing import Endorsing, endorse, lapse
from certificates.actions.filing import push_again, record_receipt, remind, resend
from certificates.actions.issuing import issue
from certificates.actions.lifecycle import (
    cancel,
    expire,
    lapse_for,
    lock_for,
    rely,
    restore,
    suspend,
    withdraw_for,
)
from certificates.actions.orders import Order
from certificates.actions.revoking import confirm, drop, propose, state_view

__all__ = [
    "Endorsing",
    "Order",
    "cancel",
    "confirm",
    "drop",
    "endorse",
    "expire",
    "issue",
    "lapse",
    "lapse_for",
    "lock_for",
    "propose",
    "push_again",
    "record_receipt",
    "rely",
    "remind",
    "resend",
    "restore",
    "state_view",
    "suspend",
    "withdraw_for",
]
