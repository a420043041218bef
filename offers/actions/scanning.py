"""Finding everybody in the city who meets an edition's conditions, and making offers of it.

PostgreSQL finds those of whom no condition surely fails; the judge that decides cases has the last
word on each of them, and looks at some of the others, too. One transaction and one snapshot: the
same store gives the same list, byte for byte.
"""

import datetime
import hashlib
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection, transaction

import bulk
from exchange import scans
from exchange.scans import Search, Source
from ledger import canonical
from ledger.clock import city_date
from offers import holding
from offers.actions.orders import ATTEMPTS
from offers.assessing import APPROVE, Assessor
from offers.models import Offer, Scan, ScanOrder, ScanReading
from people.actors import Actor
from services import catalogue
from services.models import Edition
from services.outputs import district_of
from services.rulebook import Rulebook
from services.scanning import Plan, plan, proactive_of

LOCK = 0x6D69_616F_7069_0005  # advisory lock: one scan at a time
CHUNK = 1_000  # offers that are written at a time
SAMPLE = 200  # people whom SQL left out and the judge looks at, about
UNFIT = "unfit"  # of counts: met everything, but the form could not be answered by one tap
LONGEST = 200  # characters of why a scan failed
NOT_FOUND = "not_found"  # why an offer is withdrawn


@dataclass(slots=True)
class Found:
    """Who meets every condition: index -> district and facts (canonical JSON)."""

    people: dict[str, tuple[str, str]] = field(default_factory=dict)
    unfit: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """What was found, before anything is stored."""

    edition: Edition
    made: Plan
    count: scans.Count
    found: Found
    checked: int
    missed: int
    milliseconds: int
    snapshot: str


class NotOffered(Exception):
    """The service is not, or no longer, one that the city offers unasked."""


def run(*, order: UUID, by: Actor, now: datetime.datetime) -> Scan | None:
    """Run an order: find, judge, store, offer; None where another process is at it, or it ended.

    A fault of ours is raised, after it was counted; the third one ends the order with its reason.
    """
    try:
        with _snapshot() as is_mine:
            result = _result(order, now) if is_mine else None
        return _store(order, result, by, now) if result else None
    except Exception as error:
        _count_fault(order, error, now)
        raise


