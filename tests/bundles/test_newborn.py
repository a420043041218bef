"""A child is born: one form, the household first, insurance and card when that is granted."""

from __future__ import annotations

import datetime
from typing import Any

import orjson
import pytest
from django.db import connection

from approvals import actions as approvals
from approvals.models import Application
from certificates.models import Certificate
from demo.city import families
from demo.city.personas import index
from ledger.clock import city_date, now
from people import identity
from tests.approvals.cases import CITY, audited
from tests.bundles.cases import application, follow, hand_in, settle, states, steps

pytestmark = pytest.mark.usefixtures("furnished")
MOTHER, FATHER = CITY.person(index("newborn")), CITY.person(34)
RECORD = next(one.record for one in families.births(CITY) if one.mother == MOTHER.index)


@pytest.fixture(autouse=True)
def _born_lately(furnished: None) -> None:
    """The store was written on some day; the child is five days old today."""
    born = (city_date(now()) - datetime.timedelta(days=5)).isoformat()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE exchange_record SET data = data || %s::jsonb"
            " WHERE registry = 'birth' AND subject = %s",
            [orjson.dumps({"born": born}).decode(), identity.index(RECORD)],
        )


def born(**changes: Any) -> Any:
    given = {
        "birth_record": RECORD,
        "child_name": f"{FATHER.name[0]}安然",
        "household_of": "mother",
        "consent": True,
        **changes,
    }
    applicant = approvals.Applicant("person", MOTHER.number, MOTHER.name)
    return hand_in("newborn", chosen=(), given=given, applicant=applicant)


def test_household_first_then_insurance_and_card() -> None:
    case = born()
    assert states(case) == {"household": "submitted", "medical": "waiting", "card": "waiting"}
    settle(application(case, "household"))
    follow()
    settle(application(case, "medical"), application(case, "card"))
    assert states(case) == {"household": "approved", "medical": "approved", "card": "approved"}
    kinds = Certificate.objects.values_list("kind", flat=True)
    assert sorted(kinds) == ["birth_household", "newborn_card", "newborn_medical"]
    assert audited() == []


def test_what_is_asked_once_reaches_all_three() -> None:
    case = born()
    names = {code: step.answers.get("child_name") for code, step in steps(case).items()}
    assert names["medical"] == names["card"] == f"{FATHER.name[0]}安然"
    assert application(case, "household").answers["child_name"] == names["card"]
    assert all("household_of" not in steps(case)[code].answers for code in ("medical", "card"))


def test_a_registration_that_an_officer_decides_keeps_the_others_waiting() -> None:
    case = born(child_name="欧阳安然")
    settle(application(case, "household"))
    follow()
    assert states(case) == {"household": "review", "medical": "waiting", "card": "waiting"}
    assert Application.objects.count() == 1
