"""The factories know every state and every role: a new one fails here."""

import pytest

from approvals.states import State
from exchange.models import WebhookDelivery
from ledger.models import Event
from people.models import User
from tests import factories

Is = WebhookDelivery.State

pytestmark = pytest.mark.usefixtures("furnished")


@pytest.mark.parametrize("state", [s for s in State if s is not State.DRAFT])
def test_an_application_comes_to_every_state_by_what_people_do(state: State) -> None:
    made = factories.ApplicationFactory(**{state.value: True})
    assert made.state == state
    assert Event.objects.filter(subject=f"application:{made.number}").count() == made.events > 0


@pytest.mark.parametrize("role", list(User.Role))
def test_there_is_a_trait_for_every_role(role: User.Role) -> None:
    made = factories.UserFactory(**{role.value: True})
    assert made.role == role and made.is_staff == (role != User.Role.CITIZEN)


@pytest.mark.parametrize("state", [s for s in Is if s is not Is.DUE])
def test_there_is_a_trait_for_every_state_of_a_delivery(state: Is) -> None:
    endpoint = factories.EndpointFactory(partner_id="window")
    made = factories.WebhookDeliveryFactory(endpoint=endpoint, **{state.value: True})
    assert WebhookDelivery.objects.get(pk=made.pk).state == state
