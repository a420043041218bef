"""A second return by a supervisor alone, and what PostgreSQL keeps of it."""

from typing import Any

import orjson
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client

from approvals import actions, queries
from approvals.actions import officer as officers
from approvals.actions.returning import permission
from approvals.admin.casefile import casefile
from approvals.models import Application, Decision, ReturnPermission
from approvals.records import replay
from approvals.states import Outcome
from ledger.clock import now
from people import roles
from people.actors import Actor
from people.models import User
from portal.results import result
from tests.approvals.cases import (
    answer_checks,
    audited,
    decide,
)
from tests.approvals.returns import (
    WHY,
    again,
    correct,
    elsewhere,
    enter,
    give_back,
    in_review_again,
    rejected,
    supervisor,
)
from tests.officers import make as made

# --- the second


def test_a_second_return_takes_a_supervisor_who_is_named_to_the_citizen(
    case: Application, clerk: Actor, boss: Actor
) -> None:
    in_review_again(case, clerk)
    arguments = {"number": case.number, "by": clerk}
    assert rejected(actions.return_, reason="还缺", **arguments).code == "supervisor_required"
    actions.ask_second_return(reason="还缺学校说明", now=now(), **arguments)
    assert rejected(actions.ask_second_return, reason="x", **arguments).code == "asked_before"
    assert rejected(actions.return_, reason="还缺", **arguments).code == "supervisor_required"
    actions.permit_second_return(number=case.number, reason=WHY, by=boss, now=now())
    give_back(case, clerk, [])
    decision = queries.latest_decision(case)
    assert decision is not None
    said = orjson.loads(bytes(decision.receipt))
    assert said["permitted_by"] == {
        "by": "officer:boss", "name": boss.name, "office": "hrss", "reason": WHY,
    }  # fmt: skip
    assert replay.fault(decision) == ""
    page = result(again(case), now=now())
    assert any(WHY in line and boss.name in line for line in page.notices)
    assert all("督办" not in e["word"] and "supervisor" not in e["word"] for e in page.events)
    assert audited() == []


def test_a_third_needs_a_permission_of_its_own(
    case: Application, clerk: Actor, boss: Actor
) -> None:
    in_review_again(case, clerk)
    actions.ask_second_return(number=case.number, reason="还缺", by=clerk, now=now())
    actions.permit_second_return(number=case.number, reason=WHY, by=boss, now=now())
    give_back(case, clerk, [])
    correct(case, elsewhere())
    answer_checks(again(case))
    decide(case)
    actions.take(number=case.number, by=clerk, now=now())
    assert permission(again(case)) is None
    error = rejected(actions.return_, number=case.number, reason="还缺", by=clerk)
    assert error.code == "supervisor_required"


def test_the_supervisor_says_no_and_the_clerk_decides(
    case: Application, clerk: Actor, boss: Actor
) -> None:
    in_review_again(case, clerk)
    actions.ask_second_return(number=case.number, reason="还缺", by=clerk, now=now())
    assert rejected(
        actions.deny_second_return, number=case.number, reason=" ", by=boss
    ).code == "reason_required"  # fmt: skip
    actions.deny_second_return(number=case.number, reason="材料已齐", by=boss, now=now())
    error = rejected(actions.permit_second_return, number=case.number, reason=WHY, by=boss)
    assert error.code == "not_asked"
    actions.refuse(number=case.number, reason="失信记录尚在期内", by=clerk, now=now())
    assert audited() == []


def test_nobody_else_permits_it(
    case: Application, clerk: Actor, colleague: Actor, stranger: Actor
) -> None:
    in_review_again(case, clerk)
    actions.ask_second_return(number=case.number, reason="还缺", by=clerk, now=now())
    others = [clerk, colleague, stranger, supervisor("m", "market")]
    others.append(supervisor("z", "hrss", "440304"))
    for by in others:
        error = rejected(actions.permit_second_return, number=case.number, reason=WHY, by=by)
        assert error.status == 404, by


