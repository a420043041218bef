"""What is to be issued, and the numbers that it gets."""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import orjson
from django.conf import settings
from django.db import connection

from certificates.actions.succession import Subject
from certificates.models import Certificate
from certificates.numbering import Identifier, printed, public_ids, read_identifier, serials
from certificates.states import LIVE_WORDS
from people.models import Office
from services.filings import FilingPlan
from services.pack.changes import HELD
from services.pack.model import CertificateKind
from services.rulebook import Rulebook


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
    subject: Subject | None = None  # the certificate that the case changes, as it was judged
    used: tuple[str, ...] = ()  # applications whose certificates this one uses up
    provisional: Mapping[str, Any] | None = None  # of a provisional approval (``payload``)
    kept: Mapping[str, Any] = field(default_factory=dict)  # signed payload of what is changed

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


def context_of(orders: Sequence[Order], offices: Mapping[str, Office]) -> IssueContext:
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
        region = (order.region or settings.CITY.code)[:6]
        number = (
            order.subject.number  # that it has on paper
            if order.subject is not None and order.spec.number == HELD
            else printed(spec.number, serial=serial, licence=licence, region=region)
        )
        identifier = Identifier(spec.type21, context.offices[order.office].uscc, serial, 1)
        found.append(Numbers(identifier, public_id, place, number))
    return found
