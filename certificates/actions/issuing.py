"""Issuing: set-based, inside the transaction that decides, so that no approval is without one."""

import base64
import datetime
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any
from weakref import WeakKeyDictionary

import orjson
from django.conf import settings
from django.db import connection

import bulk
from certificates.actions import filing
from certificates.actions.transitions import change_state
from certificates.binding import columns_hash
from certificates.models import Certificate
from certificates.numbering import Identifier, printed, public_ids, read_identifier, serials
from certificates.payload import ENTERPRISE, FORM, TYP, printed_fields, status_of
from certificates.pdf.glyphs import code
from certificates.states import LIVE_WORDS, State
from exchange.models import Entry
from ledger import canonical, events, signatures
from ledger.clock import city_date
from ledger.models import Event
from people import identity
from people.errors import ActionRejected
from people.models import Office
from services.filings import FilingPlan
from services.outputs import entries
from services.pack.model import CERTIFICATE_NUMBER, HOLDER_NAME, ISSUED_ON, CertificateKind
from services.rulebook import Rulebook
from services.validity import expires


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to issue, on what decision."""

    application: str  # its number
    rulebook: Rulebook
    printed: Mapping[str, object]  # what each field shows: services.outputs.printed_values
    holder: str  # identity.index
    holder_name: str
    holder_masked: str  # the ID number as it may be printed: identity.mask
    office: str  # code
    region: str | None  # code
    decided_at: datetime.datetime
    decision: uuid.UUID
    receipt: bytes  # canonical; only its SHA-256 goes into the certificate
    previous: Certificate | None = None  # locked by the caller; this one takes its place
    values: Mapping[str, object] = field(default_factory=dict)  # the case's typed facts
    filings: Sequence[FilingPlan] = ()  # services.filings.plan
    substituted: tuple[str, ...] = ()  # characters printed by their code: glyphs.missing
    first: bool = False  # the caller knows that the application never had a certificate

    @property
    def spec(self) -> CertificateKind:
        assert self.rulebook.certificate is not None  # the caller issues only what there is
        return self.rulebook.certificate


@dataclass(slots=True)
class Numbers:
    """The numbers of one certificate, before anything else of it exists."""

    identifier: Identifier
    public_id: str
    serial: int
    number: str


@dataclass(slots=True)
class IssueContext:
    """What a batch is issued on: fresh places in the sequences, its offices, what is live now."""

    places: list[int]  # one an order
    licences: list[int]  # one an order whose number is a new enterprise's; gaps are harmless
    live: list[uuid.UUID]  # certificates of the same applications
    offices: Mapping[str, Office]


BLOCK = 32  # places taken from a sequence at once
# What a connection has taken and not used. Like a sequence's own CACHE, it ends with the
# connection, so the numbers of two databases never mix; what is left then is a gap.
_taken: WeakKeyDictionary[Any, dict[str, list[int]]] = WeakKeyDictionary()


def _places(sequence: str, count: int) -> list[int]:
    """Take ``count`` places of a sequence, in ascending order."""
    if not count:
        return []
    with connection.cursor() as cursor:
        stock = _taken.setdefault(connection.connection, {}).setdefault(sequence, [])
        if len(stock) < count:
            cursor.execute(
                "SELECT nextval(%s) FROM generate_series(1, %s)",
                [sequence, max(BLOCK, count - len(stock))],
            )
            stock += [place for (place,) in cursor.fetchall()]
    taken = stock[:count]
    del stock[:count]
    return taken


# The partial index over live certificates leaves out those without an application. An array from
# JSON, because a list of parameters costs more the longer it is.
_LIVE = f"""
SELECT id FROM certificates_certificate WHERE state IN ({LIVE_WORDS})
AND application <> '' AND application = ANY(ARRAY(SELECT json_array_elements_text(%s::json)))
"""  # noqa: S608 - states of ours


def _context(orders: Sequence[Order], offices: Mapping[str, Office]) -> IssueContext:
    if {o.office for o in orders} - offices.keys():
        offices = {o.code: o for o in Office.objects.filter(code__in={o.office for o in orders})}
    live = []
    if earlier := [o.application for o in orders if o.application and not o.first]:
        with connection.cursor() as cursor:
            cursor.execute(_LIVE, [orjson.dumps(earlier).decode()])
            live = [row[0] for row in cursor.fetchall()]
    return IssueContext(
        _places("certificates_serial", len(orders)),
        _places("certificates_licence", sum(map(_is_licence, orders))),
        live,
        offices,
    )


def _is_licence(order: Order) -> bool:
    return bool(order.spec.number.startswith("uscc:"))


def allocate(orders: Sequence[Order], context: IssueContext, year: int) -> list[Numbers]:
    """Return the numbers of a batch; a new version of a certificate keeps its number."""
    licences = iter(context.licences)
    found = []
    places = context.places
    for order, place, serial, public_id in zip(
        orders, places, serials(year, places), public_ids(len(orders)), strict=True
    ):
        spec = order.spec
        licence = next(licences) if _is_licence(order) else 0
        if order.previous is not None:
            old = read_identifier(order.previous.identifier)
            assert old is not None
            found.append(Numbers(old.next_version(), public_id, place, order.previous.number))
            continue
        number = printed(
            spec.number,
            serial=serial,
            licence=licence,
            region=(order.region or settings.CITY.code)[:6],
        )
        identifier = Identifier(spec.type21, context.offices[order.office].uscc, serial, 1)
        found.append(Numbers(identifier, public_id, place, number))
    return found


def issue(
    orders: Sequence[Order],
    *,
    by: object,
    now: datetime.datetime,
    offices: Mapping[str, Office] = MappingProxyType({}),
    batch: bulk.Writer = bulk.IMMEDIATE,
) -> list[Certificate]:
    """Issue one certificate an order, signed; the caller holds the transaction and the locks.

    ``now`` is aware; ``offices`` are those by code that the caller has read. A handful of
    statements, however many orders. A live certificate of the same application and kind
    (suspended while its case was reopened) is superseded by the new one. Returns the certificates
    in the order of ``orders``.
    """
    if not orders:
        return []
    context, today = _context(orders, offices), city_date(now)
    orders = _with_previous(orders, context.live)
    numbers = allocate(orders, context, today.year)
    made = [
        _signed_certificate(order, number, context.offices[order.office], today, now)
        for order, number in zip(orders, numbers, strict=True)
    ]
    history = [_issued(*pair, by=by, now=now) for pair in zip(orders, made, strict=True)]
    _supersede(orders, made, by=by, now=now)
    batch.insert(Certificate, made)
    batch.insert(Event, history)
    batch.insert(Entry, _entries(orders, made, today))
    _file(orders, made, by=by, now=now, batch=batch)
    return made


def _issued(order: Order, certificate: Certificate, *, by: object, now: datetime.datetime) -> Event:
    """Return the first event of a certificate, which binds its payload and columns."""
    data = {
        "identifier": certificate.identifier,
        "application": order.application,
        "decision": str(order.decision),
        "payload": hashlib.sha256(certificate.payload).hexdigest(),
        "certificate": columns_hash(certificate),
    }
    if order.substituted:
        data["substituted"] = " ".join(map(code, order.substituted))
    return events.append(
        certificate,
        certificate.subject,
        "issued",
        by=by,
        now=now,
        after=State.VALID.value,
        data=data,
    )


def _supersede(
    orders: Sequence[Order], made: Sequence[Certificate], *, by: object, now: datetime.datetime
) -> None:
    """End what the new ones follow, at once: one live certificate of a kind per application."""
    successors = {
        o.previous.pk: (o.previous, new)
        for o, new in zip(orders, made, strict=True)
        if o.previous is not None
    }
    if successors:
        change_state(
            [old for old, _ in successors.values()],
            "supersede",
            by=by,
            now=now,
            data=lambda old: {"by": successors[old.pk][1].identifier},
        )


def _entries(
    orders: Sequence[Order], made: Sequence[Certificate], today: datetime.date
) -> list[Entry]:
    """Return what each certificate enters in registries of the city."""
    return [
        bulk.new(
            Entry,
            registry=entry.registry,
            subject=order.holder if entry.subject is None else identity.index(entry.subject),
            case=order.application,
            certificate=certificate.id,
            data=canonical.dumps(entry.record).decode(),
            entered_at=certificate.issued_at,
        )
        for order, certificate in zip(orders, made, strict=True)
        for entry in entries(order.rulebook, order.values, _issued_facts(order, certificate, today))
    ]


def _issued_facts(
    order: Order, certificate: Certificate, today: datetime.date
) -> dict[str, object]:
    """Return what entries in registries may say of a certificate beside its case's facts."""
    return {
        CERTIFICATE_NUMBER: certificate.number,
        ISSUED_ON: today,
        HOLDER_NAME: _holder(order, certificate.number)["name"],
    }