@contextmanager
def _snapshot() -> Iterator[bool]:
    """One transaction that sees the store as of its beginning; false: another process scans.

    It writes nothing, and so nobody who answers an offer meanwhile stands in its way.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        yield bool(cursor.fetchone()[0])


def _count_fault(order: UUID, error: Exception, now: datetime.datetime) -> None:
    with transaction.atomic():
        row = ScanOrder.objects.select_for_update().filter(pk=order, ended_at=None).first()
        if row is not None:
            row.attempts += 1
            if row.attempts >= ATTEMPTS:
                row.ended_at, row.fault = now, f"{type(error).__name__}: {error}"[:LONGEST]
            row.save(update_fields=["attempts", "ended_at", "fault"])


def _result(order: UUID, now: datetime.datetime) -> Result | None:
    row = ScanOrder.objects.filter(pk=order, ended_at=None).first()
    if row is None:
        return None
    today = city_date(now)
    edition = catalogue.current(row.service_id, today)
    book = catalogue.rulebook(edition) if edition else None
    if edition is None or book is None or book.pack.proactive is None:
        raise NotOffered(f"no edition of {row.service_id} that is in force offers it")
    began = time.perf_counter()
    made = plan(book, today)
    search = search_of(made)
    count = scans.count(search)
    found = find(book, search, today)
    checked, missed = check_others(book, search, today, found.people, count.drawn)
    milliseconds = int((time.perf_counter() - began) * 1000)
    return Result(
        edition=edition,
        made=made,
        count=count,
        found=found,
        checked=checked,
        missed=missed,
        milliseconds=milliseconds,
        snapshot=scans.position(),
    )


def _store(key: UUID, result: Result, by: Actor, now: datetime.datetime) -> Scan | None:
    book, people = catalogue.rulebook(result.edition), result.found.people
    with transaction.atomic():
        order = ScanOrder.objects.select_for_update().filter(pk=key, ended_at=None).first()
        if order is None:
            return None
        standing = holding.standing(book, people, now)
        offered = [subject for subject in sorted(people) if subject not in standing]
        listed = bytes.fromhex("".join(sorted(people)))
        scan = Scan(
            order=order,
            service_id=book.code,
            edition_id=result.edition.pk,
            edition_hash=result.edition.hash,
            as_of=city_date(now),
            at=now,
            milliseconds=result.milliseconds,
            snapshot=result.snapshot,
            records=result.count.records,
            drawn=result.count.drawn,
            subjects=listed,
            list_hash=hashlib.sha256(listed).digest(),
            counts={
                "eligible": len(people),
                "offered": len(offered),
                **dict(sorted(Counter(standing.values()).items())),
                UNFIT: result.found.unfit,
            },
            regions=dict(sorted(Counter(people[s][0] for s in offered).items())),
            left=dict(result.made.left),
            checked=result.checked,
            missed=result.missed,
        )
        scan.save(force_insert=True)
        bulk.insert(ScanReading, _readings(scan, book, result, by))
        _offer(scan, book, people, offered)
        withdraw_unfound(service=book.code, found=people, now=now)
        order.ended_at = now
        order.save(update_fields=["ended_at"])
        return scan


def search_of(made: Plan) -> Search:
    """Return what the store is asked for by a plan."""
    sources = [Source(entry.name, entry.registry, entry.alias) for entry in made.entries]
    return Search(sources, made.drawn, made.passing)


def find(book: Rulebook, search: Search, on: datetime.date) -> Found:
    """Return everybody who meets every condition: found by SQL, judged one by one."""
    found, assessor = Found(), Assessor(book, on)
    for person in scans.find(search):
        verdict, fits = assessor.judge(person)
        if verdict.outcome != APPROVE:
            continue
        if not fits:
            found.unfit += 1
        else:
            region = district_of(book, verdict.inputs) or ""
            facts = canonical.dumps(verdict.inputs.to_json()).decode()
            found.people[person.subject] = (region, facts)
    return found


def check_others(
    book: Rulebook,
    search: Search,
    on: datetime.date,
    found: Mapping[str, object],
    drawn: int,
) -> tuple[int, int]:
    """Let the judge look at about ``SAMPLE`` of the drawn; return (others, those wrongly left out).

    SQL never leaves out whom the judge would have: this would show it if it did.
    """
    checked = missed = 0
    assessor = Assessor(book, on)
    share = min(1.0, SAMPLE / drawn) if drawn else 0.0
    for person in scans.sample(search, share):
        if person.subject in found:
            continue
        checked += 1
        missed += assessor.is_met(person)
    return checked, missed


def _readings(scan: Scan, book: Rulebook, result: Result, by: Actor) -> list[ScanReading]:
    proactive, made, count = proactive_of(book), result.made, result.count
    rows = []
    for entry in made.entries:
        declared = book.pack.registries[entry.name]
        everybody = entry is made.entries[0]
        bases = "；".join([proactive.basis, declared.basis])
        laws = dict.fromkeys(bases.split("；"))
        rows.append(
            bulk.new(
                ScanReading,
                scan_id=scan.pk,
                registry=entry.registry,
                fields=",".join(book.fields[entry.name]),
                everybody=everybody,
                records=count.records if everybody else count.drawn,
                by=str(by),
                purpose=proactive.purpose["zh"],
                basis="；".join(laws),
                at=scan.at,
            )
        )
    return rows


def _offer(
    scan: Scan, book: Rulebook, people: Mapping[str, tuple[str, str]], offered: Sequence[str]
) -> None:
    days = datetime.timedelta(proactive_of(book).expires)
    for begin in range(0, len(offered), CHUNK):
        rows = [
            bulk.new(
                Offer,
                scan_id=scan.pk,
                service_id=book.code,
                subject=subject,
                region=people[subject][0],
                inputs=people[subject][1],
                made_at=scan.at,
                checked_at=scan.at,
                expires_on=scan.as_of + days,
            )
            for subject in offered[begin : begin + CHUNK]
        ]
        bulk.insert(Offer, rows)


def withdraw_unfound(*, service: str, found: Mapping[str, object], now: datetime.datetime) -> int:
    """End the open offers of whom the newest scan has not found; the others hold as of now."""
    open_ = Offer.objects.filter(service=service, state=Offer.State.OPEN)
    gone = [row.pk for row in open_.only("pk", "subject") if row.subject not in found]
    for begin in range(0, len(gone), CHUNK):
        open_.filter(pk__in=gone[begin : begin + CHUNK]).update(
            state=Offer.State.WITHDRAWN, ended_at=now, reason=NOT_FOUND
        )
    open_.filter(checked_at__lt=now).update(checked_at=now)
    return len(gone)


def edition_of(scan: Scan) -> Rulebook:
    """Return the rulebook that a scan used, which never changes."""
    return catalogue.rulebook(Edition.objects.get(pk=scan.edition_id))
