"""What may exist once: the keys of a case, and who was first.

The promise is a partial unique index (``guard_once``); what is here fills it, and says what stands
in the way when PostgreSQL refuses.
"""

import datetime
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import IntegrityError

import bulk
from approvals.models import Application, GuardKey
from people.errors import ActionRejected
from services.inputs import gather_inputs
from services.outputs import guard_keys
from services.rulebook import Rulebook

OPEN, LIVE = "open", "live"
CONSTRAINT = "guard_once"


def rows_of(application: Application, book: Rulebook, on: datetime.date) -> list[GuardKey]:
    """Return what an application claims by its answers, unsaved."""
    if not book.program.guards:
        return []
    inputs = gather_inputs(book, application.answers, {}, {}, on)
    found = {one.key: one.guard for one in guard_keys(book, inputs, application.applicant)}
    return [
        bulk.new(
            GuardKey,
            application_id=application.id,
            guard=guard.id,
            key=key,
            while_open=OPEN in guard.periods,
            while_live=LIVE in guard.periods,
            held=OPEN in guard.periods,
        )
        for key, guard in found.items()
    ]


def is_conflict(error: IntegrityError) -> bool:
    """Whether PostgreSQL refused a second holder of a key."""
    diagnosis: Any = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", "") == CONSTRAINT


def rejection(mine: Sequence[GuardKey], applicant: str, book: Rulebook) -> ActionRejected:
    """Return what the second is told: the number of the first, if that is their own."""
    keys = {row.key: row for row in mine if row.held}
    first = (
        GuardKey.objects.filter(key__in=list(keys), held=True)
        .exclude(application_id__in={row.application_id for row in mine})
        .select_related("application")
        .order_by("application__created_at")
        .first()
    )
    guard = next((g for g in book.pack.guards if first is not None and g.id == first.guard), None)
    guard = guard or next(g for g in book.pack.guards if g.id == next(iter(keys.values())).guard)
    zh, en = guard.zh, guard.en
    if first is not None and first.application.applicant == applicant:
        number = first.application.number
        zh, en = f"{zh}：{number}", f"{en}: {number}"
    return ActionRejected("duplicate", zh, en)


@contextmanager
def first_come(
    keys: Sequence[GuardKey], application: Application, rulebook: Rulebook
) -> Iterator[None]:
    """Turn PostgreSQL's refusal of a second holder of a key into a sentence.

    Who was first is read afterwards, which an open transaction allows only from a savepoint: what
    is written inside is in one, or is a transaction by itself.
    """
    try:
        yield
    except IntegrityError as error:
        if not is_conflict(error):
            raise
        raise rejection(keys, application.applicant, rulebook) from error
