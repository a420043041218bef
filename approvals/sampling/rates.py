"""How often automatic approvals were false, by service and edition and in all, from the reviews."""

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, Q

from approvals.models import SampleDraw, SampleReview
from approvals.sampling import statistics
from approvals.sampling.statistics import Interval, Stratum

Answer = SampleReview.Answer
Key = tuple[str, str, str]  # office, service, edition


@dataclass(slots=True)
class Rate:
    """One line: what was drawn of ``population`` and what is known of it by now.

    ``reviewed``: answered, and where something was found, settled. ``open``: not answered, or not
    settled. ``unsure``: the reviewer could not tell; counted neither way. ``interval`` is None as
    long as nothing is reviewed.
    """

    service: str = ""
    edition: int | None = None
    population: int = 0
    drawn: int = 0
    reviewed: int = 0
    false: int = 0
    unsure: int = 0
    open: int = 0
    wanted: float = 0.0  # half-width; the worst of the months
    reached: float = 0.0
    strata: list[Stratum] = field(default_factory=list)

    @property
    def interval(self) -> Interval | None:
        return statistics.weighted(self.strata)

    @property
    def is_precise(self) -> bool:
        """Whether the drawn cases are enough for what was wanted, once all are reviewed."""
        return self.reached <= self.wanted + 1e-6


@dataclass(frozen=True, slots=True)
class Report:
    """All lines of some months; ``overall`` counts each stratum by its share of all approvals."""

    overall: Rate
    services: list[Rate]
    editions: list[Rate]
    controls: int  # looked at beside them, of which
    controls_approved: int  # so many the reviewers would have approved


def report(months: Iterable[datetime.date] | None = None, office: str = "") -> Report:
    """Return the rates of some months, or of all; of one office, or of all."""
    draws = SampleDraw.objects.order_by("month")
    if months is not None:
        draws = draws.filter(month__in=list(months))
    counts = _counts(list(draws))
    overall = Rate()
    services: dict[str, Rate] = defaultdict(Rate)
    editions: dict[tuple[str, str], Rate] = defaultdict(Rate)
    for draw in draws:
        for part in draw.strata:
            if office and part["office"] != office:
                continue
            name, edition = part["service"], part["edition"]
            counted = counts.get((str(draw.pk), part["office"], name, edition), _Counted())
            for rate in (overall, services[name], editions[name, edition]):
                _add(rate, part, counted)
    for name, rate in services.items():
        rate.service = name
    for (name, edition), rate in editions.items():
        rate.service, rate.edition = name, int(edition)
    controls = SampleReview.objects.filter(draw__in=draws, is_control=True)
    controls = controls.exclude(answered_at=None)
    if office:
        controls = controls.filter(application__office=office)
    return Report(
        overall,
        [services[name] for name in sorted(services)],
        [editions[key] for key in sorted(editions, key=lambda k: (k[0], int(k[1])))],
        controls.count(),
        controls.filter(answer=Answer.APPROVE).count(),
    )


@dataclass(frozen=True, slots=True)
class _Counted:
    drawn: int = 0
    agreed: int = 0
    false: int = 0
    unsure: int = 0


def _counts(draws: list[SampleDraw]) -> dict[tuple[str, str, str, str], _Counted]:
    """Return what each stratum's reviews say, in one query."""
    dismissed = Q(answer=Answer.REJECT, finding__confirmed=False)
    rows = (
        SampleReview.objects.filter(draw__in=draws, is_control=False)
        .values_list("draw", "application__office", "application__service", "decision__edition")
        .annotate(
            drawn=Count("pk"),
            agreed=Count("pk", filter=Q(answer=Answer.APPROVE) | dismissed),
            false=Count("pk", filter=Q(finding__confirmed=True)),
            unsure=Count("pk", filter=Q(answer=Answer.UNSURE)),
        )
    )
    return {
        (str(draw), office, service, str(edition)): _Counted(*counted)
        for draw, office, service, edition, *counted in rows
    }


def _add(rate: Rate, part: dict[str, str], counted: _Counted) -> None:
    population = int(part["population"])
    reviewed = counted.agreed + counted.false
    rate.population += population
    rate.drawn += counted.drawn
    rate.reviewed += reviewed
    rate.false += counted.false
    rate.unsure += counted.unsure
    rate.open += counted.drawn - reviewed - counted.unsure
    rate.wanted = max(rate.wanted, float(part["wanted"]))
    rate.reached = max(rate.reached, float(part["reached"]))
    rate.strata.append(Stratum(population, reviewed, counted.false))
