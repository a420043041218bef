"""Disputed records as programs meet them: opened for an applicant, asked about by their keeper."""

import json

import pytest

from approvals.models import Application
from exchange.models import Lookup
from tests.approvals.cases import audited, decide, person
from tests.approvals.program import PATH, Program, assert_problem, body
from tests.approvals.test_disputes import answer, answered, dispute, local

pytestmark = pytest.mark.usefixtures("furnished")


def test_its_keeper_alone_learns_whom_a_record_is_about_and_leaves_a_trace() -> None:
    case = local()
    row = dispute(case)
    address = f"/api/v1/disputes/{row.pk}"
    police = Program("police")
    asked = police.get(address)
    assert asked.status == 200, asked.raw
    who = person("already_local")
    assert asked.json["subject"] == {"number": who.number, "name": who.name}
    assert (asked.json["record_value"], asked.json["value"]) == ("4403", "4401")
    trace = Lookup.objects.filter(case=case.number, by="agency:police").get()
    assert (trace.fields, trace.subject) == ("hukou_city", case.applicant)
    for other in (Program("education"), Program("window")):
        assert_problem(other.get(address), 404, "not_found")
    assert_problem(Program("").get(address), 401)
    assert answer(row, False, "登记无误").status == 204
    assert_problem(police.get(address), 404, "not_found")  # it is asked no more


def test_a_program_disputes_for_its_applicant_and_reads_how_far_it_is() -> None:
    university = Program("university")
    claim = {"fact": "school", "claim": "鹏湾理工大学", "reason": "学校名称登记有误"}
    made = university.post(body("graduate", disputes=[claim]))
    assert made.status == 202, made.raw
    (said,) = made.json["disputes"]
    assert (said["fact"], said["state"], said["record"]) == ("school", "open", None)
    case = Application.objects.get(number=made.json["number"])
    decide(*answered(case))
    found = university.get(f"{PATH}/{case.number}").json
    assert (found["state"], found["disputes"][0]["state"]) == ("review", "notified")
    assert found["disputes"][0]["record"]["version"] == "1"
    address = f"{PATH}/{case.number}/disputes"
    sent = json.dumps({**claim, "fact": "level"}).encode()
    assert_problem(Program("window").ask("POST", address, sent), 404)
    second = university.ask("POST", address, sent)
    assert second.status == 201 and len(second.json["disputes"]) == 2
    assert_problem(university.ask("POST", address, sent), 409, "disputed_before")
    for wrong in (b"[]", b"{}", b'{"fact": "level", "claim": "", "reason": "x", "more": 1}'):
        assert_problem(university.ask("POST", address, wrong), 422, "invalid_body")
    many = [claim] * 11
    assert_problem(university.post(body("part_time", disputes=many)), 422, "", "/disputes")
    twice = university.post(body("part_time", disputes=[claim, claim]))
    assert_problem(twice, 409, "disputed_before", "/disputes/1/fact")
    never = university.post(body("part_time", disputes=[{**claim, "fact": "crime"}]))
    assert_problem(never, 404, "no_such_fact", "/disputes/0/fact")
    assert audited() == []
