"""Edits by somebody who may do everything in the database, as docs/ledger.md lists them."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from django.apps import apps as django_apps
from django.db import connection, transaction
from psycopg.conninfo import conninfo_to_dict

from approvals.models import Application
from approvals.records.audit import faults
from ledger import heads, row_events
from ledger.clock import now
from tests.approvals.cases import settled
from tests.approvals.insider_edits import EDITS, NOT_BOUND
from tests.approvals.insider_hands import run


@pytest.fixture
def cases(furnished_committed: None, tmp_path: Path) -> tuple[Application, Path]:
    """A decided graduate among others; heads after each case, exported to a folder."""
    folder = tmp_path / "heads"
    folder.mkdir()
    made = []
    for kind, service in (
        ("graduate", "graduate_settlement"),
        ("trader", "sole_trader"),
        ("degree_missing", "graduate_settlement"),
    ):
        made.append(settled(kind, service))
        while heads.sequence(now()) is not None:
            pass
        assert heads.export(folder) > 0
    assert made[0].state == made[1].state == "approved"
    return made[1], folder


@pytest.fixture
def superuser(cases: tuple[Application, Path]) -> Iterator[None]:
    """Django's own connection as the superuser, so that an edit can be rolled back at once."""
    import os

    url = os.environ.get("DATABASE_ADMIN_URL")
    if not url:
        pytest.skip("no superuser on this server")
    settings, before = connection.settings_dict, connection.settings_dict["USER"]
    settings["USER"] = conninfo_to_dict(url)["user"]
    connection.close()
    try:
        run("SET session_replication_role = replica")
        yield
    finally:
        settings["USER"] = before
        connection.close()


@pytest.mark.parametrize(
    "outside",
    [
        pytest.param(True, id="with heads"),
        pytest.param(False, id="without heads", marks=pytest.mark.full),
    ],
)
def test_every_edit_is_found(
    cases: tuple[Application, Path],
    superuser: None,
    outside: bool,
    pytestconfig: pytest.Config,
) -> None:
    """Without heads from outside all but a consistent roll-back; the document says so.

    Every second edit in an ordinary run, all of them with ``--full``.
    """
    case, folder = cases
    exported = folder if outside else None
    assert list(faults(exported)) == []
    missed = []
    step = 1 if pytestconfig.getoption("--full") else 2
    for name, edit in list(EDITS.items())[::step]:
        with transaction.atomic():
            edit(Application.objects.get(id=case.id))
            if not list(islice(faults(exported), 1)):
                missed.append(name)
            transaction.set_rollback(True)
    assert missed == ([] if outside else ["the last case never was"])
    assert list(faults(exported)) == []


UNREADABLE = [
    "an event's data, a NUL",
    "an event's data, no JSON",
    "an event's moment, no date",
    "a case's moment, no date",
    "an edition's text",
    "a receipt",
]


@pytest.mark.parametrize("first", UNREADABLE)
def test_a_row_that_cannot_be_read_hides_no_other(
    cases: tuple[Application, Path], superuser: None, first: str
) -> None:
    other = Application.objects.exclude(id=cases[0].id).filter(state="approved").get()
    with transaction.atomic():
        EDITS[first](cases[0])
        EDITS["the answers"](other)
        EDITS["a look-up edited"](other)
        lines = list(faults(cases[1]))
        listed = "\n".join(lines)
        transaction.set_rollback(True)
    assert f"application {other.number}: its answers" in listed, listed
    assert "exchange_lookup" in listed, listed
    if "edition" not in first:
        assert [x for x in lines if other.number not in x and "exchange_lookup" not in x], listed


def test_every_edit_is_in_the_document() -> None:
    text = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text()
    assert [name for name in EDITS if f"| {name} |" not in text] == []


def test_every_table_of_people_has_row_events_or_a_reason() -> None:
    text = (Path(__file__).parents[2] / "docs" / "ledger.md").read_text()
    assert [name for name in NOT_BOUND if f"| `{name}` | {NOT_BOUND[name]} |" not in text] == []
    apps = ("people", "otp_static", "axes", "sessions")
    tables = {
        model._meta.db_table
        for app in apps
        for model in django_apps.get_app_config(app).get_models(include_auto_created=True)
    }
    recorded = {table.name: table for table in row_events.tables()}
    assert tables - recorded.keys() == NOT_BOUND.keys()
    free = {
        f"{name}.{field.column}"
        for name in tables & recorded.keys()
        for field in recorded[name].model._meta.concrete_fields
        if field.column not in recorded[name].columns
    }
    assert free == {
        "people_user.last_login",
        "people_user.elder_mode",
        "people_officerchange.half",
        "people_passkey.public_key",  # tests/people/test_passkeys_kept.py
        "people_passkey.sign_count",
        "people_passkey.last_used_at",
    }
