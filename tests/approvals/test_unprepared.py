"""Behind a pooler that forgets prepared statements (``DATABASE_PREPARE=0``) all goes the same."""

from collections.abc import Iterator
from unittest import mock

import pytest
from django.db import connection
from psycopg import ClientCursor

from approvals.progress import standings
from tests.approvals.cases import settled
from tests.approvals.program import Program, body

pytestmark = pytest.mark.usefixtures("furnished_committed")


@pytest.fixture
def unprepared() -> Iterator[None]:
    off = {"server_side_binding": False, "prepare_threshold": None}
    with mock.patch.dict(connection.settings_dict["OPTIONS"], off):
        connection.close()
        yield
        connection.close()


def test_a_case_is_taken_and_decided(unprepared: None) -> None:
    application = settled("graduate")
    with connection.cursor() as cursor:
        assert isinstance(cursor.cursor, ClientCursor)
        assert connection.connection.prepare_threshold is None
    assert application.state == "approved"
    assert standings.read([application.id])[application.id].certificate
    assert Program().post(body("graduate_23")).status == 202
