"""Intervals and sample sizes against exact enumeration; nothing here knows the product's formulas.

The oracle counts, for each number of false approvals that a sample may show, how probable it is,
by binomial and hypergeometric coefficients, and adds up where the interval covers the truth.
"""

import hashlib
import math
import random
from fractions import Fraction
from uuid import UUID

import pytest

from approvals.sampling import plan
from approvals.sampling import statistics as st

PLANTED = 0.005


def binomial(n: int, k: int, p: float) -> float:
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(ways + k * math.log(p) + (n - k) * math.log1p(-p))


def coverage(n: int, p: float) -> float:
    """How often the interval of n of very many cases covers p."""
    huge = 10**12
    covered = 0.0
    for k in range(min(n, int(n * p + 12 * math.sqrt(n * p) + 20)) + 1):
        found = st.interval(k, n, huge)
        assert found is not None
        covered += binomial(n, k, p) * (found.low <= p <= found.high)
    return covered


def coverage_of_finite(n: int, false: int, population: int) -> float:
    """The same where n of ``population`` are looked at, by exact fractions."""
    covered = Fraction(0)
    everything = math.comb(population, n)
    for k in range(min(n, false) + 1):
        found = st.interval(k, n, population)
        assert found is not None
        if found.low <= false / population <= found.high:
            ways = math.comb(false, k) * math.comb(population - false, n - k)
            covered += Fraction(ways, everything)
    return float(covered)


@pytest.mark.parametrize("wanted", [0.0025, 0.003, 0.004, 0.005])
def test_the_size_that_a_width_needs_covers_what_is_planted(wanted: float) -> None:
    n = st.sample_size(PLANTED, wanted, 10**9)
    assert 0.93 <= coverage(n, PLANTED) <= 0.97


@pytest.mark.parametrize("p", [0.002, 0.005, 0.01, 0.02, 0.05, 0.1])
def test_over_all_sizes_it_covers_as_often_as_it_says(p: float) -> None:
    """One n is a matter of luck, for counts are whole: Wilson's coverage swings around 95 %."""
    first = int(4 / p)
    every = [coverage(n, p) for n in range(first, 3 * first, max(1, first // 20))]
    assert 0.94 <= sum(every) / len(every) <= 0.965
    assert min(every) >= 0.90


def test_nothing_found_is_the_rule_of_three() -> None:
    for n in (50, 300, 3000):
        found = st.interval(0, n, 10**9)
        assert found is not None and found.low == 0
        # exact: with that rate, n without any has a probability of one in twenty
        assert binomial(n, 0, found.high) == pytest.approx(0.05, rel=1e-4)
        assert found.high == pytest.approx(3 / n, rel=0.04)


def test_a_known_value() -> None:
    """Newcombe (1998), Statistics in Medicine 17, table I: 81/263 and 15/148 by method 3."""
    for k, n, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605)):
        found = st.interval(k, n, 10**12)
        assert found is not None
        assert (found.low, found.high) == pytest.approx((low, high), abs=6e-5)


@pytest.mark.parametrize(("population", "wanted"), [(2000, 0.004), (20_000, 0.004), (400, 0.01)])
def test_of_few_cases_fewer_are_needed_and_it_covers_as_well(
    population: int, wanted: float
) -> None:
    n = st.sample_size(PLANTED, wanted, population)
    assert n < min(population, st.sample_size(PLANTED, wanted, 10**9))
    assert coverage_of_finite(n, round(population * PLANTED), population) >= 0.93
    whole = st.interval(3, population, population)
    assert whole is not None and whole.low == whole.high == 3 / population


def test_the_width_is_as_wanted_and_one_case_fewer_is_not_enough() -> None:
    for wanted in (0.0025, 0.005, 0.01):
        for population in (500, 5_000, 10**9):
            n = st.sample_size(PLANTED, wanted, population)
            assert st.half_width(PLANTED, n, population) <= wanted
            assert n == 0 or st.half_width(PLANTED, n - 1, population) > wanted


POPULATION, FALSE, WANTED = 1_000, 5, 0.007  # half a percent of them are false


def test_ten_hundreds_of_draws_of_a_planted_half_percent() -> None:
    """The draw itself: cases in the order of SHA-256, roots SHA-256 of 0 to 999.

    By exact enumeration the interval of this size covers the truth in 94.9 of 100 draws. How often
    in one series of a hundred is binomial, and outside 93 to 97 in one series of four however good
    the interval is: so ten series are counted together.
    """
    n = st.sample_size(PLANTED, WANTED, POPULATION)
    assert coverage_of_finite(n, FALSE, POPULATION) == pytest.approx(0.95, abs=0.01)
    cases = [UUID(int=i) for i in range(POPULATION)]
    false = set(random.Random(11).sample(cases, FALSE))
    hits, seen = 0, 0
    for trial in range(1_000):
        root = hashlib.sha256(str(trial).encode()).digest()
        last = sorted(plan.order(root, case) for case in cases)[n]
        count = sum(plan.order(root, case) < last for case in false)
        found = st.interval(count, n, POPULATION)
        assert found is not None
        hits += found.low <= PLANTED <= found.high
        seen += count
    assert 930 <= hits <= 970
    assert seen / 1_000 == pytest.approx(FALSE * n / POPULATION, rel=0.06)  # four standard errors


def test_strata_count_by_their_share() -> None:
    parts = [st.Stratum(9_000, 90, 0), st.Stratum(1_000, 90, 9)]
    found = st.weighted(parts)
    assert found is not None
    assert found.rate == pytest.approx(0.9 * 0 + 0.1 * 0.1)
    alike = st.weighted([st.Stratum(9_000, 162, 1), st.Stratum(1_000, 18, 1)])
    assert alike is not None and alike.rate == pytest.approx(0.9 / 162 + 0.1 / 18)
    assert found.high - found.low > 0
    assert st.weighted([st.Stratum(5, 0, 0)]) is None


def test_the_weighted_interval_covers_what_is_planted_in_strata() -> None:
    """Three editions with 0.2, 0.5 and 2 %, drawn in proportion with a least of each."""
    sizes, rates = [12_000, 6_000, 600], [0.002, 0.005, 0.02]
    parts = st.allocate(sizes, 900, 60)
    truth = sum(n * p for n, p in zip(sizes, rates, strict=True)) / sum(sizes)
    dice, hits = random.Random(5), 0
    for _ in range(400):
        seen = []
        for size, rate, n in zip(sizes, rates, parts, strict=True):
            false = round(size * rate)
            seen.append(sum(i < false for i in dice.sample(range(size), n)))
        found = st.weighted([st.Stratum(*t) for t in zip(sizes, parts, seen, strict=True)])
        assert found is not None
        hits += found.low <= truth <= found.high
    assert hits >= 370


@pytest.mark.parametrize(
    ("sizes", "size", "least", "expected"),
    [
        ([900, 100], 100, 5, [90, 10]),
        ([990, 10], 100, 5, [95, 5]),
        ([5, 5, 5], 100, 5, [5, 5, 5]),
        ([3, 997], 10, 5, [3, 7]),
        ([100, 100, 100], 100, 0, [34, 33, 33]),
        ([], 10, 5, []),
    ],
)
def test_strata_get_their_share_and_a_least(
    sizes: list[int], size: int, least: int, expected: list[int]
) -> None:
    assert st.allocate(sizes, size, least) == expected
