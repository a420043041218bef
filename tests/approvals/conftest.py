"""Officers of two offices, for tests of who may do what."""

import pytest

from approvals import actions
from approvals.models import Application
from ledger.clock import now
from people.actors import Actor, officer
from people.models import Office
from tests.approvals.cases import settled
from tests.approvals.returns import again, supervisor
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


@pytest.fixture
def case(furnished: None, clerk: Actor) -> Application:
    """A graduate with a credit hit, in the hands of ``clerk``."""
    made = settled("credit_hit")
    actions.take(number=made.number, by=clerk, now=now())
    return again(made)


@pytest.fixture
def boss(furnished: None) -> Actor:
    return supervisor("boss", "hrss")
