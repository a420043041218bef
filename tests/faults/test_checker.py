"""The checkers are checked: each of these bugs, planted for the purpose, is found by them."""

import os
import uuid
from collections.abc import Callable, Iterator

import psycopg
import pytest

from deploy.local.servers import with_database
from exchange import routing
from exchange.models import Partner, WebhookDelivery
from ledger.clock import now
from people.actors import agency
from tests import endpoints
from tests.approvals.cases import settled, submit
from tests.faults.invariants import violations
from tests.faults.soak import Verdict, judge


@pytest.fixture
def numbers(furnished_committed: None) -> list[str]:
    """An approved, a reviewed and a returned case of citizens, and one approved that the service
    hall submitted, whose webhook is notified; all committed."""
    endpoints.listen("window", "http://127.0.0.1:1/")
    hall = Partner.objects.get(code="window")
    found = [
        settled("graduate").number,
        settled("criminal").number,
        settled("degree_missing").number,
        settled("trader", "sole_trader", by=agency(hall), client=hall, channel="api").number,
    ]
    routing.route("window", now())
    WebhookDelivery.objects.update(state="delivered", delivered_at=now())  # as by a worker
    return found


@pytest.fixture
def insider(numbers: list[str], at_furnished: str) -> Iterator[psycopg.Connection]:
    """A superuser past every guard, as code with the bug would be; all undone afterwards."""
    url = with_database(os.environ["DATABASE_ADMIN_URL"], at_furnished)
    with psycopg.connect(url) as connection, connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL session_replication_role = replica")
        yield connection


def test_a_sound_database_has_no_violation(insider: psycopg.Connection, numbers: list[str]) -> None:
    assert violations(insider, numbers, seconds=60) == []


def success_before_commit(connection: psycopg.Connection) -> list[str]:
    """The client received a number, and the transaction rolled back."""
    return ["MP20260101ZZZZZZZZ0"]


def dropped_constraint(connection: psycopg.Connection) -> None:
    """Without the partial unique index, two engines decide one case."""
    connection.execute("DROP INDEX decision_one_live")
    connection.execute(
        "INSERT INTO approvals_decision (id, application_id, edition_id, round, outcome, live, by,"
        " at, as_of, inputs, receipt, kid, algorithm, signature) SELECT %s, application_id,"
        " edition_id, round, outcome, true, by, at, as_of, inputs, receipt, kid, algorithm,"
        " signature FROM approvals_decision WHERE live LIMIT 1",
        [uuid.uuid4()],
    )


def event_outside_the_transaction(connection: psycopg.Connection) -> None:
    """The state was committed; the process died before it wrote the Event."""
    connection.execute(
        "DELETE FROM ledger_event WHERE (subject, seq) IN (SELECT 'application:' || number, events"
        " FROM approvals_application WHERE state = 'approved' LIMIT 1)"
    )


def no_dedupe(connection: psycopg.Connection) -> None:
    """A check that was delivered twice counted twice."""
    connection.execute("ALTER TABLE approvals_evidence DROP CONSTRAINT evidence_once_a_round")
    connection.execute(
        "INSERT INTO approvals_evidence (id, application_id, round, registry, subject, outcome,"
        " reason, facts, version, read_at, purpose, hash) SELECT %s, application_id, round,"
        " registry, subject, outcome, reason, facts, version, read_at, purpose, hash"
        " FROM approvals_evidence LIMIT 1",
        [uuid.uuid4()],
    )


def certificate_not_written(connection: psycopg.Connection) -> None:
    """The certificate was left to a task that never ran."""
    connection.execute("DELETE FROM certificates_certificate")


def state_set_past_the_edges(connection: psycopg.Connection) -> None:
    connection.execute("UPDATE approvals_application SET state = 'refused' WHERE state = 'review'")


def refused_by_the_machine(connection: psycopg.Connection) -> None:
    connection.execute(
        "ALTER TABLE approvals_decision DROP CONSTRAINT decision_refusal_has_officer"
    )
    connection.execute("UPDATE approvals_decision SET outcome = 'refuse' WHERE outcome = 'refer'")


def notice_after_commit(connection: psycopg.Connection) -> None:
    """The notice was to be written once the decision was committed; the process ended before."""
    connection.execute("DELETE FROM exchange_webhookdelivery")
    connection.execute("DELETE FROM exchange_notice")


def notice_twice(connection: psycopg.Connection) -> None:
    """A second engine announced the same decision."""
    connection.execute(
        "INSERT INTO exchange_notice (id, partner_id, kind, subject, body, created_at, routed_at)"
        " SELECT %s, partner_id, kind, subject, body, created_at, routed_at FROM exchange_notice",
        [uuid.uuid4()],
    )


def notice_never_sent(connection: psycopg.Connection) -> None:
    """Its worker hangs, and no other takes it."""
    connection.execute("UPDATE exchange_webhookdelivery SET state = 'due', delivered_at = NULL")
    connection.execute("UPDATE exchange_notice SET created_at = created_at - interval '1 hour'")


def notice_given_up(connection: psycopg.Connection) -> None:
    connection.execute("UPDATE exchange_webhookdelivery SET state = 'dead'")


def left_in_limbo(connection: psycopg.Connection) -> None:
    """A message was lost, and nothing drives the case again."""
    connection.execute(
        "UPDATE approvals_application SET state = 'submitted',"
        " submitted_at = submitted_at - interval '1 hour' WHERE state = 'review'"
    )


