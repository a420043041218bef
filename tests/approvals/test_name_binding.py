"""Number and name agree with the register, for every service; else an officer, never a grant."""

import orjson
import pytest
from django.db import connection

from approvals import actions, queries
from approvals.models import Application
from approvals.records import replay
from approvals.states import State
from certificates.models import Certificate
from people.actors import Actor
from people.errors import ActionRejected
from tests.approvals import cases
from tests.approvals.cases import answer_checks, citizen, decide, person

pytestmark = pytest.mark.usefixtures("furnished")
SERVICES = [("graduate", "graduate_settlement"), ("trader", "sole_trader")]


def named(name: str, kind: str = "graduate", service: str = "graduate_settlement") -> Application:
    who = person(kind)
    made = cases.submit(kind, service, applicant=actions.Applicant("person", who.number, name))
    answer_checks(made)
    return decide(made)[0]


def receipt(case: Application) -> dict:
    decision = queries.latest_decision(case)
    assert decision is not None and replay.fault(decision) == ""
    return orjson.loads(bytes(decision.receipt))


@pytest.mark.parametrize(("kind", "service"), SERVICES)
def test_ones_own_number_with_anothers_name_is_never_granted(kind: str, service: str) -> None:
    case = named("欧阳无此", kind, service)
    assert (case.state, case.handover.split(",")[0]) == (State.REVIEW, "name_differs")
    assert receipt(case)["identity"]["result"] == "unmet"
    assert not Certificate.objects.exists()


@pytest.mark.parametrize(("kind", "service"), SERVICES)
def test_the_same_name_typed_otherwise_is_granted_under_the_registers(
    kind: str, service: str
) -> None:
    true = person(kind).name
    case = named(f" {true[0]}　{true[1:]}　", kind, service)
    assert case.state == State.APPROVED
    assert receipt(case)["applicant"]["name"] == true
    payload = orjson.loads(bytes(Certificate.objects.get().payload))
    fields = {field["id"]: field["value"] for field in payload["fields"]}
    # a trader's certificate is their business's, and names who trades
    assert fields.get("operator_name", payload["holder"]["name"]) == true


def test_who_is_not_in_the_register_reaches_an_officer() -> None:
    who = person("graduate")
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM exchange_record WHERE registry = 'population' AND subject = %s",
            [citizen(who).code],
        )
    case = named(who.name)
    assert case.state == State.REVIEW
    assert "name_differs" in case.handover


def test_officers_who_approve_grant_to_the_registers_name(clerk: Actor, colleague: Actor) -> None:
    case = named("欧阳无此")
    actions.take(number=case.number, by=clerk, now=cases.now())
    reason = "已当面核对身份证，姓名为曾用名"
    with pytest.raises(ActionRejected, match="second officer"):  # another name is unmet
        actions.approve(number=case.number, reason=reason, by=clerk, now=cases.now())
    cases.approve_by_two(case.number, reason, first=clerk, second=colleague)
    payload = orjson.loads(bytes(Certificate.objects.get().payload))
    assert payload["holder"]["name"] == person("graduate").name


@pytest.mark.parametrize("name", ["<img src=x>", "张\u202e三", "字" * 101, "张\U000e0041三"])
def test_what_is_no_name_is_refused_at_once(name: str) -> None:
    with pytest.raises(ActionRejected) as caught:
        named(name)
    assert (caught.value.code, caught.value.field) == ("bad_name", "/applicant/name")
    assert not Application.objects.exists()


def test_a_case_belongs_to_the_district_that_its_pack_names() -> None:
    case = named(person("graduate").name)
    assert case.region_id == case.answers["district"] != "440300"
