"""How often automatic approvals are false, from a sample: intervals and sample sizes. Pure.

The interval is Wilson's score interval at 95 % (E. B. Wilson, 1927), of a finite population by its
effective size n (N - 1) / (N - n). At rates near nothing its coverage stays near what it says
where Wald's does not: exactly enumerated, 94.6 % for the 918 cases that a half-width of half a
percentage point needs at a rate of half a percent. Where nothing was found it is the exact
one-sided bound of Clopper and Pearson (1934), 1 - 0.05^(1/n), near 3/n: the rule of three.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z = 1.959963984540054  # of the normal distribution: 2.5 % beyond on each side
ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Interval:
    """A rate with what it lies between at a confidence of 95 %; shares from 0 to 1."""

    rate: float
    low: float
    high: float

    @property
    def half_width(self) -> float:
        return (self.high - self.low) / 2


@dataclass(frozen=True, slots=True)
class Stratum:
    """What a sample showed of one part: ``found`` of ``reviewed``, from ``population`` cases."""

    population: int
    reviewed: int
    found: int


def effective(size: float, population: int) -> float:
    """Return how many draws with replacement tell as much as ``size`` without; inf: all of them."""
    if size >= population:
        return math.inf
    return size * (population - 1) / (population - size)


def interval(found: int, reviewed: int, population: int) -> Interval | None:
    """Return the rate of ``found`` among ``reviewed`` of ``population``; None of no case at all."""
    if not reviewed:
        return None
    return _interval(found / reviewed, effective(reviewed, population))


def weighted(strata: Sequence[Stratum]) -> Interval | None:
    """Return the rate over all strata, each by the share of its population.

    Strata without a reviewed case say nothing and are left out: the rate is of the others. What
    unequal shares cost is in the effective size 1 / sum(W^2 / n) (Kish, 1965), which does not
    depend on what was found.
    """
    known = [s for s in strata if s.reviewed]
    everybody = sum(s.population for s in known)
    if not everybody:
        return None
    rate = sum(s.found / s.reviewed * s.population for s in known) / everybody
    spread = sum(
        (s.population / everybody) ** 2 / effective(s.reviewed, s.population) for s in known
    )
    return _interval(rate, 1 / spread if spread else math.inf)


def _interval(rate: float, size: float) -> Interval:
    if math.isinf(size):
        return Interval(rate, rate, rate)
    if rate == 0:
        return Interval(0.0, 0.0, 1 - ALPHA ** (1 / size))
    middle = (rate + Z**2 / (2 * size)) / (1 + Z**2 / size)
    half = _half_width(rate, size)
    return Interval(rate, max(0.0, middle - half), min(1.0, middle + half))


def _half_width(rate: float, size: float) -> float:
    if math.isinf(size):
        return 0.0
    spread = rate * (1 - rate) / size + Z**2 / (4 * size**2)
    return Z / (1 + Z**2 / size) * math.sqrt(spread)


def half_width(rate: float, size: int, population: int) -> float:
    """Return how wide, to one side, the interval of ``size`` cases is at an expected rate."""
    return _half_width(rate, effective(size, population)) if size else 1.0


def sample_size(rate: float, wanted: float, population: int) -> int:
    """Return the fewest cases whose interval is ``wanted`` wide to one side, at an expected rate.

    Of a population that small that all of it is needed, the population.
    """
    low, high = 0, population
    while low < high:
        middle = (low + high) // 2
        if half_width(rate, middle, population) <= wanted:
            high = middle
        else:
            low = middle + 1
    return low


def allocate(sizes: Sequence[int], size: int, least: int) -> list[int]:
    """Spread ``size`` cases over strata in proportion, ``least`` of each, never more than it has.

    Where the least of each is more than ``size``, it is that. Largest remainders first.
    """
    everybody = sum(sizes)
    shares = [size * s / everybody if everybody else 0.0 for s in sizes]
    floor = [min(least, s) for s in sizes]
    whole = [min(math.floor(share), s) for share, s in zip(shares, sizes, strict=True)]
    found = [max(pair) for pair in zip(floor, whole, strict=True)]
    places = range(len(sizes))
    while sum(found) < min(size, everybody):
        free = [i for i in places if found[i] < sizes[i]]
        found[max(free, key=lambda i: (shares[i] - found[i], -i))] += 1
    while sum(found) > size and any(found[i] > floor[i] for i in places):
        over = [i for i in places if found[i] > floor[i]]
        found[max(over, key=lambda i: (found[i] - shares[i], -i))] -= 1
    return found
