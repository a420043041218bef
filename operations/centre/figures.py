"""What the page says: the numbers of one reading in words, each part with its tone."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import redis
from django.conf import settings
from django.utils.translation import gettext

from approvals.progress import liveness
from approvals.states import State
from approvals.words import reasons as reasons_in_words
from exchange import breaker, registries
from ledger.clock import city_date
from operations.centre import spans, tilemap
from operations.counts import percentiles, reading, statements
from operations.models import Grain
from people.language import in_language, language
from services import catalogue, watching

BAD, WAIT = "bad", "wait"


@dataclass(frozen=True, slots=True)
class Number:
    """One figure of the page. ``tone``: bad, wait or nothing; never by colour alone."""

    key: str
    label: str
    value: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table: its name, its values in order, and its tone with its word."""

    key: str
    name: str
    values: tuple[Any, ...]
    tone: str = ""
    word: str = ""


@dataclass(frozen=True, slots=True)
class Suspended:
    scope: str
    code: str
    name: str
    by: str
    at: datetime.datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Centre:
    """Everything on the page. ``at``: the moment of PostgreSQL that all of it is of."""

    at: datetime.datetime
    behind: datetime.datetime | None
    numbers: Sequence[Number]
    map: tilemap.TileMap
    reasons: Sequence[Line]
    registries: Sequence[Line]
    services: Sequence[Line]
    history: Sequence[Line]
    deliveries: Sequence[Line]
    processes: Sequence[Line]
    suspended: Sequence[Suspended]
    breakers_known: bool


def centre(span: reading.Span, now: datetime.datetime) -> Centre:
    """Return the page's figures of this moment. Raises ``django.db.Error``."""
    read = reading.read(span)
    names = _names(now)
    opened = _open_breakers()
    day, altogether = _of("day", read), _of("all", read)
    return Centre(
        at=read.at,
        behind=read.behind,
        numbers=[*_flow(day, altogether), *_times(read), *_standing(read)],
        map=tilemap.draw(settings.CITY.regions, _by_region(day)),
        reasons=_reasons(read, now),
        registries=_registries(read, opened, names),
        services=_services(day, names),
        history=_history(read, span),
        deliveries=_deliveries(read),
        processes=_processes(read, now),
        suspended=_suspended(read, names),
        breakers_known=opened is not None,
    )


Cases = list[tuple[str, str, str, bool, int]]  # service, district, outcome, machine, how many


def _of(span: str, read: reading.Read) -> Cases:
    rows = (row for row in read.parts["cases"] if row[0] == span)
    return [(s, r, o, m, int(n)) for _, _, s, r, o, m, n in rows]


def _flows(rows: Iterable[tuple[str, bool, int]]) -> tuple[int, int, int]:
    """Return (received, decided, of them by the machine)."""
    received = decided = machine = 0
    for outcome, is_machine, number in rows:
        if outcome == statements.RECEIVED:
            received += number
        elif outcome in ("approve", "refuse"):
            decided += number
            machine += number * is_machine
    return received, decided, machine


def _share(some: int, of: int) -> str:
    return f"{some / of:.1%}" if of else "–"


def _flow(day: Cases, altogether: Cases) -> list[Number]:
    received, decided, machine = _flows((o, m, n) for _, _, o, m, n in day)
    ever, ever_decided, _ = _flows((o, m, n) for _, _, o, m, n in altogether)
    total = gettext("altogether %(number)s")
    return [
        Number(
            "received", gettext("Received today"), f"{received:,}", total % {"number": f"{ever:,}"}
        ),
        Number(
            "decided",
            gettext("Decided today"),
            f"{decided:,}",
            total % {"number": f"{ever_decided:,}"},
        ),
        Number(
            "automatic",
            gettext("Approved automatically"),
            _share(machine, decided),
            gettext("%(some)s of today's decisions") % {"some": f"{machine:,}"},
        ),
    ]


