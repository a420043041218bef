"""An authenticator in software (Web Authentication, Level 3, sections 6 and 7): the other side.

It keeps one ES256 key and answers as a browser does, with whatever a test wants to be wrong.
"""

import base64
import hashlib
import json
import secrets
import struct
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import encode_cbor

UP, UV, BE, BS, AT = 0x01, 0x04, 0x08, 0x10, 0x40  # section 6.1: bits of the flags


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Authenticator:
    def __init__(self, origin: str, domain: str, *, verifies: bool = True, synced: bool = False):
        self.origin, self.domain = origin, domain
        self.flags = UP | (UV if verifies else 0) | (BE | BS if synced else 0)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(32)
        self.count = 0 if synced else 1
        self.handle = b""

    def cose(self) -> bytes:
        """Return the public key as a COSE_Key (RFC 9053, section 7.1.1)."""
        point = self.key.public_key().public_numbers()
        x, y = (number.to_bytes(32, "big") for number in (point.x, point.y))
        return encode_cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y})

    def create(self, options: dict[str, Any], **wrong: Any) -> str:
        """Answer ``navigator.credentials.create``."""
        self.handle = bytes_of(options["user"]["id"])
        data = self._data(self.flags | AT, **wrong)
        data += bytes(16) + struct.pack(">H", len(self.id)) + self.id + self.cose()
        attestation = encode_cbor({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options, **wrong)
        return self._answer({"clientDataJSON": b64(client), "attestationObject": b64(attestation)})

    def get(self, options: dict[str, Any], **wrong: Any) -> str:
        """Answer ``navigator.credentials.get``; the count rises unless the key is synced."""
        if self.count:
            self.count = wrong.get("count", self.count + 1)
        client = self._client("webauthn.get", options, **wrong)
        data = self._data(self.flags, **wrong)
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        handle = wrong.get("handle", self.handle)
        return self._answer(
            {
                "clientDataJSON": b64(client),
                "authenticatorData": b64(data),
                "signature": b64(wrong.get("signature", signed)),
                **({"userHandle": b64(handle)} if handle else {}),
            }
        )

    def _client(self, kind: str, options: dict[str, Any], **wrong: Any) -> bytes:
        said = {
            "type": wrong.get("type", kind),
            "challenge": wrong.get("challenge", options["challenge"]),
            "origin": wrong.get("origin", self.origin),
            "crossOrigin": False,
        }
        return json.dumps(said, separators=(",", ":")).encode()

    def _data(self, usual: int, **wrong: Any) -> bytes:
        domain = hashlib.sha256(wrong.get("domain", self.domain).encode()).digest()
        flags = wrong.get("flags", usual)
        return domain + bytes([flags]) + struct.pack(">I", self.count)

    def _answer(self, response: dict[str, Any]) -> str:
        name = b64(self.id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
