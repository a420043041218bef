"""Who has looked at a person's data: look-ups of registries, scans, readings by officers.

Both are in the ledger by row events (``ledger.row_events``); ``proofs`` leads from a row to the
event that names it and on to a signed tree head, so that nobody need believe this list.
"""

import datetime
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.conf import settings
from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext
from psycopg import sql

from approvals import assistant_words, words
from approvals.guards.assistants import RECORDED as OF_ASSISTANTS
from approvals.models import Application, AssistantCall
from certificates.models import Certificate
from city.model import RegistryField
from exchange.guards import RECORDED as OF_EXCHANGE
from exchange.models import Lookup
from ledger import heads
from ledger.clock import city_date
from ledger.events import instant
from ledger.models import Event
from ledger.row_events import PREFIX, RecordedTable
from offers.guards import RECORDED as OF_OFFERS
from offers.models import Offer, ScanReading
from people import roles
from people.actors import Actor, Kind
from people.guards import RECORDED as OF_PEOPLE
from people.language import in_language, language, listed, mark
from people.models import Reading, User
from services import catalogue

What = Literal["lookup", "reading", "scan", "call"]
TABLES: dict[What, RecordedTable] = {
    "lookup": next(t for t in OF_EXCHANGE if t.model is Lookup),
    "reading": next(t for t in OF_PEOPLE if t.model is Reading),
    "scan": next(t for t in OF_OFFERS if t.model is ScanReading),
    "call": next(t for t in OF_ASSISTANTS if t.model is AssistantCall),
}
MOST = 2000  # in an export
# on what an officer's reading rests (a look-up names its own law)
LAWS = {
    Reading.Purpose.SUPERVISION: "《行政许可法》§60",
    Reading.Purpose.AUDIT: "《行政许可法》§60",
    Reading.Purpose.UNMASKING: "《行政许可法》§60",
}
LAW = "《个人信息保护法》§34"


@dataclass(frozen=True, slots=True)
class Access:
    """One reading of one's data. ``case``: of one's own, else empty; ``what``: what was read."""

    id: uuid.UUID
    kind: What
    at: datetime.datetime
    who: str
    what: str
    purpose: str
    law: str
    case: str
    result: str = ""  # of a look-up


def of(by: Actor, *, most: int = MOST) -> list[Access]:
    """Return who looked at a citizen's data, the newest first; nothing is left out of it.

    Readings that they did themselves in their own pages leave no trace; look-ups for them do.
    """
    if by.kind is not Kind.CITIZEN or not by.code or by.is_agent:
        return []
    mine = Application.objects.filter(applicant=by.applicant)
    cases = dict(mine.values_list("number", "service_id"))
    lookups = Lookup.objects.filter(subject=by.applicant).order_by("-at")[:most]
    readings = Reading.objects.filter(_of_person(by, cases)).order_by("-at")[:most]
    of_persons = () if by.enterprise else (*_scans(by, most), *_calls(by, most))
    found = [*_lookups(lookups, by, cases), *_readings(readings, cases), *of_persons]
    return sorted(found, key=lambda one: (one.at, one.id), reverse=True)[:most]


def _of_person(by: Actor, cases: Iterable[str]) -> Q:
    numbers, kinds = list(cases), Reading.Kind
    papers = Certificate.objects.filter(Q(holder=by.applicant) | Q(application__in=numbers))
    ids = list(papers.values_list("public_id", flat=True))
    accounts = User.objects.filter(subject=by.applicant).values_list("username", flat=True)
    events = [f"application:{n}" for n in numbers] + [f"certificate:{key}" for key in ids]
    return (
        Q(kind__in=[kinds.CASE, kinds.LOOKUP], subject__in=numbers)
        | Q(kind=kinds.CERTIFICATE, subject__in=ids)
        | Q(kind=kinds.PERSON, subject__in=list(accounts))
        | Q(kind=kinds.SEARCH, subject=by.applicant)
        | Q(kind=kinds.EVENT, subject__in=events)
    )


def _lookups(rows: Iterable[Lookup], by: Actor, cases: dict[str, str]) -> Iterable[Access]:
    for row in rows:
        registry = settings.CITY.registries.get(row.registry)
        named = in_language(registry) or row.registry
        yield Access(
            id=row.id,
            kind="lookup",
            at=row.at,
            who=_actor(row.by, by),
            what=f"{named}{mark(':')}{_fields(row)}",
            purpose=_purpose(row, cases),
            law=row.basis,
            case=row.case if row.case in cases else "",
            result=_result(row),
        )


