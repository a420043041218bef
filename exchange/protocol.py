"""The words on the wire between us and another agency's registry.

``POST /v1/{registry}/query`` with a JSON body::

    {"registry", "nonce", "subjects": [{"number", "fields", "case", "purpose", "basis"}, …]}

and the headers below: Unix seconds, the nonce, and HMAC-SHA256 over ``timestamp.nonce.body``.
The answer echoes the nonce, names every number that it speaks of, says when it was read, and is
signed over ``nonce.body`` in the same way::

    {"registry", "nonce", "answered_at", "answers": [{"number", "outcome", "version", "data"}, …]}

Without TLS between the two this keeps an answer from being forged, replayed or mixed up; it does
not keep it secret, so outside a demo the address is ``https://``.
"""

import hashlib
import hmac

TIMESTAMP = "Registry-Timestamp"
NONCE = "Registry-Nonce"
SIGNATURE = "Registry-Signature"
TOLERANCE = 300  # seconds that a request may be old, or early
SUBJECTS_MAX = 1000


def sign_request(secret: str, timestamp: str, nonce: str, body: bytes) -> str:
    return _sign(secret, f"request.{timestamp}.{nonce}.".encode() + body)


def sign_answer(secret: str, nonce: str, body: bytes) -> str:
    return _sign(secret, f"answer.{nonce}.".encode() + body)


def same(one: str, other: str) -> bool:
    """Compare signatures in constant time; any text may be given."""
    return hmac.compare_digest(one.encode(errors="replace"), other.encode(errors="replace"))


def _sign(secret: str, data: bytes) -> str:
    return hmac.digest(secret.encode(), data, hashlib.sha256).hex()
