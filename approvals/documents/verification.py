"""What a document is worth to whoever was handed one: genuine, what it says, whether it stands.

Names and numbers are masked, and reasons are left out: who verifies has the paper before them.
"""

import base64
import datetime
import json
from typing import Any

from approvals.models import Decision
from approvals.rows.documents import TYP, Document
from approvals.states import DocumentKind
from approvals.words import DOCUMENT_STANDINGS
from certificates.numbering import read_public_id
from certificates.queries import NOBODY, live_for
from certificates.verification.offline import Forged
from ledger import signatures
from ledger.clock import city_date
from ledger.models import Event
from people.identity import mask_name

LONGEST = 200_000  # characters of a JWS; real ones have about 4,000


def find(typed: str, now: datetime.datetime) -> dict[str, Any] | None:
    """Return what the public may see of the document with this code; None if there is none.

    Malformed and unknown take the same way, one query, as certificates do.
    """
    public_id = read_public_id(typed.strip()[:120]) or NOBODY
    row = Document.objects.filter(public_id=public_id).select_related("application").first()
    return None if row is None else _view(row, now)


def read(jws: str, now: datetime.datetime) -> dict[str, Any] | None:
    """Return the same of a signed payload; None if it does not say that it is a document.

    Raises ``Forged`` where our signature, or our record of it, is missing.
    """
    if len(jws) > LONGEST or not jws.isascii() or _typ(jws) != TYP:
        return None
    try:
        payload = Document(jws=jws).payload
    except signatures.SignatureError as error:
        zh = "签名不符：内容被改动，或并非本机关签发"
        raise Forged(zh, str(error)) from None
    row = Document.objects.filter(public_id=payload["id"]).select_related("application").first()
    if row is None or row.jws != jws:
        raise Forged("签发记录中没有这份文书", "No such document is on record.")
    return _view(row, now)


def _typ(jws: str) -> Any:
    """Return what a JWS says that it is, unproven."""
    head = jws.partition(".")[0]
    try:
        found = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except ValueError:
        return None
    return found.get("typ") if isinstance(found, dict) else None


def _view(row: Document, now: datetime.datetime) -> dict[str, Any]:
    try:
        payload = row.payload
    except signatures.SignatureError:
        return {"state": "broken", "words": DOCUMENT_STANDINGS["broken"]}
    state, since = _standing(row)
    return {
        "state": state,
        "words": DOCUMENT_STANDINGS[state],
        "since": since,
        "is_in_force": state in ("stands", "genuine"),
        "document": {
            "title": payload["title"],
            "number": payload["number"],
            "id": payload["id"],
            "kind": DocumentKind(row.kind).label,
            "addressee": {
                "name": mask_name(payload["addressee"]["name"]),
                "number": payload["addressee"]["number"],
            },
            "service": payload["service"],
            "office": payload["office"],
            "issued": payload["issued"],
        },
        "checked_at": now,
    }


def _standing(row: Document) -> tuple[str, str]:
    """Return whether what it decides stands, and since when (city's date) it does not."""
    if row.kind not in (DocumentKind.APPROVAL, DocumentKind.REFUSAL):
        return "genuine", ""
    decision = Decision.objects.get(id=row.source)
    if not decision.live:
        later = Event.objects.filter(
            subject=row.application.subject, kind="reopened", at__gte=decision.at
        )
        event = later.order_by("seq").first()
        return "superseded", city_date(event.at).isoformat() if event else ""
    if row.payload["certificate"] and live_for(row.application.number) is None:
        return "ended", ""
    return "stands", ""
