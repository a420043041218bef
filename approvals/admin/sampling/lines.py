"""The lines of the page of rates, with where each interval is drawn in the picture beside it."""

from dataclasses import dataclass

from django.utils.translation import gettext

from approvals.sampling.rates import Rate, Report
from people.language import language
from services import catalogue

WIDTH = 200  # of the picture, in its own units


@dataclass(frozen=True, slots=True)
class Line:
    """One rate in words and as a picture: ``low``, ``rate`` and ``high`` from 0 to ``WIDTH``.

    Shares are percentages as text; empty while nothing is reviewed. ``level``: overall, service
    or edition.
    """

    level: str
    name: str
    counted: Rate
    rate: str = ""
    low: str = ""
    high: str = ""
    x_low: str = "0"
    x_rate: str = "0"
    x_high: str = "0"
    wanted: str = ""
    reached: str = ""


def shown(report: Report) -> list[Line]:
    """Return the lines, all services first, each service followed by its editions."""
    rates = [("overall", gettext("All services"), report.overall)]
    for service in report.services:
        of_service = [e for e in report.editions if e.service == service.service]
        book = catalogue.rulebook(of_service[-1].edition)  # type: ignore[arg-type]
        rates.append(("service", book.pack.name[language()], service))
        for edition in of_service:
            number = catalogue.rulebook(edition.edition).number  # type: ignore[arg-type]
            rates.append(("edition", gettext("Edition %(n)s") % {"n": number}, edition))
    highest = max((i.high for _, _, rate in rates if (i := rate.interval)), default=0.0) or 0.01
    return [_line(level, name, rate, highest) for level, name, rate in rates]


def _line(level: str, name: str, rate: Rate, highest: float) -> Line:
    found = rate.interval
    if found is None:
        return Line(level, name, rate, wanted=_percent(rate.wanted), reached=_percent(rate.reached))
    low, rated, high = (
        f"{share / highest * WIDTH:.1f}" for share in (found.low, found.rate, found.high)
    )
    return Line(
        level,
        name,
        rate,
        rate=_percent(found.rate),
        low=_percent(found.low),
        high=_percent(found.high),
        x_low=low,
        x_rate=rated,
        x_high=high,
        wanted=_percent(rate.wanted),
        reached=_percent(rate.reached),
    )


def _percent(share: float) -> str:
    return f"{share * 100:.2f} %"
