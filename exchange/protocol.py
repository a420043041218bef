"""Questions to another agency's registry and its signed answers: one file for both sides.

Needs Python's standard library and ``cryptography``; an agency may take it as it is, and any JOSE
library does the same. A question is a compact JWS (RFC 7515), ``POST /v2/{registry}/query``::

    {"alg", "kid", "typ": "registry-question+jwt"}
    {"aud": registry, "nonce", "iat",
     "subjects": [{"number", "fields", "case", "purpose", "basis"}, …]}

The answer is an SD-JWT (RFC 9901) with the nonce of the question, one disclosure a subject::

    {"alg", "kid", "typ": "registry-answer+sd-jwt"}
    {"iss": registry, "nonce", "iat", "_sd_alg": "sha-256", "answers": [{"...": digest}, …]}
    [salt, {"number", "outcome", "version", "data"}]

so that what it says of one subject can be proved with one signature and no word about the others.
``alg`` is Ed25519 (RFC 9864; its older name EdDSA is read), or HS256 where an agency has no key
pair: such an answer is authenticated to us and proves nothing to anybody else. Which of the two a
key is for stands beside the key, and never in the message alone.

What an agency has signed is checked without this project by

    python protocol.py PROOF --keys answer.jwks

Without TLS between the two this keeps an answer from being forged, replayed or mixed up; it does
not keep it secret, so outside a demo the address is ``https://``.
"""

import argparse
import base64
import datetime
import hashlib
import hmac
import json
import secrets
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

QUESTION = "registry-question+jwt"
ANSWER = "registry-answer+sd-jwt"
FOUND = "registry-found+jwt"  # of a search (``exchange.searches``): names nobody
ED25519, HS256 = "Ed25519", "HS256"
NAMES = {"Ed25519": ED25519, "EdDSA": ED25519, "HS256": HS256}  # in headers
TOLERANCE = 300  # seconds that a question may be old, or early
SUBJECTS_MAX = 1000
SALT_LEAST = 22  # characters: 128 bits in base64url (RFC 9901, 9.3)
SECRET_LEAST = 32  # bytes of a shared secret (RFC 7518, 3.2)
Json = dict[str, Any]
# as in ledger.signatures: y of the points whose order divides 8, under which one signature fits all
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


class Invalid(ValueError):
    """A message or key that must not be believed; the message says why."""


class Malformed(Invalid):
    """Authentic, and not of the agreed shape."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a registry and direction. ``begins`` and ``ends``: Unix seconds, if limited.

    ``material``: the public key (Ed25519, 32 bytes) or the shared secret (HS256). ``private``: the
    32 bytes that sign, where this side has them.
    """

    kid: str
    algorithm: str
    material: bytes = field(repr=False)
    private: bytes | None = field(default=None, repr=False)
    begins: int | None = None
    ends: int | None = None

    def is_active(self, at: datetime.datetime) -> bool:
        seconds = at.timestamp()
        has_begun = self.begins is None or self.begins <= seconds
        return has_begun and (self.ends is None or seconds < self.ends)

    @property
    def signs(self) -> bool:
        return self.algorithm == HS256 or self.private is not None

    def sign(self, data: bytes) -> bytes:
        if self.algorithm == HS256:
            return hmac.digest(self.material, data, hashlib.sha256)
        if self.private is None:
            raise Invalid(f"key {self.kid} only verifies")
        return Ed25519PrivateKey.from_private_bytes(self.private).sign(data)

    def verifies(self, signature: bytes, data: bytes) -> bool:
        if self.algorithm == HS256:
            return hmac.compare_digest(self.sign(data), signature)
        try:
            Ed25519PublicKey.from_public_bytes(self.material).verify(signature, data)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signed:
    """The payload of a message whose signature was verified, and with which key."""

    payload: Json
    key: Key


def thumbprint(material: bytes) -> str:
    """Return the key id of an Ed25519 public key (RFC 7638)."""
    jwk = {"crv": "Ed25519", "kty": "OKP", "x": b64(material)}
    return b64(hashlib.sha256(json.dumps(jwk, separators=(",", ":")).encode()).digest())


def generated(algorithm: str, *, begins: int | None = None) -> Key:
    """Return a new key that signs."""
    return from_seed(algorithm, secrets.token_bytes(32), begins=begins)


def from_seed(
    algorithm: str, seed: bytes, *, begins: int | None = None, ends: int | None = None
) -> Key:
    """Return the key that 32 bytes make; the id of a shared secret tells nothing of it."""
    if algorithm == HS256:
        kid = b64(hashlib.sha256(b"kid." + seed).digest()[:12])
        return Key(kid, HS256, seed, begins=begins, ends=ends)
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    return Key(thumbprint(public), ED25519, public, seed, begins, ends)


