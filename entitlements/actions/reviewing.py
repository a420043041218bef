"""Judging running entitlements again: all before a period is paid, one when a record changes.

Asked first and decided afterwards: no lock is held while registries are asked. What somebody moved
meanwhile is left as it is, and judged again.
"""

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q

import bulk
from entitlements import rules
from entitlements.actions import ending, moving
from entitlements.models import Entitlement, Instalment
from entitlements.states import EDGE_TO, LIVE, InstalmentState, State
from exchange.queries import Answer
from exchange.registries import query_registries
from ledger import canonical
from ledger.clock import city_date
from ledger.models import Event
from services.entitlement import Standing
from services.inputs import Inputs
from services.pack.entitlement import EntitlementRun
from services.rulebook import Rulebook

BATCH = 500
TRIES = 3
UNKNOWN = ":unknown"  # the end of a reason that nobody knows
FIELDS = (
    "state",
    "events",
    "head",
    "reasons",
    "ended_on",
    "reviewed_for",
    "amount",
    "basis",
    "edition",
)


@dataclass(slots=True)
class Reviewed:
    """How many were judged, and how many moved to which state."""

    judged: int = 0
    moved: dict[str, int] = field(default_factory=dict)


def review(*, service: str, period: datetime.date, by: object, now: datetime.datetime) -> Reviewed:
    """Judge every live entitlement of a service on the first day of a period, not twice.

    Restartable: what was judged for the period is left out. Raises ``bulk.Conflict`` where others
    move the same rows again and again.
    """
    done, tries = Reviewed(), 0
    waiting = (
        Entitlement.objects.filter(
            Q(reviewed_for=None) | Q(reviewed_for__lt=period),
            service=service,
            state__in=LIVE,
            first_period__lte=period,
        )
        .order_by("id")
        .select_related(None)
    )
    while rows := list(waiting[:BATCH]):
        try:
            _judge(rows, period, done, by, now, is_for_period=True)
            tries = 0
        except bulk.Conflict:
            tries += 1
            if tries == TRIES:
                raise
    return done


def review_some(
    rows: Sequence[Entitlement], *, on: datetime.date, by: object, now: datetime.datetime
) -> Reviewed:
    """Judge some between two periods, on a day; amounts stay for the period to come."""
    done = Reviewed()
    for start in range(0, len(rows), BATCH):
        _judge(rows[start : start + BATCH], on, done, by, now, is_for_period=False)
    return done


def review_changed(
    records: Iterable[tuple[str, str]], *, on: datetime.date, by: object, now: datetime.datetime
) -> Reviewed:
    """Judge again what rests on changed records (registry, subject): at once, not next month."""
    by_holder: dict[str, set[str]] = {}
    for registry, subject in records:
        by_holder.setdefault(subject, set()).add(registry)
    found = Entitlement.objects.filter(holder__in=list(by_holder), state__in=LIVE).order_by("id")
    rows = [row for row in found if by_holder[row.holder] & _registries(row, on)]
    return review_some(rows, on=on, by=by, now=now)


def _registries(row: Entitlement, on: datetime.date) -> set[str]:
    book = rules.book_on(row.service, on)
    run = rules.run_of(book, row.kind)
    return {e.registry for e in rules.needs(book, run).registries} if book and run else set()


def _judge(
    rows: Sequence[Entitlement],
    on: datetime.date,
    done: Reviewed,
    by: object,
    now: datetime.datetime,
    *,
    is_for_period: bool,
) -> None:
    """Ask, judge and write in one statement, unless somebody moved one of them meanwhile."""
    books = {service: rules.book_on(service, on) for service in {r.service for r in rows}}
    asked = _ask(rows, books, by, now)
    open_ = _open_instalments(rows)
    before = [(str(r.state), r.events) for r in rows]
    batch = bulk.Batch()
    history: list[Event] = []
    mended: list[Instalment] = []
    for row in rows:
        book = books[row.service]
        run = rules.run_of(book, row.kind)
        inputs = rules.inputs_of(row, book, asked[row.id], on) if book and run else None
        found = rules.judged(row, run, inputs, city_date(now))
        one = _Judgement(row, found, inputs, book, on, is_for_period)
        history += _moved(one, by, now)
        mended += _mended(one, open_.get(row.id, ()), asked[row.id])
        done.judged += 1
    old: dict[str, list[Any]] = {"state": [s for s, _ in before], "events": [n for _, n in before]}
    batch.update(Entitlement, rows, FIELDS, old=old)
    batch.update(Instalment, mended, ("state", "amount", "basis", "edition"))
    batch.insert(Event, history)
    with transaction.atomic():
        batch.write()
        ending.settle([row for row in rows if row.state == State.ENDED], by=by, now=now)
    for row, (state, _n) in zip(rows, before, strict=True):
        if row.state != state:
            done.moved[str(row.state)] = done.moved.get(str(row.state), 0) + 1