def _scans(by: Actor, most: int) -> Iterable[Access]:
    """Yield scans of the whole city (免申即享): each has read the records of everybody.

    What it read of those whom it drew alone is there for whoever was found.
    """
    mine = Offer.objects.filter(subject=by.code).values("scan")
    rows = ScanReading.objects.filter(Q(everybody=True) | Q(scan__in=mine))
    for row in rows.select_related("scan").defer("scan__subjects").order_by("-at")[:most]:
        registry = settings.CITY.registries.get(row.registry)
        book = catalogue.rulebook(row.scan.edition_id)
        whom = gettext("of everybody") if row.everybody else gettext("of those whom it drew")
        yield Access(
            id=row.id,
            kind="scan",
            at=row.at,
            who=gettext("scan of the whole city: %(service)s")
            % {"service": in_language(book.pack.name)},
            what=f"{in_language(registry) or row.registry}{mark(':')}{_fields(row)}",
            purpose=_of_packs(row.purpose, row.at),
            law=row.basis,
            case="",
            result=f"{whom}{mark(':')}{row.records}",
        )


def _calls(by: Actor, most: int) -> Iterable[Access]:
    """Yield what assistants have called by the citizen's mandates."""
    rows = AssistantCall.objects.filter(mandate__citizen__subject=by.code)
    for row in rows.order_by("-at")[:most]:
        service = f"{mark(':')}{_service(row.service)}" if row.service else ""
        yield Access(
            id=row.id,
            kind="call",
            at=row.at,
            who=words.actor(row.by, by.code),
            what=f"{assistant_words.call(row.tool)}{service}",
            purpose=gettext("by your mandate to an assistant"),
            law="《民法典》§165",
            case=row.case,
            result=assistant_words.outcome(row.outcome),
        )


def _fields(row: Lookup | ScanReading) -> str:
    registry = settings.CITY.registries.get(row.registry)
    known = registry.fields if registry else {}
    return listed(_field(known.get(name), name) for name in row.fields.split(",") if name)


def _field(field: RegistryField | None, name: str) -> str:
    """Name what was asked for; of what is answered by yes or no it says so."""
    text = in_language(field) or name
    is_answered_so = field is not None and field.type == "boolean"
    return gettext("%(name)s (yes or no)") % {"name": text} if is_answered_so else text


def _purpose(row: Lookup, cases: dict[str, str]) -> str:
    """Return the purpose in words: a pack's own, or what a form was opened for."""
    what, _colon, code = row.purpose.partition(":")
    if _colon and code and code.replace("_", "").isalnum():
        text = {
            "prefill": gettext("shown in your form of: %(service)s"),
            "counter": gettext("shown in your form at a counter: %(service)s"),
            "guardian": gettext("to see whether somebody is your guardian: %(service)s"),
            "represented": gettext("shown in a form filled in for you: %(service)s"),
            "offer": gettext("to hand in what you agreed to: %(service)s"),
            "representative": gettext("to see who may act for an enterprise: %(service)s"),
            "assistant": gettext("for your assistant, before it applies: %(service)s"),
            "precheck": gettext("to say before you submit what is open: %(service)s"),
        }.get(what, gettext("to see what you may apply for: %(service)s"))
        return text % {"service": _service(code)}
    if row.purpose == "representative":
        return gettext("to see which enterprises somebody may act for")
    if row.purpose == "qualify":
        return gettext("on your wish, to see what you may qualify for")
    purpose = _of_packs(row.purpose, row.at)
    if row.case and row.case not in cases:
        return gettext("%(purpose)s (an application of somebody else that names you)") % {
            "purpose": purpose
        }
    return purpose


def _of_packs(purpose: str, at: datetime.datetime) -> str:
    """Return what packs say that they ask for, in the reader's language where they still say it."""
    if language() == "zh":
        return purpose
    books = catalogue.all_current(city_date(at))
    purposes = [r.purpose for book in books for r in book.pack.registries.values()]
    purposes += [book.pack.proactive.purpose for book in books if book.pack.proactive]
    known = {purpose["zh"]: purpose["en"] for purpose in purposes}
    return "; ".join(known.get(one, one) for one in purpose.split("；"))


def _service(code: str) -> str:
    book = catalogue.numbered(code, 1)
    return in_language(book.pack.name) if book else code


def _result(row: Lookup) -> str:
    return {
        "found": gettext("answered"),
        "absent": gettext("has nothing about you"),
    }.get(row.outcome, gettext("did not answer"))


def _actor(who: str, by: Actor) -> str:
    kind, _colon, code = who.partition(":")
    if kind != Kind.CITIZEN:
        return words.actor(who, by.applicant)
    if code == by.code:
        return gettext("you, by opening a page")
    is_own = bool(by.enterprise)
    return gettext("somebody who acts for it") if is_own else gettext("another citizen")


def _readings(rows: Iterable[Reading], cases: dict[str, str]) -> Iterable[Access]:
    for row in rows:
        number = row.subject.removeprefix("application:")
        yield Access(
            id=row.id,
            kind="reading",
            at=row.at,
            who=_reader(row),
            what=str(Reading.Kind(row.kind).label),
            purpose=_reading_purpose(row),
            law=LAWS.get(Reading.Purpose(row.purpose), LAW),
            case=number if number in cases else "",
        )


