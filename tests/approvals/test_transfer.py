"""A case goes to another office, and an office opens again what it decided wrongly."""

import datetime as dt

import orjson
import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from approvals import actions, queries
from approvals.actions import officer as officers
from approvals.actions.returning import permission
from approvals.admin.casefile import casefile
from approvals.models import Application, Decision
from approvals.policies import is_contestable
from approvals.records import audit
from approvals.states import Outcome
from certificates.models import Certificate
from ledger.clock import city_date, now
from ledger.models import Event
from people.actors import Actor, officer
from people.errors import ActionRejected
from people.models import Reading, User
from portal.results import result
from tests.approvals.cases import audited, citizen, graduate_answers, person, settled
from tests.approvals.returns import in_review_again, supervisor

WHY = "住所核验属市场监管职责，移送其办理"
ERROR = "复查发现学历核验有误，自行纠正"
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def case(furnished: None, clerk: Actor) -> Application:
    made = settled("credit_hit")
    actions.take(number=made.number, by=clerk, now=now())
    return again(made)


def again(case: Application) -> Application:
    return Application.objects.get(id=case.id)


def rejected(action: object, **arguments: object) -> ActionRejected:
    with pytest.raises(ActionRejected) as caught:
        action(now=now(), **arguments)  # type: ignore[operator]
    return caught.value


def enter(username: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=username), BACKEND)
    return client


def page(case: Application) -> str:
    return f"/desk/approvals/application/{case.pk}/"


# --- to another office


def test_the_new_office_sees_it_the_old_one_does_not_and_the_term_goes_on(
    case: Application, clerk: Actor, stranger: Actor
) -> None:
    mine, theirs = enter("clerk-a"), enter("clerk-c")
    assert mine.get(page(case) + "change/").status_code == 200
    assert theirs.get(page(case) + "change/").status_code == 404
    form = {"action": "transfer", "to": "market", "reason": WHY, "version": case.events}
    answer = mine.post(page(case) + "do/", form)
    assert answer.status_code == 302 and answer["Location"] == "/desk/approvals/application/"
    assert mine.get(page(case) + "change/").status_code == 404
    assert theirs.get(page(case) + "change/").status_code == 200
    assert not queries.visible_to(clerk).filter(id=case.id).exists()
    after = again(case)
    assert (after.due_at, after.term_from, after.pauses) == (
        case.due_at, case.term_from, case.pauses,
    )  # fmt: skip
    assert after.office_id == "market" and after.taken_by is None
    assert Reading.objects.filter(subject=case.number, by="officer:clerk-a").exists()
    shown = result(after, now=now())
    assert "市场" in shown.decider and "市场" in shown.sentence
    assert any(WHY in line for line in shown.notices)
    actions.take(number=case.number, by=stranger, now=now())
    actions.refuse(number=case.number, reason="失信记录尚在期内", by=stranger, now=now())
    decision = queries.latest_decision(case)
    assert decision is not None
    assert orjson.loads(bytes(decision.receipt))["office"] == "market"
    assert audited() == []


def test_a_corrected_case_stays_with_the_office_that_has_it(
    case: Application, clerk: Actor, stranger: Actor
) -> None:
    actions.transfer(number=case.number, to="market", reason=WHY, by=clerk, now=now())
    actions.take(number=case.number, by=stranger, now=now())
    actions.return_(number=case.number, reason="请更正", by=stranger, now=now())
    me = citizen(person("credit_hit"))
    actions.resubmit(number=case.number, answers=graduate_answers(), by=me, now=now())
    assert again(case).office_id == "market"
    assert audited() == []


def test_it_goes_to_an_office_of_the_city_with_a_clerk_for_it(
    case: Application, clerk: Actor, furnished: None
) -> None:
    offices = {office.code for office in actions.targets(case, now())}
    assert "hrss" not in offices
    for to in ("hrss", "nowhere", "", "data" if "data" not in offices else "x"):
        error = rejected(actions.transfer, number=case.number, to=to, reason=WHY, by=clerk)
        assert (error.status, error.code, error.field) == (422, "no_such_office", "/to"), to
    assert again(case).events == case.events


