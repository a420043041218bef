"""Returning with picked fields, a second time by a supervisor alone, and what PostgreSQL keeps."""

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson
import psycopg
import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client

from approvals import actions, queries
from approvals.actions import officer as officers
from approvals.actions.returning import permission
from approvals.admin.casefile import casefile
from approvals.admin.casefile.panel import openable
from approvals.models import Application, Decision, ReturnPermission
from approvals.records import replay
from approvals.states import Outcome
from ledger.clock import now
from ledger.models import Event
from people import roles
from people.actors import Actor, officer
from people.errors import ActionRejected
from people.models import User
from portal.results import result
from services import catalogue
from tests.approvals.cases import (
    answer_checks,
    audited,
    citizen,
    decide,
    graduate_answers,
    person,
    places,
    settled,
)
from tests.factories import UserFactory
from tests.plugins.environment import with_database

WHY = "更正后仍缺学校出具的说明，须再次一次性告知"
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def case(furnished: None, clerk: Actor) -> Application:
    """A graduate with a credit hit, in the hands of ``clerk``."""
    made = settled("credit_hit")
    actions.take(number=made.number, by=clerk, now=now())
    return again(made)


@pytest.fixture
def boss(furnished: None) -> Actor:
    return supervisor("boss", "hrss")


def supervisor(name: str, office: str, region: str | None = None) -> Actor:
    return officer(
        UserFactory(
            username=name, role="supervisor", is_staff=True, office_id=office, region_id=region
        )
    )


def again(case: Application) -> Application:
    return Application.objects.get(id=case.id)


def me(kind: str = "credit_hit") -> Actor:
    return citizen(person(kind))


def elsewhere() -> dict[str, Any]:
    """Return answers with another home, in the district of the first."""
    home = next(places("residential"))
    other = next(
        p for p in places("residential") if p.region == home.region and p.code != home.code
    )
    return graduate_answers(address=other.code)


def give_back(case: Application, by: Actor, opened: list[str] | None) -> Application:
    actions.return_(number=case.number, reason="请更正住址", by=by, now=now(), opened=opened)
    return again(case)


def correct(case: Application, answers: dict[str, Any]) -> Application:
    actions.resubmit(number=case.number, answers=answers, by=me(), now=now())
    return again(case)


def in_review_again(case: Application, by: Actor) -> Application:
    """Return it, correct it, and let the machine hand it over once more, to ``by``."""
    correct(give_back(case, by, ["/address"]), elsewhere())
    answer_checks(again(case))
    (found,) = decide(case)
    assert found.state == "review"
    actions.take(number=case.number, by=by, now=now())
    return again(case)


def rejected(action: Any, **arguments: Any) -> ActionRejected:
    with pytest.raises(ActionRejected) as caught:
        action(now=now(), **arguments)
    return caught.value


def enter(username: str) -> Client:
    client = Client()
    client.force_login(User.objects.get(username=username), BACKEND)
    return client


# --- what opens


def test_what_the_officer_opened_is_in_the_receipt_and_the_event(
    case: Application, clerk: Actor
) -> None:
    give_back(case, clerk, ["/address"])
    decision = queries.latest_decision(case)
    assert decision is not None
    assert orjson.loads(bytes(decision.receipt))["opened"] == ["/address"]
    event = Event.objects.get(subject=case.subject, kind="returned")
    assert orjson.loads(event.data)["opened"] == ["/address"]
    assert replay.fault(decision) == ""
    assert audited() == []


def test_only_that_is_changed(case: Application, clerk: Actor) -> None:
    give_back(case, clerk, ["/address"])
    before = again(case)
    wrong = {**elsewhere(), "district": "440304"}
    error = rejected(actions.resubmit, number=case.number, answers=wrong, by=me())
    assert (error.status, error.code) == (422, "field_not_opened")
    assert [fault["pointer"] for fault in error.faults] == ["/answers/district"]
    assert all(fault["zh"] and fault["en"] for fault in error.faults)
    after = again(case)
    assert (after.events, after.answers, after.state) == (before.events, before.answers, "returned")
    corrected = correct(case, elsewhere())
    assert corrected.state == "submitted" and corrected.answers == elsewhere()
    assert audited() == []


def test_where_no_answer_was_opened_it_is_handed_in_as_it_was(
    case: Application, clerk: Actor
) -> None:
    give_back(case, clerk, [])
    error = rejected(actions.resubmit, number=case.number, answers=elsewhere(), by=me())
    assert error.code == "field_not_opened"
    assert correct(case, graduate_answers()).state == "submitted"


def test_a_field_that_the_form_lacks_is_not_opened(case: Application, clerk: Actor) -> None:
    arguments = {"number": case.number, "reason": "x", "by": clerk}
    for pointer in ("/nothing", "/address/0", "/consent", "", "address"):
        error = rejected(actions.return_, opened=[pointer], **arguments)
        assert (error.status, error.code) == (422, "no_such_field"), pointer
    assert again(case).state == "review"


def test_the_machines_return_opens_everything(furnished: None) -> None:
    """No person has looked at what belongs together; the verdict names what is missing."""
    case = settled("graduate", answers=graduate_answers(address="440305-9999999"))
    decision = queries.latest_decision(case)
    assert decision is not None and case.state == "returned"
    assert "opened" not in orjson.loads(bytes(decision.receipt))
    district = graduate_answers(district="440304")
    actions.resubmit(number=case.number, answers=district, by=me("graduate"), now=now())
    assert again(case).answers["district"] == "440304"
    assert audited() == []


