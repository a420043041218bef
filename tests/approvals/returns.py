"""Returning a case and handing it in again, for the tests of both returns."""

from typing import Any

import pytest
from django.test import Client

from approvals import actions
from approvals.models import Application
from ledger.clock import now
from people.actors import Actor, officer
from people.errors import ActionRejected
from people.models import User
from tests.approvals.cases import (
    answer_checks,
    citizen,
    decide,
    graduate_answers,
    person,
    places,
)
from tests.factories import UserFactory

WHY = "更正后仍缺学校出具的说明，须再次一次性告知"
BACKEND = "django.contrib.auth.backends.ModelBackend"


def supervisor(name: str, office: str, region: str | None = None) -> Actor:
    return officer(
        UserFactory(
            username=name, role="supervisor", is_staff=True, office_id=office, region_id=region
        )
    )


def again(case: Application) -> Application:
    return Application.objects.get(id=case.id)


def me(kind: str = "credit_hit") -> Actor:
    return citizen(person(kind))


def elsewhere() -> dict[str, Any]:
    """Return answers with another home, in the district of the first."""
    home = next(places("residential"))
    other = next(
        p for p in places("residential") if p.region == home.region and p.code != home.code
    )
    return graduate_answers(address=other.code)


def give_back(case: Application, by: Actor, opened: list[str] | None) -> Application:
    actions.return_(number=case.number, reason="请更正住址", by=by, now=now(), opened=opened)
    return again(case)


def correct(case: Application, answers: dict[str, Any]) -> Application:
    actions.resubmit(number=case.number, answers=answers, by=me(), now=now())
    return again(case)


def in_review_again(case: Application, by: Actor) -> Application:
    """Return it, correct it, and let the machine hand it over once more, to ``by``."""
    correct(give_back(case, by, ["/address"]), elsewhere())
    answer_checks(again(case))
    (found,) = decide(case)
    assert found.state == "review"
    actions.take(number=case.number, by=by, now=now())
    return again(case)


def rejected(action: Any, **arguments: Any) -> ActionRejected:
    with pytest.raises(ActionRejected) as caught:
        action(now=now(), **arguments)
    return caught.value


def enter(username: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=username), BACKEND)
    return client
