"""Issuing: set-based, inside the transaction that decides, so that no approval is without one."""

import base64
import datetime
import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import orjson

import bulk
from certificates.actions import endorsing, filing, succession
from certificates.actions.orders import Numbers, Order, allocate, context_of
from certificates.actions.transitions import change_state
from certificates.binding import columns_hash
from certificates.endings import ENDED_BY
from certificates.models import Certificate, Endorsement
from certificates.payload import ENTERPRISE, FORM, TYP, printed_fields, status_of
from certificates.pdf.glyphs import code
from certificates.states import State
from exchange.models import Entry
from ledger import canonical, events, signatures
from ledger.clock import city_date
from ledger.models import Event
from people import identity
from people.errors import ActionRejected
from people.models import Office
from services.outputs import Entered, entries
from services.pack.model import (
    CERTIFICATE_NUMBER,
    CHANGED_NUMBER,
    HOLDER,
    HOLDER_NAME,
    ISSUED_ON,
)
from services.validity import expires

Written = tuple[str, str, Mapping[str, Any], str]  # registry, subject, record, replaces
USED = "已用于登记"  # why a certificate ended that another used up


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
    context, today = context_of(orders, offices), city_date(now)
    orders = _changing(_with_previous(orders, context.live), today)
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
    batch.insert(Endorsement, [
        endorsing.first(o.rulebook, o.values, certificate, today)
        for o, certificate in zip(orders, made, strict=True)
        if o.rulebook.pack.endorsement
    ])  # fmt: skip
    _end(orders, made, by=by, now=now)
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
    """Return what each certificate enters in registries of the city.

    A next version enters on what its predecessor did: the registries that it says nothing of as
    they were, and of the others the fields of the same subject that it leaves out.
    """
    followed = [o.previous.pk for o in orders if o.kept and o.previous is not None]
    before: dict[uuid.UUID | None, list[Entry]] = {}
    if followed:
        for row in Entry.objects.filter(certificate__in=followed).order_by("id"):
            before.setdefault(row.certificate, []).append(row)
    found = []
    for order, certificate in zip(orders, made, strict=True):
        facts = _issued_facts(order, certificate, today)
        entered = [
            (entry.registry, _asked_by(order, entry), entry.record, entry.replaces)
            for entry in entries(order.rulebook, order.values, facts)
        ]
        old = before.get(order.previous.pk, []) if order.kept and order.previous else []
        for registry, subject, record, replaces in _followed(old, entered):
            found.append(
                bulk.new(
                    Entry,
                    registry=registry,
                    subject=subject,
                    case=order.application,
                    certificate=certificate.id,
                    data=canonical.dumps(record).decode(),
                    replaces=replaces,
                    entered_at=certificate.issued_at,
                )
            )
    return found


def _followed(old: Sequence[Entry], new: Sequence[Written]) -> list[Written]:
    """Return what a version enters, one record a subject, with what stays of its predecessor's."""
    mentioned = {registry for registry, *_ in new}
    found: dict[tuple[str, str], Written] = {}
    for row in old:
        if row.registry not in mentioned:
            key = row.registry, row.subject
            found[key] = (*key, orjson.loads(row.data), row.replaces)
    fields = {(row.registry, row.subject): orjson.loads(row.data) for row in old}
    for registry, subject, record, replaces in new:
        key = registry, subject
        fields[key] = {**fields.get(key, {}), **record}
        found[key] = (*key, fields[key], replaces)
    return list(found.values())


def _asked_by(order: Order, entry: Entered) -> str:
    """Return the index by which a registry is asked for what is entered."""
    if entry.subject is None:
        return order.holder
    return entry.subject if entry.is_person else identity.index(entry.subject)


def _issued_facts(
    order: Order, certificate: Certificate, today: datetime.date
) -> dict[str, object]:
    """Return what entries in registries may say of a certificate beside its case's facts."""
    return {
        CERTIFICATE_NUMBER: certificate.number,
        ISSUED_ON: today,
        HOLDER_NAME: _holder(order, certificate.number)["name"],
        HOLDER: order.holder,
        CHANGED_NUMBER: order.subject.number if order.subject else None,
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
    moved = [(o.previous, c) for o, c in zip(orders, made, strict=True) if o.kept and o.previous]
    if moved:
        filing.move(moved, by=by, now=now)


def _changing(orders: Sequence[Order], today: datetime.date) -> Sequence[Order]:
    """Lock what is changed, and let the next version begin with what its predecessor says."""
    subjects = [o.subject for o in orders if o.subject is not None]
    if not subjects:
        return orders
    locked = succession.lock(subjects, today)
    found = []
    for order in orders:
        subject = order.subject
        old = locked.get((subject.changed.kind, subject.number)) if subject else None
        if subject is None or old is None or subject.changed.effect != "replace":
            found.append(order)
        elif old.application == order.application:  # decided anew: it is ``previous`` already
            found.append(replace(order, kept=succession.signed(old)))
        else:
            found.append(replace(order, previous=old, kept=succession.signed(old)))
    return found


def _end(
    orders: Sequence[Order], made: Sequence[Certificate], *, by: object, now: datetime.datetime
) -> None:
    """End what the cases end, and what they used up, with the reason and the new number.

    And with the case that ended it: what it was issued by is not decided anew then.
    """
    today = city_date(now)
    ending: list[Certificate] = []
    reasons: dict[str, dict[str, str]] = {}
    for order, certificate in zip(orders, made, strict=True):
        subject = order.subject
        if order.used:
            used = succession.lock_used(order.used, order.rulebook.pack.consumes, today)
            ending += used
            for one in used:
                reasons[one.public_id] = {
                    "reason": f"{USED}：{order.application}",
                    ENDED_BY: order.application,
                }
        if subject is None or subject.changed.effect != "end" or subject.is_done:
            continue
        old = subject.found
        if old is not None:
            ending.append(succession.lock([subject], today)[subject.changed.kind, subject.number])
            changed = subject.changed
            reasons[old.public_id] = {
                "reason": f"{changed.zh}：{certificate.number}",
                "law": changed.law,
                ENDED_BY: order.application,
            }
    succession.cancel(ending, reasons, by=by, now=now)


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
    if name is None and order.kept:
        holder: dict[str, str] = order.kept["holder"]
        return holder
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


def _shown_filings(order: Order) -> dict[str, Any]:
    if order.spec.template and order.filings:
        return {"filings": _filed(order)}
    return {"filings": order.kept["filings"]} if "filings" in order.kept else {}


def _substituted(order: Order) -> dict[str, Any]:
    """Return the codes of characters that no font has, those of what stays included."""
    codes = [*order.kept.get("substituted", ()), *map(code, order.substituted)]
    return {"substituted": list(dict.fromkeys(codes))} if codes else {}


def _signed_certificate(
    order: Order, numbers: Numbers, office: Office, today: datetime.date, now: datetime.datetime
) -> Certificate:
    spec, needed = order.spec, order.rulebook.pack.endorsement
    until = _expires(order, today)
    if order.kept and order.previous is not None:  # a change makes it last no longer
        until = order.previous.expires_on
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
            "fields": succession.merged(order.kept, spec.fields, order.printed)
            if order.kept
            else printed_fields(spec.fields, order.printed),
            "application": order.application,
            "decision": str(order.decision),
            "edition": order.rulebook.hash,
            "receipt": hashlib.sha256(order.receipt).hexdigest(),
            "status": status_of(numbers.serial),
            **({"endorsement": needed.payload} if needed else {}),
            **({"provisional": order.provisional} if order.provisional else {}),
            **_shown_filings(order),
            **_substituted(order),
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
