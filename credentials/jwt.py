"""JWTs of wallets and our own, read strictly: ES256 and Ed25519 alone, whatever is proposed."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from credentials.sdjwt import unb64
from ledger import signatures
from ledger.canonical import once_each

ALGORITHMS = {"ES256": "ES256", "Ed25519": "Ed25519", "EdDSA": "Ed25519"}  # RFC 7518, 9864, 8037
LONGEST = 64_000  # characters


class JwtError(ValueError):
    """A JWT that must not be believed; the message says why."""


@dataclass(frozen=True, slots=True)
class Jwt:
    header: Mapping[str, Any]
    payload: Mapping[str, Any]
    signed: bytes
    signature: bytes

    def is_signed_by(self, public: bytes) -> bool:
        """Whether a key (as ``ledger.keys.jwk`` takes it) has signed it, as the header says."""
        check = signatures.ALGORITHMS[ALGORITHMS[self.header["alg"]]]
        return check(public, self.signature, self.signed)

    def number(self, name: str) -> int:
        """Return a claim that is a NumericDate in whole seconds; raises ``JwtError``."""
        value = self.payload.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise JwtError(f"{name} is missing, or no number")
        if not -1e11 < value < 1e11:
            raise JwtError(f"{name} is no time")
        return int(value)


def read(text: str, typ: str) -> Jwt:
    """Return a compact JWT of type ``typ`` whose signature is not checked yet.

    Raises ``JwtError`` for another type or algorithm, an extension (``crit``), or what two readers
    could read apart.
    """
    pieces = text.split(".") if len(text) <= LONGEST and text.isascii() else []
    if len(pieces) != 3:
        raise JwtError("not a compact JWT")
    try:
        header, payload = (
            json.loads(unb64(piece).decode(), object_pairs_hook=once_each) for piece in pieces[:2]
        )
        signature = unb64(pieces[2])
    except (ValueError, RecursionError):
        raise JwtError("not a compact JWT") from None
    if not isinstance(header, dict) or not isinstance(payload, dict):
        raise JwtError("not a compact JWT")
    if header.get("alg") not in tuple(ALGORITHMS) or "crit" in header or "b64" in header:
        raise JwtError("the algorithm is not one that is offered, or there is an extension")
    if header.get("typ") != typ:
        raise JwtError(f"its type is not {typ}")
    return Jwt(header, payload, f"{pieces[0]}.{pieces[1]}".encode(), signature)


def public_bytes(jwk: Any) -> bytes:
    """Return the public key of a JWK (RFC 7517): P-256 or Ed25519, with no private part."""
    if not isinstance(jwk, dict) or "d" in jwk:
        raise JwtError("the key is no public JWK")
    try:
        match jwk.get("kty"), jwk.get("crv"):
            case "EC", "P-256":
                x, y = unb64(jwk["x"]), unb64(jwk["y"])
                if len(x) == len(y) == 32:
                    return b"\x04" + x + y
            case "OKP", "Ed25519":
                x = unb64(jwk["x"])
                if len(x) == 32:
                    return x
    except (KeyError, ValueError, TypeError, AttributeError):
        pass
    raise JwtError("the key is neither on P-256 nor of Ed25519")
