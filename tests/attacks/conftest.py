"""Officers and a case of theirs, and a registry with faults, as the tests of others have them."""

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
