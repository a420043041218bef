"""Whom a message is about, for a receiver that has to know: an ID number encrypted for it alone.

A JWE (RFC 7516) in compact form, direct encryption with AES-256-GCM; its key is made by HKDF
(RFC 5869) from the secret that signs messages in that direction, so that nobody but the two sides
can read it, and neither can speak as the other.
"""

from __future__ import annotations

import base64
import datetime
from contextlib import suppress

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from exchange import webhook_secrets
from exchange.models import Partner
from exchange.webhook_secrets import IN, OUT
from people.errors import ActionRejected

_HEADER = {"alg": "dir", "enc": "A256GCM", "typ": "JOSE"}
_ALGORITHMS = ["dir", "A256GCM"]
LONGEST = 400


def encrypted(partner: Partner, number: str, now: datetime.datetime) -> str:
    """An ID number as only this partner can read it."""
    newest = webhook_secrets.active(partner, OUT, now)[0]
    return jwe.encrypt_compact(_HEADER, number, _key(newest), algorithms=_ALGORITHMS)


def decrypted(partner: Partner, token: str, now: datetime.datetime) -> str:
    """The ID number that this partner encrypted for us; raises ``ActionRejected`` (422)."""
    for secret in webhook_secrets.active(partner, IN, now):
        with suppress(JoseError, ValueError):
            found = jwe.decrypt_compact(token, _key(secret), algorithms=_ALGORITHMS)
            return (found.plaintext or b"").decode()
    raise ActionRejected(
        "unreadable_person",
        "无法解密所涉人员的身份号码",
        "The number of the person concerned cannot be decrypted.",
        status=422,
        field="/data/person",
    )


def _key(secret: str) -> OctKey:
    raw = base64.b64decode(secret.removeprefix("whsec_"))
    derived = HKDF(hashes.SHA256(), 32, salt=None, info=b"miaopi person").derive(raw)
    return OctKey.import_key(derived)
