"""Making keys, and letting one follow another while everything runs.

The order matters. A public key is published before its private file appears, so that nothing is
ever signed that others cannot check. The old private file of a signing key then goes (its public
half stays beside it as ``.pub``), because nobody needs it any more and what is gone cannot leak;
processes that still hold it in memory change over within ``keys.CACHE_SECONDS``. Old encryption
keys stay: old rows are read with them.
"""

import datetime
import hashlib
import os
import secrets
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from django.conf import settings
from django.db import transaction

from ledger import keys
from ledger.models import PublicKey


def make(now: datetime.datetime) -> list[str]:
    """Make the keys that are missing and publish what is not published; returns the new ones.

    Safe to run at every start and by several processes at once.
    """
    folder = _folder()
    have = {purpose for purpose, _, _ in keys.files(folder)}
    made = [purpose for purpose in keys.PURPOSES if purpose not in have]
    for purpose in made:
        _add(folder, purpose, 1, now)
    for purpose, _, path in keys.files(folder):
        key = keys.read(path)
        if isinstance(key, keys.Signer):
            _publish(purpose, key.private, now)
    keys.cache.forget()
    return made


def rotate(purpose: str, now: datetime.datetime) -> str:
    """Put a new key of ``purpose`` in use; returns its id. What was signed or encrypted stays good.

    Raises ``KeyUnusable`` for a purpose that cannot be rotated or does not exist.
    """
    if purpose not in keys.SIGNING + keys.ENCRYPTION:
        raise keys.KeyUnusable(
            f"{purpose} keys cannot be rotated: one of {', '.join(keys.SIGNING + keys.ENCRYPTION)}"
        )
    folder = _folder()
    old = [(generation, path) for p, generation, path in keys.files(folder) if p == purpose]
    new = _add(folder, purpose, max((g for g, _ in old), default=0) + 1, now)
    if purpose in keys.SIGNING:
        live = PublicKey.objects.filter(purpose=purpose, retired_at=None).exclude(kid=new)
        live.update(retired_at=now)
        for _, path in old:
            _retire(path)
    keys.cache.forget()
    return new


def _folder() -> Path:
    folder = Path(settings.KEYS_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def _add(folder: Path, purpose: str, generation: int, now: datetime.datetime) -> str:
    name = f"{purpose}-{generation:04d}"
    if purpose not in keys.SIGNING:
        secret = secrets.token_bytes(32)
        _write(folder / f"{name}.key", secret.hex().encode() + b"\n")
        return hashlib.sha256(secret).digest()[:4].hex()
    private = Ed25519PrivateKey.generate()
    kid = _publish(purpose, private, now)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    if not _write(folder / f"{name}.pem", pem):
        PublicKey.objects.filter(kid=kid).update(retired_at=now)
    return kid


def _publish(purpose: str, private: Ed25519PrivateKey, now: datetime.datetime) -> str:
    public = private.public_key().public_bytes_raw()
    kid = keys.thumbprint(public)
    with transaction.atomic(durable=True):  # committed before anything is signed with it
        PublicKey.objects.get_or_create(
            kid=kid, defaults={"purpose": purpose, "public": public, "active_from": now}
        )
    return kid


def _retire(path: Path) -> None:
    key = keys.read(path)
    assert isinstance(key, keys.Signer)
    public = key.private.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    _write(path.with_suffix(".pub"), pem)
    path.unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> bool:
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
