"""Bundled cases for tests, as entry points make them."""

from __future__ import annotations

import datetime
import hashlib
from typing import Any

import orjson

from approvals import actions as approvals
from approvals.actions.submission import Key
from approvals.models import Application
from bundles import actions, duties, offers
from bundles.models import BundledCase, BundleStep
from ledger.clock import city_date, now
from people.actors import Actor
from tests.approvals.cases import (
    answer_checks,
    citizen,
    decide,
    graduate_answers,
    person,
    trader_answers,
)


def answers(**changes: Any) -> dict[str, Any]:
    """Answers of the trial bundle's joint form, all steps chosen."""
    return {
        **graduate_answers(),
        "paid_in": "430000",
        "insurance_consent": True,
        **{k: v for k, v in trader_answers().items() if k != "consent"},
        "shop_consent": True,
        **changes,
    }


def hand_in(
    code: str = "trial",
    *,
    chosen: tuple[str, ...] = ("shop",),
    given: dict[str, Any] | None = None,
    applicant: approvals.Applicant | None = None,
    by: Actor | None = None,
    key: str = "0" * 32,
    at: datetime.datetime | None = None,
    **more: Any,
) -> BundledCase:
    """Hand a bundle in as the citizen."""
    at = at or now()
    bundle = offers.find(code)
    assert bundle is not None
    joint = offers.joint(bundle, city_date(at), chosen)
    assert joint is not None
    who = applicant or person("graduate")
    asked = {q.name for q in joint.questions}
    sent = {k: v for k, v in (given or answers()).items() if k in asked}
    body = hashlib.sha256(orjson.dumps(sent, option=orjson.OPT_SORT_KEYS)).digest()
    new = actions.NewBundle(joint, who, sent, Key(key, body), **more)
    made = actions.hand_in(new=new, by=by or citizen(who), now=at)
    return BundledCase.objects.get(pk=made.pk)


def steps(case: BundledCase) -> dict[str, BundleStep]:
    rows = BundleStep.objects.filter(case=case).select_related("application")
    return {step.code: step for step in rows.order_by("place")}


def states(case: BundledCase) -> dict[str, str]:
    """How far each step is: its application's state, where it has one."""
    return {
        code: step.application.state if step.application else step.state
        for code, step in steps(case).items()
    }


def application(case: BundledCase, step: str) -> Application:
    found = steps(case)[step].application
    assert found is not None
    return found


def settle(*cases: Application) -> None:
    """Answer every check from the city, and decide."""
    for one in cases:
        answer_checks(one)
    decide(*cases)


def follow(at: datetime.datetime | None = None) -> None:
    """Let the clock hand in what may follow now."""
    while duties.follow(at or now()):
        pass
