"""Returning with picked fields, and what PostgreSQL keeps of it."""

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson
import psycopg
import pytest
from django.db import IntegrityError, transaction

from approvals import actions, queries
from approvals.admin.casefile import casefile
from approvals.admin.casefile.panel import openable
from approvals.models import Application
from approvals.records import replay
from ledger.clock import now
from ledger.models import Event
from people.actors import Actor, officer
from people.models import User
from services import catalogue
from tests.approvals.cases import (
    audited,
    graduate_answers,
    settled,
)
from tests.approvals.returns import (
    again,
    correct,
    elsewhere,
    enter,
    give_back,
    me,
    rejected,
)
from tests.factories import UserFactory
from tests.plugins.environment import with_database

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
