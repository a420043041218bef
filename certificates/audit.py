"""Auditing certificates: each as it was issued and signed, by its event and its signature."""

import hashlib
from collections.abc import Iterator

import orjson

from certificates.binding import columns_hash
from certificates.models import Certificate
from certificates.payload import TYP
from ledger import audit, signatures
from ledger.models import Event


def faults() -> Iterator[str]:
    """Yield a sentence for every certificate that is not the one that was issued."""
    for certificates, unreadable in audit.chunks(Certificate.objects.order_by("identifier")):
        for pk, why in unreadable:
            yield f"certificate {pk}: {why}"
        subjects = [c.subject for c in certificates]
        issued: dict[str, Event] = {}
        for events, _ in audit.chunks(Event.objects.filter(subject__in=subjects, kind="issued")):
            issued |= {event.subject: event for event in events}
        for certificate in certificates:
            if wrong := audit.attempt(_fault, certificate, issued.get(certificate.subject)):
                yield f"{certificate.subject}: {wrong}"


def _fault(certificate: Certificate, issued: Event | None) -> str:
    if issued is None:
        return "no event speaks of its issuance"
    data = orjson.loads(issued.data)
    if data["payload"] != hashlib.sha256(certificate.payload).hexdigest():
        return "its content is not what was certified"
    if data["certificate"] != columns_hash(certificate):
        return "its holder, number, office, dates or signature are not those of its issuance"
    header, payload = signatures.verify_jws(certificate.jws, typ=TYP, purpose="certificate")
    if payload != bytes(certificate.payload) or header["kid"] != certificate.kid:
        return "its signature is over something else"
    return ""
