"""Drafts: what a citizen filled in and did not hand in, to go on with on any device.

A draft is never an application: nobody but its owner reads it, nothing counts it, and no
registry is asked for it. An enterprise's is there for whoever may act for it in that service.
"""

import datetime
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import orjson
from django.conf import settings
from django.db import connection

from affairs import protection
from affairs.models import Draft
from approvals.actions.disputes import Claim, checked, require_few
from approvals.actions.materials import with_dispute
from ledger.encryption import DecryptionError
from ledger.identifiers import uuid7
from materials import actions as materials
from people.actors import Actor, Kind
from services import catalogue
from services.materials import listed
from services.rulebook import Rulebook

_SAVE = """
INSERT INTO affairs_draft (id, subject, service_id, edition, answers, saved_at, expires_at)
VALUES (%(id)s, %(subject)s, %(service)s, %(edition)s, %(answers)s, %(now)s, %(until)s)
ON CONFLICT (subject, service_id) DO UPDATE SET edition = excluded.edition,
    answers = excluded.answers, saved_at = excluded.saved_at, expires_at = excluded.expires_at
WHERE %(over)s::timestamptz IS NULL OR affairs_draft.saved_at = %(over)s
    OR affairs_draft.expires_at <= %(now)s
RETURNING disputes
"""


@dataclass(frozen=True, slots=True)
class Saved:
    """A draft in clear: ``edition`` is the number of the one that its form was shown in."""

    service: str
    edition: int
    answers: dict[str, Any]
    by_person: bool
    saved_at: datetime.datetime
    expires_at: datetime.datetime
    claims: tuple[Claim, ...] = ()  # what is called wrong of what registries say


def save(
    *,
    book: Rulebook,
    answers: dict[str, Any],
    by_person: bool = False,
    by: Actor,
    now: datetime.datetime,
    over: datetime.datetime | None = None,
) -> bool:
    """Keep what a citizen has filled in, in place of what was kept before; one statement.

    ``over``: in place of what was saved at that moment alone. Nothing is kept of nobody, nor of a
    form with no answer. Returns whether it was kept.
    """
    if not _may_keep(by, book.code) or not answers:
        return False
    content = orjson.dumps({"answers": answers, "by_person": by_person})
    until = now + datetime.timedelta(days=settings.CITY.drafts.days)
    with connection.cursor() as cursor:
        cursor.execute(
            _SAVE,
            {
                "id": uuid7(),
                "subject": by.applicant,
                "service": book.code,
                "edition": book.number,
                "answers": protection.encrypt("draft", content, by.applicant),
                "now": now,
                "until": until,
                "over": over,
            },
        )
        row = cursor.fetchone()
    if row is None:
        return False
    (disputes,) = row
    files = _files(book, answers).union(*(one.files for one in _claims(disputes, by.applicant)))
    if files:
        materials.renew(files, by=by, until=until)
    return True


_DISPUTE = """
INSERT INTO affairs_draft (id, subject, service_id, edition, answers, disputes, saved_at,
    expires_at)
VALUES (%(id)s, %(subject)s, %(service)s, %(edition)s, %(answers)s, %(disputes)s, %(now)s,
    %(until)s)
ON CONFLICT (subject, service_id) DO UPDATE SET disputes = excluded.disputes,
    saved_at = excluded.saved_at, expires_at = excluded.expires_at
"""


def dispute(
    *, book: Rulebook, fact: str, claim: Claim | None, by: Actor, now: datetime.datetime
) -> None:
    """Keep with the draft what its owner calls wrong, in place of what they said of that fact.

    None takes it back. It goes with the application that comes of the draft. Raises
    ``ActionRejected`` (422) for words that are not kept, and files that are not there; 409 for more
    than a case may have. Files that came with what they said before are deleted.
    """
    before = claims(book.code, by, now)
    kept = [one for one in before if one.fact != fact]
    if claim is not None:
        kept.append(checked(claim))
        with_dispute(claim.files, by)
    require_few(len(kept))
    content = orjson.dumps([[one.fact, one.claim, one.reason, one.files] for one in kept])
    until = now + datetime.timedelta(days=settings.CITY.drafts.days)
    files = {digest for one in kept for digest in one.files}
    if files:
        materials.renew(files, by=by, until=until)
    empty = orjson.dumps({"answers": {}, "by_person": False})
    with connection.cursor() as cursor:
        cursor.execute(
            _DISPUTE,
            {
                "id": uuid7(),
                "subject": by.applicant,
                "service": book.code,
                "edition": book.number,
                "answers": protection.encrypt("draft", empty, by.applicant),
                "disputes": protection.encrypt("disputes", content, by.applicant) if kept else None,
                "now": now,
                "until": until,
            },
        )
    drop_files({digest for one in before for digest in one.files} - files, by=by)


