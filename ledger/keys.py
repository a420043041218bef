"""Keys: where they lie, which one is in use, and how one follows another.

Every private key is a file of its own in ``settings.KEYS_DIR`` (mode 0600), named
``PURPOSE-GENERATION.pem`` (Ed25519 or P-256, PKCS #8) or ``.key`` (32 random bytes as hex, for
encryption and keyed hashes). The newest generation of a purpose is in use. Public halves are
rows of ``PublicKey``, kept for as long as something signed with them may be checked.

Every process keeps its keys in memory, and looks at the folder again after ``CACHE_SECONDS``.
A new public key is therefore published before its private file appears, and what the old one
still signs for some seconds verifies as before.
"""

import base64
import dataclasses
import hashlib
import os
import re
import secrets
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from django.conf import settings

from ledger import canonical
from ledger.models import PublicKey

CURVE = ("wallet", "verifier")  # ES256 (P-256), which wallets take; see docs/wallet.md
# one key a purpose: Ed25519, but for those of CURVE
SIGNING = ("receipt", "certificate", "document", "head", "webhook", "trial", *CURVE)
# AES-256-GCM: numbers of people, secrets of partners and of officers' authenticators
ENCRYPTION = ("identity", "partner", "authenticator")
HASHING = ("index",)  # HMAC-SHA256; every stored index depends on it, so it has one generation
PURPOSES = SIGNING + ENCRYPTION + HASHING
CACHE_SECONDS = 30.0  # seconds for which a process trusts what it has read

_POINT = 65  # bytes of an uncompressed point of P-256
_FILE = re.compile(r"([a-z]+)-(\d{4})\.(pem|key)")


