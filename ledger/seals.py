"""Signatures over what is canonical: detached seals, and compact JWS (RFC 7515, RFC 8037).

The algorithm is a field everywhere. ``ALGORITHMS`` has one entry today; SM2 would be a second.
"""

import base64
import binascii
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger import keys
from ledger.models import PublicKey

Keys = Mapping[str, bytes]  # kid: public key (32 bytes)
NAMES = ("EdDSA", "Ed25519")  # RFC 8037, and the name that RFC 9864 gives the same thing
MOST = 1_000_000  # characters of a JWS that we read


class Seal(NamedTuple):
    """A detached signature; ``algorithm`` says what it is, ``kid`` with which key."""

    kid: str
    algorithm: str
    signature: bytes


class Forged(ValueError):
    """A signed text that must not be believed; the message says why."""


@lru_cache(maxsize=256)
def _public(raw: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(raw)


def _ed25519(public: bytes, signature: bytes, data: bytes) -> bool:
    try:
        _public(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


ALGORITHMS: dict[str, Callable[[bytes, bytes, bytes], bool]] = {"Ed25519": _ed25519}


def seal(purpose: str, data: bytes) -> Seal:
    """Sign ``data`` with the key in use for ``purpose``; raises ``keys.KeyTrouble``."""
    key = keys.signer(purpose)
    return Seal(key.kid, "Ed25519", key.private.sign(data))


def holds(
    kid: str,
    algorithm: str,
    data: bytes,
    signature: bytes,
    keys: Keys | None = None,
    purpose: str = "",
) -> bool:
    """Did the key ``kid`` sign exactly ``data``? Unknown keys and algorithms: no.

    Without ``keys`` the published ones are asked, retired or not; ``purpose`` then refuses a
    good signature by a key that is for something else.
    """
    verify = ALGORITHMS.get(algorithm)
    public = _find(kid, keys, purpose)
    return verify is not None and public is not None and verify(public, bytes(signature), data)


def _find(kid: str, given: Keys | None, purpose: str) -> bytes | None:
    if given is not None:
        return given.get(kid)
    known = keys.ring.lookup(kid)
    return known[1] if known and purpose in ("", known[0]) else None


@lru_cache(maxsize=64)
def _header(kid: str, typ: str) -> str:
    return keys.b64(orjson.dumps({"alg": "EdDSA", "kid": kid, "typ": typ}))


def jws(purpose: str, payload: bytes, typ: str) -> str:
    """Sign ``payload`` as a compact JWS, alg EdDSA (RFC 8037); ``typ`` as in RFC 7515, 4.1.9."""
    key = keys.signer(purpose)
    text = f"{_header(key.kid, typ)}.{keys.b64(payload)}"
    return f"{text}.{keys.b64(key.private.sign(text.encode()))}"


def read_jws(
    text: str, keys: Keys | None = None, *, typ: str = "", purpose: str = ""
) -> tuple[dict[str, Any], bytes]:
    """Verify a compact JWS of ours and return its header and payload.

    Only EdDSA (by either name) is believed, whatever the header proposes; nothing critical is;
    ``typ`` must be the one expected when given. Raises ``Forged`` with the reason.
    """
    parts = text.split(".") if len(text) <= MOST else []
    if len(parts) != 3:
        raise Forged("not a compact JWS: three parts are needed")
    try:
        header = orjson.loads(_unb64(parts[0]))
        payload, signature = _unb64(parts[1]), _unb64(parts[2])
    except (ValueError, binascii.Error) as error:
        raise Forged(f"not a compact JWS: {error}") from None
    if not isinstance(header, dict) or header.get("alg") not in NAMES:
        raise Forged("the algorithm is not EdDSA")
    if "crit" in header or not isinstance(header.get("kid"), str):
        raise Forged("the header has no key id, or demands an extension")
    if typ and header.get("typ") != typ:
        raise Forged(f"this is a {header.get('typ')}, not a {typ}")
    public = _find(header["kid"], keys, purpose)
    if public is None:
        raise Forged("signed with a key that is not ours")
    if not _ed25519(public, signature, f"{parts[0]}.{parts[1]}".encode()):
        raise Forged("the signature does not match")
    return header, payload


def _unb64(text: str) -> bytes:
    """Strict base64url: no padding, no other characters, one spelling for one value."""
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if keys.b64(data) != text:
        raise ValueError("base64url in another spelling")
    return data


def jwks() -> dict[str, list[dict[str, str]]]:
    """Return all published keys as a JWK set (RFC 7517), retired ones too."""
    rows = PublicKey.objects.filter(algorithm="Ed25519").order_by("active_from", "kid")
    return {"keys": [_jwk(row.kid, row.purpose, bytes(row.public)) for row in rows]}


def _jwk(kid: str, purpose: str, public: bytes) -> dict[str, str]:
    known = {"kty": "OKP", "crv": "Ed25519", "x": keys.b64(public), "kid": kid}
    return {**known, "use": "sig", "alg": "EdDSA", "purpose": purpose}


def keys_of(jwks: Mapping[str, Any], purpose: str = "") -> dict[str, bytes]:
    """Read a JWK set for ``keys=``; each kid must be the thumbprint of its key.

    Raises ``Forged`` when the set is malformed.
    """
    found = {}
    try:
        for jwk in jwks["keys"]:
            if jwk["kty"] != "OKP" or jwk["crv"] != "Ed25519":
                continue  # for somebody else's algorithm
            public = _unb64(jwk["x"])
            if keys.thumbprint(public) != jwk["kid"]:
                raise Forged(f"key {jwk['kid']} is not what its id says")
            if not purpose or jwk.get("purpose", purpose) == purpose:
                found[jwk["kid"]] = public
    except (KeyError, TypeError, ValueError) as error:
        raise Forged(f"not a JWK set: {error!r}") from error
    return found
