"""Percentiles of times that are known by their bucket alone. Pure."""

from collections.abc import Mapping, Sequence


def percentile(counts: Mapping[int, int], cuts: Sequence[float], share: float) -> float | None:
    """Return the time, in seconds, below which a ``share`` of what is counted lies; None of none.

    Within its bucket as if all were spread evenly, so it is wrong by a bucket's width at most;
    above the last cut it is that cut, which says "at least".
    """
    total = sum(counts.values())
    if total <= 0:
        return None
    wanted, below = share * total, 0
    for bucket in sorted(counts):
        here = counts[bucket]
        if here > 0 and below + here >= wanted:
            if bucket >= len(cuts):
                return float(cuts[-1])
            low = cuts[bucket - 1] if bucket else 0.0
            return float(low + (cuts[bucket] - low) * (wanted - below) / here)
        below += here
    return float(cuts[-1])
