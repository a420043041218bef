"""Signing what wallets read: ES256, with the key's X.509 chain in the header (``x5c``).

What a city's certification authority gave it lies in ``KEYS_DIR/chains/KID.pem``, the leaf first.
Where there is none a leaf is made beside it, under the root that PDFs are signed under, for the
site as it is called now.
"""

import base64
import datetime
import hashlib
import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID
from django.conf import settings

from certificates.pdf import signing as authority
from ledger import keys, signatures

WALLET = "wallet"  # signs credentials and status lists
VERIFIER = "verifier"  # signs requests to show a credential


def sign(purpose: str, typ: str, payload: Mapping[str, Any], now: datetime.datetime) -> str:
    """Sign a JWT of type ``typ`` with the key in use for ``purpose``."""
    key = keys.curve_signer(purpose)
    chain = [base64.b64encode(der).decode() for der in _chain(key, now)]
    return signatures.sign_es256(key, {"typ": typ, "x5c": chain}, payload)


def client_id(now: datetime.datetime) -> str:
    """Return what we are called as a verifier (OpenID4VP, 5.9.3).

    By the name of our host, which the leaf certificate has; under a bare address by its hash.
    """
    host = urlsplit(settings.SITE_URL).hostname or ""
    if _is_address(host):
        leaf = _chain(keys.curve_signer(VERIFIER), now)[0]
        return f"x509_hash:{keys.b64(hashlib.sha256(leaf).digest())}"
    return f"x509_san_dns:{host}"


def _chain(key: keys.CurveSigner, now: datetime.datetime) -> tuple[bytes, ...]:
    """Return the certificates (DER) of a key, the leaf first, and without the root."""
    folder = Path(settings.KEYS_DIR) / "chains"
    if (given := folder / f"{key.kid}.pem").exists():
        return _read(given)
    site = hashlib.sha256(settings.SITE_URL.encode()).hexdigest()[:16]
    path = folder / f"{key.kid}.{site}.pem"
    if not path.exists():
        folder.mkdir(mode=0o700, exist_ok=True)
        leaf = _leaf(key, now)
        keys.write(path, leaf.public_bytes(serialization.Encoding.PEM))
    return _read(path)


@lru_cache(maxsize=8)
def _read(path: Path) -> tuple[bytes, ...]:
    found = x509.load_pem_x509_certificates(path.read_bytes())
    return tuple(one.public_bytes(serialization.Encoding.DER) for one in found)


def _leaf(key: keys.CurveSigner, now: datetime.datetime) -> x509.Certificate:
    host = urlsplit(settings.SITE_URL).hostname or ""
    name: x509.GeneralName = (
        x509.IPAddress(ipaddress.ip_address(host)) if _is_address(host) else x509.DNSName(host)
    )
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, settings.CITY.en),
            x509.NameAttribute(NameOID.COMMON_NAME, host[:64]),
        ]
    )
    names = x509.SubjectAlternativeName([name, x509.UniformResourceIdentifier(settings.SITE_URL)])
    until = now + datetime.timedelta(days=365 * authority.YEARS)
    return authority.certified(key.private.public_key(), subject, names, now, until)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
