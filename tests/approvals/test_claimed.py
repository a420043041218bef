"""What was claimed is decided in one statement, without a lock; whoever was faster is respected."""

from itertools import count
from typing import Any

import pytest
from django.db import OperationalError, connection

import bulk
from approvals import actions
from approvals.actions import machine
from approvals.models import Application, Decision, Evidence
from approvals.progress import wake
from approvals.workers.engine import Engine
from certificates.models import Certificate
from exchange.models import Lookup, Notice
from ledger.clock import now
from ledger.models import Event
from people.actors import ENGINE
from tests import endpoints
from tests.approvals.cases import settled, submit, worker
from tests.approvals.program import Program, body
from tests.waiting import eventually

pytestmark = pytest.mark.usefixtures("furnished_committed")
WRITTEN = (Event, Decision, Certificate, Evidence, Lookup)


_place = count()


def trader() -> Application:
    """Each is another person's: one has one application of a kind in hand."""
    applicant, answers = worker(next(_place) % 8)
    return submit("trader", "sole_trader", applicant=applicant, answers=answers)


def taken(case: Application) -> None:
    """Another engine, whose lease ran out, has given the case to a clerk."""
    assert actions.hand_over(ids=[case.id], reason="engine_failed", by=ENGINE, now=now()) == 1


def claimed() -> list[actions.Claimed]:
    return actions.claim(limit=10, again=False, by=ENGINE)


def state(case: Application) -> str:
    return str(Application.objects.get(id=case.id).state)


def test_a_case_is_decided_with_three_statements(django_assert_num_queries: Any) -> None:
    settled("trader", "sole_trader")  # takes a block of numbers
    case = trader()
    with django_assert_num_queries(3):  # the claim, the store, and all that is written
        found = claimed()
        actions.decide_claimed(claimed=found, by=ENGINE, now=found[0].at)
    assert state(case) == "approved", Application.objects.get(id=case.id).handover


def test_where_one_has_moved_nothing_is_written_and_nobody_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[object] = []
    monkeypatch.setattr(wake, "announce_moved", told.append)
    cases = [trader(), trader()]
    found = claimed()
    taken(cases[0])
    before, told[:] = [kind.objects.count() for kind in WRITTEN], []
    with pytest.raises(bulk.Conflict, match="1 of 2"):
        actions.decide_claimed(claimed=found, by=ENGINE, now=now())
    assert [kind.objects.count() for kind in WRITTEN] == before
    assert told == [] and state(cases[1]) == "submitted"


def test_the_engine_then_decides_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [trader() for _ in range(3)]
    claim = actions.claim

    def slow(**given: Any) -> list[actions.Claimed]:
        found = claim(**given)
        if not given["again"]:
            taken(cases[1])
        return found

    monkeypatch.setattr(actions, "claim", slow)
    Engine().drain()
    assert [state(case) for case in cases] == ["approved", "review", "approved"]
    assert Certificate.objects.count() == 2


def test_what_was_decided_before_goes_the_locked_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """A later round has consents and certificates that only a lock holds still."""
    locked: list[object] = []
    decide = machine.decide
    monkeypatch.setattr(
        machine, "decide", lambda **given: locked.extend(given["ids"]) or decide(**given)
    )
    first, again = trader(), trader()
    Application.objects.filter(id=again.id).update(round=2)
    Engine().drain()
    assert locked == [again.id]
    assert {state(first), state(again)} == {"approved"}


def test_a_batch_that_is_not_full_is_the_last() -> None:
    for _ in range(3):
        trader()
    engine = Engine(batch=2)
    assert [engine.drain(), engine.drain()] == [True, False]
    assert not Application.objects.filter(state="submitted").exists()


def test_only_the_claim_does_not_wait_for_the_disk() -> None:
    trader()
    assert len(claimed()) == 1
    with connection.cursor() as cursor:
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("on",)


@pytest.mark.parametrize("address", ["", "https://window.example/hook"])
def test_only_who_has_a_webhook_is_told(address: str) -> None:
    endpoints.listen("window", address)
    applicant, answers = worker(8)
    given = body() | {
        "service": "sole_trader",
        "answers": answers,
        "applicant": {"kind": "person", "number": applicant.number, "name": applicant.name},
    }
    reply = Program().post(given)
    assert reply.status == 202, reply.json
    Engine().drain()
    kinds = list(Notice.objects.values_list("kind", "partner_id"))
    assert kinds == ([("application.decided", "window")] if address else [])


def test_after_an_outage_nobody_waits_for_the_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [trader() for _ in range(3)]
    engine = Engine()
    with monkeypatch.context() as patched:
        patched.setattr(actions, "decide_claimed", lambda **_: raise_(OperationalError("away")))
        with pytest.raises(OperationalError):
            engine.drain()
    assert not engine.drain()  # leased
    assert {state(case) for case in cases} == {"submitted"}
    engine.resume()
    assert eventually(lambda: not engine.drain() and state(cases[-1]) == "approved", 3)
    assert {state(case) for case in cases} == {"approved"}


def raise_(error: Exception) -> None:
    raise error