def _times(read: reading.Read) -> list[Number]:
    counts: Counter[int] = Counter()
    for _machine, bucket, number in read.parts["latency"]:
        counts[int(bucket)] += int(number)
    found = []
    for share, key in ((0.5, "p50"), (0.95, "p95"), (0.99, "p99")):
        seconds = percentiles.percentile(counts, statements.CUTS, share)
        label = gettext("Time to decide, %(key)s") % {"key": key}
        note = gettext("%(share)s of today's decisions") % {"share": f"{share:.0%}"}
        found.append(Number(key, label, duration(seconds), note))
    return found


def _standing(read: reading.Read) -> list[Number]:
    cases: Counter[str] = Counter()
    late = 0
    for state, _region, number, overdue in read.parts["open"]:
        cases[state] += number
        late += overdue
    waits = {queue: float(age or 0) for queue, age in read.parts["oldest"]}
    engine = waits.get("engine", 0.0)
    return [
        Number("review", gettext("With officers"), f"{cases[State.REVIEW]:,}"),
        Number("overdue", gettext("Overdue"), f"{late:,}", tone=BAD if late else ""),
        Number(
            "queue",
            gettext("Oldest waits for the engine"),
            duration(engine) if engine else "–",
            gettext("%(cases)s in the queue") % {"cases": f"{cases[State.SUBMITTED]:,}"},
            BAD if engine > liveness.LATE.total_seconds() else "",
        ),
    ]


def duration(seconds: float | None) -> str:
    """Return a time as people read it: 0.42 s, 12 s, 5 min, 3.1 h, 2.0 d."""
    if seconds is None:
        return "–"
    if seconds < 10:
        return gettext("%(n)s s") % {"n": f"{seconds:.2f}"}
    if seconds < 120:
        return gettext("%(n)s s") % {"n": f"{seconds:.0f}"}
    if seconds < 7200:
        return gettext("%(n)s min") % {"n": f"{seconds / 60:.0f}"}
    if seconds < 172_800:
        return gettext("%(n)s h") % {"n": f"{seconds / 3600:.1f}"}
    return gettext("%(n)s d") % {"n": f"{seconds / 86_400:.1f}"}


def _by_region(day: Cases) -> dict[str, int]:
    found: Counter[str] = Counter()
    for _service, region, outcome, _machine, number in day:
        if outcome == statements.RECEIVED:
            found[region] += number
    return dict(found)


def _names(now: datetime.datetime) -> dict[tuple[str, str], str]:
    found = {
        ("service", book.code): in_language(book.pack.name)
        for book in catalogue.all_current(city_date(now))
    }
    for code, one in settings.CITY.registries.items():
        found["registry", code] = in_language(one)
    return found


def _reasons(read: reading.Read, now: datetime.datetime) -> list[Line]:
    """The reasons of the day, most frequent first, with whose cases they are of."""
    day, found = city_date(now), []
    for service, reason, number in read.parts["reasons"]:
        edition = catalogue.current(service, day)
        book = catalogue.rulebook(edition) if edition else catalogue.numbered(service, 1)
        words = reasons_in_words(reason, book, day) if book else []
        name = in_language(book.pack.name) if book else service
        found.append(Line(f"{service}:{reason}", (words or [reason])[0], (int(number),), "", name))
    return found


def _open_breakers() -> set[str] | None:
    """The registries that are not asked now; None where Redis, which knows it, is away."""
    remote = [code for code in settings.REGISTRIES if registries.is_remote(code)]
    try:
        return breaker.are_open(remote)
    except redis.RedisError:
        return None


def _registries(
    read: reading.Read, opened: set[str] | None, names: Mapping[tuple[str, str], str]
) -> list[Line]:
    recent = {row[0]: row[1:] for row in read.parts["recent"]}
    today: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for registry, outcome, number in read.parts["answers"]:
        today[registry][outcome] += int(number)
    suspended = {row[1] for row in read.parts["suspended"] if row[0] == "registry"}
    found = []
    for code in settings.CITY.registries:
        answers, failed, times, latest = recent.get(code, (0, 0, [None, None], ""))
        tone, word = "ok", gettext("answers")
        if opened is not None and code in opened:
            tone, word = BAD, gettext("not asked: keeps failing")
        elif latest == "failed":
            tone, word = BAD, gettext("does not answer")
        elif failed:
            tone, word = WAIT, gettext("fails at times")
        elif not answers:
            tone, word = "", gettext("not asked in the last minute")
        if code in suspended:
            word = " · ".join((word, gettext("suspended")))
        asked, errors = sum(today[code].values()), today[code]["failed"]
        half, most = (_milliseconds(one) for one in times)
        values = (half, most, _share(failed, answers), f"{asked:,}", f"{errors:,}")
        found.append(Line(code, names["registry", code], values, tone, word))
    order = {BAD: 0, WAIT: 1, "ok": 2}
    return sorted(found, key=lambda line: order.get(line.tone, 3))


