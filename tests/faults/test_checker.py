"""The checker is checked: each of these bugs, planted for the purpose, is found by it."""

import os
import uuid
from collections.abc import Callable, Iterator

import psycopg
import pytest

from tests.approvals.cases import settled, submit
from tests.faults.invariants import violations
from tests.plugins.environment import with_database


@pytest.fixture
def numbers(furnished_committed: None) -> list[str]:
    """An approved, a reviewed and a returned case, committed."""
    return [
        settled("graduate").number,
        settled("criminal").number,
        settled("degree_missing").number,
    ]


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
    """The client was told a number, and the transaction rolled back."""
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
        "INSERT INTO approvals_evidence (id, application_id, round, registry, outcome, reason,"
        " facts, version, read_at, purpose, hash) SELECT %s, application_id, round, registry,"
        " outcome, reason, facts, version, read_at, purpose, hash FROM approvals_evidence LIMIT 1",
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
    ],
)
def test_a_planted_bug_is_found(
    bug: Callable[[psycopg.Connection], list[str] | None],
    promise: str,
    insider: psycopg.Connection,
    numbers: list[str],
) -> None:
    told = bug(insider) or []
    found = violations(insider, [*numbers, *told], seconds=60)
    assert any(promise in line for line in found), found


def test_a_case_on_its_way_is_no_violation(furnished_committed: None, at_furnished: str) -> None:
    number = submit("graduate").number
    with psycopg.connect(with_database(os.environ["DATABASE_ADMIN_URL"], at_furnished)) as view:
        assert violations(view, [number], seconds=60) == []
        assert violations(view, [number], seconds=-60) != []