def to_jwk(key: Key, *, public: bool = False) -> Json:
    """Return a key as a JWK (RFC 7517, 8037); ``public``: without what signs."""
    limits = {"nbf": key.begins, "exp": key.ends}
    jwk: Json = {"kid": key.kid, "alg": key.algorithm, "use": "sig"}
    if key.algorithm == HS256:
        if public:
            raise Invalid("a shared secret has no public half")
        jwk |= {"kty": "oct", "k": b64(key.material)}
    else:
        jwk |= {"kty": "OKP", "crv": "Ed25519", "x": b64(key.material)}
        if key.private is not None and not public:
            jwk["d"] = b64(key.private)
    return jwk | {name: value for name, value in limits.items() if value is not None}


def read_jwks(text: str | bytes) -> list[Key]:
    """Read a JWK set with nothing in it but keys of ours; raises ``Invalid``."""
    try:
        found = [_key(jwk) for jwk in json.loads(text, object_pairs_hook=_once_each)["keys"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Invalid(f"not a set of keys (RFC 7517): {error}") from None
    if len({key.kid for key in found}) != len(found):
        raise Invalid("two keys have the same kid")
    return found


def _key(jwk: Json) -> Key:
    begins, ends = jwk.get("nbf"), jwk.get("exp")
    for limit in (begins, ends):
        if limit is not None and type(limit) is not int:
            raise Invalid("nbf and exp are whole seconds")
    if jwk["kty"] == "oct":
        secret = unb64(jwk["k"])
        if len(secret) < SECRET_LEAST:
            raise Invalid(f"a shared secret has {SECRET_LEAST} bytes at least")
        return Key(str(jwk["kid"]), HS256, secret, begins=begins, ends=ends)
    if (jwk["kty"], jwk["crv"]) != ("OKP", "Ed25519"):
        raise Invalid("only Ed25519 keys and shared secrets are read")
    material = unb64(jwk["x"])
    if len(material) != 32 or bytes((*material[:31], material[31] & 0x7F)) in _SMALL_ORDER:
        raise Invalid("not an Ed25519 public key")
    private = unb64(jwk["d"]) if "d" in jwk else None
    if private is not None and from_seed(ED25519, private).material != material:
        raise Invalid("d and x are not of one key")
    return Key(
        str(jwk.get("kid") or thumbprint(material)), ED25519, material, private, begins, ends
    )


def sign(key: Key, typ: str, payload: Json) -> str:
    """Return a compact JWS."""
    header = {"alg": key.algorithm, "kid": key.kid, "typ": typ}
    text = f"{b64(_dumps(header))}.{b64(_dumps(payload))}"
    return f"{text}.{b64(key.sign(text.encode()))}"


def verify(text: str, keys: Iterable[Key], typ: str, at: datetime.datetime) -> Signed:
    """Verify a compact JWS with one of ``keys`` that is active at ``at``; raises ``Invalid``.

    The key that the header names must be for the header's ``alg``; no extension is believed, nor
    a text that says something twice.
    """
    parts = text.split(".")
    if len(parts) != 3:
        raise Invalid("not a compact JWS: three parts are needed")
    header = _object(parts[0], "header")
    if header.get("typ") != typ:
        raise Invalid(f"this is a {header.get('typ')}, not a {typ}")
    if not {"crit", "b64"}.isdisjoint(header):
        raise Invalid("the header demands an extension")
    key = next((key for key in keys if key.kid == header.get("kid")), None)
    if key is None:
        raise Invalid("signed with a key that is not known here")
    if NAMES.get(str(header.get("alg"))) != key.algorithm:
        raise Invalid("the algorithm is not that of the key")
    if not key.is_active(at):
        raise Invalid("signed with a key that had not begun, or had ended")
    if not key.verifies(unb64(parts[2]), f"{parts[0]}.{parts[1]}".encode()):
        raise Invalid("the signature does not match")
    try:
        return Signed(_object(parts[1], "payload"), key)
    except Invalid as error:
        raise Malformed(str(error)) from None


def question(
    key: Key, registry: str, nonce: str, at: datetime.datetime, asked: Mapping[str, Any]
) -> bytes:
    """Return a question: ``asked`` has its ``subjects``, or the ``text`` of a search."""
    payload = {"aud": registry, "nonce": nonce, "iat": int(at.timestamp()), **asked}
    return sign(key, QUESTION, payload).encode()


def answer(
    key: Key, registry: str, nonce: str, at: datetime.datetime, items: Sequence[Any]
) -> bytes:
    """Return the signed answer about each of ``items``."""
    disclosures = [b64(_dumps([secrets.token_urlsafe(16), item])) for item in items]
    payload = {
        "iss": registry,
        "nonce": nonce,
        "iat": int(at.timestamp()),
        "_sd_alg": "sha-256",
        "answers": [{"...": digest(one)} for one in disclosures],
    }
    return "~".join((sign(key, ANSWER, payload), *disclosures, "")).encode()


def digest(disclosure: str) -> str:
    """Return what stands for a disclosure in the signed payload (RFC 9901, 4.2.3)."""
    return b64(hashlib.sha256(disclosure.encode()).digest())


def split(text: str) -> tuple[str, list[str]]:
    """Return the JWS of an SD-JWT and its disclosures; raises ``Invalid``."""
    statement, *disclosures, end = text.split("~")
    if end or not statement:
        raise Invalid("not an SD-JWT without key binding: it ends in ~")
    return statement, disclosures


def present(statement: str, disclosure: str) -> str:
    """Return the SD-JWT that proves what was said of one subject, and of nobody else."""
    return f"{statement}~{disclosure}~"


def disclosed(payload: Mapping[str, Any], disclosures: Sequence[str]) -> list[Any]:
    """Return the item of each disclosure; raises ``Invalid`` where it is not in the payload once.

    None stands for what is no item, or has no salt that keeps its digest from being guessed.
    """
    places = payload.get("answers")
    if payload.get("_sd_alg", "sha-256") != "sha-256" or not isinstance(places, list):
        raise Malformed("not an answer")
    listed = Counter(str(one.get("...")) for one in places if isinstance(one, dict))
    digests = [digest(disclosure) for disclosure in disclosures]
    if len(set(digests)) != len(digests) or any(listed[one] != 1 for one in digests):
        raise Invalid("an item is not among those that were signed")
    return [_item(one) for one in disclosures]


def _item(disclosure: str) -> Any:
    try:
        found = _loads(unb64(disclosure))
    except Invalid:
        return None
    if not isinstance(found, list) or len(found) != 2:
        return None
    salt, item = found
    return item if isinstance(salt, str) and len(salt) >= SALT_LEAST else None


def check_proof(text: str, keys: Iterable[Key]) -> tuple[Signed, list[Any]]:
    """Verify an answer or a part of one at the time that it bears; raises ``Invalid``."""
    statement, disclosures = split(text.strip())
    body = _object(statement.split(".")[1] if "." in statement else "", "payload")
    signed = verify(statement, keys, ANSWER, moment(body))
    return signed, disclosed(signed.payload, disclosures)


def moment(payload: Mapping[str, Any]) -> datetime.datetime:
    """Return when a message was made, by its ``iat``; raises ``Invalid``."""
    seconds = payload.get("iat")
    if type(seconds) is not int or not 0 <= seconds < 2**34:
        raise Malformed("it bears no time")
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)


def b64(data: bytes) -> str:
    """Base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Strict base64url: no padding, no other characters, one spelling for one value."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError as error:
        raise Invalid(f"not base64url: {error}") from None
    if b64(data) != text:
        raise Invalid("base64url in another spelling")
    return data


def _object(part: str, what: str) -> Json:
    found = _loads(unb64(part))
    if not isinstance(found, dict):
        raise Invalid(f"the {what} is not an object")
    return found


def _loads(data: bytes) -> Any:
    try:
        return json.loads(data.decode(), object_pairs_hook=_once_each, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"not JSON: {error}") from None


def _once_each(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Invalid("a name stands twice in one object")
    return found


def _refuse(constant: str) -> Any:
    raise Invalid(f"{constant} is not JSON")


def _dumps(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def main(arguments: Sequence[str] | None = None) -> int:
    """Check a proof against the keys of the agency that is said to have signed it."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("proof", type=Path, help="an answer, or a part of one: a file")
    parser.add_argument("--keys", type=Path, required=True, help="the agency's JWK set")
    options = parser.parse_args(arguments)
    try:
        keys = read_jwks(options.keys.read_bytes())
        signed, items = check_proof(options.proof.read_text("ascii"), keys)
    except (OSError, ValueError) as error:
        print(f"not proved: {error}", file=sys.stderr)
        return 1
    shared = signed.key.algorithm == HS256
    found = {
        "registry": signed.payload.get("iss"),
        "answered_at": moment(signed.payload).isoformat(),
        "kid": signed.key.kid,
        "algorithm": signed.key.algorithm,
        "proves_to": "nobody but whoever shares the secret" if shared else "everybody",
        "said": items,
    }
    print(json.dumps(found, ensure_ascii=False, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
