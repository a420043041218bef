"""A step that rests on another waits for as long as that one is granted only provisionally."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.db import IntegrityError, transaction

from approvals.models import Application, Decision
from approvals.states import State
from bundles import actions, following
from bundles.models import BundleStep
from ledger.clock import city_date, now
from ledger.identifiers import uuid7
from people.actors import Actor, Kind
from people.errors import ActionRejected
from tests.bundles.cases import application, follow, settle, states
from tests.bundles.test_shop import opened
from tests.plugins.environment import with_database

pytestmark = pytest.mark.usefixtures("furnished_committed")


@pytest.fixture
def by_hand(at_furnished: str) -> Iterator[Callable[..., None]]:
    """Writes as a superuser: the sample city has no bundle that goes on after a provisional one."""
    url = with_database(os.environ["DATABASE_ADMIN_URL"], at_furnished)
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("SET session_replication_role = replica")
        yield admin.execute


def test_it_waits_until_the_one_before_is_confirmed(by_hand: Callable[..., None]) -> None:
    case = opened(chosen=())
    settle(application(case, "name"))
    first = Application.objects.get(pk=application(case, "name").pk)
    assert first.state == State.APPROVED
    at, decision = now(), Decision.objects.get(application=first, live=True)
    by_hand(
        "INSERT INTO approvals_confirmation (id, application_id, decision_id, registries, until,"
        " due_at, otherwise, state, next_at, attempts, reason)"
        " VALUES (%s, %s, %s, 'violations', %s, %s, 'suspend', 'due', %s, 0, '')",
        [uuid7(), first.pk, decision.pk, city_date(at), at + dt.timedelta(days=1), at],
    )
    follow()
    assert states(case) == {"name": "approved", "licence": "waiting"}
    step = BundleStep.objects.get(case=case, code="licence")
    with pytest.raises(IntegrityError, match="before what it waits for"), transaction.atomic():
        following._follow(step.pk, at)  # though nobody asked whether its turn had come
    BundleStep.objects.filter(case=case, code="licence").update(
        state="stopped", why={"code": "x", "zh": "x", "en": "x"}
    )
    holder = Actor(Kind.CITIZEN, case.applicant, case.applicant_name)
    with pytest.raises(ActionRejected, match="cannot go on"):
        actions.take_up(number=case.number, step="licence", by=holder, now=at)
    by_hand(
        "UPDATE approvals_confirmation SET state = 'confirmed', ended_at = %s"
        " WHERE decision_id = %s",
        [at, decision.pk],
    )
    actions.take_up(number=case.number, step="licence", by=holder, now=at)
    follow()
    assert states(case)["licence"] == "submitted"