@pytest.mark.parametrize(
    ("bug", "promise"),
    [
        (success_before_commit, "I1"),
        (dropped_constraint, "I2"),
        (no_dedupe, "I2"),
        (certificate_not_written, "I2"),
        (refused_by_the_machine, "I2"),
        (event_outside_the_transaction, "I3"),
        (state_set_past_the_edges, "I3"),
        (left_in_limbo, "I4"),
        (notice_after_commit, "I6"),
        (notice_given_up, "I6"),
        (notice_twice, "I6"),
        (notice_never_sent, "I4"),
    ],
)
def test_a_planted_bug_is_found(
    bug: Callable[[psycopg.Connection], list[str] | None],
    promise: str,
    insider: psycopg.Connection,
    numbers: list[str],
) -> None:
    acknowledged = bug(insider) or []
    found = violations(insider, [*numbers, *acknowledged], seconds=60)
    assert any(promise in line for line in found), found


def test_a_case_on_its_way_is_no_violation(furnished_committed: None, at_furnished: str) -> None:
    number = submit("graduate").number
    with psycopg.connect(with_database(os.environ["DATABASE_ADMIN_URL"], at_furnished)) as view:
        assert violations(view, [number], seconds=60) == []
        assert violations(view, [number], seconds=-60) != []


def left_a_moment_ago(connection: psycopg.Connection) -> None:
    """It was submitted in the last seconds, and is not decided when the time is over."""
    connection.execute(
        "UPDATE approvals_application SET state = 'submitted', submitted_at = clock_timestamp()"
        " WHERE state = 'review'"
    )


def notice_left_a_moment_ago(connection: psycopg.Connection) -> None:
    connection.execute("UPDATE exchange_webhookdelivery SET state = 'due', delivered_at = NULL")
    connection.execute("UPDATE exchange_notice SET created_at = clock_timestamp()")


def wanted(connection: psycopg.Connection) -> dict[str, str]:
    """As an oracle that agrees with everything."""
    return dict(connection.execute("SELECT number, state FROM approvals_application").fetchall())


def test_a_sound_soak_passes(insider: psycopg.Connection, numbers: list[str]) -> None:
    verdict = judge(insider, wanted(insider), " ".join(numbers), faults=7)
    assert verdict.passed
    assert str(verdict) == (
        "soak: accepted=4 faults=7 lost=0 doubled=0 wrong=0 undecided=0 to_officers_for_outage=0"
    )


@pytest.mark.parametrize(
    ("bug", "kind"),
    [
        (notice_after_commit, "lost"),
        (dropped_constraint, "doubled"),
        (notice_twice, "doubled"),
        (certificate_not_written, "wrong"),
        (event_outside_the_transaction, "wrong"),
        (left_in_limbo, "undecided"),
        (left_a_moment_ago, "undecided"),
        (notice_left_a_moment_ago, "undecided"),
    ],
)
def test_a_soak_with_a_planted_bug_fails_by_its_kind(
    bug: Callable[[psycopg.Connection], list[str] | None],
    kind: str,
    insider: psycopg.Connection,
    numbers: list[str],
) -> None:
    oracle = wanted(insider)
    bug(insider)
    verdict = judge(insider, oracle, " ".join(numbers), faults=0)
    assert getattr(verdict, kind) != []
    assert not verdict.passed
    assert f" {kind}=0" not in str(verdict)


def test_a_decision_that_never_reached_its_partner_is_lost(
    insider: psycopg.Connection, numbers: list[str]
) -> None:
    verdict = judge(insider, wanted(insider), " ".join(numbers[:-1]), faults=0)
    assert [line.partition(":")[0] for line in verdict.lost] == numbers[-1:]


def test_a_second_application_of_one_key_is_doubled(
    insider: psycopg.Connection, numbers: list[str]
) -> None:
    oracle = wanted(insider)
    del oracle[numbers[0]]  # its client received another number
    assert len(judge(insider, oracle, " ".join(numbers), faults=0).doubled) == 1


def test_another_state_than_the_oracles_is_wrong(
    insider: psycopg.Connection, numbers: list[str]
) -> None:
    approved, reviewed, *_ = numbers
    text = " ".join(numbers)
    found = judge(insider, wanted(insider) | {approved: "returned"}, text, faults=0)
    assert [line.partition(":")[0] for line in found.wrong] == [approved]
    found = judge(insider, wanted(insider) | {reviewed: "approved"}, text, faults=0)
    assert [line.partition(":")[0] for line in found.wrong] == [reviewed]  # for it is a criminal
    assert found.to_officers_for_outage == []


@pytest.mark.parametrize(
    "handover",
    [
        "unanswered:education,degree:unknown,credit:unknown",
        "degree:unknown",
        "name_unknown",
        "engine_failed",
    ],
)
def test_a_case_with_an_officer_for_an_unknown_fact_is_the_outages(
    handover: str, insider: psycopg.Connection, numbers: list[str]
) -> None:
    oracle = wanted(insider) | {numbers[1]: "approved"}
    insider.execute(
        "UPDATE approvals_application SET handover = %s WHERE state = 'review'", [handover]
    )
    found = judge(insider, oracle, " ".join(numbers), faults=0)
    assert (len(found.to_officers_for_outage), found.wrong) == (1, [])
    assert not found.passed  # one in four


@pytest.mark.parametrize(("officers", "passed"), [(1, True), (2, False)])
def test_one_in_two_hundred_may_be_with_an_officer(officers: int, passed: bool) -> None:
    assert Verdict(200, 0, to_officers_for_outage=["MP"] * officers).passed is passed
