"""Officers of two offices, for tests of who may do what."""

import pytest

from people.actors import Actor, officer
from people.models import Office
from tests.factories import UserFactory


def _officer(username: str, office: str) -> Actor:
    return officer(UserFactory(clerk=True, username=username, office__code=office))


@pytest.fixture
def clerk(furnished: None) -> Actor:
    """An officer of the graduates' office."""
    return _officer("clerk-a", "hrss")


@pytest.fixture
def colleague(furnished: None) -> Actor:
    return _officer("clerk-b", "hrss")


@pytest.fixture
def stranger(furnished: None) -> Actor:
    """An officer of another office."""
    assert Office.objects.filter(code="market").exists()
    return _officer("clerk-c", "market")
