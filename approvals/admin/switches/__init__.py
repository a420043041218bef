"""Suspending automatic approval at the desk, and texts in shadow."""

from approvals.admin.switches.shadows import ShadowAdmin
from approvals.admin.switches.suspensions import SuspensionAdmin

__all__ = ["ShadowAdmin", "SuspensionAdmin"]
