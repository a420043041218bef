"""A2: nothing is granted twice: 200 at once by three ways, in one batch, after every way back."""

import re
import threading
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import connection, connections
from django.test import Client

from approvals import actions
from approvals.models import Application
from certificates.actions import revoking
from certificates.models import Certificate
from ledger.clock import now
from people.actors import officer
from people.errors import ActionRejected
from people.models import User
from tests.approvals import cases
from tests.approvals.program import Program
from tests.attacks import outside

pytestmark = pytest.mark.usefixtures("furnished_committed")

SERVICE = "graduate_settlement"


@pytest.fixture
def who():
    return cases.person("graduate")


def citizen():
    client = Client()
    client.post("/login/persona/", {"username": "graduate"})
    return client


def shown(client):
    """What the citizen's page says of the edition that it shows."""
    page = client.get(f"/services/{SERVICE}/apply/").content.decode()
    return re.search(r'name="edition" value="([^"]+)"', page)[1]


def by_portal(client, answers, edition, key=None):
    """Submit from a check page of its own, as a tab does."""
    sent = {f"/{name}": str(value) for name, value in answers.items()}
    sent |= {"/consent": "true", "step": "submit", "edition": edition}
    return client.post(f"/services/{SERVICE}/apply/", {**sent, "key": key or uuid.uuid4().hex})


def together(count, call):
    """Call from so many threads at one moment, each with a connection of its own to PostgreSQL."""
    barrier = threading.Barrier(count)

    def one(place):
        barrier.wait(60)
        try:
            return call(place)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(one, range(count)))


