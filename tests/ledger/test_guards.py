"""What PostgreSQL refuses by itself: in the application's role, and to the owner as well."""

import datetime as dt
import os
from collections.abc import Iterator

import psycopg
import pytest
from django.core.management import call_command
from django.db import IntegrityError, ProgrammingError, connection, transaction
from psycopg import errors

import bulk
from ledger import guards
from ledger.models import Event, PublicKey
from services.models import Service
from tests.ledger.conftest import add
from tests.plugins.environment import database_name, with_database
from tests.plugins.templates import let_tests_publish_keys

HISTORY = ("ledger_event", "ledger_leaf", "ledger_treehead")
EDGES = {"send": (("draft", "back"), "sent"), "return_": (("sent",), "back")}


@pytest.fixture
def owner(db: None) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """The role that migrates; rolled back."""
    url = with_database(os.environ["DATABASE_OWNER_URL"], database_name())
    with psycopg.connect(url) as connected:
        yield connected
        connected.rollback()


@pytest.mark.parametrize("table", HISTORY)
@pytest.mark.parametrize("statement", ["UPDATE {} SET at = at", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_application_has_no_right_to_change_history(
    table: str, statement: str, db: None
) -> None:
    if table == "ledger_leaf":
        statement = statement.replace("at", "position") if "SET" in statement else statement
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(statement.format(table))


@pytest.mark.parametrize("statement", ["UPDATE {} SET kind = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_triggers_refuse_the_owner_too(
    statement: str, owner: psycopg.Connection[tuple[object, ...]]
) -> None:
    owner.execute(
        "INSERT INTO ledger_event (id, subject, seq, kind, before, after, by, at, data, hash)"
        " VALUES (gen_random_uuid(), 'x:1', 1, 'made', '', '', 'x', now(), '{}', '\\x00')"
    )
    with pytest.raises(errors.InsufficientPrivilege, match="history only grows"):
        owner.execute(statement.format("ledger_event") + (" CASCADE" * ("TRUNC" in statement)))


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (x int)",
        "ALTER TABLE ledger_event DISABLE TRIGGER append_only",
        "DROP TRIGGER append_only ON ledger_event",
        "CREATE OR REPLACE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN NEW; END'",
        "SET session_replication_role = replica",
        "DELETE FROM django_migrations",
    ],
)
def test_the_application_cannot_put_the_guards_aside(statement: str, db: None) -> None:
    refused = pytest.raises(ProgrammingError, match=r"permission denied|must be owner")
    with refused, transaction.atomic():
        connection.cursor().execute(statement)


def test_a_published_key_may_be_retired_and_nothing_else(keys: None, now: dt.datetime) -> None:
    key = PublicKey.objects.filter(purpose="head")
    assert key.update(retired_at=now) == 1
    for change in ({"purpose": "receipt"}, {"public": b"0" * 32}):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            key.update(**change)


def test_an_event_comes_once_and_in_its_place(keys: None, now: dt.datetime) -> None:
    service = Service(code="a")
    bulk.insert(Service, [service])
    first = add(service, "made", now)
    loose = Event(subject="service:b", seq=2, kind="x", by="x", at=now, hash=b"1" * 32)
    again = Event(subject=first.subject, seq=1, kind="x", by="x", at=now, hash=b"2" * 32)
    for event, says in ((loose, "event_linked"), (again, "event_one_per_place")):
        with pytest.raises(IntegrityError, match=says), transaction.atomic():
            bulk.insert(Event, [event])


def test_no_state_is_committed_without_the_event_that_made_it(
    real_keys: None, now: dt.datetime
) -> None:
    service = Service(code="a", events=1, head=b"no such event".ljust(32))
    with pytest.raises(IntegrityError, match="head_is_an_event"), transaction.atomic():
        bulk.insert(Service, [service])
    assert not Service.objects.exists()


# --- edges


@pytest.fixture
def case(owner: psycopg.Connection[tuple[object, ...]]) -> psycopg.Connection[tuple[object, ...]]:
    owner.execute("CREATE TABLE scratch (id int, state text, events int DEFAULT 0, head bytea)")
    for statement in guards.edges("scratch", EDGES):
        owner.execute(statement)
    owner.execute("INSERT INTO scratch VALUES (1, 'draft')")
    return owner


def move(case: psycopg.Connection[tuple[object, ...]], to: str, events: int, head: str) -> None:
    case.execute("UPDATE scratch SET state=%s, events=%s, head=%s", [to, events, head.encode()])


def test_an_edge_with_its_event_passes(case: psycopg.Connection[tuple[object, ...]]) -> None:
    move(case, "sent", 1, "a")
    move(case, "back", 2, "b")
    move(case, "sent", 3, "c")
    case.execute("UPDATE scratch SET events = 5, head = 'd'")  # two events, no change of state


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE scratch SET state='back', events=1, head='a'", "no edge leads from draft to back"),
        ("UPDATE scratch SET state='gone', events=1, head='a'", "no edge leads from draft to gone"),
        ("UPDATE scratch SET state=NULL, events=1, head='a'", "no edge"),
        ("UPDATE scratch SET state='sent'", "has no event of its own"),
        ("UPDATE scratch SET state='sent', events=1", "has no event of its own"),
        ("UPDATE scratch SET state='sent', head='a'", "has no event of its own"),
        ("UPDATE scratch SET state='sent', events=2, head='a'", "has no event of its own"),
        ("UPDATE scratch SET events=1", "a history only grows"),
        ("UPDATE scratch SET head='a'", "a history only grows"),
        ("INSERT INTO scratch VALUES (2, 'back', 1, 'a')", "is not born in state back"),
        ("INSERT INTO scratch VALUES (2, NULL, 1, 'a')", "is not born in state"),
    ],
)
def test_any_other_change_of_state_is_refused(
    statement: str, says: str, case: psycopg.Connection[tuple[object, ...]]
) -> None:
    with pytest.raises(errors.CheckViolation, match=says):
        case.execute(statement)


