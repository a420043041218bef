"""``manage.py audit`` over real cases: silent where all is right, and it names a changed byte."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.models import Application
from approvals.records.audit import _cases
from ledger import heads
from ledger.audit import rows
from ledger.clock import now
from tests.approvals.cases import settled, worker
from tests.plugins.environment import with_database


@pytest.fixture
def insider(at_furnished: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A superuser of the furnished database, whom no trigger stops."""
    url = os.environ.get("DATABASE_ADMIN_URL")
    if not url:
        pytest.skip("no superuser on this server")
    with psycopg.connect(with_database(url, at_furnished), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection


@pytest.fixture
def cases(furnished_committed: None, tmp_path: Path) -> tuple[list[Application], Path]:
    """A graduate, a trader, and one without a degree on record; heads signed and exported."""
    made = [
        settled("graduate"),
        settled("trader", "sole_trader"),
        settled("degree_missing"),
    ]
    while heads.sequence(now()) is not None:
        pass
    heads.export(tmp_path / "heads")
    return made, tmp_path / "heads"


def test_nothing_is_wrong_with_what_the_machine_wrote(
    cases: tuple[list[Application], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("audit", heads=cases[1])
    assert capsys.readouterr().out == "audit: 0 faults\n"


def test_thousands_of_rows_written_at_once_are_audited_in_linear_time(furnished: None) -> None:
    """Parsing the event again for each of its rows took minutes: the square of their number."""
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO exchange_lookup (id, registry, subject, fields, by, purpose, "case",'
            " basis, outcome, reason, milliseconds, at) SELECT gen_random_uuid(), 'population',"
            " md5(n::text), 'name', 'machine:checker', 'x', '', 'x', 'found', '', 1, now()"
            " FROM generate_series(1, 8000) AS n"
        )
    began = time.monotonic()
    assert list(rows.faults()) == []
    assert time.monotonic() - began < 10


def test_decisions_are_audited_without_a_query_for_each(
    furnished: None,
) -> None:
    for number in range(4):
        applicant, answers = worker(number)
        settled("trader", "sole_trader", applicant=applicant, answers=answers)
    with CaptureQueriesContext(connection) as few:
        assert list(_cases(Application.objects.order_by("number")[:2])) == []
    with CaptureQueriesContext(connection) as more:
        assert list(_cases(Application.objects.order_by("number")[:4])) == []
    assert len(more) <= len(few)


EDITS = {
    "a receipt": "UPDATE approvals_decision SET receipt = overlay(receipt placing '\\x58' from 40)"
    " WHERE application_id = %(id)s",
    "a fact": "UPDATE approvals_evidence SET facts = replace(facts, 'true', 'false')"
    " WHERE application_id = %(id)s",
    "a state": "UPDATE approvals_application SET state = 'refused' WHERE id = %(id)s",
    "a certificate": "UPDATE certificates_certificate SET state = 'revoked'"
    " WHERE application = %(number)s",
    "who did it": "UPDATE ledger_event SET by = 'officer:x' WHERE subject = %(subject)s",
    "when": "UPDATE ledger_event SET at = at - interval '1 us' WHERE subject = %(subject)s",
}


@pytest.mark.parametrize("what", EDITS)
def test_one_changed_value_is_found_and_named(
    what: str,
    cases: tuple[list[Application], Path],
    insider: psycopg.Connection[tuple[object, ...]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    case = cases[0][0]
    insider.execute(EDITS[what], {"id": case.id, "number": case.number, "subject": case.subject})
    with pytest.raises(CommandError):
        call_command("audit", heads=cases[1])
    said = capsys.readouterr().out
    named = "certificate:" if what == "a certificate" else case.number
    if what == "a fact":
        named = "evidence"
    assert named in said, said


def test_an_export_from_before_is_enough_to_notice_a_lost_day(
    cases: tuple[list[Application], Path], insider: psycopg.Connection[tuple[object, ...]]
) -> None:
    insider.execute(
        "TRUNCATE ledger_treehead, ledger_leaf, ledger_event, approvals_application,"
        " approvals_decision, approvals_evidence, certificates_certificate CASCADE"
    )
    with pytest.raises(CommandError):
        call_command("audit", heads=cases[1])
