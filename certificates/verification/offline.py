"""Checking a signed certificate with nothing but a published key set: no database, no network.

A signed certificate is a compact JWS (RFC 7515) over Ed25519 (RFC 8037, RFC 9864); a key set is a
JWK Set (RFC 7517). What the JWS itself says about how to check it is refused unless it is what we
issue.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from certificates.payload import FORM, TYP
from ledger import canonical, signatures

LONGEST = 64_000  # characters of a JWS; real ones have about 2,000


class Forged(Exception):
    """Not a certificate of ours; ``zh`` and ``en`` say why."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(en)


# what ledger.signatures says in English, by a word of it
_CHINESE = (
    ("compact", "不是完整的证照封装（JWS）"),
    ("algorithm", "签名算法不是本机关使用的算法"),
    ("extension", "封装头部不完整，或要求不认识的扩展"),
    (f"not a {TYP}", "封装的类型不是证照"),
    ("key that", "签名密钥不在公布的证照密钥之中"),
    ("signature", "签名不符：内容被改动，或并非本机关签发"),
    ("its id", "密钥集有误：密钥与其编号不符"),
    ("JWK", "密钥集有误"),
)


@dataclass(frozen=True, slots=True)
class Checked:
    """A genuine certificate: what it says, who signed it, and whether its time has passed.

    Offline nobody knows of a later revocation: ``status`` says where to ask.
    """

    payload: Mapping[str, Any]
    kid: str
    expired: bool
    not_yet: bool

    @property
    def unconfirmed(self) -> datetime.date | None:
        """The last day until which a provisional approval is confirmed; None: it is none.

        Past it, nobody relies on this copy; confirmed, another version stands in its place.
        """
        found = self.payload.get("provisional")
        return datetime.date.fromisoformat(found["until"]) if found else None

    @property
    def status(self) -> tuple[int, int]:
        """The (status list, bit) to look up online."""
        return int(self.payload["status"]["list"]), int(self.payload["status"]["index"])


def check(jws: str, keys: signatures.Keys | None, on: datetime.date) -> Checked:
    """Check a JWS as of a day; raises ``Forged`` with the first reason.

    ``keys`` are public keys by id, see ``keys_of``; None asks this system's own published keys.
    """
    jws = jws.strip()
    if len(jws) > LONGEST or not jws.isascii():
        raise Forged("不是证照封装", "this is not a signed certificate")
    try:
        header, body = signatures.verify_jws(jws, keys, typ=TYP, purpose="certificate")
    except signatures.SignatureError as error:
        raise _translated(error) from None
    try:
        payload = canonical.loads(body)
        if payload["form"] != FORM:
            raise ValueError("another form")
        issued = datetime.date.fromisoformat(payload["issued"])
        last = datetime.date.fromisoformat(payload["expires"]) if payload["expires"] else None
        checked = Checked(payload, header["kid"], last is not None and on > last, on < issued)
        _ = checked.status, checked.unconfirmed
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Forged("证照内容不是规范形式", "the content is not in canonical form") from None
    return checked


def keys_of(jwks: Mapping[str, Any]) -> signatures.Keys:
    """Return the keys of a JWK set that sign certificates; raises ``Forged``."""
    try:
        return signatures.keys_of(jwks, "certificate")
    except signatures.SignatureError as error:
        raise _translated(error) from None


def _translated(error: signatures.SignatureError) -> Forged:
    message = str(error)
    zh = next((zh for word, zh in _CHINESE if word in message), "封装核验不通过")
    return Forged(zh, message)
