"""A shop is opened: the name, then the licence, then the filing of the business that it made."""

from __future__ import annotations

from typing import Any

import pytest

from bundles.models import BundleStep
from certificates.models import Certificate
from people import identity
from tests.approvals.cases import audited, trader_answers, worker
from tests.bundles.cases import application, follow, hand_in, settle, states, steps

pytestmark = pytest.mark.usefixtures("furnished")


def opened(chosen: tuple[str, ...] = ("food",), **changes: Any) -> Any:
    applicant, answers = worker(0)
    given = {
        **trader_answers(**answers),
        "scope": ["F5212", "F5299"],
        "licence_consent": True,
        "food_consent": True,
        "food": "prepackaged",
        "contact_phone": "13800138000",
        **changes,
    }
    return hand_in("open_shop", chosen=chosen, given=given, applicant=applicant)


def granted(case: Any, *codes: str) -> None:
    for code in codes:
        follow()
        settle(application(case, code))


def test_name_licence_and_food_filing_follow_one_another() -> None:
    case = opened()
    assert states(case) == {"name": "submitted", "licence": "waiting", "food": "waiting"}
    granted(case, "name", "licence", "food")
    assert states(case) == {"name": "approved", "licence": "approved", "food": "approved"}
    licence = Certificate.objects.get(application=application(case, "licence").number)
    filing = application(case, "food")
    assert filing.applicant_kind == "enterprise"
    assert filing.applicant == identity.index(licence.number)
    kept = Certificate.objects.get(application=application(case, "name").number)
    assert kept.state != "valid"  # the licence has used it up
    assert audited() == []


def test_the_same_answers_are_asked_once_for_all_three() -> None:
    case = opened()
    asked = {code: set(step.answers) for code, step in steps(case).items()}
    assert {"trade_name", "scope", "premises"} <= asked["licence"]
    assert steps(case)["food"].answers["contact_phone"] == "13800138000"
    assert steps(case)["food"].answers["premises"] == steps(case)["licence"].answers["premises"]
    assert (
        application(case, "name").answers["trade_name"]
        == (steps(case)["licence"].answers["trade_name"])
    )


def test_a_name_that_cannot_be_had_keeps_the_licence_back() -> None:
    case = opened(chosen=(), trade_name="政府")
    settle(application(case, "name"))
    follow()
    assert states(case)["licence"] == "waiting"
    assert states(case)["name"] in ("review", "returned")


def test_food_that_is_not_prepackaged_goes_to_an_officer_and_the_licence_stays() -> None:
    case = opened(food="other")
    granted(case, "name", "licence", "food")
    assert states(case) == {"name": "approved", "licence": "approved", "food": "review"}
    assert BundleStep.objects.filter(case=case, state="submitted").count() == 3
