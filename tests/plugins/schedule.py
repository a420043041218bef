"""How the workers of a run share its tests: one group stays with one worker.

Of pytest-xdist's own groups nothing is left: it writes the group into a test's id by an attribute
that pytest 9 no longer reads, so that each worker made what a group was to share.
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadGroupScheduling

# which processes they share is costly to start: durable servers with a city of their own
GROUPS = {
    "tests/faults/test_kills.py": "faults",
    "tests/faults/test_outages.py": "faults",
    "tests/faults/test_postgres_away.py": "faults",
}


class Schedule(LoadGroupScheduling):
    """Groups first, for they have the most tests; then each test by itself, in order."""

    def _split_scope(self, nodeid: str) -> str:
        return GROUPS.get(nodeid.partition("::")[0], nodeid)

    def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
        """Also forget a unit that is done: all that a worker has are counted after each test."""
        super().mark_test_complete(node, item_index, duration)
        units = self.assigned_work[node]
        scope = self._split_scope(self.registered_collections[node][item_index])
        if all(units[scope].values()):
            del units[scope]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Schedule | None:
    return Schedule(config, log) if config.getvalue("dist") == "loadgroup" else None
