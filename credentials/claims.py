"""What a certificate says as claims of an SD-JWT VC: pure, from the certificate's signed payload.

Hidden, each by itself: the numbers, the holder's name and masked ID number, the issuing office, the
dates, every printed field (``fields``), and every filing that is a part of it (``parts``), which
has a status of its own. In the open: issuer, type, validity, status, and whether it is provisional.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from credentials.sdjwt import Hidden

TYP = "dc+sd-jwt"
Path = tuple[str, ...]

# path: what it is called, for wallets and for whoever asks to be shown it
COMMON: Mapping[Path, tuple[str, str]] = {
    ("number",): ("证照编号", "Number"),
    ("identifier",): ("电子证照标识", "Identifier"),
    ("certificate",): ("核验编号", "Verification code"),
    ("version",): ("版本", "Version"),
    ("holder", "name"): ("持证人", "Holder"),
    ("holder", "id_number"): ("持证人证件号码（已遮盖）", "Holder's ID number (masked)"),
    ("authority",): ("签发机关", "Issuing authority"),
    ("issued_on",): ("签发日期", "Issued on"),
    ("expires_on",): ("有效期至", "Valid until"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """A filing that is a part of a certificate; ``status``: the ``status`` claim of it alone."""

    item: str
    zh: str
    en: str
    receiver: str
    status: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Frame:
    """What is not the certificate's own; ``key``: the wallet's public JWK."""

    issuer: str
    vct: str
    issued: datetime.datetime
    expires: datetime.datetime
    key: Mapping[str, Any]
    status: Mapping[str, Any]


def claims(payload: Mapping[str, Any], parts: Iterable[Part], frame: Frame) -> dict[str, Any]:
    """Return the claims with those ``Hidden`` that are the holder's to show (SD-JWT VC)."""
    holder = payload["holder"]
    provisional = payload.get("provisional")
    return {
        "iss": frame.issuer,
        "vct": frame.vct,
        # to the hour: a moment would tell apart who was given it when
        "iat": int(frame.issued.timestamp()) // 3600 * 3600,
        "exp": int(frame.expires.timestamp()),
        "cnf": {"jwk": dict(frame.key)},
        "status": dict(frame.status),
        **({"provisional": provisional} if provisional else {}),
        "number": Hidden(payload["number"]),
        "identifier": Hidden(payload["identifier"]),
        "certificate": Hidden(payload["id"]),
        "version": Hidden(payload["version"]),
        "holder": {"name": Hidden(holder["name"]), "id_number": Hidden(holder["number"])},
        "authority": Hidden(payload["issuer"]),
        "issued_on": Hidden(payload["issued"]),
        "expires_on": Hidden(payload["expires"]),
        "fields": {field["id"]: Hidden(field["value"]) for field in payload["fields"]},
        "parts": {
            part.item: Hidden(
                {
                    "zh": part.zh,
                    "en": part.en,
                    "receiver": part.receiver,
                    "status": dict(part.status),
                }
            )
            for part in parts
        },
    }


def named(
    fields: Sequence[tuple[str, str, str]], parts: Sequence[tuple[str, str, str]]
) -> dict[Path, tuple[str, str]]:
    """Return the names (zh, en) of every claim that can be shown, by path.

    ``fields`` and ``parts``: (id, zh, en) of what the service prints and files.
    """
    return {
        **COMMON,
        **{("fields", name): (zh, en) for name, zh, en in fields},
        **{("parts", name): (zh, en) for name, zh, en in parts},
    }


def display(names: tuple[str, str]) -> list[dict[str, str]]:
    """Return names as metadata of types and issuers list them (SD-JWT VC, OpenID4VCI)."""
    return [{"name": name, "locale": tag} for name, tag in zip(names, ("zh-CN", "en"), strict=True)]


def type_metadata(
    vct: str, name: tuple[str, str], claims_of: Mapping[Path, tuple[str, str]]
) -> dict[str, Any]:
    """Return the type metadata of SD-JWT VC, section 4."""
    return {
        "vct": vct,
        "name": name[1],
        "display": display(name),
        "claims": [
            {
                "path": list(path),
                "display": [
                    {"label": one["name"], "locale": one["locale"]} for one in display(names)
                ],
                "sd": "always",
            }
            for path, names in claims_of.items()
        ],
    }
