"""Bundles as another agency's program meets them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from approvals.models import Application
from bundles.models import BundledCase
from tests.approvals.cases import person
from tests.approvals.program import Program, Reply, assert_problem
from tests.bundles.cases import answers, application, follow, settle

pytestmark = pytest.mark.usefixtures("trial")
PATH = "/api/v1/bundle-cases"
NESTED = json.loads("[" * 40 + "]" * 40)  # deeper than any form


def body(**changes: Any) -> dict[str, Any]:
    who = person("graduate")
    return {
        "bundle": "trial",
        "editions": {"home": 1, "insurance": 1, "shop": 1},
        "applicant": {"kind": "person", "number": who.number, "name": who.name},
        "answers": answers(),
        **changes,
    }


def post(what: Any, program: Program | None = None, **headers: str) -> Reply:
    raw = json.dumps(what, ensure_ascii=False).encode()
    return (program or Program()).ask("POST", PATH, raw, **headers)


def test_a_program_hands_a_bundle_in_and_reads_how_far_it_is() -> None:
    listed = {one["code"]: one for one in Program("").get("/api/v1/bundles").json["bundles"]}
    trial = listed["trial"]
    assert [step["code"] for step in trial["steps"]] == ["home", "insurance", "shop"]
    assert trial["steps"][2]["choice"]["en"] == "I also open a shop"
    assert set(answers()) <= set(trial["form"]["properties"])
    editions = {step["code"]: step["edition"] for step in trial["steps"]}
    made = post(body(editions=editions))
    assert made.status == 201, made.raw
    assert [step["state"] for step in made.json["steps"]] == ["submitted", "waiting", "waiting"]
    case = BundledCase.objects.get()
    assert made.headers["Location"] == f"{PATH}/{case.number}"
    settle(application(case, "home"))
    follow()
    read = Program().get(made.headers["Location"])
    assert [step["state"] for step in read.json["steps"]] == ["approved", "submitted", "submitted"]
    number = read.json["steps"][1]["application"]
    assert Program().get(f"/api/v1/applications/{number}").json["service"] == "social_transfer"
    assert person("graduate").number not in read.raw.decode()


def test_the_same_key_leads_to_the_same_case() -> None:
    first = post(body(), Idempotency_Key="k" * 12)
    assert post(body(), Idempotency_Key="k" * 12).json["number"] == first.json["number"]
    other = post(body(by_person=True), Idempotency_Key="k" * 12)
    assert_problem(other, 422, "key_reused")
    assert Application.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "status", "code", "pointers"),
    [
        ({"bundle": "nothing"}, 404, "not_found", ()),
        ({"bundle": 1}, 422, "invalid_body", ("/bundle",)),
        ({"editions": {"home": 9, "insurance": 1}}, 409, "edition_not_in_force", ()),
        ({"editions": {"home": 1}}, 422, "wrong_steps", ()),
        ({"editions": {"home": 1, "x~y": 1}}, 422, "invalid_body", ("/editions/x~0y",)),
        ({"editions": {"home": "1"}}, 422, "invalid_body", ("/editions",)),
        ({"editions": []}, 422, "invalid_body", ("/editions",)),
        ({"answers": []}, 422, "invalid_body", ("/answers",)),
        ({"by_person": "yes"}, 422, "invalid_body", ("/by_person",)),
        ({"more": 1}, 422, "invalid_body", ("/more",)),
        ({"answers": {**answers(), "employees": 0}}, 422, "invalid_answers", ()),
        ({"answers": {**answers(), "other": 0}}, 422, "invalid_answers", ()),
        ({"answers": {**answers(), "address": NESTED}}, 400, "json_too_deep", ()),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written(
    changes: dict[str, Any], status: int, code: str, pointers: tuple[str, ...]
) -> None:
    assert_problem(post(body(**changes)), status, code, *pointers)
    assert not BundledCase.objects.exists() and not Application.objects.exists()


def test_an_agency_applies_only_for_services_that_are_its_own_and_reads_its_own() -> None:
    assert_problem(post(body(), Program("university")), 403, "not_your_service")
    made = post(body())
    assert_problem(Program("university").get(made.headers["Location"]), 404, "not_found")
    assert Program("").get(made.headers["Location"]).status == 401
    assert_problem(Program().get(f"{PATH}/MP1"), 404, "not_found")


def test_nothing_that_was_not_chosen_is_asked_or_applied_for() -> None:
    """A step of choice that nobody wants leaves the others as they are."""
    made = post(body(editions={"home": 1, "insurance": 1}, answers={
        k: v for k, v in answers().items()
        if k in ("district", "address", "consent", "paid_in", "insurance_consent")
    }))  # fmt: skip
    assert [step["code"] for step in made.json["steps"]] == ["home", "insurance"]
