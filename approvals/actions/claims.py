"""Claiming what is ready to be decided, and reading it under a lock."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings

import bulk
from approvals import policies, statements
from approvals.models import Application
from approvals.states import State
from people.actors import Actor
from people.models import Office


@dataclass(frozen=True, slots=True)
class Claimed:
    """One application as a claim or a lock has just read it, with what a decision needs beside it.

    ``automatic``: automatic approval of its service is not suspended; ``suspended``: the registries
    on whose answers nothing automatic may rest; ``shadows``: those that run. ``office_json``: its
    office.
    ``has_webhook``: the agency whose program submitted it can be notified. ``is_second``: what
    its certificate would be exists already. ``is_heir``: it takes over what another certificate
    holds. ``at``: when it was read, by PostgreSQL's clock.
    """

    application: Application
    automatic: bool
    suspended: Sequence[str]
    shadows: Sequence[int]
    office_json: str
    has_webhook: bool
    is_second: bool
    is_heir: bool
    at: datetime.datetime


def claim(*, limit: int, again: bool, by: Actor) -> list[Claimed]:
    """Claim up to ``limit`` applications with nothing due, oldest first, in a commit of its own.

    ``again``: those that were claimed before and are still undecided. ``attempts`` of what is
    returned includes this one.
    """
    policies.require_machine(by)
    return _read(statements.CLAIM, [again, limit, settings.LEASE_SECONDS])


def lock_ready(ids: Sequence[UUID]) -> list[Claimed]:
    """Lock ``ids`` and return those that are still submitted with nothing due, in order of id."""
    locked = _read(statements.LOCK_TO_DECIDE, [list(ids)])
    return [
        one
        for one in locked
        if one.application.state == State.SUBMITTED and one.application.checks_due == 0
    ]


def offices(claimed: Iterable[Claimed]) -> dict[str, Office]:
    """Return the offices of what was claimed by code, without asking for them."""
    found = map(orjson.loads, {one.office_json for one in claimed})
    return {columns["code"]: bulk.new(Office, **columns) for columns in found}


def _read(statement: str, parameters: Sequence[Any]) -> list[Claimed]:
    beside = statements.BESIDE
    applications = bulk.read(Application, statement, parameters, also=beside)
    return [
        Claimed(application=a, **{name: a.__dict__.pop(name) for name in beside})
        for a in applications
    ]