def test_an_office_whose_clerks_are_all_away_is_not_offered(
    case: Application, clerk: Actor, stranger: Actor
) -> None:
    assert "market" in {office.code for office in actions.targets(case, now())}
    until = city_date(now()) + dt.timedelta(days=3)
    for user in User.objects.filter(office="market", role="clerk", is_active=True):
        by = officer(user)
        actions.mark_away(officer=user.username, until=until, release=False, by=by, now=now())
    assert "market" not in {office.code for office in actions.targets(case, now())}
    error = rejected(actions.transfer, number=case.number, to="market", reason=WHY, by=clerk)
    assert (error.status, error.code) == (422, "no_such_office")
    after = now() + dt.timedelta(days=4)
    assert "market" in {office.code for office in actions.targets(case, after)}


def test_a_permission_to_return_is_of_the_office_that_asked_for_it(
    case: Application, clerk: Actor, stranger: Actor
) -> None:
    case = in_review_again(case, clerk)
    arguments = {"number": case.number, "now": now()}
    actions.ask_second_return(**arguments, reason="还缺学校说明", by=clerk)
    actions.permit_second_return(**arguments, reason=WHY, by=supervisor("boss", "hrss"))
    actions.transfer(**arguments, to="market", reason=WHY, by=clerk)
    actions.take(**arguments, by=stranger)
    assert permission(again(case)) is None
    error = rejected(actions.return_, number=case.number, reason="还缺", by=stranger)
    assert error.code == "supervisor_required"
    made = officers.judged(again(case), Outcome.RETURN, stranger, now(), "还缺").decision
    made.receipt = orjson.dumps(
        orjson.loads(made.receipt) | {"permitted_by": {"by": "officer:boss"}}
    )
    with pytest.raises(IntegrityError, match="without a permission"), transaction.atomic():
        made.save(force_insert=True)
    actions.ask_second_return(**arguments, reason="还缺学校说明", by=stranger)
    theirs = supervisor("boss-m", "market")
    actions.permit_second_return(**arguments, reason=WHY, by=theirs)
    actions.return_(**arguments, reason="还缺学校说明", by=stranger)
    assert again(case).state == "returned" and audited() == []


def test_only_who_has_it_gives_it_away_and_only_in_review(
    case: Application, clerk: Actor, colleague: Actor, stranger: Actor
) -> None:
    arguments = {"number": case.number, "to": "market", "reason": WHY}
    assert rejected(actions.transfer, by=colleague, **arguments).code == "not_taken"
    assert rejected(actions.transfer, by=stranger, **arguments).status == 404
    actions.refuse(number=case.number, reason="失信记录尚在期内", by=clerk, now=now())
    assert rejected(actions.transfer, by=clerk, **arguments).code == "illegal_move"


def test_what_has_a_certificate_is_reviewed_where_it_was_issued(
    furnished: None, clerk: Actor, stranger: Actor
) -> None:
    case = settled("graduate")
    me = citizen(person("graduate"))
    actions.reopen(number=case.number, reason="地址写错了", by=me, now=now())
    actions.take(number=case.number, by=clerk, now=now())
    error = rejected(actions.transfer, number=case.number, to="market", reason=WHY, by=clerk)
    assert error.code == "has_certificate"


def test_an_office_changed_in_sql_is_refused_and_past_that_found(
    case: Application, clerk: Actor, stranger: Actor
) -> None:
    def move(office: str) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE approvals_application SET office_id = %s, taken_by_id = NULL,"
                " taken_at = NULL WHERE id = %s",
                [office, case.id],
            )

    with pytest.raises(IntegrityError, match="without its event"):
        move("market")
    actions.transfer(number=case.number, to="market", reason=WHY, by=clerk, now=now())
    move("hrss")  # an event of the last move is there, so that the table cannot tell
    assert any("applicant, office or edition" in line for line in audit.faults())


# --- an error of one's own


def test_an_officer_opens_again_and_another_decides(
    case: Application, clerk: Actor, colleague: Actor
) -> None:
    actions.refuse(number=case.number, reason="失信记录尚在期内", by=clerk, now=now())
    client = enter("clerk-a")
    assert "move=reopen" in client.get(page(case) + "change/").content.decode()
    form = {"action": "reopen", "reason": ERROR, "version": again(case).events}
    assert client.post(page(case) + "do/", form).status_code == 302
    opened = again(case)
    assert (opened.state, opened.handover, opened.contested) == ("review", "own_error", "")
    assert not Decision.objects.filter(application=case, live=True).exists()
    assert rejected(actions.take, number=case.number, by=clerk).code == "reopened_by_you"
    shown = result(opened, now=now())
    assert any(ERROR in line for line in shown.notices)
    assert any("有误" in e["word"] for e in shown.events)
    actions.take(number=case.number, by=colleague, now=now())
    actions.refuse(number=case.number, reason="复核后仍不符合", by=colleague, now=now())
    assert audited() == []


