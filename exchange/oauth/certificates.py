"""TLS client certificates of programs (RFC 8705), as the proxy in front names them in a header.

The proxy has seen that the program holds the certificate's key; what ties the certificate to the
program is its SHA-256, so that it may be self-signed (section 2.2).
"""

import base64
import binascii
import hashlib
import re
from urllib.parse import unquote

from django.conf import settings
from django.http import HttpRequest

from people import proxies

_HEX = re.compile(r"[0-9a-f]{64}")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]{43}")  # x5t#S256 (RFC 7515, section 4.1.8)
_PEM = re.compile(r"\s*-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----\s*")


def presented(request: HttpRequest) -> str:
    """Return the SHA-256 of the certificate that a request came with, in hex; "" without one.

    Only what comes through the proxies of ``PROXY_COUNT`` counts: anybody else could write the
    header, and it is passed over.
    """
    if not settings.CLIENT_CERTIFICATE_HEADER:
        return ""
    name = "HTTP_" + settings.CLIENT_CERTIFICATE_HEADER.upper().replace("-", "_")
    value = request.META.get(name, "")
    if not value or not proxies.came_through(request):
        return ""
    return thumbprint(value)


def thumbprint(text: str) -> str:
    """Return the SHA-256 in hex of what a proxy or a person writes for a certificate; else "".

    PEM, also percent-encoded as nginx has it; DER in base64 between colons (RFC 9440); the SHA-256
    itself in hex, with colons or without, or in base64url.
    """
    text = text.strip()
    plain = text.replace(":", "").lower()
    if _HEX.fullmatch(plain):
        return plain
    if _BASE64URL.fullmatch(text):
        return base64.urlsafe_b64decode(text + "=").hex()
    if text.startswith(":") and text.endswith(":") and len(text) > 2:
        encoded = text[1:-1]
    elif found := _PEM.fullmatch(unquote(text)):
        encoded = "".join(found[1].split())
    else:
        return ""
    try:
        return hashlib.sha256(base64.b64decode(encoded, validate=True)).hexdigest()
    except binascii.Error:
        return ""
