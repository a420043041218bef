"""How many of which cases a month's draw takes, which ones, and who looks at each. Pure.

Everything follows from the cases and the root of a tree head that was published after the month:
nobody can steer what is drawn, and anybody who has both can draw it again.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from approvals.sampling import statistics
from city.model import Sampling


@dataclass(frozen=True, slots=True)
class Case:
    """One decision of the machine that may be drawn. ``is_control``: it was no approval."""

    decision: UUID
    application: UUID
    number: str
    office: str
    service: str
    edition: int
    region: str
    is_control: bool


@dataclass(frozen=True, slots=True)
class Clerk:
    """Who may look at the cases of an office; an empty region is all of them."""

    username: str
    office: str
    region: str


Stratum = dict[str, str]  # as SampleDraw.strata keeps it
Key = tuple[str, str, int]  # office, service, edition


def order(root: bytes, decision: UUID, *more: str) -> bytes:
    """Return what cases are ordered by: SHA-256 of root and decision, and of a user name."""
    return hashlib.sha256(root + decision.bytes + "".join(more).encode()).digest()


def list_hash(cases: Iterable[Case]) -> bytes:
    """Return the SHA-256 over the ids of the approvals, sorted, 16 bytes each."""
    ids = sorted(case.decision.bytes for case in cases if not case.is_control)
    return hashlib.sha256(b"".join(ids)).digest()


def _key(case: Case) -> Key:
    return case.office, case.service, case.edition


def strata(cases: Sequence[Case], options: Sampling) -> list[Stratum]:
    """Return how many cases of each office, service and edition are to be looked at.

    The size of a service follows from the precision that is wanted, spread over its editions; an
    office is given no more than it can do, and then what is reached is less than what is wanted.
    """
    sizes = Counter(_key(case) for case in cases if not case.is_control)
    services: dict[str, dict[str, list[Key]]] = defaultdict(lambda: defaultdict(list))
    for key in sorted(sizes):
        services[key[0]][key[1]].append(key)
    found: list[Stratum] = []
    for office, of_office in sorted(services.items()):
        everybody = {s: sum(sizes[k] for k in keys) for s, keys in of_office.items()}
        wanted = {s: _size(s, n, options) for s, n in everybody.items()}
        most = options.capacity - options.capacity // options.controls
        share = min(1.0, most / max(1, sum(wanted.values())))
        for service, keys in sorted(of_office.items()):
            size = max(1, int(wanted[service] * share))
            parts = _spread([sizes[key] for key in keys], size, options.least)
            precision = options.of(service)
            reached = statistics.half_width(precision.expected_rate, sum(parts), everybody[service])
            found += [
                {
                    "office": office,
                    "service": service,
                    "edition": str(key[2]),
                    "population": str(sizes[key]),
                    "sampled": str(part),
                    "rate": f"{precision.expected_rate:.6f}",
                    "wanted": f"{precision.half_width:.6f}",
                    "reached": f"{reached:.6f}",
                }
                for key, part in zip(keys, parts, strict=True)
            ]
    return found


def _size(service: str, population: int, options: Sampling) -> int:
    precision = options.of(service)
    return statistics.sample_size(precision.expected_rate, precision.half_width, population)


def _spread(sizes: Sequence[int], size: int, least: int) -> list[int]:
    while least and sum(min(least, s) for s in sizes) > size:
        least -= 1
    return statistics.allocate(sizes, size, least)


def chosen(cases: Sequence[Case], planned: Sequence[Stratum], root: bytes) -> list[Case]:
    """Return the approvals that are drawn, in the order of the draw."""
    left = {(s["office"], s["service"], int(s["edition"])): int(s["sampled"]) for s in planned}
    found = []
    for case in _ordered((c for c in cases if not c.is_control), root):
        if left[_key(case)] > 0:
            left[_key(case)] -= 1
            found.append(case)
    return found


def controls(cases: Sequence[Case], drawn: Sequence[Case], root: bytes, one_in: int) -> list[Case]:
    """Return the cases beside those drawn that the machine did not approve, office by office."""
    left = {
        office: max(1, n // (one_in - 1)) if one_in > 1 else 0
        for office, n in Counter(case.office for case in drawn).items()
    }
    found = []
    for case in _ordered((c for c in cases if c.is_control), root):
        if left.get(case.office, 0) > 0:
            left[case.office] -= 1
            found.append(case)
    return found


def _ordered(cases: Iterable[Case], root: bytes) -> list[Case]:
    return sorted(cases, key=lambda case: order(root, case.decision))


def in_order(cases: Iterable[Case], root: bytes) -> list[Case]:
    """Return approvals and controls mixed, as reviewers get them: the order tells nothing."""
    return _ordered(cases, root)


def candidates(
    case: Case, clerks: Iterable[Clerk], touched: Mapping[str, Collection[str]]
) -> list[str]:
    """Return who may look at a case: of its office and region, and never had to do with it."""
    return sorted(
        clerk.username
        for clerk in clerks
        if clerk.office == case.office
        and clerk.region in ("", case.region)
        and clerk.username not in touched.get(case.number, ())
    )


def assign(
    cases: Iterable[tuple[UUID, Sequence[str]]], root: bytes, load: Counter[str] | None = None
) -> list[str]:
    """Return who looks at each case: of its candidates one who has fewest, drawn by SHA-256.

    Nobody (an empty text) where there is no candidate. ``load``: how many each has already.
    """
    load = Counter() if load is None else load
    found = []
    for decision, names in cases:
        name = min(names, key=lambda n: (load[n], order(root, decision, n)), default="")
        load[name] += bool(name)
        found.append(name)
    return found