def _milliseconds(value: float | None) -> str:
    return "–" if value is None else gettext("%(n)s ms") % {"n": f"{value:,.0f}"}


def _services(day: Cases, names: Mapping[tuple[str, str], str]) -> list[Line]:
    rows: defaultdict[str, list[tuple[str, bool, int]]] = defaultdict(list)
    for service, _region, outcome, machine, number in day:
        rows[service].append((outcome, machine, number))
    found = []
    for (scope, code), name in names.items():
        if scope == "service":
            received, decided, alone = _flows(rows.pop(code, ()))
            found.append(Line(code, name, (received, decided, _share(alone, decided))))
    for code, some in rows.items():  # of services that are no longer offered
        received, decided, alone = _flows(some)
        found.append(Line(code, code, (received, decided, _share(alone, decided))))
    return sorted(found, key=lambda line: (-line.values[0], -line.values[1], line.key))


def _history(read: reading.Read, span: reading.Span) -> list[Line]:
    rows: defaultdict[int, list[tuple[str, bool, int]]] = defaultdict(list)
    for kind, start, _service, _region, outcome, machine, number in read.parts["cases"]:
        if kind == "past":
            rows[int(start)].append((outcome, machine, int(number)))
    formats = {Grain.HOUR: "%m-%d %H:%M", Grain.DAY: "%Y-%m-%d", Grain.MONTH: "%Y-%m"}
    found = []
    for start in spans.starts(span, read.at):
        received, decided, machine = _flows(rows[int(start.timestamp())])
        values = (received, machine, decided - machine)
        found.append(Line(start.isoformat(), start.strftime(formats[span.grain]), values))
    return found


def _deliveries(read: reading.Read) -> list[Line]:
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    ages: dict[str, float] = {}
    for partner, state, number, age in read.parts["deliveries"]:
        found[partner][state] += number
        if state == "due":
            ages[partner] = max(0.0, age or 0.0)
    names = settings.CITY.partners
    return [
        Line(
            code,
            in_language(names[code]) if code in names else code,
            (counts["due"], duration(ages.get(code)) if counts["due"] else "–", counts["dead"]),
            BAD if counts["dead"] else "",
        )
        for code, counts in sorted(found.items())
    ]


def _processes(read: reading.Read, now: datetime.datetime) -> list[Line]:
    """Is what is due being done, and which processes have written that they live."""
    parts = {
        "engine": gettext("Deciding"),
        "checker": gettext("Asking registries"),
        "deliverer": gettext("Delivering notices"),
    }
    words = {
        "ok": ("ok", gettext("in time")),
        "late": (BAD, gettext("late: work is due and nobody does it")),
        "away": (BAD, gettext("away: no engine has written its heartbeat")),
    }
    found = []
    for part, state in liveness.workers(now).items():
        tone, word = words[state]
        found.append(Line(part, parts[part], ("–",), tone, word))
    alive = liveness.ALIVE.total_seconds()
    for _kind, name, age in read.parts["heartbeats"]:
        if age < 600:  # older ones ended long ago
            tone, word = (
                ("ok", gettext("lives")) if age < alive else (WAIT, gettext("ended, or hangs"))
            )
            found.append(Line(name, name, (duration(age),), tone, word))
    return found


def _suspended(read: reading.Read, names: Mapping[tuple[str, str], str]) -> list[Suspended]:
    found = []
    for scope, code, cause, by, at, reason, measured in read.parts["suspended"]:
        who = gettext("by itself: a measured rate left its band") if cause == "band" else by
        why = watching.reason(measured, language()) or reason
        when = datetime.datetime.fromisoformat(at)
        found.append(Suspended(scope, code, names.get((scope, code), code), who, when, why))
    return found
