"""Reading certificates: by whoever holds a number, by the holder, by what they depend on."""

import datetime
import json
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.module_loading import import_string

from certificates import provisional
from certificates.endings import ENDED_BY, ending_of
from certificates.models import Certificate, Endorsement, Filing, Revocation
from certificates.numbering import read_identifier, read_public_id
from certificates.payload import holder_name
from certificates.states import LIVE, LIVE_WORDS, FilingState, State
from certificates.verification import offline
from certificates.words import FILING_WORDS, STATE_WORDS
from ledger import canonical
from ledger.clock import city_date
from ledger.models import Event
from people.actors import Actor

NOBODY = "-"  # no identifier and no public id is written so


def key(typed: str) -> str | None:
    """Return the public id or identifier that was typed, as we write it; None if it has no such
    shape."""
    typed = typed.strip()[:120]
    return read_public_id(typed) or (typed if read_identifier(typed) else None)


def find(typed: str) -> Certificate | None:
    """Return the certificate with this identifier or public id.

    Unknown, malformed and guessed take the same way, one query; nobody learns which it was. The
    printed number is no key here: numbers in sequence would let anybody count through them.
    """
    found = key(typed) or NOBODY
    return (
        with_endorsement(Certificate.objects.filter(Q(public_id=found) | Q(identifier=found)))
        .select_related("office", "region")
        .first()
    )


def state_on(certificate: Certificate, on: datetime.date) -> str:
    """Return the state as of a day: past its last day it has expired, swept up or not.

    Past that of its endorsement it is suspended, where ``with_endorsement`` has read it; so it is
    past the day until which a provisional one is confirmed.
    """
    if (
        certificate.state in LIVE
        and certificate.expires_on is not None
        and on > certificate.expires_on
    ):
        return State.EXPIRED.value
    until = getattr(certificate, "endorsed_until", None)
    if certificate.state == State.VALID:
        days = (until, provisional.until(certificate))
        if any(day is not None and on > day for day in days):
            return State.SUSPENDED.value
    return str(certificate.state)


def unexpired(on: datetime.date) -> Q:
    """Return the condition that a certificate is live as of a day, swept up or not."""
    is_over = Q(expires_on__isnull=False, expires_on__lt=on)
    return Q(state__in=LIVE) & ~is_over


def with_endorsement(found: QuerySet[Certificate]) -> QuerySet[Certificate]:
    """Add ``endorsed_until`` to each: the last day of its endorsement, None where it needs none."""
    current = Endorsement.objects.filter(certificate=OuterRef("pk"), is_current=True)
    return found.annotate(endorsed_until=Subquery(current.values("until")))


def public_view(certificate: Certificate | None, now: datetime.datetime) -> dict[str, Any]:
    """Return what the public may see of a certificate, with names and numbers masked.

    ``state`` is a key of ``words.STATE_WORDS``; of an unknown certificate there is nothing else.
    """
    if certificate is None:
        return {"state": "unknown", "words": STATE_WORDS["unknown"]}
    today = city_date(now)
    try:
        checked = offline.check(certificate.jws, None, today)
        genuine = canonical.dumps(checked.payload) == bytes(certificate.payload)
    except offline.Forged:
        genuine = False
    if not genuine:
        return {"state": "broken", "words": STATE_WORDS["broken"]}
    state = state_on(certificate, today)
    payload = checked.payload
    provisionally = provisional.of(payload, today)
    return {
        "state": state,
        "words": words_on(certificate, state),
        "provisional": provisionally,
        "since": since(certificate, state),
        "ending": ending_of(certificate, state),
        "id": certificate.public_id,
        "identifier": certificate.identifier,
        "number": certificate.number,
        "version": payload["version"],
        "type": {k: payload["type"][k] for k in ("code", "kind", "zh", "en")},
        "holder": {
            "name": holder_name(payload),
            "number": payload["holder"]["number"],
        },
        "issuer": payload["issuer"],
        "issued": payload["issued"],
        "expires": payload["expires"],
        "endorsement": endorsement_of(certificate, payload),
        "substituted": bool(payload.get("substituted")),
        "inspected": import_string(settings.INSPECTED_SINCE)(certificate.application),
        "parts": parts(certificate),
        "versions": versions(certificate, today),
        "checked_at": now,
    }


def words_on(certificate: Certificate, state: str) -> dict[str, Any]:
    """Return what it is worth in a state, in words: a provisional one says that it is one."""
    is_later = state == State.VALID and provisional.until(certificate) is not None
    return dict(provisional.WORDS) if is_later else STATE_WORDS[state]