def test_the_page_offers_every_question_and_suggests_what_failed(
    case: Application, clerk: Actor
) -> None:
    taker = User.objects.get(username="clerk-a")
    shown = casefile(case, officer=taker, now=now(), move="return_")
    assert shown.chosen is not None
    offered = {part.pointer for part in shown.chosen.openable}
    assert offered == {"/district", "/address", "/phone"}  # and not what is declared
    assert not any(part.suggested for part in shown.chosen.openable)  # a credit hit is no answer
    lines = [line for line in shown.lines if line.id == "address"]
    failed = [replace(line, result="unmet") for line in lines]
    book = catalogue.rulebook(case.edition_id)
    suggested = {part.pointer for part in openable(book, failed) if part.suggested}
    assert suggested == {"/address"}  # the register is asked about it


def test_an_answer_past_the_action_is_refused_by_the_table(case: Application, clerk: Actor) -> None:
    give_back(case, clerk, ["/address"])
    with pytest.raises(IntegrityError, match="did not open"), transaction.atomic():
        Application.objects.filter(id=case.id).update(
            answers={**graduate_answers(), "district": "440304"}
        )
    Application.objects.filter(id=case.id).update(answers=elsewhere())  # what it opened


@pytest.fixture
def insider(at_furnished: str) -> Iterator[psycopg.Connection[Any]]:
    url = os.environ.get("DATABASE_ADMIN_URL")
    if not url:
        pytest.skip("no superuser on this server")
    with psycopg.connect(with_database(url, at_furnished), autocommit=True) as session:
        session.execute("SET session_replication_role = replica")
        yield session


LESS, MORE = '["/address"]', '["/district"]'
EDITS = {
    "the receipt": "UPDATE approvals_decision SET receipt = convert_to(replace(convert_from("
    f"receipt, 'UTF8'), '{LESS}', '{MORE}'), 'UTF8') WHERE outcome = 'return'",
    "the event": f"UPDATE ledger_event SET data = replace(data, '{LESS}', '{MORE}')"
    " WHERE kind = 'returned'",
    "the answers": "UPDATE approvals_application"
    ' SET answers = answers || \'{"district": "440304"}\'',
}


@pytest.mark.parametrize("what", EDITS)
def test_an_insider_who_opens_more_is_found(
    furnished_committed: None, insider: psycopg.Connection[Any], what: str
) -> None:
    taker = officer(UserFactory(clerk=True, username="clerk-a", office__code="hrss"))
    made = settled("credit_hit")
    actions.take(number=made.number, by=taker, now=now())
    give_back(made, taker, ["/address"])
    assert audited() == []
    assert insider.execute(EDITS[what]).rowcount == 1
    assert any(made.number in line or "event" in line for line in audited())


def test_answers_that_the_return_did_not_open_are_found_in_a_valid_history(
    case: Application, clerk: Actor
) -> None:
    """As a faulty action would write them: events and hashes right, the closed answer changed."""
    from unittest.mock import patch

    give_back(case, clerk, ["/address", "/district"])
    event = Event.objects.get(subject=case.subject, kind="returned")
    told = orjson.loads(event.data)
    with patch("approvals.records.correction.kept_hash", lambda answers, opened: told["kept"]):
        correct(case, elsewhere())
    from approvals.records import correction

    narrowed = [(event, {**told, "opened": []})]
    assert "opened nothing" in correction.fault(again(case), narrowed)


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


# --- by HTTP, as the citizen and as who tampers with a form


def test_the_correction_page_shows_the_rest_as_text_and_rejects_what_was_tampered_with(
    case: Application, clerk: Actor
) -> None:
    give_back(case, clerk, ["/address"])
    client = enter("credit_hit")
    address = f"/cases/{case.number}/correct/"
    page = client.get(address).content.decode()
    assert 'name="/address"' in page and 'id="kept"' in page
    assert 'name="/district"' not in page and 'name="/phone"' not in page
    version = again(case).events
    good = {"/address": elsewhere()["address"], "version": str(version)}
    for pointer, value in (("/district", "440304"), ("/phone", "13800138000")):
        answer = client.post(address, {**good, pointer: value})
        assert answer.status_code == 422
        assert "未列入可修改内容" in answer.content.decode(), pointer
    assert again(case).events == version
    assert again(case).state == "returned"


@pytest.mark.parametrize(
    ("who", "status"), [("clerk-c", 404), ("clerk-z", 404), ("boss", 404), ("clerk-b", 409)]
)
def test_nobody_else_returns_it_by_its_address(
    case: Application, clerk: Actor, colleague: Actor, stranger: Actor, boss: Actor,
    who: str, status: int, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    UserFactory(clerk=True, username="clerk-z", office__code="hrss", region_id="440304")
    form = {"action": "return_", "reason": "x", "opened": "/address", "version": case.events}
    answer = enter(who).post(f"/desk/approvals/application/{case.pk}/do/", form)
    assert answer.status_code == status
    assert again(case).events == case.events and again(case).state == "review"
    assert any(record.name == "django.request" for record in caplog.records)


def test_a_tampered_form_of_a_return_is_rejected_with_a_sentence(
    case: Application, clerk: Actor
) -> None:
    client = enter("clerk-a")
    address = f"/desk/approvals/application/{case.pk}/do/"
    good = {"action": "return_", "reason": "请更正", "opened": "/address", "version": case.events}
    for wrong, status in (
        ({"opened": ["/address", "/applicant_name"]}, 422),
        ({"opened": "/address/../district"}, 422),
        ({"version": case.events - 1}, 409),
        ({"version": "x"}, 409),
        ({"action": "permit_second_return"}, 404),
        ({"action": "grant"}, 422),
        ({"reason": ""}, 422),
    ):
        answer = client.post(address, {**good, **wrong})
        assert answer.status_code == status, wrong
        assert again(case).events == case.events
