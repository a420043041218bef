"""What can be applied for, and how its rules are kept: one module a subject."""

from services.models.catalogue import Edition, Pinyin, Proposal, Service
from services.models.clauses import ClauseTask
from services.models.drafts import Draft, DraftState, DraftText
from services.models.regressions import Regression
from services.models.trials import Trial, TrialFlip, TrialKind, TrialState

__all__ = [
    "ClauseTask",
    "Draft",
    "DraftState",
    "DraftText",
    "Edition",
    "Pinyin",
    "Proposal",
    "Regression",
    "Service",
    "Trial",
    "TrialFlip",
    "TrialKind",
    "TrialState",
]