def test_who_opens_the_machines_approval_again_does_not_overturn_it(
    furnished: None, clerk: Actor, colleague: Actor
) -> None:
    case = settled("graduate")
    actions.reopen(number=case.number, reason=ERROR, by=clerk, now=now())
    assert Certificate.objects.get(application=case.number).state == "suspended"
    with pytest.raises(IntegrityError, match="decided it before"), transaction.atomic():
        Application.objects.filter(id=case.id).update(
            taken_by=User.objects.get(username="clerk-a"), taken_at=now()
        )
    assert rejected(actions.take, number=case.number, by=clerk).code == "reopened_by_you"
    actions.take(number=case.number, by=colleague, now=now())
    actions.approve(number=case.number, reason="核实无误", by=colleague, now=now())
    assert Certificate.objects.filter(application=case.number, state="valid").count() == 1
    assert audited() == []


def test_six_months_after_the_decision_it_is_not_opened_again(
    furnished: None, clerk: Actor, stranger: Actor
) -> None:
    """行政诉讼法 §46; 民法典 §202: the same day of the sixth month, or its last one."""
    from approvals.policies import _later

    assert _later(dt.date(2026, 8, 31), 6) == dt.date(2027, 2, 28)
    assert _later(dt.date(2027, 8, 30), 6) == dt.date(2028, 2, 29)
    assert _later(dt.date(2026, 12, 15), 6) == dt.date(2027, 6, 15)
    case = settled("graduate")
    late = now() + dt.timedelta(days=190)
    with pytest.raises(ActionRejected) as caught:
        actions.reopen(number=case.number, reason=ERROR, by=clerk, now=late)
    assert (caught.value.code, caught.value.status) == ("too_late_to_reopen", 409)
    assert rejected(actions.reopen, number=case.number, reason=ERROR, by=stranger).status == 404
    me = citizen(person("graduate"))
    with pytest.raises(ActionRejected) as caught:
        actions.reopen(number=case.number, reason=ERROR, by=me, now=late)
    assert (caught.value.code, caught.value.status) == ("too_late_to_contest", 409)
    assert is_contestable(again(case), now()) and not is_contestable(again(case), late)
    assert again(case).state == "approved"
    user = User.objects.get(username="clerk-a")
    assert "reopen" in casefile(again(case), officer=user, now=now()).may
    assert "reopen" not in casefile(again(case), officer=user, now=late).may


@pytest.mark.parametrize("action", ["approve", "refuse", "return_"])
def test_what_was_withdrawn_or_expired_is_not_decided(
    case: Application, clerk: Actor, action: str
) -> None:
    me = citizen(person("credit_hit"))
    actions.withdraw(number=case.number, by=me, now=now())
    before = again(case).events
    error = rejected(getattr(actions, action), number=case.number, reason="好", by=clerk)
    assert (error.code, error.status) == ("illegal_move", 409)
    assert "撤回" in error.zh and "withdrawn" in error.en
    form = {"action": action, "reason": "好", "law": "x", "version": before}
    answer = enter("clerk-a").post(page(case) + "do/", form)
    assert answer.status_code == 409 and "已撤回" in answer.content.decode()
    assert again(case).events == before
    shown = casefile(again(case), officer=User.objects.get(username="clerk-a"), now=now())
    assert shown.may == {}


def test_an_expired_case_is_not_decided(case: Application, clerk: Actor) -> None:
    from people.actors import CLOCK

    actions.return_(number=case.number, reason="请更正", by=clerk, now=now())
    late = now() + dt.timedelta(days=400)
    actions.expire(by=CLOCK, now=late)
    assert again(case).state == "expired"
    error = rejected(actions.approve, number=case.number, reason="好", by=clerk)
    assert error.code == "illegal_move"
    assert Event.objects.filter(subject=case.subject, kind="approved").count() == 0