def _reader(row: Reading) -> str:
    if row.role == Reading.AGENCY:
        return words.actor(row.by, "")
    office = in_language(settings.CITY.offices.get(row.office)) if row.office else ""
    zh, en = roles.NAMES[User.Role(row.role)]
    name = en if language() == "en" else zh
    return f"{office} · {name}" if office else name


def _reading_purpose(row: Reading) -> str:
    label = str(Reading.Purpose(row.purpose).label)
    return f"{label}{mark(':')}{row.reason}" if row.reason else label


# --- proof

# subjects of row events end in a UUID of version 7, which begins with the moment of the event
_EVENTS = """
SELECT r.id, e.id FROM unnest(%s::text[], %s::text[], %s::text[]) AS r (id, earliest, latest)
CROSS JOIN LATERAL (SELECT e.id FROM ledger_event AS e
    WHERE e.subject >= r.earliest AND e.subject < r.latest AND strpos(e.data, r.id) > 0
    ORDER BY e.subject LIMIT 1) AS e
"""
BEFORE, AFTER = datetime.timedelta(seconds=5), datetime.timedelta(seconds=30)


def proofs(accesses: Sequence[Access]) -> list[dict[str, Any]]:
    """Return for each access, in order, its row event and the path to the newest signed head.

    The event's data has the key of the row with the row's SHA-256. ``proof`` as ``heads.prove`` has
    it; none for what no head covers yet (a second or so), and for a tree beyond ``heads.PROVABLE``.
    """
    found: dict[uuid.UUID, uuid.UUID] = {}
    for kind in TABLES:
        found |= _events_of(kind, [one for one in accesses if one.kind == kind])
    events = Event.objects.in_bulk(list(found.values()))
    paths = heads.prove_all(list(events.values()))
    return [_proof(one, events.get(found.get(one.id, one.id)), paths) for one in accesses]


def _events_of(kind: What, accesses: Sequence[Access]) -> dict[uuid.UUID, uuid.UUID]:
    subject = f"{PREFIX}{TABLES[kind].name}:"
    bounds = (
        [str(one.id) for one in accesses],
        [subject + _uuid_at(one.at - BEFORE) for one in accesses],
        [subject + _uuid_at(one.at + AFTER) for one in accesses],
    )
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS, bounds)
        return {uuid.UUID(row): event for row, event in cursor.fetchall()}


def _uuid_at(at: datetime.datetime) -> str:
    """Return the text of the first UUID of version 7 of a moment."""
    digits = f"{int(at.timestamp() * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}"


def _proof(one: Access, event: Event | None, paths: dict[uuid.UUID, Any]) -> dict[str, Any]:
    if event is None:
        return {}
    return {
        "key": str(one.id),
        "event": {
            "subject": event.subject,
            "seq": str(event.seq),
            "kind": event.kind,
            "before": event.before,
            "after": event.after,
            "by": event.by,
            "at": instant(event.at),
            "data": event.data,
            "previous": "",
        },
        "hash": bytes(event.hash).hex(),
        "proof": paths.get(event.pk),
    }


def rows_as_hashed(accesses: Sequence[Access]) -> dict[uuid.UUID, str]:
    """Return the text of each row whose SHA-256 is in its event, for whoever recomputes it.

    Not of what an officer did: the row has the officer's account. Its hash is in the event.
    """
    found: dict[uuid.UUID, str] = {}
    for kind, table in TABLES.items():
        columns = sql.SQL(", ").join(sql.Identifier(column) for column in table.columns)
        statement = sql.SQL(
            "SELECT id, json_build_array({columns})::text FROM {table}"
            " WHERE id = ANY(%s) AND NOT starts_with(by, 'officer:')"
        ).format(columns=columns, table=sql.Identifier(table.name))
        with connection.cursor() as cursor:
            cursor.execute(statement, [[one.id for one in accesses if one.kind == kind]])
            found |= dict(cursor.fetchall())
    return found


def export(by: Actor, now: datetime.datetime) -> dict[str, Any]:
    """Return everything of a citizen with its proofs, as data for a JSON document."""
    found = of(by)
    texts = rows_as_hashed(found)
    return {
        "type": "miaopi-accesses",
        "city": settings.CITY.code,
        "made_at": instant(now),
        "withheld": 0,
        "entries": [
            {
                "id": str(one.id),
                "kind": one.kind,
                "at": instant(one.at),
                "who": one.who,
                "what": one.what,
                "purpose": one.purpose,
                "law": one.law,
                "case": one.case,
                "result": one.result,
                "row": texts.get(one.id),
                **proof,
            }
            for one, proof in zip(found, proofs(found), strict=True)
        ],
    }
