"""Auditing legal opinions: a receipt names one by its SHA-256, and the row has the words."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from functools import partial
from typing import Any

from approvals.models import Decision, LegalReview
from approvals.states import FINAL
from ledger import audit, canonical


def faults() -> Iterator[str]:
    """Yield a sentence for each decision whose legal review is not the one of its receipt."""
    decided = Decision.objects.filter(officer__isnull=False, outcome__in=FINAL)
    reviewed = decided.exclude(edition__legal_review=[])
    for decisions, _unreadable in audit.chunks(reviewed.order_by("id")):
        cases = {d.application_id for d in decisions}
        agreed: dict[Any, set[str]] = defaultdict(set)
        for row in LegalReview.objects.filter(application__in=cases, agreed=True):
            agreed[row.application_id].add(row.opinion_sha256)
        for decision in decisions:
            if wrong := audit.attempt(partial(_fault, decision, agreed)):
                yield f"decision {decision.id}: {wrong}"


def _fault(decision: Decision, agreed: Mapping[Any, Set[str]]) -> str:
    review = canonical.loads(bytes(decision.receipt)).get("legal_review")
    if review is None or "opinion_sha256" not in review:  # receipts from before have the words
        return ""
    if review["opinion_sha256"] in agreed.get(decision.application_id, ()):
        return ""
    return "the legal opinion is not the one that its receipt names"
