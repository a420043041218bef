"""What was signed in place of files: how a case stands by it, what receipts and events say."""

import datetime
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import models

from approvals.models import Application, CreditRecord, Inspection, Undertaking
from approvals.rows.undertakings import CHANGING, FIXED, OF_RESULT, UndertakingKind
from ledger import canonical
from ledger.events import instant
from services.pack.undertakings import BARRED
from services.rulebook import Rulebook

_INSPECTION = ("id", "application_id", "cause", "opened_at", "due_at", *OF_RESULT)


def ticked(application: Application, book: Rulebook) -> list[str]:
    """Return the boxes that the answers have ticked; of most packs none, without a look."""
    return [one.name for one in book.program.stand_ins if application.answers.get(one.name)]


def of_cases(applications: Sequence[Application]) -> Mapping[UUID, list[Undertaking]]:
    """Return what was signed with cases, oldest first, in one query; none for no case."""
    found: dict[UUID, list[Undertaking]] = {application.id: [] for application in applications}
    rows = Undertaking.objects.filter(application__in=list(found)) if found else ()
    for row in rows.order_by("signed_at", "id") if found else ():  # type: ignore[union-attr]
        found[row.application_id].append(row)
    return found


def barred_until(applicant: str, on: datetime.date) -> datetime.date | None:
    """Return until when an applicant can commit to nothing, by an earlier untruth; None: may."""
    rows = CreditRecord.objects.filter(person=applicant, until__gte=on)
    until: datetime.date | None = rows.aggregate(models.Max("until"))["until__max"]
    return until


def as_they_stand(
    answers: Mapping[str, Any], rows: Iterable[Undertaking], *, is_barred: bool
) -> Mapping[str, Any]:
    """Return the answers with the state of what was signed where it no longer counts."""
    states = {row.box: row for row in rows}  # the newest of each box
    changed = {}
    for box, row in states.items():
        if row.ended_at is not None:
            changed[box] = str(row.state)
        elif is_barred and row.kind == UndertakingKind.COMMITMENT:
            changed[box] = BARRED
    return {**answers, **changed} if changed else answers


def payload(rows: Iterable[Undertaking]) -> list[dict[str, str]]:
    """Return what a receipt says of what was signed; all text."""
    return [
        {
            "box": row.box,
            "in_place_of": row.question,
            "kind": str(row.kind),
            "sha256": row.sha256,
            "signed_at": instant(row.signed_at),
            "due_at": instant(row.due_at) if row.due_at else "",
            "state": str(row.state),
        }
        for row in rows
    ]


def undertaking_hash(row: Undertaking) -> str:
    """Return the SHA-256 of everything that an undertaking says, in hex; no reminder changes it."""
    return _digest(row, (*FIXED, *CHANGING))


def inspection_hash(row: Inspection) -> str:
    """Return the SHA-256 of everything that an inspection says, in hex."""
    return _digest(row, _INSPECTION)


def of_undertakings(rows: Iterable[Undertaking]) -> dict[str, Any]:
    """Return, for the data of an event, what these say from then on."""
    found = {str(row.id): undertaking_hash(row) for row in rows}
    return {"undertakings": found} if found else {}


def of_inspections(rows: Iterable[Inspection]) -> dict[str, Any]:
    """Return, for the data of an event, what these say from then on."""
    found = {str(row.id): inspection_hash(row) for row in rows}
    return {"inspections": found} if found else {}


def fault(
    history: Sequence[tuple[Any, dict[str, Any]]],
    signed: Iterable[Undertaking],
    inspections: Iterable[Inspection],
) -> str:
    """Say for the audit whether each says what the last event that speaks of it says."""
    for key, written in (
        ("undertakings", of_undertakings(signed)),
        ("inspections", of_inspections(inspections)),
    ):
        spoken: dict[str, str] = {}
        for _event, data in history:
            spoken |= data.get(key, {})
        if spoken != written.get(key, {}):
            return f"its {key} are not those of its history"
    return ""


def _digest(row: models.Model, names: Iterable[str]) -> str:
    found: dict[str, str] = {}
    for name in names:  # listed: a later column changes no old hash
        value = getattr(row, name)
        if isinstance(value, datetime.datetime):
            value = instant(value)
        found[name] = "" if value is None else str(value)
    return hashlib.sha256(canonical.dumps(found)).hexdigest()
