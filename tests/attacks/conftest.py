"""Officers and a case of theirs, and a registry with faults, as the tests of others have them."""

import pytest

from tests.approvals.conftest import _officer, boss, case, clerk, colleague, stranger
from tests.exchange.conftest import close_breakers, registry, registry_process

__all__ = [
    "_officer",
    "boss",
    "case",
    "clerk",
    "close_breakers",
    "colleague",
    "registry",
    "registry_process",
    "stranger",
]


@pytest.fixture(autouse=True)
def _ordinary(request: pytest.FixtureRequest) -> None:
    """Skip, before anything is made, what a module's ``FULL_ONLY`` leaves to ``--full``.

    It names values of a test's first parameter, by the test's name.
    """
    left = getattr(request.module, "FULL_ONLY", {}).get(request.function.__name__, ())
    if left and request.node.callspec.id in left and not request.config.getoption("--full"):
        pytest.skip("with --full")
