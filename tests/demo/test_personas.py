"""The sandbox's personas: each body is taken as it is, and comes to what is said of it."""

from collections import Counter
from typing import Any

import pytest

from approvals.models import Application, Check
from tests.approvals.cases import answer_checks, decide
from tests.approvals.program import Program, assert_problem

pytestmark = pytest.mark.usefixtures("furnished")
PATH = "/api/v1/personas"


def personas() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Program("").get(PATH).json["personas"]
    return found


def test_each_comes_to_what_is_said_of_it_and_every_outcome_is_there() -> None:
    window, outcomes = Program(), Counter[str]()
    for one in personas():
        reply = window.post(one["body"])
        assert reply.status in (201, 202), (one["persona"], reply.raw)
        case = Application.objects.get(number=reply.json["number"])
        silent = {"education": "timeout"} if one["persona"] == "registry_silent" else {}
        while Check.objects.filter(application=case, state="due").exists():
            answer_checks(case, **silent)
        (case,) = decide(case)
        assert case.state == one["outcome"], (one["persona"], case.handover)
        outcomes[case.state] += 1
    assert set(outcomes) == {"approved", "returned", "waiting", "review"}
    assert outcomes["approved"] > 3, "a developer tries more than once"


def test_there_are_none_outside_of_a_demo(settings: Any) -> None:
    settings.DEMO = False
    assert_problem(Program("").get(PATH), 404, "not_found")


def test_no_two_are_one_person() -> None:
    numbers = [one["body"]["applicant"]["number"] for one in personas()]
    assert len(set(numbers)) == len(numbers) >= 20
