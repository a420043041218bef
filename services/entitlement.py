"""What a running entitlement (待遇) is on a day, and in which periods it is due. Pure.

A period is due to whoever fulfils the conditions on its first day. What nobody knows neither pays
nor stops anything: a person looks.
"""

from __future__ import annotations

import datetime
from collections.abc import Container, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from dmn.values import UNKNOWN
from services.inputs import Inputs
from services.pack.entitlement import CONFIRMED_ON, EntitlementRun
from services.rulebook import Rulebook, run_safely

MONTHS = {"month": 1, "quarter": 3, "year": 12}
AMOUNT = "amount"  # the reason where the amount is not known, or is none
FEN = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Standing:
    """What an entitlement is on a day.

    ``reasons``: ids of the pack's changes for which it is not active, ``ID:unknown`` of those that
    nobody knows. ``amount``: yuan for the period that begins on the day; None where it is not
    known. ``ended_on``: after that day nothing is due.
    """

    state: str  # active, suspended, held, ended
    reasons: tuple[str, ...]
    amount: Decimal | None
    ended_on: datetime.date | None


def standing(
    run: EntitlementRun,
    inputs: Inputs,
    confirmed_on: datetime.date,
    cleared: Container[str] = (),
    known_on: datetime.date | None = None,
) -> Standing:
    """Judge an entitlement by its own conditions on the day of ``inputs``.

    It ends where an end is certain and nothing says to hold it; it is held where anything that
    matters is unknown; then it is suspended, or active with its amount. ``cleared``: reasons to
    hold it that an officer has looked into; they hold it no more. ``known_on``: the day on which
    the facts were read, where it is not that of ``inputs``; no end lies after it.
    """
    values = {**inputs.values, CONFIRMED_ON: confirmed_on}
    found: dict[str, list[str]] = {"end": [], "suspend": [], "hold": []}
    unknown: dict[str, list[str]] = {"end": [], "suspend": [], "hold": []}
    ends: list[datetime.date] = []
    for one in run.changes:
        if one.change.effect == "hold" and one.change.id in cleared:
            continue
        holds = run_safely(one.when, values)
        if holds is UNKNOWN:
            unknown[one.change.effect].append(f"{one.change.id}:unknown")
        elif holds is True:
            found[one.change.effect].append(one.change.id)
            if one.change.effect == "end":
                on = run_safely(one.on, values) if one.on is not None else None
                ends.append(on if isinstance(on, datetime.date) else inputs.as_of)
    amount = _amount(run_safely(run.amount, values))
    if doubts := (*found["hold"], *unknown["hold"]):
        return Standing("held", (*doubts, *unknown["end"], *unknown["suspend"]), amount, None)
    if ends:
        return Standing("ended", tuple(found["end"]), amount, min(*ends, known_on or inputs.as_of))
    if doubts := (*unknown["end"], *unknown["suspend"]):
        return Standing("held", doubts, amount, None)
    if found["suspend"]:
        return Standing("suspended", tuple(found["suspend"]), amount, None)
    if amount is None:
        return Standing("held", (AMOUNT,), None, None)
    return Standing("active", (), amount, None)


def _amount(value: object) -> Decimal | None:
    """Yuan and fen; None where it is unknown, or nothing at all."""
    if not isinstance(value, Decimal | int) or isinstance(value, bool):
        return None
    yuan = Decimal(value).quantize(FEN, rounding=ROUND_HALF_UP)
    return yuan if yuan > 0 else None


def first_period(run: EntitlementRun, inputs: Inputs) -> datetime.date | None:
    """The first day of the first period that is due; None where it is not known.

    The first period to begin on the day of receipt or later, or, where the pack says ``begins``,
    on that day or later.
    """
    begins: object = inputs.as_of
    if run.begins is not None:
        begins = run_safely(run.begins, {**inputs.values, CONFIRMED_ON: inputs.as_of})
    if not isinstance(begins, datetime.date):
        return None
    return on_or_after(run.spec.period, max(begins, inputs.as_of))


def period_of(period: str, day: datetime.date) -> datetime.date:
    """The first day of the period in which ``day`` lies."""
    length = MONTHS[period]
    return datetime.date(day.year, (day.month - 1) // length * length + 1, 1)


def following(period: str, start: datetime.date) -> datetime.date:
    """The first day of the period after the one that begins on ``start``."""
    months = start.year * 12 + start.month - 1 + MONTHS[period]
    return datetime.date(months // 12, months % 12 + 1, 1)


def on_or_after(period: str, day: datetime.date) -> datetime.date:
    """The first day of the first period that begins on ``day`` or later."""
    start = period_of(period, day)
    return start if start == day else following(period, start)


def periods(period: str, first: datetime.date, last: datetime.date) -> Iterator[datetime.date]:
    """The first days of the periods from ``first`` to ``last``, both included."""
    while first <= last:
        yield first
        first = following(period, first)


def granted(book: Rulebook, inputs: Inputs) -> list[EntitlementRun]:
    """What an approval of a case entitles to: of several results those that were asked for."""
    outcomes = book.pack.outcomes
    asked = inputs.values.get(outcomes.fact) if outcomes else None
    named = asked if isinstance(asked, list) else []
    return [
        run
        for run in book.program.entitlements
        if not run.spec.outcome or run.spec.outcome in named
    ]


def reads(book: Rulebook, run: EntitlementRun) -> tuple[str, ...]:
    """The names that an entitlement rests on, those that its tables read included."""
    tables = {table.name: table.reads for table in book.program.table_runs}
    found: dict[str, None] = {}
    waiting = list(run.uses)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = None
            waiting.extend(tables.get(name, ()))
    return tuple(sorted(found))
