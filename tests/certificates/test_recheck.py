"""When facts change: exactly the certificates that no longer hold go to a clerk."""

import json

import pytest
from django.db import connection

from approvals import actions
from approvals.actions import changes as module
from approvals.actions import questions
from approvals.actions.changes import recheck
from approvals.models import Application, Evidence
from certificates.actions import confirm
from certificates.models import Certificate, Revocation
from exchange.queries import Answer
from exchange.registries import is_remote, query_registries
from ledger.clock import now
from ledger.models import Event
from people.actors import CHECKER
from people.errors import ActionRejected
from services import catalogue
from services.inputs import gather_inputs
from services.verdict import judge
from tests.approvals.cases import settled
from tests.certificates.conftest import clerk

pytestmark = pytest.mark.usefixtures("furnished")


def change(registry, subject, **fields):
    """The registry's office writes a new version of a record."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE exchange_record SET data = data || %s::jsonb, version = version + 1"
            " WHERE registry = %s AND subject = %s",
            [json.dumps(fields), registry, subject],
        )
        assert cursor.rowcount == 1
    return registry, subject


@pytest.fixture
def graduate():
    case = settled("graduate")
    assert case.state == "approved"
    return case


@pytest.fixture
def trader():
    case = settled("trader", "sole_trader")
    assert case.state == "approved"
    return case


def state(case):
    return Application.objects.get(id=case.id).state


def paper(case):
    return Certificate.objects.get(application=case.number).state


def test_a_death_takes_the_case_to_an_officer(client, graduate, trader):
    changed = change("population", graduate.applicant, alive=False, hukou_city="4403")
    outcome = recheck([changed], by=CHECKER, now=now())
    assert outcome.reopened == [graduate.number]
    assert (state(graduate), paper(graduate)) == ("review", "suspended")
    assert (state(trader), paper(trader)) == ("approved", "valid")
    case = Application.objects.get(id=graduate.id)
    assert case.handover == "facts_changed"
    event = Event.objects.filter(subject=case.subject, kind="reopened").get()
    assert event.by == "machine:checker" and "population" in event.data
    public_id = Certificate.objects.get(application=case.number).public_id
    assert "已暂停" in client.get(f"/verify/{public_id}").content.decode()


def test_a_change_that_does_not_matter_leaves_all_as_it_is(graduate):
    changed = change("population", graduate.applicant, hukou_region="110101")
    outcome = recheck([changed], by=CHECKER, now=now())
    assert (outcome.unaffected, outcome.reopened) == ([graduate.number], [])
    assert (state(graduate), paper(graduate)) == ("approved", "valid")


def test_a_silent_registry_decides_nothing(graduate, monkeypatch):
    def silent(queries, *, by, now):
        return [Answer(w.registry, w.subject, "failed", reason="timeout") for w in queries]

    monkeypatch.setattr(module, "query_registries", silent)
    outcome = recheck([("population", graduate.applicant)], by=CHECKER, now=now())
    assert outcome.unanswered == [graduate.number]
    assert (state(graduate), paper(graduate)) == ("approved", "valid")


def test_twice_is_once(graduate):
    changed = change("population", graduate.applicant, alive=False, hukou_city="4403")
    assert recheck([changed], by=CHECKER, now=now()).reopened == [graduate.number]
    again = recheck([changed], by=CHECKER, now=now())
    assert (again.reopened, again.unaffected) == ([], [])


def test_the_affected_are_those_of_an_exhaustive_second_judgement(graduate, trader):
    """Judged again from every registry that can be asked now, changed or not."""
    changes = [
        change("enterprise", trader.applicant, false_registration_until="2999-01-01"),
        change("population", graduate.applicant, name="别人"),
    ]
    outcome = recheck(changes, by=CHECKER, now=now())
    expected = []
    for case in (graduate, trader):
        book = catalogue.rulebook(case.edition_id)
        known = {
            e.registry: (e.outcome, json.loads(e.facts))
            for e in Evidence.objects.filter(application=case)
        }
        local = [r for r in book.pack.registries if not is_remote(r)]
        for answer in query_registries(
            [questions.query(case, book, (r, "")) for r in local], by=CHECKER, now=now()
        ):
            known[answer.registry] = (answer.outcome, answer.data)
        if (
            judge(book, gather_inputs(book, case.answers, known, {}, case.received_on)).outcome
            != "approve"
        ):
            expected.append(case.number)
    assert sorted(outcome.reopened) == sorted(expected)
    assert len(expected) == 2


def test_an_overturned_approval_ends_its_certificate_with_a_second_officer(client, graduate):
    clerk_a, clerk_b = clerk("clerk-x", "hrss"), clerk("clerk-y", "hrss")
    changed = change("population", graduate.applicant, alive=False, hukou_city="4403")
    recheck([changed], by=CHECKER, now=now())
    actions.take(number=graduate.number, by=clerk_a, now=now())
    actions.refuse(number=graduate.number, reason="申请人已故", by=clerk_a, now=now())
    assert (state(graduate), paper(graduate)) == ("refused", "suspended")
    proposal = Revocation.objects.get()
    with pytest.raises(ActionRejected):
        confirm(revocation=proposal.pk, by=clerk_a, now=now())
    confirm(revocation=proposal.pk, by=clerk_b, now=now())
    assert paper(graduate) == "revoked"
