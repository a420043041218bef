"""Issuing: set-based, inside the transaction that decides, so that no approval is without one."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import connection

from certificates import clock
from certificates.models import Certificate
from certificates.numbering import Identifier, printed, public_ids, read_identifier, serials
from certificates.payload import FORM, TYP, last_day, printed_fields, status_of
from certificates.states import State
from ledger import canonical, events, rows, seals
from ledger.identifiers import uuid7
from people.models import Office, Region


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to issue, on what decision."""

    application: str  # its number
    rulebook: Any  # services.rules.Rulebook: .code, .hash, .certificate, .printed(inputs)
    holder: str  # identity.index
    holder_name: str
    holder_masked: str  # the ID number as it may be printed: identity.mask
    inputs: Any  # services.rules.Inputs of the decision, answers included
    office: str  # code
    region: str | None  # code
    decided_at: datetime.datetime
    decision: uuid.UUID
    receipt: bytes  # canonical; only its SHA-256 goes into the certificate
    previous: Certificate | None = None  # locked by the caller; this one takes its place


@dataclass(slots=True)
class Numbers:
    """The numbers of one certificate, before anything else of it exists."""

    identifier: Identifier
    public_id: str
    serial: int
    number: str = field(default="")


def allocate(orders: Sequence[Order], year: int) -> list[Numbers]:
    """Take all numbers of a batch from their sequences in one query; gaps are harmless."""
    licences = [
        i
        for i, o in enumerate(orders)
        if o.rulebook.certificate.number.scheme == "uscc" and o.previous is None
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array(SELECT nextval('certificates_serial') FROM generate_series(1, %s)),"
            " array(SELECT nextval('certificates_licence') FROM generate_series(1, %s))",
            [len(orders), len(licences)],
        )
        places, organisations = cursor.fetchone()
    licence = dict(zip(licences, organisations, strict=True))
    found = []
    for i, (order, place, serial, public_id) in enumerate(
        zip(orders, places, serials(year, places), public_ids(len(orders)), strict=True)
    ):
        spec = order.rulebook.certificate
        if order.previous is not None:
            old = read_identifier(order.previous.identifier)
            assert old is not None
            found.append(Numbers(old.next_version(), public_id, place, order.previous.number))
            continue
        identifier = Identifier(spec.type21, order.office.uscc, serial, 1)
        region = order.region.code[:6] if order.region else settings.CITY["region"]
        number = printed(spec.number, serial=serial, licence=licence.get(i, 0), region=region)
        found.append(Numbers(identifier, public_id, place, number))
    return found


def issue(
    orders: Sequence[Order], *, by: object, now: datetime.datetime
) -> list[Certificate]:
    """Issue one certificate an order, sealed; the caller holds the transaction and the locks.

    ``now`` is aware. Four statements, however many orders: numbers, certificates, events, and
    the certificates that are superseded, if any. Returns them in the order of ``orders``.
    """
    if not orders:
        return []
    today = clock.day(now)
    made, history = [], []
    for order, numbers in zip(orders, allocate(orders, today.year), strict=True):
        certificate = _seal(order, numbers, today, now)
        history.append(
            events.append(
                certificate,
                certificate.subject,
                "issued",
                by=by,
                now=now,
                after=State.VALID.value,
                data={
                    "identifier": certificate.identifier,
                    "application": order.application,
                    "decision": str(order.decision_id),
                },
            )
        )
        made.append(certificate)
    # first out with the old: only one live certificate of a kind per application
    history += _supersede(orders, made, by=by, now=now)
    rows.insert(Certificate, made)
    rows.insert(events.Event, history)
    return made


def _supersede(
    orders: Sequence[Order],
    made: Sequence[Certificate],
    *,
    by: object,
    now: datetime.datetime,
) -> list[events.Event]:
    old, states, history = [], [], []
    for order, new in zip(orders, made, strict=True):
        if order.previous is None:
            continue
        before = order.previous.state
        order.previous.supersede()
        history.append(
            events.append(
                order.previous,
                order.previous.subject,
                "superseded",
                by=by,
                now=now,
                before=before,
                after=order.previous.state,
                data={"by": new.identifier},
            )
        )
        old.append(order.previous)
        states.append(before)
    rows.update(Certificate, old, ["state", "events", "head"], old={"state": states})
    return history


def _seal(
    order: Order, numbers: Numbers, today: datetime.date, now: datetime.datetime
) -> Certificate:
    spec, office = order.rulebook.certificate, order.office
    expires = last_day(today, spec.valid)
    version = numbers.identifier.version
    identifier = str(numbers.identifier)
    payload = canonical.dumps(
        {
            "form": FORM,
            "type": {"code": spec.type21, "kind": spec.kind, "zh": spec.zh, "en": spec.en},
            "identifier": identifier,
            "id": numbers.public_id,
            "version": str(version),
            "number": numbers.number,
            "previous": order.previous.identifier if order.previous else "",
            "holder": {"name": order.holder_name, "number": order.holder_mask},
            "issuer": {"uscc": office.uscc, "zh": office.name_zh, "en": office.name_en},
            "region": order.region.code if order.region else "",
            "issued": today.isoformat(),
            "expires": expires.isoformat() if expires else "",
            "fields": printed_fields(spec.fields, order.rulebook.printed(order.values)),
            "application": order.application,
            "decision": str(order.decision_id),
            "edition": order.rulebook.hash,
            "receipt": order.receipt_hash,
            "status": status_of(numbers.serial),
        }
    )
    seal = seals.jws("certificate", payload, typ=TYP)
    return Certificate(
        id=uuid7(),
        identifier=identifier,
        public_id=numbers.public_id,
        serial=numbers.serial,
        number=numbers.number,
        version=version,
        previous=order.previous,
        service=order.rulebook.service,
        kind=spec.kind,
        application=order.application,
        holder=order.holder,
        office=office,
        region=order.region,
        issued_at=now,
        expires_on=expires,
        payload=payload,
        seal=seal,
        kid=_kid(seal.partition(".")[0]),
    )


@lru_cache(maxsize=64)
def _kid(header: str) -> str:
    return seals.header(header)["kid"]