@dataclass(frozen=True, slots=True)
class _Judgement:
    row: Entitlement
    found: Standing
    inputs: Inputs | None
    book: Rulebook | None
    on: datetime.date
    is_for_period: bool


def _ask(
    rows: Sequence[Entitlement],
    books: Mapping[str, Rulebook | None],
    by: object,
    now: datetime.datetime,
) -> dict[object, dict[str, Answer]]:
    queries, owners = [], []
    for row in rows:
        book = books[row.service]
        if book and (run := rules.run_of(book, row.kind)):
            queries += rules.queries(row, book, run)
            owners += [(row.id, entry.name) for entry in rules.needs(book, run).registries]
    found: dict[object, dict[str, Answer]] = {row.id: {} for row in rows}
    answers = query_registries(queries, by=by, now=now)
    for (owner, name), answer in zip(owners, answers, strict=True):
        found[owner][name] = answer
    return found


def _open_instalments(rows: Sequence[Entitlement]) -> dict[object, list[Instalment]]:
    """Return what is neither paid nor cancelled, by entitlement."""
    found: dict[object, list[Instalment]] = {}
    for one in Instalment.objects.filter(
        entitlement__in=[r.id for r in rows], payment=None
    ).exclude(state=InstalmentState.CANCELLED):
        found.setdefault(one.entitlement_id, []).append(one)
    return found


def _moved(one: _Judgement, by: object, now: datetime.datetime) -> Iterator[Event]:
    """Set what the judgement makes of a row; yields the events of what changed."""
    row, found = one.row, one.found
    if one.is_for_period:
        row.reviewed_for = one.on
        if one.book is not None:
            row.basis, row.edition = rules.basis(row, one.inputs), one.book.hash
    is_silent = found.state == State.HELD and all(r.endswith(UNKNOWN) for r in found.reasons)
    if (row.is_pinned and found.state != State.ENDED) or (is_silent and not one.is_for_period):
        return  # between two periods nobody is held for a registry that does not answer
    data: dict[str, Any] = {"reasons": list(found.reasons), "on": one.on.isoformat()}
    if found.state != row.state:
        if found.state == State.ENDED:
            row.ended_on = found.ended_on
            data["ended_on"] = str(found.ended_on)
        elif one.is_for_period and found.state == State.ACTIVE:
            data["amount"] = str(found.amount)
        yield moving.changed(row, EDGE_TO[found.state], by=by, now=now, data=data)
    elif list(found.reasons) != row.why:
        row.reasons = canonical.dumps(list(found.reasons)).decode()
    if one.is_for_period and found.state == State.ACTIVE:
        if row.amount is not None and row.amount != found.amount:
            data = {"before": str(row.amount), "amount": str(found.amount), "on": data["on"]}
            yield moving.noted(row, "amount_changed", by=by, now=now, data=data)
        row.amount = found.amount
    elif one.is_for_period and found.state == State.SUSPENDED:
        row.amount = None  # nothing is due for this period, whatever happens within it
    elif one.is_for_period and found.ended_on and found.ended_on >= one.on:
        row.amount = found.amount  # judged late: this period was due before it ended


def _mended(
    one: _Judgement, instalments: Iterable[Instalment], asked: Mapping[str, Answer]
) -> Iterator[Instalment]:
    """Settle what was held or is not paid yet, as far as it is known now; yields what changed."""
    row = one.row
    for instalment in instalments:
        is_after = row.ended_on is not None and instalment.period > row.ended_on
        is_open = instalment.state == InstalmentState.HELD and row.state != State.HELD
        if is_open and not is_after and _settled(row, instalment, asked):
            yield instalment


def _settled(row: Entitlement, instalment: Instalment, asked: Mapping[str, Answer]) -> bool:
    """Judge a held period again by what is known now, on its own first day and by its edition."""
    book = rules.book_on(row.service, instalment.period)
    run: EntitlementRun | None = rules.run_of(book, row.kind)
    if book is None or run is None:
        return False
    inputs = rules.inputs_of(row, book, asked, instalment.period)
    found = rules.judged(row, run, inputs)
    if found.state == State.SUSPENDED:
        instalment.state = InstalmentState.CANCELLED
    elif found.amount is not None and found.state in (State.ACTIVE, State.ENDED):
        # ended: after this period, which was due while it ran
        instalment.state, instalment.amount = InstalmentState.DUE, found.amount
        instalment.basis, instalment.edition = rules.basis(row, inputs), book.hash
    else:
        return False
    return True
