"""No engine runs beside these tests, which are each in one transaction: nobody waits for it."""

import pytest

from approvals.progress import waiting


@pytest.fixture(autouse=True)
def nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting gives the connection back, and with it the test's transaction."""
    monkeypatch.setattr(waiting.Waiter, "wait", lambda waiter, seconds: False)
