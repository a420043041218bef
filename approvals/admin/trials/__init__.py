"""Trials of drafts at the desk: ordered, watched, read; nobody's name."""

from approvals.admin.trials.pages import TrialAdmin

__all__ = ["TrialAdmin"]