def test_the_desk_shows_the_clerk_whom_to_ask_and_the_supervisor_what_is_asked(
    case: Application, clerk: Actor, boss: Actor
) -> None:
    address = f"/desk/approvals/application/{case.pk}/"

    def press(client: Client, **form: Any) -> int:
        form["version"] = again(case).events
        return client.post(address + "do/", form).status_code

    def may(username: str) -> set[str]:
        shown = casefile(again(case), officer=User.objects.get(username=username), now=now())
        return set(shown.may)

    assert "return_" in may("clerk-a") and "ask_second_return" not in may("clerk-a")
    in_review_again(case, clerk)
    mine, theirs = enter("clerk-a"), enter("boss")
    assert "ask_second_return" in may("clerk-a") and "return_" not in may("clerk-a")
    assert press(mine, action="return_", reason="还缺", opened="/address") == 409
    assert press(mine, action="ask_second_return", reason="还缺学校说明") == 302
    assert "permit_second_return" in may("boss")
    asked = theirs.get("/desk/approvals/application/?hand=returns").content.decode()
    assert case.number in asked
    assert "hand=returns" in theirs.get("/desk/").content.decode()
    assert "还缺学校说明" in theirs.get(address + "change/").content.decode()
    assert press(theirs, action="permit_second_return", reason=WHY) == 302
    assert "return_" in may("clerk-a")
    assert press(mine, action="return_", reason="还缺", opened=["/address"]) == 302
    assert again(case).state == "returned"
    assert {"ask_second_return", "permit_second_return", "deny_second_return"} <= {
        action.name for action in roles.ACTIONS
    }


# --- past Django


def write_return(case: Application, by: Actor, **receipt: Any) -> None:
    made = officers.judged(again(case), Outcome.RETURN, by, now(), "还缺").decision
    made.receipt = orjson.dumps(orjson.loads(made.receipt) | receipt)
    with transaction.atomic():
        made.save(force_insert=True)


def pk(by: Actor) -> int:
    return User.objects.get(username=by.code).pk


def test_the_table_itself_wants_the_supervisor(
    case: Application, clerk: Actor, colleague: Actor, boss: Actor
) -> None:
    in_review_again(case, clerk)
    named = {"permitted_by": {"by": "officer:boss"}}
    for receipt in ({}, named):
        with pytest.raises(IntegrityError, match="without a permission"):
            write_return(case, clerk, **receipt)
    asked = actions.ask_second_return(number=case.number, reason="还缺", by=clerk, now=now())
    for by in (clerk, colleague):
        with (
            pytest.raises(IntegrityError, match=r"no supervisor|two_persons"),
            transaction.atomic(),
        ):
            ReturnPermission.objects.filter(pk=asked.pk).update(
                settled_by_id=pk(by), settled_at=now(), permitted=True
            )
    with pytest.raises(IntegrityError, match="without a permission"):
        write_return(case, clerk, **named)
    actions.permit_second_return(number=case.number, reason=WHY, by=boss, now=now())
    with pytest.raises(IntegrityError, match="without a permission"):
        write_return(case, clerk, permitted_by={"by": "officer:clerk-b"})
    write_return(case, clerk, **named)
    assert Decision.objects.filter(application=case, outcome="return").count() == 2


def test_a_permission_is_asked_from_the_hand_and_settled_once(
    case: Application, clerk: Actor, colleague: Actor, boss: Actor
) -> None:
    in_review_again(case, clerk)
    case = again(case)
    made = {"application": case, "reason": "x", "asked_at": now()}
    for wrong in ({"asked_by_id": pk(colleague), "round": case.round},
                  {"asked_by_id": pk(clerk), "round": case.round + 1}):  # fmt: skip
        with pytest.raises(IntegrityError, match="in its officer's hands"), transaction.atomic():
            ReturnPermission.objects.create(**made, **wrong)
    asked = actions.ask_second_return(number=case.number, reason="还缺", by=clerk, now=now())
    with pytest.raises(ProgrammingError), transaction.atomic():
        ReturnPermission.objects.filter(pk=asked.pk).update(reason="别的")
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM approvals_returnpermission")
    actions.permit_second_return(number=case.number, reason=WHY, by=boss, now=now())
    with pytest.raises(IntegrityError, match="settled before"), transaction.atomic():
        ReturnPermission.objects.filter(pk=asked.pk).update(permitted=False)


@pytest.mark.parametrize("role", ["supervisor", "head"])
def test_the_table_itself_lets_nobody_permit_what_is_their_own(
    role: str, case: Application, clerk: Actor, boss: Actor
) -> None:
    in_review_again(case, clerk)
    asked = actions.ask_second_return(number=case.number, reason="还缺", by=clerk, now=now())
    permit = (
        "UPDATE approvals_returnpermission SET permitted = true, answer = '同意',"
        " settled_by_id = %s, settled_at = now() WHERE id = %s"
    )
    own = made("own", role, office_id="hrss", person=case.applicant)
    with pytest.raises(IntegrityError, match="a party of it"), transaction.atomic():
        sql(permit, own.pk, asked.pk)
    sql(permit, pk(boss), asked.pk)  # of anybody else in that role it is taken


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
