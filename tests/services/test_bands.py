"""When a rate has left its band: the test against its own claims, simulated without a database."""

import random
from collections.abc import Iterator
from itertools import accumulate
from math import comb, log

import pytest

from city.bands import Band, Watch
from services import bands

RUNS = 10_000
BATCH = 10


def binomial(rate: float) -> list[float]:
    """Cumulative weights of how many of a batch are hits."""
    weights = (comb(BATCH, k) * rate**k * (1 - rate) ** (BATCH - k) for k in range(BATCH + 1))
    return list(accumulate(weights))


def alarms(side: bands.Side, rate: float, batches: int, draw: random.Random) -> Iterator[int]:
    """For each run after how many decisions it alarmed; 0 where it did not."""
    weights, values = binomial(rate), range(BATCH + 1)
    for _run in range(RUNS):
        state, found = (0, 0), 0
        for number, hits in enumerate(draw.choices(values, cum_weights=weights, k=batches), 1):
            state = side.added(state, BATCH, hits)
            if side.is_alarm(*state):
                found = number * BATCH
                break
        yield found


@pytest.mark.parametrize("name", ["most", "least"])
def test_a_rate_at_the_end_of_its_band_rarely_gives_an_alarm(name: str) -> None:
    """A chance of n/every within n decisions at most: the mean run length rests on it."""
    watch = Watch(every=1000)
    (side,) = bands.sides(Band(**{name: 0.6}), watch)
    false = sum(1 for at in alarms(side, 0.6, 20, random.Random(1)) if at)
    assert false / RUNS <= 20 * BATCH / watch.every
    within = 0.5 if name == "most" else 0.7
    assert sum(1 for at in alarms(side, within, 20, random.Random(2)) if at) <= RUNS // 1000


@pytest.mark.parametrize(("name", "rate"), [("most", 0.95), ("least", 0.3)])
def test_a_rate_beyond_it_gives_one_within_the_stated_bound(name: str, rate: float) -> None:
    (side,) = bands.sides(Band(**{name: 0.6}), Watch())
    bound = side.bound(rate, 0.001)
    found = list(alarms(side, rate, bound // BATCH + 1, random.Random(3)))
    assert sum(1 for at in found if not at) <= RUNS * 0.002
    assert min(at for at in found if at) >= 15  # the least that an alarm takes


def test_the_least_number_of_decisions_holds_at_both_ends() -> None:
    for least in (15, 40):
        watch = Watch(least=least)
        above, below = bands.sides(Band(least=0.3, most=0.6), watch)
        assert not above.is_alarm(least - 1, least - 1)
        assert not below.is_alarm(least - 1, 0)
        assert above.far <= 0.9 and below.far >= 0.1


def test_nothing_is_promised_of_a_rate_that_is_hardly_beyond() -> None:
    (side,) = bands.sides(Band(most=0.6), Watch())
    with pytest.raises(ValueError, match="beyond"):
        side.bound(0.61, 0.01)


def test_what_spoke_against_it_before_is_forgotten() -> None:
    (side,) = bands.sides(Band(most=0.6), Watch())
    good = side.added((0, 0), 100_000, 10_000)
    assert side.weight(*good) < 0
    assert side.added(good, 10, 10) == (10, 10)
    assert side.weight(10, 10) == pytest.approx(10 * log(side.far / 0.6))
