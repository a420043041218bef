"""Signatures over what is canonical: detached ones, and compact JWS (RFC 7515, RFC 8037).

The algorithm is a field everywhere. ``ALGORITHMS`` lists those that there are.
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from ledger import canonical, keys

Keys = Mapping[str, bytes]  # kid: public key (32 bytes)
NAMES = ("EdDSA", "Ed25519")  # RFC 8037, and the name that RFC 9864 gives the same thing
_COORDINATE = 32  # bytes of r and of s in an ES256 signature (RFC 7518, 3.4)
LONGEST = 1_000_000  # characters of a JWS that we read


class Signature(NamedTuple):
    """A detached signature; ``algorithm`` says what it is, ``kid`` with which key."""

    kid: str
    algorithm: str
    signature: bytes


class SignatureError(ValueError):
    """A signed text that must not be believed; the message says why."""


# The y of all points whose order divides 8, in every encoding: under such a "key" one signature
# fits many texts (RFC 8032 leaves them out; FIPS 186-5, 7.8.3 asks for the check).
_SMALL_ORDER = frozenset(
    bytes.fromhex(y)
    for y in (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    )
)


@lru_cache(maxsize=256)
def ed25519(raw: bytes) -> Ed25519PublicKey:
    """Return a public key of 32 bytes; raises ``ValueError``, also for one of small order."""
    if len(raw) == 32 and bytes((*raw[:31], raw[31] & 0x7F)) in _SMALL_ORDER:
        raise ValueError("a key of small order")
    return Ed25519PublicKey.from_public_bytes(raw)


def _ed25519(public: bytes, signature: bytes, data: bytes) -> bool:
    try:
        ed25519(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def _es256(public: bytes, signature: bytes, data: bytes) -> bool:
    if len(signature) != 2 * _COORDINATE:
        return False
    r, s = (int.from_bytes(half) for half in (signature[:_COORDINATE], signature[_COORDINATE:]))
    try:
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
        key.verify(encode_dss_signature(r, s), data, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


ALGORITHMS: dict[str, Callable[[bytes, bytes, bytes], bool]] = {
    "Ed25519": _ed25519,
    "ES256": _es256,
}


def sign(purpose: str, data: bytes) -> Signature:
    """Sign ``data`` with the key in use for ``purpose``; raises ``keys.KeyUnusable``."""
    key = keys.signer(purpose)
    return Signature(key.kid, "Ed25519", key.private.sign(data))


def verify(
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
    check = ALGORITHMS.get(algorithm)
    public = _find(kid, keys, purpose)
    return check is not None and public is not None and check(public, bytes(signature), data)


def _find(kid: str, known: Keys | None, purpose: str) -> bytes | None:
    if known is not None:
        return known.get(kid)
    published = keys.cache.lookup(kid)
    return published[1] if published and purpose in ("", published[0]) else None


@lru_cache(maxsize=64)
def _header(kid: str, typ: str) -> str:
    return keys.b64(orjson.dumps({"alg": "Ed25519", "kid": kid, "typ": typ}))


def sign_jws(purpose: str, payload: bytes, typ: str) -> str:
    """Sign ``payload`` as a compact JWS, alg Ed25519 (RFC 9864); ``typ`` as in RFC 7515, 4.1.9."""
    key = keys.signer(purpose)
    text = f"{_header(key.kid, typ)}.{keys.b64(payload)}"
    return f"{text}.{keys.b64(key.private.sign(text.encode()))}"


def sign_es256(key: keys.CurveSigner, header: Mapping[str, Any], payload: Mapping[str, Any]) -> str:
    """Sign a JWT with a key of ours, which ``header`` comes to name (RFC 7518, 3.4)."""
    named = {**header, "alg": "ES256", "kid": key.kid}
    text = f"{keys.b64(orjson.dumps(named))}.{keys.b64(orjson.dumps(payload))}"
    r, s = decode_dss_signature(key.private.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
    return f"{text}.{keys.b64(r.to_bytes(_COORDINATE) + s.to_bytes(_COORDINATE))}"


def verify_jws(
    text: str, keys: Keys | None = None, *, typ: str = "", purpose: str = ""
) -> tuple[dict[str, Any], bytes]:
    """Verify a compact JWS of ours and return its header and payload.

    Only EdDSA (by either name) is believed, whatever the header proposes; no extension is, nor
    a header that says something twice;
    ``typ`` must be the one expected, if any. Raises ``SignatureError`` with the reason.
    """
    parts = text.split(".") if len(text) <= LONGEST else []
    if len(parts) != 3:
        raise SignatureError("not a compact JWS: three parts are needed")
    try:
        header = json.loads(unb64(parts[0]), object_pairs_hook=canonical.once_each)
        payload, signature = unb64(parts[1]), unb64(parts[2])
    except (ValueError, binascii.Error) as error:
        raise SignatureError(f"not a compact JWS: {error}") from None
    if not isinstance(header, dict) or header.get("alg") not in NAMES:
        raise SignatureError("the algorithm is not EdDSA")
    if not {"crit", "b64"}.isdisjoint(header) or not isinstance(header.get("kid"), str):
        raise SignatureError("the header has no key id, or demands an extension")
    if typ and header.get("typ") != typ:
        raise SignatureError(f"this is a {header.get('typ')}, not a {typ}")
    public = _find(header["kid"], keys, purpose)
    if public is None:
        raise SignatureError("signed with a key that is not ours")
    if not _ed25519(public, signature, f"{parts[0]}.{parts[1]}".encode()):
        raise SignatureError("the signature does not match")
    return header, payload


def unb64(text: str) -> bytes:
    """Strict base64url: no padding, no other characters, one spelling for one value."""
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if keys.b64(data) != text:
        raise ValueError("base64url in another spelling")
    return data


def jwks() -> dict[str, list[dict[str, str]]]:
    """Return all published keys as a JWK set (RFC 7517), retired ones too."""
    return {"keys": [_jwk(k.kid, k.purpose, bytes(k.public)) for k in keys.published()]}


def _jwk(kid: str, purpose: str, public: bytes) -> dict[str, str]:
    # no "alg": what was signed before says EdDSA, what is signed now Ed25519, with one key
    return {**keys.jwk(public), "kid": kid, "use": "sig", "purpose": purpose}


def keys_of(jwks: Mapping[str, Any], purpose: str = "") -> dict[str, bytes]:
    """Read a JWK set for ``keys=``; each kid must be the thumbprint of its key.

    Raises ``SignatureError`` when the set is malformed.
    """
    found = {}
    try:
        for jwk in jwks["keys"]:
            if jwk["kty"] != "OKP" or jwk["crv"] != "Ed25519":
                continue  # for somebody else's algorithm
            public = unb64(jwk["x"])
            if keys.thumbprint(public) != jwk["kid"]:
                raise SignatureError(f"key {jwk['kid']} is not what its id says")
            if not purpose or jwk.get("purpose", purpose) == purpose:
                found[jwk["kid"]] = public
    except (KeyError, TypeError, ValueError) as error:
        raise SignatureError(f"not a JWK set: {error!r}") from error
    return found
