"""One table of edges rules both sides: delete a line, and Django and PostgreSQL refuse the move."""

import os
import subprocess
import sys
from collections.abc import Mapping

import psycopg
import pytest
from django.db import connection

from approvals.models import Application
from approvals.states import EDGES
from deploy.local.paths import ROOT
from ledger.guards import edges
from tests.approvals.cases import submit
from tests.plugins.environment import with_database

LEFT = {name: edge for name, edge in EDGES.items() if name != "grant"}
MOVE = (
    "UPDATE approvals_application SET state = 'approved', events = events + 1,"
    " head = sha256(head) WHERE number = %s"
)
TRY = """
import django
from approvals import states
if {deleted}:
    del states.EDGES["grant"]
django.setup()
from approvals.models import Application
case = Application(state="submitted")
case.take_edge("grant")
print(case.state)
"""


@pytest.fixture
def case(furnished_committed: None) -> Application:
    return submit("graduate")


def moved(case: Application, table: Mapping[str, object]) -> int:
    """Install the guard made of ``table``, try the move under it, and undo both."""
    url = os.environ.get("DATABASE_OWNER_URL")
    if not url:
        pytest.skip("no owner on this server")
    with psycopg.connect(with_database(url, str(connection.settings_dict["NAME"]))) as owner:
        for statement in edges("approvals_application", table, initial=("draft", "submitted")):
            owner.execute(statement)  # type: ignore[arg-type]
        try:
            return owner.execute(MOVE, [case.number]).rowcount
        finally:
            owner.rollback()


def test_postgresql_makes_the_move_of_an_edge_and_refuses_it_without(case: Application) -> None:
    assert moved(case, EDGES) == 1
    with pytest.raises(psycopg.errors.CheckViolation, match="no edge leads from submitted"):
        moved(case, LEFT)
    assert moved(case, EDGES) == 1


@pytest.mark.parametrize("deleted", [False, True])
def test_django_makes_the_move_of_an_edge_and_refuses_it_without(deleted: bool) -> None:
    done = subprocess.run(  # noqa: PLW1510 - what it returns is looked at below
        [sys.executable, "-c", TRY.format(deleted=deleted)],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    if deleted:
        assert "TransitionNotAllowed" in done.stderr
    else:
        assert done.stdout.strip() == "approved", done.stderr
