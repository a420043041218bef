"""Checking a sealed certificate with nothing but a published key set: no database, no network.

A seal is a compact JWS (RFC 7515) signed with EdDSA over Ed25519 (RFC 8037); a key set is a JWK Set
(RFC 7517). Everything that the seal itself says about how to check it is refused unless it is what
we issue: the algorithm, the type, critical extensions, keys brought along.
"""

import base64
import binascii
import datetime
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from certificates.payload import FORM, TYP
from ledger import canonical

LONGEST = 64_000  # characters of a seal; real ones have about 2,000
_B64 = re.compile(rb"[A-Za-z0-9_-]+")


class Forged(Exception):
    """Not a certificate of ours. ``code`` is short and stable; ``zh`` and ``en`` are for people."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.zh, self.en = REASONS[code]
        super().__init__(f"{code}: {self.en}")


REASONS = {
    "size": ("内容过长，不是证照", "too long to be a certificate"),
    "format": ("不是完整的证照封装（JWS）", "not a complete seal (compact JWS)"),
    "header": ("封装头部无法识别", "the header of the seal cannot be read"),
    "algorithm": ("签名算法不是本机关使用的算法", "the algorithm is not one that we sign with"),
    "type": ("封装类型不是证照", "this kind of document is not a certificate"),
    "key": ("签名密钥不在公布的密钥集中", "the key is not in the published key set"),
    "purpose": ("该密钥不用于签发证照", "that key does not sign certificates"),
    "signature": ("签名不符：内容被改动或并非本机关签发", "the signature does not fit: changed, or not ours"),
    "payload": ("证照内容不是规范形式", "the content is not in canonical form"),
}


@dataclass(frozen=True, slots=True)
class Checked:
    """A genuine certificate: what it says, who sealed it, and whether its time has passed.

    Offline nobody knows of a later revocation: ``status`` says where to ask.
    """

    payload: Mapping[str, Any]
    kid: str
    expired: bool
    not_yet: bool

    @property
    def status(self) -> tuple[int, int]:
        """The (status list, bit) to look up online."""
        return int(self.payload["status"]["list"]), int(self.payload["status"]["index"])


def check(seal: str | bytes, keys: Mapping[str, Any], on: datetime.date) -> Checked:
    """Check a seal against a JWK Set as of a day; raises ``Forged`` with the first reason."""
    raw = seal.encode("ascii", "replace") if isinstance(seal, str) else bytes(seal)
    raw = raw.strip()
    if len(raw) > LONGEST:
        raise Forged("size")
    parts = raw.split(b".")
    if len(parts) != 3:
        raise Forged("format")
    head, body, signature = (_decode(p) for p in parts)
    kid = _header(head)
    key = _key(keys, kid)
    try:
        key.verify(signature, parts[0] + b"." + parts[1])
    except InvalidSignature:
        raise Forged("signature") from None
    return _read(body, kid, on)


def _decode(part: bytes) -> bytes:
    if not _B64.fullmatch(part):
        raise Forged("format")
    try:
        value = base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))
    except binascii.Error:
        raise Forged("format") from None
    if base64.urlsafe_b64encode(value).rstrip(b"=") != part:
        raise Forged("format")  # stray bits: two writings of one seal
    return value


def _header(raw: bytes) -> str:
    try:
        header = json.loads(raw)
    except (ValueError, RecursionError):
        raise Forged("header") from None
    if not isinstance(header, dict) or set(header) != {"alg", "kid", "typ"}:
        raise Forged("header")  # nothing critical, no key or certificate brought along
    if header["alg"] != "EdDSA":
        raise Forged("algorithm")
    if header["typ"] != TYP:
        raise Forged("type")
    if not isinstance(header["kid"], str):
        raise Forged("key")
    return header["kid"]


def _key(keys: Mapping[str, Any], kid: str) -> Ed25519PublicKey:
    for jwk in keys.get("keys", ()):
        if jwk.get("kid") != kid:
            continue
        if jwk.get("kty") != "OKP" or jwk.get("crv") != "Ed25519":
            raise Forged("algorithm")
        if jwk.get("purpose") != "certificate":
            raise Forged("purpose")
        try:
            public = _decode(str(jwk.get("x", "")).encode())
            return Ed25519PublicKey.from_public_bytes(public)
        except (Forged, ValueError):
            raise Forged("key") from None
    raise Forged("key")


def _read(body: bytes, kid: str, on: datetime.date) -> Checked:
    try:
        payload = canonical.loads(body)
        if payload["form"] != FORM:
            raise Forged("payload")
        issued = datetime.date.fromisoformat(payload["issued"])
        last = datetime.date.fromisoformat(payload["expires"]) if payload["expires"] else None
        checked = Checked(payload, kid, last is not None and on > last, on < issued)
        _ = checked.status
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Forged("payload") from None
    return checked
