"""Handing in several applications at once: all of them are written, or none."""

import datetime
from collections.abc import Sequence
from typing import Any

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
    under_another,
    written_before,
)
from approvals.models import Application
from ledger.clock import city_date
from people.actors import Actor
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

    def write_once() -> bool:
        return bulk.insert_once(once, *groups.values(), *beside, when=still)

    cases = [(one.keys, one.application, one.rulebook) for one in made if one.keys]
    written = guards.claim(cases, now, write_once)
    if not written:
        return [written_before(key, by)]
    for one in made:
        checks.announce(one.checks)
    return [one.application for one in made]
