"""What is counted of the decisions of a batch, and how a text in shadow would have judged it.

It has no effect on any decision: nothing is read for it, a shadow's judge that raises is a counted
divergence, and what is counted goes into the batch's own statement as a few rows.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.conf import settings

import bulk
from approvals.actions.claims import Claimed
from approvals.actions.decisions import Decided
from approvals.states import Outcome
from exchange.queries import is_outage
from services import shadows
from services.comparison import changes
from services.inputs import read_inputs
from services.models import Tally
from services.rulebook import Rulebook
from services.verdict import UNKNOWN, judge
from services.watching import SHADOW

log = logging.getLogger(__name__)
SAMPLES = 3  # case numbers of each divergence of a batch
FAILED = "failed"  # the shadow's result where its judge raised
NOT_OF_RULES = ("automatic_off", "person_requested", "quota_full")  # says nothing about a rule
Key = tuple[str, str, str, str, str]  # condition, result live, in shadow, outcome live, in shadow


@dataclass(slots=True)
class _Counts:
    """As the columns of ``Tally``; ``detail`` by key, with numbers of some of the cases."""

    numbers: Counter[str] = field(default_factory=Counter)
    detail: Counter[Key] = field(default_factory=Counter)
    samples: dict[Key, list[str]] = field(default_factory=dict)

    def add(self, key: Key, number: str) -> None:
        self.detail[key] += 1
        some = self.samples.setdefault(key, [])
        if len(some) < SAMPLES:
            some.append(number)


def tallies(pairs: Iterable[tuple[Claimed, Decided]]) -> list[Tally]:
    """Return what a batch counts, unsaved: a row a service, registry, and shadow that runs."""
    counts: dict[tuple[str, str], _Counts] = defaultdict(_Counts)
    for one, made in pairs:
        if is_counted(one, made):
            for scope, code in _scopes(made):
                found = counts[scope, code].numbers
                found["cases"] += 1
                found["approved"] += made.ruling.outcome is Outcome.APPROVE
                found["handed_over"] += made.ruling.outcome is Outcome.REFER
        for shadow in one.shadows:
            service, book = shadows.rulebook(shadow)
            if service == made.application.service_id:
                _beside(counts[SHADOW, str(shadow)], made, book)
    return [_row(scope, code, found) for (scope, code), found in counts.items()]


def is_counted(one: Claimed, made: Decided) -> bool:
    """Whether a decision says something about its rules, or about what registries answer.

    Not while it is suspended, for a wish for a person, for want of a place, nor in an outage.
    """
    if not one.automatic or made.ruling.suspended:
        return False
    if any(reason in NOT_OF_RULES for reason in made.ruling.reasons):
        return False
    return not any(is_outage(row.outcome, row.reason) for row in made.file.evidence)


def _scopes(made: Decided) -> Iterator[tuple[str, str]]:
    """Yield what of a case the city has bands for."""
    watch = settings.CITY.suspension
    if made.application.service_id in watch.services:
        yield "service", made.application.service_id
    if watch.registries:
        for registry in {row.registry for row in made.file.evidence}:
            if registry in watch.registries:
                yield "registry", registry


def _beside(found: _Counts, made: Decided, book: Rulebook | None) -> None:
    """Judge one case by a shadow, and count it; None: a text that cannot be read."""
    live, number = made.verdict, made.application.number
    found.numbers["cases"] += 1
    try:
        assert book is not None, "its text cannot be read"
        other = judge(book, read_inputs(book, made.decision.inputs))
        differing = changes(live, other) if other.results != live.results else {}
        outcome = other.outcome
        is_unheld = UNKNOWN in other.results and UNKNOWN not in live.results
    except Exception:
        log.exception("the shadow failed on %s", number)
        differing, outcome, is_unheld = {"": ("", FAILED)}, FAILED, False
        found.numbers["failed"] += 1
    found.numbers["unheld"] += is_unheld
    if outcome == live.outcome and not differing:
        return
    found.numbers["diverged"] += outcome != live.outcome
    for condition, (before, after) in (differing or {"": ("", "")}).items():
        found.add((condition, before, after, live.outcome, outcome), number)


def _row(scope: str, code: str, found: _Counts) -> Tally:
    detail = [[*key, cases, found.samples[key]] for key, cases in found.detail.items()]
    return bulk.new(Tally, scope=scope, code=code, detail=detail, **found.numbers)
