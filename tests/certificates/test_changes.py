"""A fact changes in the store, or at another agency: by itself, an officer has the case."""

import datetime as dt
import json
import time
import uuid

import pytest
from django.db import connection
from django.test import Client

from approvals import actions
from approvals.actions import changes as module
from approvals.models import Application
from approvals.workers import changes
from certificates.actions import cancel, restore, suspend
from certificates.models import Certificate
from exchange import changes as queue
from exchange import webhook_client
from exchange.models import Lookup, Message, Record
from exchange.queries import Answer
from ledger.clock import now
from ledger.models import Event
from tests.approvals.cases import answer_checks, decide, settled, submit
from tests.approvals.program import Program, body
from tests.certificates.conftest import clerk
from tests.certificates.test_recheck import change, paper, state
from tests.exchange.conftest import add_partner

AWAY = {"alive": False, "hukou_city": "4403"}


@pytest.fixture
def graduate(furnished_committed):
    case = settled("graduate")
    assert (case.state, paper(case)) == ("approved", "valid")
    return case


@pytest.fixture
def trader(furnished_committed):
    return settled("trader", "sole_trader")


def left():
    with connection.cursor() as cursor:
        cursor.execute("SELECT registry, subject FROM exchange_change")
        return set(cursor.fetchall())


def work(after=0.0):
    """What the task does when it is woken, ``after`` seconds from now."""
    at = now() + dt.timedelta(seconds=after)
    while changes.run(now=at):
        pass


def test_a_death_in_the_store_reaches_an_officer_and_nobody_else_is_touched(graduate, trader):
    change("population", graduate.applicant, **AWAY)
    assert queue.due(now())
    work()
    assert (state(graduate), paper(graduate)) == ("review", "suspended")
    assert (state(trader), paper(trader)) == ("approved", "valid")
    assert Application.objects.get(id=graduate.id).handover == "facts_changed"
    assert left() == set() and not queue.due(now())
    events = Event.objects.count()
    work()
    assert Event.objects.count() == events


def test_what_does_not_matter_is_looked_at_once_and_forgotten(graduate):
    change("population", graduate.applicant, hukou_region="110101")
    work()
    assert (state(graduate), paper(graduate)) == ("approved", "valid")
    assert left() == set()


def test_an_unchanged_record_is_not_even_looked_at(graduate):
    asked = Lookup.objects.count()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE exchange_record SET version = version + 1, updated_at = now()")
    assert left() == set() and not queue.due(now())
    work()
    assert Lookup.objects.count() == asked


def test_a_worker_that_dies_half_way_loses_nothing(graduate, monkeypatch):
    class Killed(BaseException):
        pass

    def dies(*args, **kwargs):
        raise Killed

    change("population", graduate.applicant, **AWAY)
    with monkeypatch.context() as patch:
        patch.setattr(changes, "recheck", dies)
        with pytest.raises(Killed):
            work()
    assert state(graduate) == "approved"
    work()
    assert state(graduate) == "approved"  # the dead worker's lease still runs
    work(after=queue.LEASE.total_seconds() + 1)
    assert (state(graduate), left()) == ("review", set())


def test_one_change_that_cannot_be_judged_stops_no_other(graduate, trader, monkeypatch, caplog):
    def poisoned(records, *, by, now):
        if ("enterprise", trader.applicant) in records:
            raise ValueError("poison")
        return real(records, by=by, now=now)

    real = changes.recheck
    monkeypatch.setattr(changes, "recheck", poisoned)
    change("population", graduate.applicant, **AWAY)
    change("enterprise", trader.applicant, false_registration_until="2999-01-01")
    work()
    assert state(graduate) == "approved"  # both failed together
    work(after=3)
    assert (state(graduate), state(trader)) == ("review", "approved")
    assert left() == {("enterprise", trader.applicant)}
    assert "tried again alone" in caplog.text
    monkeypatch.setattr(changes, "recheck", real)
    work(after=60)
    assert state(trader) == "review"


def test_a_case_that_read_the_old_value_and_is_still_open_is_looked_after_when_decided(
    furnished_committed,
):
    case = submit("graduate")
    answer_checks(case, credit="timeout")
    (case,) = decide(case)
    assert case.state == "review"
    change("population", case.applicant, **AWAY)
    work()
    assert left() == {("population", case.applicant)}
    officer = clerk("clerk-z", case.office_id)
    actions.take(number=case.number, by=officer, now=now())
    actions.approve(number=case.number, reason="信用已另行核实", by=officer, now=now())
    assert paper(case) == "valid"
    work()
    assert state(case) == "approved"  # not yet time to look again
    work(after=changes.UNDECIDED.total_seconds() + 1)
    assert (state(case), paper(case), left()) == ("review", "suspended", set())


