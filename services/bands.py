"""When a rate of the machine's decisions has left its band: a sequential test. Pure.

Each side of a band is a one-sided CUSUM (Page 1954) of log-likelihood ratios between its ``edge``
and a rate ``far`` beyond it, begun anew whenever nothing speaks for the far one. However often it
is looked at, and whatever the rate within the band, the mean number of decisions until it gives a
false alarm is at least ``every`` (Lorden 1971; for any rate within the band, and counts in batches:
Shin, Ramdas and Rinaldo 2023, e-detectors). ``bound`` says after how many decisions it has given
a true one. Assumed: decisions come independently of each other; a rate that moves within the band
does no harm.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from city.bands import Band, Watch

ABOVE, BELOW = "above", "below"


@dataclass(frozen=True, slots=True)
class Side:
    """One end of a band: ``edge`` is the last rate within it, ``far`` the one looked for beyond."""

    side: str
    edge: float
    far: float
    every: int

    def weight(self, cases: int, hits: int) -> float:
        """What speaks for the far rate, in nats, after ``hits`` of ``cases``."""
        hit = math.log(self.far / self.edge)
        miss = math.log((1 - self.far) / (1 - self.edge))
        return hits * hit + (cases - hits) * miss

    def added(self, before: tuple[int, int], cases: int, hits: int) -> tuple[int, int]:
        """Return (cases, hits) with a batch added; from nothing, if nothing spoke for it yet."""
        seen, hit = before if self.weight(*before) > 0 else (0, 0)
        return seen + cases, hit + hits

    def is_alarm(self, cases: int, hits: int) -> bool:
        return self.weight(cases, hits) >= math.log(self.every)

    def bound(self, rate: float, miss: float) -> int:
        """Return after how many decisions at ``rate`` there was an alarm, but for a chance ``miss``

        By the exact binomial distribution; a batch may add its own size. Raises ``ValueError`` for
        a rate that is nearer to the band than to the far rate, which may go on for long.
        """
        gain = self.weight(1, 1) * rate + self.weight(1, 0) * (1 - rate)
        if gain <= 0:
            raise ValueError(f"{rate} is not beyond {self.edge} by enough")
        cases = 1
        while self._chance_of_none(cases, rate) > miss:
            cases += 1
        return cases

    def _chance_of_none(self, cases: int, rate: float) -> float:
        """The chance that ``cases`` decisions in a row, all of them, weigh too little."""
        return sum(
            math.comb(cases, hits) * rate**hits * (1 - rate) ** (cases - hits)
            for hits in range(cases + 1)
            if not self.is_alarm(cases, hits)
        )


def sides(band: Band, watch: Watch) -> Iterator[Side]:
    """Yield the ends of a band: the far rate has so many times the odds of its edge.

    It is so near that an alarm takes ``watch.least`` decisions at least.
    """
    most = math.exp(math.log(watch.every) / watch.least)
    if band.most is not None:
        far = min(_shifted(band.most, watch.odds), band.most * most)
        yield Side(ABOVE, band.most, far, watch.every)
    if band.least is not None:
        far = max(_shifted(band.least, 1 / watch.odds), 1 - (1 - band.least) * most)
        yield Side(BELOW, band.least, far, watch.every)


def _shifted(rate: float, factor: float) -> float:
    odds = rate / (1 - rate) * factor
    return odds / (1 + odds)
