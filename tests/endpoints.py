"""Webhook endpoints in tests: where a partner listens, and what is sent there at once."""

from exchange import delivery, endpoints, routing
from exchange.models import Endpoint, WebhookDelivery
from ledger import clock


def listen(partner: str, url: str) -> None:
    """Let a partner take whatever it is sent at ``url``; without one, nothing."""
    endpoints.set_default(partner, url, now=clock.now())


def of(partner: str) -> Endpoint:
    """Return a partner's only endpoint."""
    return Endpoint.objects.get(partner=partner)


def deliver(partner: str) -> int:
    """Send a partner what is due to it, here and now; returns how many notices arrived."""
    routing.route(partner, clock.now())
    return sum(
        delivery.deliver(one.pk).delivered for one in Endpoint.objects.filter(partner=partner)
    )


def sent(partner: str) -> WebhookDelivery:
    """Return the only delivery to a partner."""
    return WebhookDelivery.objects.get(endpoint__partner=partner)
