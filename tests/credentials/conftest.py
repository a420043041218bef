"""A graduate whose certificate may go into wallets, and an officer who asks to be shown it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from certificates.models import Certificate
from people.models import User
from tests.approvals.cases import settled
from tests.credentials.wallet import Wallet, offered
from tests.factories import UserFactory
from tests.waiting import eventually


@pytest.fixture
def certificate(furnished: None) -> Certificate:
    """The certificate of a graduate, issued by the machine."""
    case = settled("graduate")
    return Certificate.objects.get(application=case.number)


def issued() -> Certificate:
    """Return a graduate's certificate where processes may run that decide before the test does."""
    granted = Certificate.objects.filter(application=settled("graduate").number)
    assert eventually(granted.exists, 40)
    return granted.get()


@pytest.fixture
def holder(certificate: Certificate) -> Client:
    """Its holder, logged in."""
    client = Client()
    client.force_login(User.objects.get(subject=certificate.holder))
    return client


@pytest.fixture
def officer(furnished: None) -> Client:
    """A clerk of another office, logged in."""
    client = Client()
    client.force_login(UserFactory(clerk=True, username="asker", office__code="market"))
    return client


@pytest.fixture
def make_offer(holder: Client, certificate: Certificate) -> Callable[[], tuple[Any, str]]:
    """Press the button of the page, and read what it shows: the offer, and its PIN."""

    def make() -> tuple[Any, str]:
        page = holder.post(f"/certificates/{certificate.public_id}/wallet/", follow=True)
        assert page.status_code == 200
        return offered(page.content.decode())

    return make


@pytest.fixture
def wallet() -> Wallet:
    return Wallet()


@pytest.fixture
def credential(wallet: Wallet, make_offer: Any) -> str:
    """What the wallet has received."""
    return wallet.receive(*make_offer())


def clerk_of(certificate: Certificate, username: str) -> User:
    return UserFactory(clerk=True, username=username, office__code=certificate.office_id)