def test_a_deleted_edge_is_refused_as_soon_as_guards_are_installed_again(
    case: psycopg.Connection[tuple[object, ...]],
) -> None:
    for statement in guards.edges("scratch", {"send": EDGES["send"]}):
        case.execute(statement)
    move(case, "sent", 1, "a")
    with pytest.raises(errors.CheckViolation, match="no edge leads from sent to back"):
        move(case, "back", 2, "b")


def test_a_row_is_born_in_an_initial_state_with_its_event(
    case: psycopg.Connection[tuple[object, ...]],
) -> None:
    for statement in guards.edges("scratch", EDGES, initial=("draft", "sent")):
        case.execute(statement)
    case.execute("INSERT INTO scratch VALUES (2, 'sent', 1, 'a')")
    with pytest.raises(errors.CheckViolation, match="has no event"):
        case.execute("INSERT INTO scratch VALUES (3, 'sent')")


def test_a_column_that_may_change_does_and_the_others_do_not(
    owner: psycopg.Connection[tuple[object, ...]],
) -> None:
    owner.execute("CREATE TABLE scratch (id int, live bool, word text)")
    for statement in guards.append_only("scratch", ("live",)):
        owner.execute(statement)
    owner.execute("INSERT INTO scratch VALUES (1, true, 'a')")
    owner.execute("UPDATE scratch SET live = false")
    with pytest.raises(errors.InsufficientPrivilege, match="UPDATE on scratch is refused"):
        owner.execute("UPDATE scratch SET live = true, word = 'b'")


def test_a_guards_module_that_does_not_exist_stops_migrate(settings: object) -> None:
    settings.GUARDS = ["ledger.guards", "ledger.gards"]  # type: ignore[attr-defined]
    from ledger.management.commands.migrate import statements

    with pytest.raises(ModuleNotFoundError, match=r"ledger\.gards"):
        list(statements())


def test_migrating_again_changes_nothing_and_works(
    committed: None, settings: object, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the owner's role, as ``manage.py migrate`` is."""
    url = with_database(os.environ["DATABASE_OWNER_URL"], database_name())
    with psycopg.connect(url) as owner:
        before = owner.execute(DEFINITIONS).fetchall()
    own = psycopg.conninfo.conninfo_to_dict(os.environ["DATABASE_OWNER_URL"])["user"]
    role, connection.settings_dict["USER"] = connection.settings_dict["USER"], own
    connection.close()
    try:
        call_command("migrate", "--skip-checks")
    finally:
        connection.settings_dict["USER"] = role
        connection.close()
        let_tests_publish_keys(database_name())
    assert "Guards and grants are in place." in capsys.readouterr().out
    with psycopg.connect(url) as owner:
        assert owner.execute(DEFINITIONS).fetchall() == before


DEFINITIONS = """
SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
UNION SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint
UNION SELECT relname || relacl::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
    AND relname <> 'ledger_publickey'  -- see tests.plugins.templates
ORDER BY 1
"""
