"""``PROXY_ADDRESSES``: the proxies whose headers are believed (``people.forwarded``)."""

import ipaddress
from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks(written: Sequence[str]) -> tuple[Network, ...]:
    """Read addresses and networks; raises ``ImproperlyConfigured`` for what is none, or is all."""
    found = []
    for text in written:
        try:
            network = ipaddress.ip_network(text.strip())
        except ValueError as error:
            raise ImproperlyConfigured(f"PROXY_ADDRESSES: {error}") from None
        if network.prefixlen == 0:
            raise ImproperlyConfigured(f"PROXY_ADDRESSES: {text} is everybody")
        found.append(network)
    return tuple(found)