class KeyUnusable(Exception):
    """A key is missing or its file is not as it must be; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Signer:
    """A private signing key: ``kid`` is the RFC 7638 thumbprint of its public half."""

    kid: str
    private: Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class CurveSigner:
    """A private signing key on P-256 (ES256, RFC 7518); ``kid`` as of ``Signer``."""

    kid: str
    private: ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Secret:
    """A symmetric key of 32 bytes; ``id`` is 4 bytes of its SHA-256."""

    id: bytes
    secret: bytes = dataclasses.field(repr=False)


Key = Signer | CurveSigner | Secret


def jwk(public: bytes) -> dict[str, str]:
    """Return the public key as a JWK with no more than RFC 7638 hashes.

    ``public``: 32 bytes of Ed25519, or the 65 of a P-256 point (SEC 1, uncompressed).
    """
    if len(public) == _POINT:
        return {"crv": "P-256", "kty": "EC", "x": b64(public[1:33]), "y": b64(public[33:])}
    return {"crv": "Ed25519", "kty": "OKP", "x": b64(public)}


def thumbprint(public: bytes) -> str:
    """Return the RFC 7638 thumbprint of a public key as ``jwk`` takes it: 43 characters."""
    return b64(hashlib.sha256(canonical.dumps(jwk(public))).digest())


def public_of(private: Ed25519PrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
    """Return the public half as ``PublicKey`` holds it."""
    if isinstance(private, Ed25519PrivateKey):
        return private.public_key().public_bytes_raw()
    return private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def b64(data: bytes) -> str:
    """Base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class _Cache:
    """What this process has in memory of the folder's keys and of the published list."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.folder: Path | None = None
        self.newest: dict[str, Key] = {}
        self.secrets: dict[bytes, Secret] = {}
        self.published: dict[str, tuple[str, bytes]] = {}  # kid: (purpose, public)
        self.forget()

    def forget(self) -> None:
        """Look again next time; what others are using meanwhile stays."""
        self.read_at = self.published_at = float("-inf")

    def current(self, purpose: str) -> Key:
        if self._stale():
            with self.lock:
                if self._stale():  # still, now that it is our turn
                    self._read(Path(settings.KEYS_DIR))
        try:
            return self.newest[purpose]
        except KeyError:
            raise KeyUnusable(
                f"no {purpose} key in {settings.KEYS_DIR}: run `manage.py keys make`"
            ) from None

    def _stale(self) -> bool:
        return time.monotonic() - self.read_at > CACHE_SECONDS or self.folder != settings.KEYS_DIR

    def _read(self, folder: Path) -> None:
        while True:
            try:
                newest, every = _load(folder)
            except FileNotFoundError:
                continue  # rotated away between listing and reading
            break
        self.newest, self.secrets = newest, every
        self.folder, self.read_at = settings.KEYS_DIR, time.monotonic()

    def secret(self, key_id: bytes) -> Secret | None:
        """A symmetric key of any generation, by its id."""
        if key_id not in self.secrets:  # another process may have rotated just now
            with self.lock:
                self._read(Path(settings.KEYS_DIR))
        return self.secrets.get(key_id)

    def lookup(self, kid: str) -> tuple[str, bytes] | None:
        """The purpose and public bytes of a published key; asks the database when it must."""
        stale = time.monotonic() - self.published_at > CACHE_SECONDS
        if stale or kid not in self.published:  # or it was published just now
            with self.lock:
                self.published = {k.kid: (k.purpose, bytes(k.public)) for k in published()}
                self.published_at = time.monotonic()
        return self.published.get(kid)


cache = _Cache()


def published() -> list[PublicKey]:
    """Return the published keys, oldest first, that the root signed; nobody believes another."""
    from ledger import root  # which needs this module

    public = root.public()
    rows = PublicKey.objects.filter(algorithm__in=("Ed25519", "ES256"))
    return [key for key in rows.order_by("active_from", "kid") if root.is_signed(key, public)]


def _load(folder: Path) -> tuple[dict[str, Key], dict[bytes, Secret]]:
    newest: dict[str, Key] = {}
    every: dict[bytes, Secret] = {}
    for purpose, _generation, path in files(folder):  # oldest first: the newest one stays
        key = read(path)
        newest[purpose] = key
        if isinstance(key, Secret):
            every[key.id] = key
    return newest, every


def files(folder: Path) -> list[tuple[str, int, Path]]:
    """Return purpose, generation and path of every key file, oldest generation first."""
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        match = _FILE.fullmatch(path.name)
        if match and match[1] in PURPOSES:
            found.append((match[1], int(match[2]), path))
    return sorted(found)


def missing() -> list[str]:
    """Return the purposes for which the folder has no key, as after a release that brings one."""
    have = {purpose for purpose, _generation, _path in files(Path(settings.KEYS_DIR))}
    return [purpose for purpose in PURPOSES if purpose not in have]


def read(path: Path) -> Key:
    """Read one key file; raises ``KeyUnusable`` when it is not one, or open to everybody."""
    if path.stat().st_mode & 0o007:
        raise KeyUnusable(f"everybody may read {path}: chmod 600 it, and rotate the key")
    data = path.read_bytes()
    try:
        if path.suffix == ".key":
            secret = bytes.fromhex(data.decode().strip())
            if len(secret) != 32:
                raise ValueError("not 32 bytes")
            return Secret(hashlib.sha256(secret).digest()[:4], secret)
        private = load_pem_private_key(data, None)
        if isinstance(private, ec.EllipticCurvePrivateKey):
            if not isinstance(private.curve, ec.SECP256R1):
                raise ValueError("not on P-256")
            return CurveSigner(thumbprint(public_of(private)), private)
        if not isinstance(private, Ed25519PrivateKey):
            raise ValueError("neither an Ed25519 key nor one on P-256")
    except (ValueError, TypeError) as error:
        raise KeyUnusable(f"{path} cannot be read as a key: {error}") from error
    return Signer(thumbprint(public_of(private)), private)


def public_in_folder(purpose: str) -> dict[str, bytes]:
    """Return the public keys of ``purpose`` by kid as the folder has them, retired ones too.

    For auditors: the database could hold a false one.
    """
    found = {}
    for path in Path(settings.KEYS_DIR).glob(f"{purpose}-*"):
        if path.suffix not in (".pem", ".pub"):
            continue
        data = path.read_bytes()
        private = load_pem_private_key(data, None) if path.suffix == ".pem" else None
        public = private.public_key() if private else load_pem_public_key(data)
        if isinstance(public, Ed25519PublicKey):
            raw = public.public_bytes_raw()
            found[thumbprint(raw)] = raw
    return found


def signer(purpose: str) -> Signer:
    """Return the signing key in use for ``purpose``; raises ``KeyUnusable``."""
    key = cache.current(purpose)
    assert isinstance(key, Signer), f"{purpose} keys do not sign with Ed25519"
    return key


def curve_signer(purpose: str) -> CurveSigner:
    """Return the ES256 key in use for ``purpose`` (of ``CURVE``); raises ``KeyUnusable``."""
    key = cache.current(purpose)
    assert isinstance(key, CurveSigner), f"{purpose} keys do not sign with ES256"
    return key


def symmetric(purpose: str) -> Secret:
    """Return the symmetric key in use for ``purpose``; raises ``KeyUnusable``."""
    key = cache.current(purpose)
    assert isinstance(key, Secret), f"{purpose} keys do not encrypt"
    return key


def write(path: Path, data: bytes) -> bool:
    """Write a file that is whole or absent, for its owner alone; false where one is already."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)  # unlike a rename it refuses where somebody else was first
    except FileExistsError:
        return False  # made by another process just now: theirs is as good
    finally:
        draft.unlink()
    return True
