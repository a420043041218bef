"""Which statements something takes, as they are counted outside a test's own transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext


@contextmanager
def counted(most: int) -> Iterator[None]:
    """As many are sent; savepoints are not counted, for only a test's transaction has any."""
    with CaptureQueriesContext(connection) as captured:
        yield
    sent = [q["sql"] for q in captured if "SAVEPOINT" not in q["sql"]]
    assert len(sent) == most, "\n".join(s[:200] for s in sent)
