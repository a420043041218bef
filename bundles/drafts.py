"""A bundle's form as far as it is filled in: its owner's alone, and no application.

As ``affairs.drafts`` keeps those of one service.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from django.conf import settings

from affairs import protection
from bundles.models import BundleDraft
from ledger.encryption import DecryptionError
from materials import actions as materials
from people.actors import Actor, Kind
from services.bundles import Joint
from services.materials import listed


@dataclass(frozen=True, slots=True)
class Saved:
    """A draft in clear; ``editions``: the numbers that its form was shown in, by step."""

    bundle: str
    chosen: tuple[str, ...]
    editions: Mapping[str, int]
    answers: dict[str, Any]
    by_person: bool
    saved_at: datetime.datetime
    expires_at: datetime.datetime


def save(
    *, joint: Joint, answers: dict[str, Any], by_person: bool, by: Actor, now: datetime.datetime
) -> bool:
    """Keep what a citizen has filled in, in place of what was kept before; whether it was kept."""
    if by.kind is not Kind.CITIZEN or not by.code or not answers:
        return False
    content = {
        "chosen": list(joint.books),
        "editions": {code: book.number for code, book in joint.books.items()},
        "answers": answers,
        "by_person": by_person,
    }
    until = now + datetime.timedelta(days=settings.CITY.drafts.days)
    BundleDraft.objects.update_or_create(
        subject=by.code,
        bundle=joint.bundle.code,
        defaults={
            "answers": protection.encrypt("bundle", orjson.dumps(content), by.code),
            "saved_at": now,
            "expires_at": until,
        },
    )
    files = {
        one
        for code, book in joint.books.items()
        for some in listed(book, joint.answers_of(code, answers)).values()
        for one in some
    }
    if files:
        materials.renew(files, by=by, until=until)
    return True


def find(bundle: str, by: Actor, now: datetime.datetime) -> Saved | None:
    """Return a citizen's draft of a bundle, unless its time is over."""
    return next((one for one in all_of(by, now) if one.bundle == bundle), None)


def all_of(by: Actor, now: datetime.datetime) -> list[Saved]:
    """Return a citizen's drafts of bundles, the newest first."""
    if by.kind is not Kind.CITIZEN or not by.code:
        return []
    rows = BundleDraft.objects.filter(subject=by.code, expires_at__gt=now).order_by("-saved_at")
    return [saved for row in rows if (saved := _clear(row))]


def delete(*, bundle: str, by: Actor) -> bool:
    """Delete a citizen's own draft; returns whether there was one."""
    if by.kind is not Kind.CITIZEN or not by.code:
        return False
    return bool(BundleDraft.objects.filter(subject=by.code, bundle=bundle).delete()[0])


def expire(now: datetime.datetime) -> int:
    """Delete the drafts whose time is over; returns how many."""
    return BundleDraft.objects.filter(expires_at__lte=now).delete()[0]


def _clear(row: BundleDraft) -> Saved | None:
    try:
        content = orjson.loads(protection.decrypt("bundle", row.answers, row.subject))
    except DecryptionError:
        return None  # of a key that is gone; the form begins anew
    return Saved(
        bundle=row.bundle,
        chosen=tuple(content["chosen"]),
        editions=content["editions"],
        answers=content["answers"],
        by_person=content["by_person"],
        saved_at=row.saved_at,
        expires_at=row.expires_at,
    )