def test_the_end_of_a_certificate_is_a_change_of_what_its_holder_holds(graduate):
    """For whoever relied on it: a case of the same person that looked up what is held."""
    read = Lookup.objects.filter(case=graduate.number, registry="population").get()
    read.pk, read.registry = uuid.uuid4(), "certificates"
    read.save(force_insert=True)
    officer = clerk("clerk-z", graduate.office_id)
    held = {"public_id": Certificate.objects.get(application=graduate.number).public_id}
    suspend(**held, reason="核查", by=officer, now=now())
    restore(**held, reason="无误", by=officer, now=now())
    assert left() == set()
    cancel(**held, reason="本人交回", by=officer, now=now())
    assert left() == {("certificates", graduate.applicant)}
    work()
    assert left() == set()


@pytest.fixture
def told(graduate):
    """Sends what the education authority's program says to our webhook; returns the status."""
    secret = add_partner("education").inbound_secret

    def send(data, message_id="e-1", partner="education"):
        raw = json.dumps({"type": "record.changed", "data": data}).encode()
        headers = webhook_client.sign(secret, message_id, raw, at=now())
        return Client(headers=headers).post(
            f"/webhooks/{partner}/", raw, content_type="application/json"
        )

    return send


def test_a_revoked_degree_is_told_by_webhook_asked_again_and_judged(graduate, told, monkeypatch):
    read = Lookup.objects.filter(case=graduate.number, registry="population").get()
    read.pk, read.registry = uuid.uuid4(), "education"  # as the worker's question left it
    read.save(force_insert=True)
    degree = webhook_client.record_changed("education", [graduate.number])["data"]
    assert told(degree).status_code == 204
    assert left() == {("education", graduate.applicant)}
    work()  # nobody answers in this test's process: nothing is decided, nothing forgotten
    assert (state(graduate), left()) == ("approved", {("education", graduate.applicant)})

    def revoked(queries, *, by, now):
        assert [w.registry for w in queries] == ["education"]
        return [Answer(w.registry, w.subject, "absent", version="2", at=now) for w in queries]

    monkeypatch.setattr(module, "query_registries", revoked)
    work(after=changes.SILENT.total_seconds() + 1)
    assert (state(graduate), paper(graduate), left()) == ("review", "suspended", set())
    assert told(degree).status_code == 204  # the same message takes effect once
    assert left() == set()


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        ({"registry": "population", "cases": ["GS1"]}, 403, "not_your_registry"),
        ({"registry": "nothing", "cases": ["GS1"]}, 403, "not_your_registry"),
        ({"registry": "education", "cases": []}, 422, "bad_message"),
        ({"registry": "education", "cases": "GS1"}, 422, "bad_message"),
        ({"registry": "education", "cases": [1]}, 422, "bad_message"),
        ({"registry": "education", "cases": ["x" * 41]}, 422, "bad_message"),
        ({"registry": "education", "cases": ["x"] * 1001}, 422, "bad_message"),
        ({"registry": ["education"], "cases": ["x"]}, 422, "bad_message"),
        ({"cases": ["GS1"]}, 422, "bad_message"),
    ],
)
def test_what_is_not_theirs_to_tell_is_refused_and_leaves_nothing(told, data, status, code):
    answer = told(data)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert left() == set() and not Message.objects.exists()


def test_a_case_that_never_asked_gets_the_same_answer_and_queues_nothing(told, graduate):
    assert told({"registry": "education", "cases": ["GS2026NOBODY"]}).status_code == 204
    assert left() == set()


@pytest.mark.slow
def test_in_the_running_stack_a_change_reaches_an_officer_by_itself(stack):
    answer = Program("window", stack.url).ask(
        "POST", "/api/v1/applications", json.dumps(body()).encode(), Prefer="wait=5"
    )
    assert answer.json["state"] == "approved"
    case = Application.objects.get(number=answer.json["number"])
    Record.objects.filter(registry="population", subject=case.applicant).update(
        data={"alive": False}
    )
    until = time.monotonic() + 20
    while state(case) == "approved" and time.monotonic() < until:
        time.sleep(0.1)
    assert (state(case), paper(case)) == ("review", "suspended")
    assert Certificate.objects.get(application=case.number).state == "suspended"
