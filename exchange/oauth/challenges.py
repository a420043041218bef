"""What ``WWW-Authenticate`` says to a program (RFC 6750, section 3; RFC 9728, section 5.1)."""

from django.conf import settings

RESOURCE_METADATA = "/.well-known/oauth-protected-resource"


def bearer(error: str = "", scope: str = "") -> str:
    """Return the challenge of the API: without an error, that a token is asked for."""
    parts = {
        "realm": "miaopi",
        "error": error,
        "scope": scope,
        "resource_metadata": settings.SITE_URL + RESOURCE_METADATA,
    }
    return "Bearer " + ", ".join(f'{name}="{value}"' for name, value in parts.items() if value)
