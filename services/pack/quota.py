"""Places of which there are so many (数量限制): how many, for whom, in which period.

Where the law limits the number, whoever meets the conditions is granted in the order in which the
applications were accepted (行政许可法 §57). How many there are rests on dated parameters; which
queue an application stands in rests on its answers, so that it has its place from the moment at
which it is handed in, before any registry has answered.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

from city.errors import SourceError
from city.source import Path, Source
from dmn.types import DATE, NUMBER, STRING, Type
from services.pack import types
from services.pack.types import words

if TYPE_CHECKING:
    from services.pack.model import Pack

Run = Callable[[Mapping[str, object]], object]
Compile = Callable[[Path, str, Mapping[str, Type], Sequence[Type]], Run]
GROUP = "group"  # in ``places``: the text that ``group`` has given
LONGEST = 60  # characters of a group


@dataclass(frozen=True, slots=True)
class Quota:
    """How many places there are, and who needs one.

    ``places``: an expression over parameters and ``group``. ``per``: the calendar year in which an
    application was received, or all of them together. ``group``: an expression over answers and
    parameters, each of whose values is a queue of its own; empty: there is one. ``since``: who
    applied before that day needs none.
    """

    places: str
    per: Literal["year", "all"]
    group: str
    since: datetime.date
    zh: str
    en: str
    law: str


@dataclass(frozen=True, slots=True)
class QuotaRun:
    """A quota, compiled."""

    places: Run
    group: Run | None


def read(source: Source, faults: list[SourceError]) -> Quota | None:
    """Return what the pack says; None: there are as many places as applicants."""
    part: Mapping[str, Any] | None = source.data.get("quota")
    if part is None:
        return None
    since = types.day(part["since"])
    if since is None:
        zh, en = f"{part['since']} 不是日期", f"{part['since']} is not a date"
        faults.append(source.error(("quota", "since"), zh, en))
    return Quota(
        places=str(part["places"]),
        per=part["per"],
        group=part.get("group", ""),
        since=since or datetime.date.max,
        **words(part),
        law=part["law"],
    )


def compiled(
    source: Source,
    pack: Pack,
    answered: Mapping[str, Type],
    compile_: Compile,
    used: Callable[[Path], Sequence[str]],
    faults: list[SourceError],
) -> QuotaRun | None:
    """Return the compiled quota; appends to ``faults`` a number that is missing or is none.

    ``answered``: what is known when somebody applies. ``compile_``, ``used``: as of
    ``entitlement.compiled``.
    """
    spec = pack.quota
    if spec is None:
        return None
    known = {name: one.type for name, one in pack.parameters.items()}
    known |= {GROUP: STRING, "as_of": DATE}
    path: Path = ("quota", "places")
    read_before = len(faults)
    run = QuotaRun(
        compile_(path, spec.places, known, (NUMBER,)),
        compile_(("quota", "group"), spec.group, answered, (STRING,)) if spec.group else None,
    )
    figures = [one for n in used(path) if (one := pack.parameters.get(n)) and one.type == NUMBER]
    if not figures and len(faults) == read_before:
        zh, en = "名额数应由注明依据和日期的参数给出", "a dated parameter says how many there are"
        faults.append(source.error(path, zh, en))
    for one in figures:
        name = one.name
        if min(day for day, _ in one.values) > spec.since:
            zh = f"名额 {name} 自 {spec.since} 起没有数值"
            en = f"from {spec.since} on {name} has no number yet"
            faults.append(source.error(path, zh, en))
        if any(not _is_count(value) for _, value in one.values):
            zh, en = f"名额 {name} 应为不小于 0 的整数", f"{name} counts places: whole, not below 0"
            faults.append(source.error(("parameters", name), zh, en))
    return run


def _is_count(value: object) -> bool:
    return isinstance(value, Decimal) and value >= 0 and value == value.to_integral_value()
