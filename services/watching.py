"""Adding up what engines have decided, and suspending what has left its band.

One process does it, within a second of each batch (a duty of the reconciler). A tally is deleted in
the transaction that adds it up, so a crash neither loses nor doubles one.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F

import bulk
from city.bands import Band
from ledger.events import instant
from people.actors import Actor
from services import bands, shadows, switches
from services.models import Divergence, Rate, Shadow, Tally
from services.models.switches import Scope

BATCH = 1000
SHADOW = "shadow"  # scope of a tally, and of the rate of its divergence
SAMPLES = 20  # case numbers of each divergence

# Parameter: how many. Of two that add up, each takes others.
_TAKE = """
WITH taken AS (DELETE FROM services_tally WHERE id IN (
    SELECT id FROM services_tally ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED) RETURNING *)
SELECT {columns} FROM taken t ORDER BY t.id
"""


@dataclass(frozen=True, slots=True)
class Alarm:
    """A rate that has left its band; ``shadow``: whose divergence it is."""

    scope: str
    code: str
    measure: str
    side: bands.Side
    rate: Rate
    shadow: Shadow | None = None

    def measured(self) -> dict[str, str]:
        """What was counted, as a suspension keeps it."""
        return {
            "measure": self.measure,
            "side": self.side.side,
            "edge": f"{self.side.edge:g}",
            "far": f"{self.side.far:.4f}",
            "every": str(self.side.every),
            "cases": str(self.rate.cases),
            "hits": str(self.rate.hits),
            "since": instant(self.rate.since),
        }


def add_up(*, by: Actor, now: datetime.datetime) -> bool:
    """Add up what engines have counted, and suspend what has left its band; is there perhaps more?

    A draft in shadow that diverges too much is found (``Shadow.found_at``); where a former edition
    in shadow does, its service is suspended.
    """
    with transaction.atomic():
        taken = bulk.read(Tally, _TAKE, [BATCH])
        if not taken:
            return False
        known = {str(one.pk): one for one in Shadow.objects.filter(pk__in=_shadows(taken))}
        alarms = list(_alarms(taken, known, now))
        for code, some in _grouped(t for t in taken if t.scope == SHADOW).items():
            _count_shadow(known[code[1]], some, now)
        for alarm in alarms:
            _act(alarm, by, now)
    return len(taken) == BATCH


def _shadows(taken: Iterable[Tally]) -> set[int]:
    return {int(one.code) for one in taken if one.scope == SHADOW}


def _grouped(taken: Iterable[Tally]) -> dict[tuple[str, str], list[Tally]]:
    found = sorted(taken, key=lambda one: (one.scope, one.code, one.id))
    return {key: list(some) for key, some in groupby(found, key=lambda t: (t.scope, t.code))}


def _alarms(
    taken: Sequence[Tally], known: Mapping[str, Shadow], now: datetime.datetime
) -> Iterator[Alarm]:
    """Yield what leaves its band; at most one alarm of a service, registry or shadow."""
    grouped = _grouped(taken)
    codes = {scope: [c for s, c in grouped if s == scope] for scope in Scope.values}
    suspended = {(scope, c) for scope in codes for c in switches.live(scope, codes[scope])}
    stored = {
        (r.scope, r.code, r.measure, r.side): r
        for r in Rate.objects.filter(code__in={code for _, code in grouped}).select_for_update()
    }
    changed: list[Rate] = []
    for (scope, code), some in grouped.items():
        if (scope, code) in suspended:
            continue
        shadow = known[code] if scope == SHADOW else None
        for measure, band in _bands(scope, code, shadow):
            for side in bands.sides(band, settings.CITY.suspension):
                key = (scope, code, measure, side.side)
                rate = stored.get(key) or Rate(**dict(zip(_KEY, key, strict=True)), since=now)
                changed.append(_added(rate, side, some, now))
                if side.is_alarm(rate.cases, rate.hits):
                    yield Alarm(scope, code, measure, side, rate, shadow)
    _store(changed)


_KEY = ("scope", "code", "measure", "side")


def _bands(scope: str, code: str, shadow: Shadow | None) -> Iterator[tuple[str, Band]]:
    watch = settings.CITY.suspension
    if scope != SHADOW:
        found = watch.of(scope, code)
        yield "approved", found.approved
        yield "handed_over", found.handed_over
    elif shadow is not None and shadow.ended_at is None and shadow.found_at is None:
        band = watch.of(Scope.SERVICE, shadow.service_id).diverged
        yield "diverged", Band(most=float(shadow.expected)) if shadow.expected else band


def _added(rate: Rate, side: bands.Side, some: Sequence[Tally], now: datetime.datetime) -> Rate:
    for tally in some:
        hits = getattr(tally, rate.measure)
        found = side.added((rate.cases, rate.hits), tally.cases, hits)
        if found == (tally.cases, hits):
            rate.since = now
        rate.cases, rate.hits = found
        if side.is_alarm(*found):
            break  # what comes after it was decided while the alarm was due
    return rate


def _store(changed: Sequence[Rate]) -> None:
    Rate.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=list(_KEY),
        update_fields=["cases", "hits", "since"],
    )


def _act(alarm: Alarm, by: Actor, now: datetime.datetime) -> None:
    measured, shadow = alarm.measured(), alarm.shadow
    if shadow is None:
        scope, code = alarm.scope, alarm.code
    else:
        Rate.objects.filter(scope=alarm.scope, code=alarm.code).delete()
        shadows.found(shadow, measured=measured, by=by, now=now)
        if shadow.edition_id is None:
            return  # a draft: nothing live is at fault
        scope, code = Scope.SERVICE.value, shadow.service_id
    switches.suspend_measured(
        scope=scope, code=code, reason=reason(measured, "zh"), measured=measured, by=by, now=now
    )


_MEASURES = {
    "approved": ("自动批准率", "Share approved automatically"),
    "handed_over": ("转人工率", "Share handed over to officers"),
    "diverged": ("影子运行分歧率", "Share judged otherwise in shadow"),
}


def reason(measured: Mapping[str, str], language: str) -> str:
    """Say what has left its band, and with which numbers; of what is not measured, nothing."""
    if measured.get("measure") not in _MEASURES:
        return ""
    zh, en = _MEASURES[measured["measure"]]
    is_above = measured["side"] == bands.ABOVE
    cases, hits, edge = measured["cases"], measured["hits"], f"{float(measured['edge']):.1%}"
    if language == "en":
        way = "above" if is_above else "below"
        return f"{en}: {hits} of the last {cases} decisions, {way} its band ({edge})"
    return f"{zh}：最近 {cases} 件中 {hits} 件，{'高于上限' if is_above else '低于下限'} {edge}"


def _count_shadow(shadow: Shadow, some: Sequence[Tally], now: datetime.datetime) -> None:
    names = ("cases", "diverged", "failed", "unheld")
    sums = {name: sum(getattr(one, name) for one in some) for name in names}
    Shadow.objects.filter(pk=shadow.pk).update(**{n: F(n) + sums[n] for n in names})
    counts: Counter[tuple[str, ...]] = Counter()
    samples: dict[tuple[str, ...], list[str]] = {}
    for tally in some:
        for *key, cases, numbers in tally.detail:
            counts[tuple(key)] += cases
            samples.setdefault(tuple(key), []).extend(numbers)
    if not counts:
        return
    stored = {_key(row): row for row in Divergence.objects.filter(shadow=shadow)}
    for key, cases in counts.items():
        row = stored.get(key) or Divergence(
            shadow=shadow, **dict(zip(_PLACES, key, strict=True)), cases=0, first_at=now
        )
        row.cases += cases
        row.samples = [*row.samples, *samples[key]][:SAMPLES]
        row.last_at = now
        row.save()


_PLACES = ("condition", "live", "other", "live_outcome", "other_outcome")


def _key(row: Divergence) -> tuple[Any, ...]:
    return tuple(getattr(row, name) for name in _PLACES)
