"""Whether certificates are given to wallets (``WALLET``): docs/wallet.md."""

from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured


def offered(asked: bool, site: str, *, is_demo: bool) -> bool:
    """Return whether wallets are served. They need the city's public origin, by https.

    ``site``: SITE_URL, which stands in every credential. Raises ``ImproperlyConfigured``.
    """
    url = urlsplit(site)
    origin = f"{url.scheme}://{url.netloc}"
    if asked and not is_demo and (url.scheme != "https" or site != origin):
        raise ImproperlyConfigured(
            "WALLET needs SITE_URL to be the public origin, such as https://city.example"
        )
    return asked