def _file(
    orders: Sequence[Order],
    made: Sequence[Certificate],
    *,
    by: object,
    now: datetime.datetime,
    batch: bulk.Writer,
) -> None:
    """Plan and push the filings of the licences that have any (多证合一)."""
    bundled = [(o, c) for o, c in zip(orders, made, strict=True) if o.filings]
    if bundled:
        plans = [o.filings for o, _ in bundled]
        filing.plan([c for _, c in bundled], plans, by=by, now=now, batch=batch)


def _with_previous(orders: Sequence[Order], ids: Sequence[uuid.UUID]) -> Sequence[Order]:
    """Name the live certificate of the same application and kind, if there is one, and lock it."""
    if not ids:
        return orders
    locked = Certificate.objects.select_for_update().filter(id__in=ids).order_by("id")
    live = {(c.application, c.kind): c for c in locked}
    return [
        replace(o, previous=o.previous or live.get((o.application, o.spec.kind))) for o in orders
    ]


def _holder(order: Order, number: str) -> dict[str, str]:
    """Return whom the certificate names as its holder: the applicant, or the business founded."""
    name = order.printed.get(order.spec.holder) if order.spec.holder else None
    if isinstance(name, str) and name:
        return {"name": name, "number": number, "kind": ENTERPRISE}
    return {"name": order.holder_name, "number": order.holder_masked}


