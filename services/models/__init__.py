"""What can be applied for, and how its rules are kept: one module a subject."""

from services.models.catalogue import Edition, Pinyin, Service
from services.models.clauses import ClauseTask
from services.models.drafts import Draft, DraftState, DraftText
from services.models.proposals import Proposal, Review
from services.models.regressions import Regression
from services.models.shadows import Divergence, Shadow
from services.models.switches import Rate, Suspension, Tally
from services.models.trials import Trial, TrialFlip, TrialKind, TrialState

__all__ = [
    "ClauseTask",
    "Divergence",
    "Draft",
    "DraftState",
    "DraftText",
    "Edition",
    "Pinyin",
    "Proposal",
    "Rate",
    "Regression",
    "Review",
    "Service",
    "Shadow",
    "Suspension",
    "Tally",
    "Trial",
    "TrialFlip",
    "TrialKind",
    "TrialState",
]