def claims(service: str, by: Actor, now: datetime.datetime) -> tuple[Claim, ...]:
    """Return what a citizen calls wrong in their draft of a service, unless its time is over."""
    if not _may_keep(by, service):
        return ()
    rows = Draft.objects.filter(subject=by.applicant, service=service, expires_at__gt=now)
    kept = rows.exclude(disputes=None).values_list("disputes", flat=True).first()
    return _claims(kept, by.applicant)


def _may_keep(by: Actor, service: str) -> bool:
    """Whether ``by`` has drafts of a service: a citizen, for themselves or for an enterprise."""
    return by.kind is Kind.CITIZEN and by.code != "" and by.covers(service)


def _claims(encrypted: bytes | memoryview | None, subject: str) -> tuple[Claim, ...]:
    if encrypted is None:
        return ()
    try:
        content = orjson.loads(protection.decrypt("disputes", encrypted, subject))
    except DecryptionError:
        return ()  # of a key that is gone
    return tuple(Claim(fact, claim, reason, tuple(files)) for fact, claim, reason, files in content)


def find(service: str, by: Actor, now: datetime.datetime) -> Saved | None:
    """Return a citizen's draft of a service, unless its time is over."""
    if not _may_keep(by, service):
        return None
    row = Draft.objects.filter(subject=by.applicant, service=service, expires_at__gt=now).first()
    return _clear(row) if row else None


def all_of(by: Actor, now: datetime.datetime) -> list[Saved]:
    """Return a citizen's drafts, the newest first."""
    if by.kind is not Kind.CITIZEN or not by.code:
        return []
    rows = Draft.objects.filter(subject=by.applicant, expires_at__gt=now).order_by("-saved_at")
    mine = [row for row in rows if by.covers(row.service_id)]
    return [saved for row in mine if (saved := _clear(row))]


def delete(*, service: str, by: Actor) -> bool:
    """Delete a citizen's own draft; returns whether there was one."""
    if not _may_keep(by, service):
        return False
    row = Draft.objects.filter(subject=by.applicant, service=service).first()
    if row is None:
        return False
    saved = _clear(row)
    is_deleted = bool(row.delete()[0])
    if saved:
        drop_files({one for files in _named(saved).values() for one in files}, by=by)
    return is_deleted


def drop_files(files: Collection[str], *, by: Actor, but: tuple[str, str] = ("", "")) -> None:
    """Delete one's own files, by hash, that no case has and no draft of theirs names elsewhere.

    ``but``: the service and question (``/name``), or fact, that does not name them any more.
    """
    if not files:
        return
    named: set[str] = set()
    for row in Draft.objects.filter(subject=by.applicant):
        if saved := _clear(row):
            for place, there in _named(saved).items():
                if (saved.service, place) != but:
                    named |= there
    materials.drop(set(files) - named, by=by)


def _named(saved: Saved) -> dict[str, set[str]]:
    """Return the files that a draft names, by question (``/name``) or disputed fact."""
    book = catalogue.numbered(saved.service, saved.edition)
    answered = listed(book, saved.answers) if book else {}
    found = {f"/{name}": set(files) for name, files in answered.items()}
    return {**found, **{one.fact: set(one.files) for one in saved.claims}}


def _files(book: Rulebook, answers: dict[str, Any]) -> set[str]:
    """Return the files that a form names, by hash: they are kept as long as it is."""
    return {one for files in listed(book, answers).values() for one in files}


def expire(now: datetime.datetime) -> int:
    """Delete the drafts whose time is over; returns how many."""
    return Draft.objects.filter(expires_at__lte=now).delete()[0]


def _clear(row: Draft) -> Saved | None:
    try:
        content = orjson.loads(protection.decrypt("draft", row.answers, row.subject))
    except DecryptionError:
        return None  # of a key that is gone; the form begins anew
    return Saved(
        service=str(row.service_id),
        edition=row.edition,
        answers=content["answers"],
        by_person=content["by_person"],
        saved_at=row.saved_at,
        expires_at=row.expires_at,
        claims=_claims(row.disputes, row.subject),
    )
