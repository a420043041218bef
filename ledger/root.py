"""The root key, which signs which keys are ours and for what: kept offline, used by commands only.

Each published key is a statement in one numbered history, each naming the hash of the one before,
signed by the root (Ed25519). A row that somebody else puts among the published keys is believed by
nobody who has ``root.pub`` in the key folder, and the database holds no way to make one.
"""

import hashlib
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)
from django.conf import settings

from ledger import canonical, keys
from ledger.events import instant
from ledger.models import PublicKey


def private_path() -> Path:
    """Return where the root's private half is; outside the key folder but in a demo."""
    return Path(settings.KEYS_ROOT or Path(settings.KEYS_DIR) / "root.pem")


def public_path() -> Path:
    return Path(settings.KEYS_DIR) / "root.pub"


def make() -> bool:
    """Make the root key where there is none, and its public half in the key folder.

    Returns whether it is new. Raises ``KeyUnusable`` where ``root.pub`` is there and the private
    half is not, or where a real city would keep it in the key folder.
    """
    path = private_path()
    demo = settings.DEMO or settings.DEBUG
    if not demo and path.resolve().is_relative_to(Path(settings.KEYS_DIR).resolve()):
        raise keys.KeyUnusable(
            "set KEYS_ROOT to a file on a medium that is not left in this machine: see docs/keys.md"
        )
    is_new = not path.exists()
    if is_new:
        if public_path().exists():
            raise keys.KeyUnusable(
                f"{path} is missing, the private half of {public_path()}: put its medium in,"
                " or set KEYS_ROOT"
            )
        private = Ed25519PrivateKey.generate()
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        keys.write(path, pem)
    public = signer().private.public_key()
    keys.write(public_path(), public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return is_new


def signer() -> keys.Signer:
    """Return the root key; raises ``KeyUnusable`` when its file is not there."""
    try:
        key = keys.read(private_path())
    except FileNotFoundError:
        raise keys.KeyUnusable(f"no root key in {private_path()}: set KEYS_ROOT") from None
    assert isinstance(key, keys.Signer)
    return key


def public() -> bytes | None:
    """Return the root's public key (32 bytes) as the key folder has it."""
    try:
        key = load_pem_public_key(public_path().read_bytes())
    except FileNotFoundError:
        return None
    return key.public_bytes_raw() if isinstance(key, Ed25519PublicKey) else None


def statement(key: PublicKey) -> bytes:
    """Return the canonical bytes that the root signs of a published key."""
    return canonical.dumps(
        {
            "type": "miaopi-key",
            "number": str(key.number),
            "previous": bytes(key.previous).hex() if key.previous else "",
            "kid": key.kid,
            "purpose": key.purpose,
            "algorithm": key.algorithm,
            "public": bytes(key.public).hex(),
            "active_from": instant(key.active_from),
        }
    )


def sign(key: PublicKey, before: PublicKey | None) -> None:
    """Give an unpublished key its place after ``before`` in the history, and sign it."""
    key.number = before.number + 1 if before and before.number else 1
    key.previous = hashlib.sha256(statement(before)).digest() if before else None
    key.root_signature = signer().private.sign(statement(key))


def _identifier(key: PublicKey) -> str:
    """Return what a key is called by: RFC 7638 of a key, the fingerprint of a certificate."""
    public = bytes(key.public)
    if key.algorithm == "X.509":
        return hashlib.sha256(public).hexdigest()
    return keys.thumbprint(public)


def is_signed(key: PublicKey, root: bytes | None) -> bool:
    """Did the root sign exactly this key, for this purpose?"""
    if root is None or key.root_signature is None or _identifier(key) != key.kid:
        return False
    try:
        verifier = Ed25519PublicKey.from_public_bytes(root)
        verifier.verify(bytes(key.root_signature), statement(key))
    except (InvalidSignature, ValueError):
        return False
    return True