def test_two_hundred_at_once_by_portal_and_api_make_one_case(who, settings):
    """40 connections at a time, five times: PostgreSQL of the tests has no 200 to give."""
    settings.PORTAL_BUDGET = 0.01
    what = outside.body(SERVICE, who.number, who.name, cases.graduate_answers())
    tabs = [citizen() for _ in range(20)]
    edition = shown(tabs[0])
    programs = [Program(), Program("university")]

    def one(place):
        if place % 2:
            answer = by_portal(tabs[place // 2], cases.graduate_answers(), edition)
            return answer.status_code, answer.get("Location", "") + answer.content.decode()
        reply = programs[place // 2 % 2].post(what)
        return reply.status, reply.raw.decode()

    seen = [answer for _ in range(5) for answer in together(40, one)]
    assert len(seen) == 200
    assert Application.objects.filter(service_id=SERVICE).count() == 1
    number = Application.objects.get().number
    counted = Counter(status for status, _ in seen)
    assert counted[201] + counted[202] + counted[302] == 1, counted
    assert counted[409] + counted[429] == 199, counted  # 429: who comes too often
    assert counted[409] > 100, counted
    for status, text in seen:
        assert status != 409 or number in text  # the second is told the number of the first


def test_one_key_of_the_portal_from_twenty_tabs_makes_one_case(who, settings):
    settings.PORTAL_BUDGET = 0.01
    tabs = [citizen() for _ in range(20)]
    edition, key = shown(tabs[0]), uuid.uuid4().hex
    answers = cases.graduate_answers()
    seen = together(20, lambda n: by_portal(tabs[n], answers, edition, key).status_code)
    assert set(seen) <= {302, 409, 429} and 302 in seen
    assert Application.objects.count() == 1


def test_keys_spelled_otherwise_are_no_way_round(who):
    """The idempotency key, the number and the name: none of them makes another person."""
    what = outside.body(SERVICE, who.number, who.name, cases.graduate_answers())
    assert Program().post(what).status < 300
    for number in (who.number.lower(), f" {who.number}", f"{who.number}\t", f"{who.number}\u3000"):
        for name in (who.name, f" {who.name}", f"{who.name}\u3000"):
            reply = Program("university").post(
                outside.body(SERVICE, number, name, cases.graduate_answers())
            )
            assert reply.status in (409, 422), reply.raw
    assert Application.objects.count() == 1


def approved(place, trade_name, **answers):
    who, usual = outside.worker(place)
    return outside.submit(
        outside.body(
            "sole_trader", who.number, who.name, {**usual, "trade_name": trade_name, **answers}
        )
    )


def test_within_one_batch_of_the_engine_one_of_two_is_granted(who):
    """Two cases that share no key when they are submitted, and the same premises when decided."""
    one, usual = outside.worker(3)
    first = approved(3, "云清甲")
    assert first.state == "approved"
    again = outside.body(
        "sole_trader", one.number, one.name, {**usual, "trade_name": "云清乙", "scope": ["M7492"]}
    )
    seen = outside.submit(again)
    assert seen.state in ("http 409", "review"), seen.payload
    assert Certificate.objects.filter(holder=first.case.applicant).count() == 1


def test_a_licence_then_another_of_the_same_by_every_entry(who):
    seen = outside.submit(outside.body(SERVICE, who.number, who.name, cases.graduate_answers()))
    assert seen.state == "approved"
    for program in (Program(), Program("university")):
        what = outside.body(SERVICE, who.number, who.name, cases.graduate_answers())
        again = outside.submit(what, program)
        assert again.state in ("http 409", "review")
        elsewhere = cases.graduate_answers(address=next(cases.places("mixed")).code)
        again = outside.submit(outside.body(SERVICE, who.number, who.name, elsewhere), program)
        assert again.state in ("http 409", "review")
    me = citizen()
    answer = by_portal(me, cases.graduate_answers(), shown(me))
    assert answer.status_code == 409
    assert seen.case.number in answer.content.decode()
    live = Certificate.objects.filter(holder=seen.case.applicant, state="valid")
    assert live.count() == 1


def revoke(number):
    first, second = (
        officer(User.objects.get(username=name)) for name in ("clerk-hrss", "clerk-hrss-2")
    )
    paper = Certificate.objects.get(application=number)
    made = revoking.propose(
        public_id=paper.public_id, ground="deception", reason="学历系伪造", by=first, now=now()
    )
    revoking.confirm(revocation=made.pk, by=second, now=now())


def test_after_a_revocation_one_may_apply_again_and_only_one_case_is_open(who):
    what = outside.body(SERVICE, who.number, who.name, cases.graduate_answers())
    seen = outside.submit(what)
    revoke(seen.case.number)
    statuses = together(20, lambda _: Program().post(what).status)
    assert Counter(s < 300 for s in statuses) == {True: 1, False: 19}, statuses
    assert Application.objects.filter(service_id=SERVICE, state="submitted").count() == 1


def test_the_returned_case_counts_and_twenty_corrections_make_one(who):
    wrong = cases.graduate_answers(address="440305-9999999")
    seen = outside.submit(outside.body(SERVICE, who.number, who.name, wrong))
    assert seen.state == "returned"
    what = outside.body(SERVICE, who.number, who.name, cases.graduate_answers())
    assert Program().post(what).status == 409

    def correct(_):
        try:
            actions.resubmit(
                number=seen.case.number,
                answers=cases.graduate_answers(),
                by=cases.citizen(actions.Applicant("person", who.number, who.name)),
                now=now(),
            )
        except ActionRejected as error:
            return error.code
        return "done"

    assert Counter(together(20, correct))["done"] == 1
    assert Program().post(what).status == 409
    case = Application.objects.get()
    cases.answer_checks(case)
    assert outside.settled(seen.reply, case).state == "approved"


def test_a_withdrawn_case_does_not_come_back_beside_a_new_one(who):
    wrong = cases.graduate_answers(address="440305-9999999")
    seen = outside.submit(outside.body(SERVICE, who.number, who.name, wrong))
    me = cases.citizen(actions.Applicant("person", who.number, who.name))
    actions.withdraw(number=seen.case.number, by=me, now=now())
    what = outside.body(SERVICE, who.number, who.name, cases.graduate_answers())
    assert Program().post(what).status < 300
    with pytest.raises(ActionRejected):
        actions.resubmit(
            number=seen.case.number, answers=cases.graduate_answers(), by=me, now=now()
        )
    with pytest.raises(ActionRejected):
        actions.reopen(number=seen.case.number, reason="我要恢复原来的申请", by=me, now=now())


def test_a_refused_case_is_not_reopened_beside_one_that_was_granted(who):
    """Refused, applied again and granted; then the first is contested and approved as well."""
    wrong = outside.body(SERVICE, who.number, "某人", cases.graduate_answers())
    seen = outside.submit(wrong)
    assert seen.state == "review"
    first, second = (
        officer(User.objects.get(username=name)) for name in ("clerk-hrss", "clerk-hrss-2")
    )
    number = seen.case.number
    actions.take(number=number, by=first, now=now())
    actions.refuse(number=number, reason="姓名与登记不符，不予批准", by=first, now=now())
    right = outside.body(SERVICE, who.number, who.name, cases.graduate_answers())
    assert outside.submit(right).state == "approved"
    me = cases.citizen(actions.Applicant("person", who.number, who.name))
    try:
        actions.reopen(number=number, reason="我的姓名没有错", by=me, now=now())
        actions.take(number=number, by=second, now=now())
        actions.approve(number=number, reason="已核对户口簿原件，姓名无误", by=second, now=now())
    except ActionRejected:
        pass
    assert Certificate.objects.filter(holder=seen.case.applicant, state="valid").count() == 1


def test_the_applications_role_cannot_write_a_second_holder_past_django(who):
    """A bug, or somebody with the application's password, inserts the rows itself."""
    seen = outside.submit(outside.body(SERVICE, who.number, who.name, cases.graduate_answers()))
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, guard, key FROM approvals_guardkey LIMIT 1")
        _, guard, key = cursor.fetchone()
        with pytest.raises(Exception, match="guard_once") as caught:
            cursor.execute(
                "INSERT INTO approvals_guardkey (id, guard, key, while_open, while_live, held,"
                " application_id) VALUES (gen_random_uuid(), %s, %s, true, true, true, %s)",
                [guard, key, seen.case.id],
            )
        assert isinstance(caught.value.__cause__, psycopg.errors.UniqueViolation)
