"""What reviewers read of a proposed edition on one page, in their language.

The difference in words, the trials of just this text, the regression cases whose error it repeats,
and what it has diverged in while it ran in shadow.
"""

from __future__ import annotations

import datetime
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ledger.clock import city_date
from people.language import in_language, language
from services import catalogue, regressions, trial_document, trial_results
from services.edition import draft
from services.explain import requirements_in_words
from services.models import Proposal, Shadow, Trial, TrialKind, TrialState
from services.rule_pages import difference_in_words
from services.rulebook import Rulebook

TRIALS, CONDITIONS = 5, 10  # that the page shows: of one text, of one shadow


@dataclass(frozen=True, slots=True)
class Tried:
    """One trial of the text; its result where it is finished. ``fault``: why it is not believed."""

    trial: Trial
    is_finished: bool
    is_boundary: bool
    fault: str = ""
    totals: Counter[str] = field(default_factory=Counter)
    moves: list[trial_results.Moved] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Shadowed:
    """What became of the text in shadow: counts, and the conditions that diverged most."""

    shadow: Shadow
    share: str
    conditions: list[tuple[str, int]]


def contents(found: Proposal, now: datetime.datetime) -> dict[str, Any]:
    """Return what ``admin/services/proposal.html`` shows of a proposal's text."""
    read = draft(found.source, f"{found.service_id}.yaml", city=found.city)
    book = read.rulebook(in_force_from=found.in_force_from)
    return {
        "name": in_language(book.pack.name),
        "trials": tried(found.service_id, found.hash, book),
        "repeated": [in_language(one) for one in regressions.faults(read)],
        "unjudged": [in_language(one) for one in regressions.remarks(read)],
        "shadow": _shadowed(found, book),
        **_difference(found, book, now),
    }


def tried(service: str, digest: str, book: Rulebook) -> list[Tried]:
    """The trials of a text, the latest first."""
    rows = Trial.objects.filter(service=service, hash=digest).select_related("live")
    return [_tried(one, book) for one in rows.order_by("-asked_at")[:TRIALS]]


def _tried(one: Trial, book: Rulebook) -> Tried:
    is_boundary = one.kind == TrialKind.BOUNDARY
    if one.state != TrialState.FINISHED:
        return Tried(one, False, is_boundary)
    live = catalogue.rulebook(one.live_id) if one.live_id else None
    return Tried(
        one,
        True,
        is_boundary,
        trial_document.document_fault(one),
        trial_results.totals(one),
        trial_results.moves(one, live, book),
    )


def _difference(found: Proposal, book: Rulebook, now: datetime.datetime) -> dict[str, Any]:
    """What differs from the edition that it is to follow; of a first one nothing does."""
    if found.base is None:
        return {"is_first": True}
    day = max(found.in_force_from, city_date(now))
    return difference_in_words(catalogue.rulebook(found.base), book, day)


def _shadowed(found: Proposal, book: Rulebook) -> Shadowed | None:
    shadow = Shadow.objects.filter(service=found.service_id, hash=found.hash).first()
    if shadow is None:
        return None
    named = {item: in_language(one) for item, one in book.consents.items()}
    named |= requirements_in_words(book, found.in_force_from, language())
    counts: Counter[str] = Counter()
    for condition, cases in shadow.divergences.values_list("condition", "cases"):
        counts[named.get(condition, condition)] += cases
    share = f"{shadow.diverged / shadow.cases:.2%}" if shadow.cases else "–"
    return Shadowed(shadow, share, [pair for pair in counts.most_common(CONDITIONS) if pair[0]])
