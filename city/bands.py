"""When automatic approval suspends itself (熔断): the city's part of it, ``suspension:``."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Band:
    """Between which shares, below one, a rate lies; None: it has no end on that side."""

    least: float | None = None
    most: float | None = None


NO_BAND = Band()


@dataclass(frozen=True, slots=True)
class Bands:
    """What the machine's decisions of a service, or on a registry's answers, are held against.

    ``approved``, ``handed_over``: shares of them. ``diverged``: share of the cases that a former
    edition, in shadow, judges otherwise.
    """

    approved: Band = NO_BAND
    handed_over: Band = NO_BAND
    diverged: Band = Band(most=0.02)


@dataclass(frozen=True, slots=True)
class Watch:
    """When automatic approval suspends itself (熔断; ``services.bands`` has the statistics).

    ``every``: decisions between two false alarms of a rate, on average, at least. ``odds``: times
    the odds of a band's end that a rate beyond it has which is to be found. ``least``: decisions
    that an alarm takes.
    """

    every: int = 1_000_000
    odds: int = 3
    least: int = 15
    services: Mapping[str, Bands] = field(default_factory=dict)
    registries: Mapping[str, Bands] = field(default_factory=dict)

    def of(self, scope: str, code: str) -> Bands:
        """Return the bands of a ``service`` or ``registry``."""
        found = self.services if scope == "service" else self.registries
        return found.get(code, NO_BANDS)


NO_BANDS = Bands()


def read(part: Mapping[str, Any]) -> Watch:
    """Return the part of ``city.yaml``, after its shape was checked."""
    usual = Watch()

    def of(options: Mapping[str, Any]) -> Bands:
        ends = {
            name: Band(**{end: float(share) for end, share in band.items()})
            for name, band in options.items()
        }
        return Bands(**ends)

    return Watch(
        every=int(part.get("every", usual.every)),
        odds=int(part.get("odds", usual.odds)),
        least=int(part.get("least", usual.least)),
        services={code: of(one) for code, one in part.get("services", {}).items()},
        registries={code: of(one) for code, one in part.get("registries", {}).items()},
    )


def faults(
    watch: Watch, services: Collection[str], registries: Collection[str]
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Yield (place, zh, en) of bands of what the city lacks, and of ends that are not in order."""
    parts = (
        ("services", watch.services, services, "没有事项", "there is no service"),
        ("registries", watch.registries, registries, "没有登记库", "there is no registry"),
    )
    for part, bands, there, zh, en in parts:
        for code, found in bands.items():
            if code not in there:
                yield (part, code), f"{zh} {code}", f"{en} {code}"
            for name in ("approved", "handed_over", "diverged"):
                band = getattr(found, name)
                if band.least is not None and band.most is not None and band.least >= band.most:
                    words = ("下限须小于上限", "its lower end is not below its upper one")
                    yield (part, code, name), *words
