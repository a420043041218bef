"""Selective disclosure of JWTs (RFC 9901): pure, so that anybody can check what it makes.

``conceal`` makes digests and disclosures of a tree of claims; ``reveal`` puts what was disclosed
back in its place, and refuses whatever RFC 9901, 7.1 says must be.
"""

import base64
import binascii
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.canonical import once_each

SALT = 16  # bytes: 128 bits, as RFC 9901, 9.3 recommends
FEWEST = 8  # digests of an object; always a power of two, so that their number tells little
DEEPEST = 8  # objects in one another
MOST = 256  # disclosures that are read
_OURS = ("_sd", "...", "_sd_alg")


class DisclosureError(ValueError):
    """A presentation that must be refused; the message says why."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """A claim that its holder discloses or keeps to themselves; ``value`` may hold more of them."""

    value: Any


@dataclass(frozen=True, slots=True)
class Presentation:
    """An SD-JWT in its parts: the issuer's JWT, the disclosures, and a key binding JWT or ""."""

    jwt: str
    disclosures: tuple[str, ...]
    binding: str
    digest: str = field(default="")  # base64url SHA-256 of what the key binding covers (sd_hash)


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Read strict base64url: no padding, one spelling for one value; raises ``ValueError``."""
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if b64(data) != text:
        raise ValueError("base64url in another spelling")
    return data


def digest(text: str) -> str:
    return b64(hashlib.sha256(text.encode()).digest())


def conceal(claims: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the claims with a digest in place of each ``Hidden`` one, and their disclosures.

    Decoys fill each list of digests up to a power of two, and stand alone in an empty object; the
    list is sorted, so that neither number nor order tell what is hidden.
    """
    disclosures: list[str] = []
    return {**_object(claims, disclosures), "_sd_alg": "sha-256"}, disclosures


def _object(claims: Mapping[str, Any], disclosures: list[str]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    digests: list[str] = []
    for name, value in claims.items():
        if name in _OURS:
            raise ValueError(f"{name} is no name of a claim (RFC 9901, 4.1)")
        inner = value.value if isinstance(value, Hidden) else value
        if isinstance(inner, Mapping):
            inner = _object(inner, disclosures)
        if not isinstance(value, Hidden):
            shown[name] = inner
            continue
        salted = [b64(secrets.token_bytes(SALT)), name, inner]
        disclosure = b64(json.dumps(salted, ensure_ascii=False).encode())
        disclosures.append(disclosure)
        digests.append(digest(disclosure))
    if digests or not claims:  # that there is nothing tells something, too
        full = max(FEWEST, 1 << max(len(digests) - 1, 0).bit_length())
        digests += [b64(secrets.token_bytes(32)) for _ in range(full - len(digests))]
        shown["_sd"] = sorted(digests)
    return shown


def split(text: str) -> Presentation:
    """Return the parts of a compact SD-JWT, with or without key binding."""
    jwt, *rest = text.split("~")
    if not rest or len(rest) > MOST or not text.isascii():
        raise DisclosureError("this is no SD-JWT, or has too many disclosures")
    *disclosures, binding = rest
    covered = text[: len(text) - len(binding)]
    return Presentation(jwt, tuple(disclosures), binding, digest(covered))


def reveal(payload: Mapping[str, Any], disclosures: Sequence[str]) -> dict[str, Any]:
    """Return the issuer's payload with what was disclosed in its place (RFC 9901, 7.1).

    Raises ``DisclosureError`` for a disclosure that is malformed, not the issuer's, twice there,
    or would replace another claim.
    """
    if payload.get("_sd_alg", "sha-256") != "sha-256":
        raise DisclosureError("the digests are not of SHA-256")
    known = {digest(one): _disclosed(one) for one in disclosures}
    if len(known) != len(disclosures):
        raise DisclosureError("a disclosure stands twice")
    seen: set[str] = set()
    found = _filled(payload, known, seen, 0)
    if not known.keys() <= seen:
        raise DisclosureError("a disclosure is not the issuer's")
    found.pop("_sd_alg", None)
    return found


def _disclosed(text: str) -> tuple[str, Any]:
    try:
        salt, name, value = json.loads(unb64(text).decode(), object_pairs_hook=once_each)
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise DisclosureError("a disclosure is malformed") from None
    if not isinstance(salt, str) or not isinstance(name, str) or name in _OURS:
        raise DisclosureError("a disclosure is malformed")
    return name, value


def _filled(
    claims: Mapping[str, Any], known: Mapping[str, tuple[str, Any]], seen: set[str], depth: int
) -> dict[str, Any]:
    if depth > DEEPEST:
        raise DisclosureError("objects are too deep in one another")
    digests = claims.get("_sd", [])
    if not isinstance(digests, list) or not all(isinstance(one, str) for one in digests):
        raise DisclosureError("the digests are malformed")
    found = {
        name: _filled(value, known, seen, depth + 1) if isinstance(value, Mapping) else value
        for name, value in claims.items()
        if name != "_sd"
    }
    for one in digests:
        if one in seen:
            raise DisclosureError("a digest stands twice")
        seen.add(one)
        if one not in known:
            continue
        name, value = known[one]
        if name in found:
            raise DisclosureError(f"{name} is disclosed and stands there already")
        found[name] = (
            _filled(value, known, seen, depth + 1) if isinstance(value, Mapping) else value
        )
    return found
