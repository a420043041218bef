"""Checking a shown credential: pure, with published keys alone. What a verifier has to check is in
RFC 9901, 7.3, in SD-JWT VC, 3.4, and for the status in the draft of Token Status Lists, 8.3.
"""

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from credentials import jwt, sdjwt, statuslist
from credentials.claims import TYP
from credentials.statuslist import Status

BINDING = "kb+jwt"
OLDEST_BINDING = datetime.timedelta(minutes=5)
CLOCKS_DIFFER = datetime.timedelta(minutes=1)

Keys = Callable[[str], bytes | None]  # kid: public key of an issuer of credentials


class Faulty(Exception):
    """A credential that must not be relied on: ``code`` is a key of ``words.FAULTS``."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Expected:
    """What was asked for; without ``nonce`` no key binding is looked for."""

    issuer: str
    vct: str = ""
    audience: str = ""
    nonce: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of a status list."""

    url: str
    index: int


@dataclass(frozen=True, slots=True)
class Checked:
    """A genuine credential: what was disclosed, and where its status is.

    ``parts``: the place of the status of each disclosed part.
    """

    claims: Mapping[str, Any]
    status: Place
    parts: Mapping[str, Place]


def check(text: str, keys: Keys, expected: Expected, now: datetime.datetime) -> Checked:
    """Check issuer, type, time, disclosures and key binding; raises ``Faulty``.

    The status is not checked: see ``status_in``.
    """
    try:
        shown = sdjwt.split(text)
        signed = jwt.read(shown.jwt, TYP)
        claims = _issued(signed, keys, expected, now)
        claims = sdjwt.reveal(claims, shown.disclosures)
        if expected.nonce:
            _check_binding(shown, claims, expected, now)
        parts = {
            item: _place(part)
            for item, part in claims.get("parts", {}).items()
            if isinstance(part, dict)
        }
        return Checked(claims, _place(claims), parts)
    except sdjwt.DisclosureError:
        raise Faulty("disclosure") from None
    except (jwt.JwtError, KeyError, TypeError, AttributeError):
        raise Faulty("malformed") from None


def _issued(
    signed: jwt.Jwt, keys: Keys, expected: Expected, now: datetime.datetime
) -> Mapping[str, Any]:
    public = keys(str(signed.header.get("kid", "")))
    if public is None or not signed.is_signed_by(public):
        raise Faulty("issuer")
    claims = signed.payload
    if claims.get("iss") != expected.issuer:
        raise Faulty("issuer")
    if expected.vct and claims.get("vct") != expected.vct:
        raise Faulty("type")
    if now.timestamp() >= signed.number("exp"):
        raise Faulty("expired")
    if signed.number("iat") > (now + CLOCKS_DIFFER).timestamp():
        raise Faulty("not_yet")
    return claims


def _check_binding(
    shown: sdjwt.Presentation,
    claims: Mapping[str, Any],
    expected: Expected,
    now: datetime.datetime,
) -> None:
    """Check that whoever holds the wallet's key has shown it to us, now (RFC 9901, 7.3)."""
    try:
        bound = jwt.read(shown.binding, BINDING)
        key = jwt.public_bytes(claims["cnf"]["jwk"])
        at = bound.number("iat")
    except (jwt.JwtError, KeyError, TypeError):
        raise Faulty("binding") from None
    if not bound.is_signed_by(key) or bound.payload.get("sd_hash") != shown.digest:
        raise Faulty("binding")
    if bound.payload.get("aud") != expected.audience:
        raise Faulty("audience")
    if bound.payload.get("nonce") != expected.nonce:
        raise Faulty("nonce")
    oldest, newest = now - OLDEST_BINDING, now + CLOCKS_DIFFER
    if not oldest.timestamp() <= at <= newest.timestamp():
        raise Faulty("binding_time")


def _place(claims: Mapping[str, Any]) -> Place:
    entry = claims["status"]["status_list"]
    if not isinstance(entry["uri"], str) or not isinstance(entry["idx"], int):
        raise TypeError("no place in a status list")
    return Place(entry["uri"], entry["idx"])


def status_in(
    text: str, place: Place, keys: Keys, now: datetime.datetime
) -> tuple[Status, datetime.datetime, bool]:
    """Read a status from a status list token: the status, as of when, and whether it is fresh.

    Raises ``Faulty`` for a token that is not the issuer's, of another list, or past its time.
    """
    try:
        signed = jwt.read(text, statuslist.TYP)
        public = keys(str(signed.header.get("kid", "")))
        if public is None or not signed.is_signed_by(public):
            raise Faulty("status_issuer")
        issued, until = signed.number("iat"), signed.number("exp")
        if signed.payload.get("sub") != place.url or issued > (now + CLOCKS_DIFFER).timestamp():
            raise Faulty("status_other")
        if now.timestamp() >= until:
            raise Faulty("status_stale")
        body = signed.payload["status_list"]
        status = Status(statuslist.read(body["lst"], body["bits"], place.index))
    except (jwt.JwtError, KeyError, TypeError, ValueError):
        raise Faulty("status_malformed") from None
    at = datetime.datetime.fromtimestamp(issued, datetime.UTC)
    return status, at, now - at <= statuslist.FRESH_FOR
