"""Whom passkeys are made for (the relying party), as the settings say."""

import ipaddress
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

LOCAL = ("127.0.0.1", "::1")  # called localhost, for no passkey is made for a bare address


def party(site: str, domain: str, origins: list[str]) -> tuple[str, list[str]]:
    """Return the domain (RP ID) and the origins, by default those of the site.

    Without a name, such as under a bare address, there are no passkeys: both are empty. Raises
    ``ImproperlyConfigured``: an origin is https (http of localhost alone), at the domain or below
    it, which browsers demand (Web Authentication, Level 3, section 5.1.3).
    """
    if not (domain or origins):
        url = urlsplit(site)
        domain = "localhost" if url.hostname in LOCAL else url.hostname or ""
        port = f":{url.port}" if url.port else ""
        origins = [f"{url.scheme}://{domain}{port}"]
        if not _is_name(domain) or (url.scheme != "https" and domain != "localhost"):
            return "", []
    if not (domain and origins) or not _is_name(domain):
        raise ImproperlyConfigured("PASSKEY_DOMAIN is a name, and PASSKEY_ORIGINS come with it")
    for origin in origins:
        url = urlsplit(origin)
        host = url.hostname or ""
        secure = url.scheme == "https" or (url.scheme, host) == ("http", "localhost")
        inside = host == domain or host.endswith(f".{domain}")
        if not (secure and inside) or origin != f"{url.scheme}://{url.netloc}":
            raise ImproperlyConfigured(
                f"PASSKEY_ORIGINS: {origin} is no https origin at {domain} or below it"
            )
    return domain, origins


def _is_name(domain: str) -> bool:
    try:
        ipaddress.ip_address(domain)
    except ValueError:
        return bool(domain) and domain == domain.lower()
    return False
