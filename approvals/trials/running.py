"""Working a trial in steps: each is one transaction, with all that it found and how far it came.

A worker that dies loses its step and nothing else: the next one takes the trial up where it stood.
"""

import datetime
import logging
from uuid import UUID

from django.db import transaction

import bulk
from approvals.records import backtest
from approvals.records.backtest import Group, Pair, Period
from approvals.trials import boundary, tally
from people.actors import CLOCK, Actor
from services import catalogue, trials
from services.edition import ENGINE, draft
from services.models import Trial, TrialFlip, TrialKind, TrialState
from services.models.trials import ENDED
from services.rulebook import Rulebook

log = logging.getLogger(__name__)
ATTEMPTS = 3  # of a step that fails; then somebody has to look
FLIPS = 2_000  # rows that one statement writes
_FOUND = (
    *("position", "cases", "judged", "flips", "disagreements", "moves", "breakdown", "remarks"),
)


def waiting() -> list[UUID]:
    """Return the trials that are to be worked, the oldest first."""
    rows = Trial.objects.exclude(state__in=ENDED).order_by("asked_at")
    return list(rows.values_list("pk", flat=True))


def run(trial: UUID, *, by: Actor = CLOCK, now: datetime.datetime) -> Trial:
    """Work a trial to its end in this process, as a command does; returns it."""
    while advance(trial, by=by, now=now):
        pass
    return Trial.objects.get(pk=trial)


def advance(trial: UUID, *, by: Actor = CLOCK, now: datetime.datetime) -> bool:
    """Do the next step of a trial; whether there is another.

    None where another worker has it in hand. A step that fails is tried again, three times in all.
    """
    try:
        with transaction.atomic():
            found = (
                Trial.objects.select_for_update(skip_locked=True, of=("self",))
                .exclude(state__in=ENDED)
                .filter(pk=trial)
                .first()
            )
            if found is None:
                return False
            _step(found, by=by, now=now)
            return found.state not in ENDED
    except Exception as error:
        log.exception("trial %s failed", trial)
        return _failed(trial, type(error).__name__, by=by, now=now)


def _failed(trial: UUID, fault: str, *, by: Actor, now: datetime.datetime) -> bool:
    with transaction.atomic():
        rows = Trial.objects.select_for_update().exclude(state__in=ENDED)
        found = rows.filter(pk=trial).first()
        if found is None:
            return False
        found.attempts += 1
        if found.attempts >= ATTEMPTS:
            trials.fail(found, fault, by=by, now=now)
            return False
        bulk.update(Trial, [found], ["attempts"])
    return True


def _step(trial: Trial, *, by: Actor, now: datetime.datetime) -> None:
    if trial.state == TrialState.ORDERED:
        _begin(trial, by=by, now=now)
    elif trial.kind == TrialKind.BOUNDARY:
        live, after = books(trial)
        _write(boundary.add(trial, live, after))
        trials.finish(trial, by=by, now=now)
    elif trial.position[0] < len(trial.groups):
        _go_on(trial)
    else:
        trials.finish(trial, by=by, now=now)


def books(trial: Trial) -> tuple[Rulebook | None, Rulebook]:
    """Return the rulebooks of the edition in force, where there was one, and of the draft."""
    file = f"{trial.service_id}.yaml"
    read = draft(trial.source, file, city=trial.city).rulebook(0, ENGINE)
    return (catalogue.rulebook(trial.live_id) if trial.live_id else None), read


def _pair(trial: Trial) -> Pair:
    live, read = books(trial)
    assert live is not None  # cases were decided by one of the service's editions
    return Pair(live, read, Period(trial.first_day, trial.last_day, trial.asked_at))


def _begin(trial: Trial, *, by: Actor, now: datetime.datetime) -> None:
    """Divide the cases, and let SQL count what changes before the judge looks at each."""
    trial.position = [0, str(backtest.FIRST)]
    if trial.kind == TrialKind.PAST:
        pair = _pair(trial)
        parts = backtest.groups(pair, backtest.SLICE)
        trial.of = sum(part.cases for part in parts)
        trial.groups = [[one.edition, str(one.first), str(one.last), one.cases] for one in parts]
        counted = backtest.counts(pair, backtest.groups(pair))
        if counted is not None:
            trial.counted = [[live, draft, n] for (live, draft), n in sorted(counted.items())]
    trials.begin(trial, by=by, now=now)


def _go_on(trial: Trial) -> None:
    place, after = trial.position
    edition, first, last, cases = trial.groups[place]
    day = datetime.date.fromisoformat
    group = Group(edition, day(first), day(last), cases)
    report = backtest.Report()
    upto, flips = backtest.advance(report, _pair(trial), group, after=UUID(after), of=trial.of)
    _write(tally.add(trial, report, flips))
    trial.position = [place, str(upto)] if upto else [place + 1, str(backtest.FIRST)]
    trial.attempts = 0
    bulk.update(Trial, [trial], [*_FOUND, "attempts"])


def _write(rows: list[TrialFlip]) -> None:
    for at in range(0, len(rows), FLIPS):
        bulk.insert(TrialFlip, rows[at : at + FLIPS])