def _filed(order: Order) -> list[dict[str, str]]:
    """Return the filings that the licence stands for, as its back lists them."""
    return [
        {"number": str(plan.number), "zh": plan.zh, "en": plan.en, "law": plan.basis}
        for plan in order.filings
        if plan.applies
    ]


def _signed_certificate(
    order: Order, numbers: Numbers, office: Office, today: datetime.date, now: datetime.datetime
) -> Certificate:
    spec = order.spec
    until = _expires(order, today)
    version, identifier = numbers.identifier.version, str(numbers.identifier)
    payload = canonical.dumps(
        {
            "form": FORM,
            "type": {
                "code": spec.type21,
                "kind": spec.kind,
                "zh": spec.zh,
                "en": spec.en,
            },
            "identifier": identifier,
            "id": numbers.public_id,
            "version": str(version),
            "number": numbers.number,
            "previous": order.previous.identifier if order.previous else "",
            "holder": _holder(order, numbers.number),
            "issuer": {"uscc": office.uscc, "zh": office.name_zh, "en": office.name_en},
            "region": order.region or "",
            "issued": today.isoformat(),
            "expires": until.isoformat() if until else "",
            "fields": printed_fields(spec.fields, order.printed),
            "application": order.application,
            "decision": str(order.decision),
            "edition": order.rulebook.hash,
            "receipt": hashlib.sha256(order.receipt).hexdigest(),
            "status": status_of(numbers.serial),
            **({"filings": _filed(order)} if spec.template and order.filings else {}),
            **({"substituted": [code(c) for c in order.substituted]} if order.substituted else {}),
        }
    )
    jws = signatures.sign_jws("certificate", payload, typ=TYP)
    return bulk.new(
        Certificate,
        identifier=identifier,
        public_id=numbers.public_id,
        serial=numbers.serial,
        number=numbers.number,
        version=version,
        previous_id=order.previous.pk if order.previous else None,
        service=order.rulebook.code,
        kind=spec.kind,
        application=order.application,
        holder=order.holder,
        office_id=order.office,
        region_id=order.region,
        issued_at=now,
        expires_on=until,
        payload=payload,
        jws=jws,
        kid=_kid(jws[: jws.index(".")]),
    )


def _expires(order: Order, today: datetime.date) -> datetime.date | None:
    """Return the last day, None without one; rejected where the facts do not say how long."""
    try:
        return expires(order.rulebook, order.values, today)
    except (ValueError, OverflowError):
        raise ActionRejected(
            "no_validity",
            "按已知的情况，无法确定证照的有效期，不能签发",
            "What is known does not say how long the certificate would be valid: it cannot be"
            " issued.",
        ) from None


@lru_cache(maxsize=64)
def _kid(header: str) -> str:
    """The key id in the header of a JWS; read from the JWS itself, as keys rotate meanwhile."""
    return str(orjson.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"])
