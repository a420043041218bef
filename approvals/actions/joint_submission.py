"""Handing in several applications at once: all of them are written, or none."""

import datetime
from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError
from django.db.models import Model

import bulk
from approvals.actions import checks, guards
from approvals.actions.submission import (
    Key,
    NewApplication,
    Prepared,
    Superseded,
    claim,
    current,
    prepare,
    savepoint,
    under_another,
    written_before,
)
from approvals.models import Application, GuardKey
from ledger.clock import city_date
from people.actors import Actor
from people.errors import ActionRejected
from services import catalogue


def submit_together(
    *,
    news: Sequence[NewApplication],
    beside: Sequence[Sequence[Model]] = (),
    by: Actor,
    now: datetime.datetime,
) -> list[Application]:
    """Record several applications for good, and the rows ``beside`` them, in one statement.

    All or none. The first has the ``key``: used before for the same body, what it led to is
    returned alone, and nothing is written. Each names the edition that was shown. Raises
    ``ActionRejected`` as ``submit`` does.
    """
    key = news[0].key
    assert key is not None, "what is handed in together is written once, by a key"
    while True:  # until no officer puts another edition in force in these milliseconds
        try:
            return _submit(news, key, beside, by, now)
        except Superseded:
            continue


def _submit(
    news: Sequence[NewApplication],
    key: Key,
    beside: Sequence[Sequence[Model]],
    by: Actor,
    now: datetime.datetime,
) -> list[Application]:
    made: list[Prepared] = []
    still, today = bulk.ALWAYS, city_date(now)
    for new in news:
        edition = current(new.service, today)
        rulebook = catalogue.rulebook(edition)
        if new.edition != rulebook.number:
            return [under_another(rulebook, news[0], by, today)]
        made.append(prepare(edition, rulebook, new, by, now))
        still &= catalogue.while_current(edition, today)
    groups: dict[type, list[Any]] = {}
    for one in made:
        for group in (*one.groups, one.keys, one.checks):
            for row in group:
                groups.setdefault(type(row), []).append(row)
    once = claim(key, made[0].application, by, now)
    try:
        with savepoint():
            written = bulk.insert_once(once, *groups.values(), *beside, when=still)
    except IntegrityError as error:
        if not guards.is_conflict(error):
            raise
        raise _rejection(made) from error
    if not written:
        return [written_before(key, by)]
    for one in made:
        checks.announce(one.checks)
    return [one.application for one in made]


def _rejection(made: Sequence[Prepared]) -> ActionRejected:
    """Return what is told of what exists already; where it is gone by now, of either's guard."""
    guarded = [one for one in made if any(key.held for key in one.keys)]
    for one in guarded:
        keys = [row.key for row in one.keys if row.held]
        if GuardKey.objects.filter(key__in=keys, held=True).exists():
            return guards.rejection(one.keys, one.application.applicant, one.rulebook)
    return guards.rejection(guarded[0].keys, guarded[0].application.applicant, guarded[0].rulebook)