def endorsement_of(certificate: Certificate, payload: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return until when a certificate is endorsed, with words and law; None: it needs no such."""
    until = getattr(certificate, "endorsed_until", None)
    return {**payload["endorsement"], "until": until.isoformat()} if until else None


def since(certificate: Certificate, state: str) -> str:
    """The city's date on which it came to stand so; of an expiry, the day after the last."""
    if state == State.EXPIRED and certificate.expires_on is not None:
        return (certificate.expires_on + datetime.timedelta(days=1)).isoformat()
    if state == State.VALID:
        return ""
    if state == State.SUSPENDED and certificate.state == State.VALID:  # not noted yet
        days = (getattr(certificate, "endorsed_until", None), provisional.until(certificate))
        return (min(filter(None, days)) + datetime.timedelta(days=1)).isoformat()
    event = Event.objects.filter(subject=certificate.subject, after=state).order_by("-seq").first()
    return city_date(event.at).isoformat() if event else ""


def parts(certificate: Certificate) -> list[dict[str, Any]]:
    """Return the filings consolidated into a licence that apply to it, each with its own state."""
    return [
        {
            "item": f.item,
            "zh": f.zh,
            "en": f.en,
            "state": str(f.state),
            "words": FILING_WORDS[str(f.state)],
            "receiver": f.receiver_id or "",
        }
        for f in Filing.objects.filter(certificate=certificate)
        .exclude(state=FilingState.NOT_APPLICABLE)
        .order_by("place")
    ]


def versions(certificate: Certificate, on: datetime.date) -> list[dict[str, Any]]:
    """Return every version of a certificate that was changed, the newest first; [] of one alone.

    Without identifiers: whoever holds one version is led to no other.
    """
    rows = Certificate.objects.filter(kind=certificate.kind, number=certificate.number)
    found = list(rows.order_by("-version", "-issued_at")) if _has_versions(certificate) else []
    return [
        {
            "version": str(one.version),
            "issued": city_date(one.issued_at).isoformat(),
            "state": state_on(one, on),
            "words": STATE_WORDS[state_on(one, on)],
            "is_this": one.pk == certificate.pk,
        }
        for one in found
    ]


def _has_versions(certificate: Certificate) -> bool:
    return certificate.version > 1 or certificate.state == State.SUPERSEDED


def held_by(by: Actor) -> QuerySet[Certificate]:
    """Return all certificates of a citizen, the newest first: the wallet.

    Of the enterprise that they act for, where they do; an agent sees those of their services.
    """
    found = with_endorsement(Certificate.objects.filter(holder=by.applicant))
    if by.services is not None:
        found = found.filter(service__in=by.services)
    return found.select_related("office").order_by("-issued_at")


def live_for(application: str) -> Certificate | None:
    """Return the certificate that stands for an application now, valid or suspended."""
    return (
        Certificate.objects.filter(application=application, state__in=LIVE)
        .order_by("-issued_at")
        .first()
    )


def stands_for(application: str, holder: str) -> Certificate | None:
    """As ``live_for``, or what later version of it another application has brought.

    ``holder``: whose it was first, by index, since ended certificates have no other.
    """
    issued = Certificate.objects.filter(application=application, holder=holder)
    versions = Certificate.objects.filter(
        Exists(issued.filter(kind=OuterRef("kind"), number=OuterRef("number"))), state__in=LIVE
    )
    return versions.order_by("-issued_at").first()


def ended_by(application: str, holder: str) -> str:
    """Return the number of the case that has ended what an application led to; empty: none has.

    In whatever version it was: a deregistration ends it, a licence uses a reservation up.
    ``holder`` as in ``stands_for``.
    """
    issued = Certificate.objects.filter(application=application, holder=holder).first()
    if issued is None:
        return ""
    versions = Certificate.objects.filter(kind=issued.kind, number=issued.number)
    last = versions.order_by("-version", "-issued_at")[0]
    if last.state != State.CANCELLED:
        return ""
    event = Event.objects.filter(subject=last.subject, after=last.state).order_by("-seq").first()
    return str(canonical.loads(event.data).get(ENDED_BY, "")) if event else ""


def revoked_for(application: str | OuterRef) -> QuerySet[Revocation]:
    """Return the confirmed revocations of what an application led to, in whatever version."""
    issued = Certificate.objects.filter(
        application=application,
        kind=OuterRef("certificate__kind"),
        number=OuterRef("certificate__number"),
    )
    found = Revocation.objects.filter(Exists(issued), filing=None)
    return found.filter(confirmed_at__isnull=False)


def dependents(changes: Iterable[tuple[str, str]]) -> dict[uuid.UUID, set[tuple[str, str]]]:
    """Return the live certificates that rest on any of the changed records, and on which ones.

    ``changes`` are (registry, subject) pairs. What a certificate rests on is what was looked up
    for its application: every read of a registry left a ``Lookup``. One query for all changes.
    """
    pairs = sorted(set(changes))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            SELECT DISTINCT c.id, l.registry, l.subject
            FROM json_to_recordset(%s::json) AS changed(registry text, subject text)
            JOIN exchange_lookup AS l
              ON l.subject = changed.subject AND l.registry = changed.registry AND l."case" <> ''
            JOIN certificates_certificate AS c
              ON c.application = l."case" AND c.state IN ({LIVE_WORDS})
                 AND c.application <> ''  -- or the planner cannot use its partial index
            """,  # noqa: S608 - states of ours
            [json.dumps([{"registry": r, "subject": s} for r, s in pairs])],
        )
        found: dict[uuid.UUID, set[tuple[str, str]]] = {}
        for certificate, registry, subject in cursor.fetchall():
            found.setdefault(certificate, set()).add((registry, subject))
    return found


def filings_of(by: Actor) -> QuerySet[Filing]:
    """Return what was pushed to an agency, in its program's services."""
    found = Filing.objects.filter(receiver=by.code).exclude(state=FilingState.NOT_APPLICABLE)
    if by.services is not None:
        found = found.filter(certificate__service__in=by.services)
    return found.select_related("certificate")
