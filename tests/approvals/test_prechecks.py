"""A program asks what would come of an application, and nothing is handed in by that."""

import dataclasses
import json
from typing import Any

import pytest

from approvals.api import prechecks
from approvals.models import Application
from exchange.models import Lookup, Partner
from ledger.models import Event
from people import identity, rates
from tests.approvals.cases import graduate_answers, person, trader_answers
from tests.approvals.hall import of_hall
from tests.approvals.program import Program, assert_problem, body, rows

pytestmark = pytest.mark.usefixtures("furnished")
PATH = "/api/v1/services/graduate_settlement/precheck"
TRADE = "/api/v1/services/sole_trader/precheck"


def planned(kind: str = "graduate", **changes: Any) -> dict[str, Any]:
    whole = body(kind)
    kept = {name: whole[name] for name in ("edition", "applicant", "answers")}
    return {**kept, "agreed": True, **changes}


def conditions(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in found["conditions"]}


def test_it_judges_with_its_trace_and_hands_in_nothing() -> None:
    events = set(Event.objects.values_list("pk", flat=True))
    before = rows()
    reply = Program().send("POST", PATH, planned())
    assert reply.status == 200, reply.raw
    after = rows()
    asked = after.pop("exchange_lookup") - before.pop("exchange_lookup")
    [proof] = Event.objects.exclude(pk__in=events)
    assert asked > 0 and proof.subject.startswith("rows:exchange_lookup:")
    assert after == {**before, "ledger_event": before["ledger_event"] + 1}, "nothing else is kept"
    found = reply.json
    service = Program().get("/api/v1/services/graduate_settlement").json
    assert list(conditions(found)) == [one["id"] for one in service["requirements"]]
    for one in found["conditions"]:
        assert one["result"] in ("met", "unmet", "unknown", "not_applicable"), one
        assert bool(one["unknown"]) >= one["later"]
    assert found["identity"] == "met" and found["duplicate"] is None


def test_each_look_up_is_the_agencys_and_on_the_persons_own_list() -> None:
    Program().send("POST", PATH, planned("criminal"))
    index = identity.index(person("criminal").number)
    made = Lookup.objects.filter(subject=index)
    assert made and {one.by for one in made} == {"agency:window"}
    assert {one.case for one in made} == {""}
    assert {one.purpose for one in made} == {"precheck:graduate_settlement"}


def test_what_stands_against_it_is_said() -> None:
    far = planned(answers=graduate_answers(address="440305-9999999"))
    found = Program().send("POST", PATH, far).json
    assert found["follows"] in ("correction", "person")
    assert any(one["result"] == "unmet" for one in found["conditions"])
    another = planned()
    another["applicant"] = {**another["applicant"], "name": "别人"}
    found = Program().send("POST", PATH, another).json
    assert (found["identity"], found["follows"]) == ("unmet", "person")
    assert person("graduate").name not in json.dumps(found, ensure_ascii=False)


def test_of_what_exists_already_no_number_is_told() -> None:
    theirs = of_hall("graduate", "university")
    reply = Program().send("POST", PATH, planned())
    assert reply.json["duplicate"]["code"] == "duplicate"
    assert theirs.number.encode() not in reply.raw


def test_what_no_applicant_is_told_no_agency_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every condition undisclosed: results remain, and not one fact."""
    real = prechecks._condition

    def hidden(finding: Any, spec: Any, **more: bool) -> dict[str, Any]:
        return real(finding, dataclasses.replace(spec, undisclosed=True), **more)

    monkeypatch.setattr(prechecks, "_condition", hidden)
    found = Program().send("POST", PATH, planned()).json
    assert all(one["uses"] == {} and one["undisclosed"] for one in found["conditions"])


@pytest.mark.parametrize(
    ("changes", "status", "code", "pointer"),
    [
        ({"agreed": False}, 422, "invalid_body", "/agreed"),
        ({"agreed": "yes"}, 422, "invalid_body", "/agreed"),
        ({"edition": 99}, 409, "edition_not_in_force", "/edition"),
        ({"edition": "1"}, 422, "invalid_body", "/edition"),
        ({"applicant": 7}, 422, "invalid_body", "/applicant"),
        ({"answers": []}, 422, "invalid_body", "/answers"),
        ({"answers": {}}, 422, "invalid_answers", "/answers/address"),
        ({"service": "graduate_settlement"}, 422, "invalid_body", "/service"),
    ],
)
def test_what_is_wrong_is_named_and_nobody_is_asked_about(
    changes: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    reply = Program().send("POST", PATH, planned(**changes))
    assert_problem(reply, status, code, pointer)
    assert not Lookup.objects.exists()


def test_a_number_that_is_none_asks_nobody() -> None:
    wrong = planned()
    wrong["applicant"] = {**wrong["applicant"], "number": "110101199003070135"}
    assert_problem(Program().send("POST", PATH, wrong), 422, "bad_number", "/applicant/number")
    assert not Lookup.objects.exists()


def test_it_is_for_agencies_that_may_apply_for_it() -> None:
    assert_problem(Program("").send("POST", PATH, planned()), 401)
    assert_problem(Program().send("POST", "/api/v1/services/nothing/precheck", planned()), 404)
    Partner.objects.filter(code="university").update(services=["sole_trader"])
    assert_problem(Program("university").send("POST", PATH, planned()), 403, "not_your_service")
    assert not Lookup.objects.exists()


def test_too_many_are_told_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "is_over", lambda rate, whose, **_: rate is prechecks.RATE)
    reply = Program().send("POST", PATH, planned())
    assert_problem(reply, 429, "too_many")
    assert reply.headers["Retry-After"] and not Lookup.objects.exists()


def test_what_it_says_is_what_comes_of_it() -> None:
    for kind, path, service, answers in (
        ("graduate", PATH, "graduate_settlement", graduate_answers()),
        ("trader", TRADE, "sole_trader", trader_answers()),
    ):
        found = Program().send("POST", path, planned(kind, answers=answers)).json
        unmet = [one for one in found["conditions"] if one["result"] == "unmet"]
        assert unmet == [] and found["follows"] in ("clear", "person"), (service, found)
    assert not Application.objects.exists()
