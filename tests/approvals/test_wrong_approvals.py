"""A bad rule that is live: how many it approves before automatic approval suspends itself.

Half of those who apply are minors, whom the bad rule approves, as it approves everybody. The bound
is that of ``services.bands``, for a rate of 99.9 %, and the one batch in which the alarm falls.
"""

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.conf import settings
from django.db import transaction

from approvals.models import Application
from city.bands import Band, Bands, Watch
from ledger.clock import city_date, now
from people.actors import CLOCK
from services import bands, watching
from services.models import Suspension
from tests.approvals.bus_passes import BAD, CODE, decide, first_edition, people, submit
from tests.services.editions import published
from tests.services.packs import changed

BATCH = 10
BAND = Band(least=0.3, most=0.7)
WATCH = Watch(every=100_000, services={CODE: Bands(approved=BAND)})
MOST = next(bands.sides(BAND, WATCH)).bound(0.999, 1e-4) + BATCH
WRONG = MOST * 3 // 4  # of so many, one in two a minor: more has a chance of one in 100,000


@pytest.fixture
def _watched(furnished: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "CITY", replace(settings.CITY, suspension=WATCH))
    first_edition()


def drawn(draw: random.Random) -> Iterator[list]:
    """Batches of applicants, one in two a minor."""
    while True:
        yield [draw.choice(people(adult=draw.random() < 0.5)) for _ in range(BATCH)]


def run(seed: int, good: int) -> tuple[int, int, int]:
    """So many good batches, then the bad rule; returns (suspensions before it, decided, wrong)."""
    draw = random.Random(seed)
    batches = drawn(draw)
    for _ in range(good):
        handled(next(batches))
    before = Suspension.objects.count()
    today = f"in_force_from: {city_date(now())}"
    published(changed("in_force_from: 2026-01-01", today, BAD), now())
    minors = {one.number for one in people(adult=False)}
    decided = wrong = 0
    for _ in range(30):
        applicants = next(batches)
        decided += BATCH
        approved = handled(applicants)
        wrong += sum(1 for one in approved if one in minors)
        if Suspension.objects.exists():
            break
    assert Suspension.objects.get().measured["measure"] == "approved"
    assert not handled(next(batches)), "from then on officers get them"
    return before, decided, wrong


def handled(applicants: list) -> list[str]:
    """Submit, decide and add up a batch; returns the numbers of whoever was approved."""
    made = submit(applicants)
    decide()
    watching.add_up(by=CLOCK, now=now())
    states = dict(
        Application.objects.filter(id__in=[m.id for m in made]).values_list("id", "state")
    )
    return [
        one.number
        for one, case in zip(applicants, made, strict=True)
        if states[case.id] == "approved"
    ]


def all_runs(seeds: range, good: int) -> list[tuple[int, int, int]]:
    found = []
    for seed in seeds:
        with transaction.atomic():
            found.append(run(seed, good))
            transaction.set_rollback(True)
    return found


def holds(found: list[tuple[int, int, int]]) -> None:
    assert sum(before for before, _, _ in found) == 0, "no good rule was suspended"
    assert max(decided for _, decided, _ in found) <= MOST
    assert 0 < max(wrong for _, _, wrong in found) <= WRONG


@pytest.mark.usefixtures("_watched")
def test_wrong_approvals_before_the_suspension_stay_under_the_bound() -> None:
    holds(all_runs(range(5), good=2))


@pytest.mark.full
@pytest.mark.usefixtures("_watched")
def test_wrong_approvals_over_fifty_runs_stay_under_the_bound() -> None:
    holds(all_runs(range(100, 150), good=10))
