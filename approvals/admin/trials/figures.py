"""The numbers of a trial by group as its page shows them, and where each bar stands. Pure."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from approvals.records.grouping import PERSON, UNKNOWN, names
from people.language import in_language
from services.models import Trial
from services.trial_results import direction

MIDDLE, LONGEST, ROW = 180, 130, 44  # of the picture, in its own units


@dataclass(frozen=True, slots=True)
class Line:
    """One group: of ``cases`` so many gain an approval, lose it, or change otherwise."""

    name: str
    cases: int
    gained: int
    lost: int
    other: int
    top: int = 0  # of its place in the picture
    left: float = 0  # where the bar of what is lost begins
    width_lost: float = 0
    width_gained: float = 0

    @property
    def text_at(self) -> int:
        return self.top + 14

    @property
    def bar_at(self) -> int:
        return self.top + 20

    @property
    def number_at(self) -> int:
        return self.top + 32

    @property
    def right(self) -> float:
        return MIDDLE + self.width_gained + 4

    @property
    def left_number(self) -> float:
        return self.left - 4


@dataclass(frozen=True, slots=True)
class Breakdown:
    """All cases by one kind of group."""

    key: str
    title: str
    lines: list[Line]

    @property
    def height(self) -> int:
        return ROW * len(self.lines) + 4


def breakdowns(trial: Trial) -> Iterator[Breakdown]:
    """By district, age group and legal kind; each group has a line, and so has who is in none."""
    named: list[tuple[str, str, Callable[[str], str], list[str]]] = [
        ("region", _("By district"), region_name, list(settings.CITY.regions)),
        ("age", _("By age group"), age_name, names(settings.CITY.governance.groups.ages)),
        ("legal_kind", _("By legal kind"), kind_name, [PERSON]),
    ]
    for key, title, name, order in named:
        found: dict[str, Counter[str]] = {}
        for cell in trial.breakdown:
            sums = found.setdefault(cell[key], Counter())
            sums["cases"] += cell["cases"]
            for pair, n in cell["moves"].items():
                before, _space, after = pair.partition(" ")
                sums[direction(before, after)] += n
        place = {code: at for at, code in enumerate(order)}
        codes = sorted(found, key=lambda code: (code == UNKNOWN, place.get(code, 99), code))
        most = max(
            (n for sums in found.values() for k, n in sums.items() if k in _DRAWN), default=0
        )
        yield Breakdown(
            key,
            title,
            [_line(name(code), found[code], at, most) for at, code in enumerate(codes)],
        )


_DRAWN = ("gained", "lost")


def _line(name: str, sums: Counter[str], place: int, most: int) -> Line:
    scale = LONGEST / most if most else 0.0
    lost, gained = round(sums["lost"] * scale, 1), round(sums["gained"] * scale, 1)
    return Line(
        name,
        sums["cases"],
        sums["gained"],
        sums["lost"],
        sums["other"],
        top=place * ROW,
        left=MIDDLE - lost,
        width_lost=lost,
        width_gained=gained,
    )


def region_name(code: str) -> str:
    found = settings.CITY.regions.get(code)
    return in_language(found) if found else code or _("no district")


def age_name(code: str) -> str:
    if code == UNKNOWN:
        return _("not known, or no person")
    first, _dash, last = code.partition("-")
    years = {"first": first, "last": last}
    return _("%(first)s to %(last)s") % years if last else _("%(first)s and older") % years


def kind_name(code: str) -> str:
    if code == PERSON:
        return _("natural person")
    registry, field = settings.CITY.governance.groups.legal_kind
    shown = settings.CITY.registries[registry].fields[field].codes if code else {}
    words: Any = shown.get(code) if isinstance(shown, dict) else None
    return in_language(words) if words else code or _("enterprise, of a kind not known")
