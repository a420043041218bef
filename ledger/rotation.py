"""Making keys, and letting one follow another while everything runs.

The order matters. A public key is published before its private file appears, so that nothing is
ever signed that others cannot check. The old private file of a signing key then goes (its public
half stays beside it as ``.pub``), because nobody needs it any more and what is gone cannot leak;
processes that still hold it in memory change over within ``keys.CACHE_SECONDS``. Old encryption
keys stay: old rows are read with them.
"""

import datetime
import hashlib
import secrets
from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from django.conf import settings
from django.db import connection, transaction
from django.utils.module_loading import import_string

import bulk
from ledger import events, keys, root
from ledger.models import Event, PublicKey

LOCK = 0x6D69_616F_7069_0002  # advisory lock: one publisher at a time


def make(now: datetime.datetime) -> list[str]:
    """Make the keys that are missing and publish what is not published; returns the new ones.

    Safe to run at every start and by several processes at once.
    """
    folder = _folder()
    root.make()
    made = keys.missing()
    for purpose in made:
        _add(folder, purpose, 1, now)
    for purpose, _, path in keys.files(folder):
        key = keys.read(path)
        if not isinstance(key, keys.Secret):
            _publish(purpose, key.private, now)
    keys.cache.forget()
    for maker in settings.KEY_MAKERS:  # keys of other kinds, of apps above this one
        import_string(maker)(now)
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
    if purpose in keys.SIGNING:
        root.signer()  # before anything is made
    old = [(generation, path) for p, generation, path in keys.files(folder) if p == purpose]
    new = _add(folder, purpose, max((g for g, _ in old), default=0) + 1, now)
    if purpose in keys.SIGNING:
        live = PublicKey.objects.filter(purpose=purpose, retired_at=None).exclude(kid=new)
        _retire_published(list(live.values_list("kid", flat=True)), now)
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
        keys.write(folder / f"{name}.key", secret.hex().encode() + b"\n")
        return hashlib.sha256(secret).digest()[:4].hex()
    on_curve = purpose in keys.CURVE
    private = ec.generate_private_key(ec.SECP256R1()) if on_curve else Ed25519PrivateKey.generate()
    kid = _publish(purpose, private, now)
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    if not keys.write(folder / f"{name}.pem", pem):
        _retire_published([kid], now)
    return kid


def _publish(
    purpose: str, private: Ed25519PrivateKey | ec.EllipticCurvePrivateKey, now: datetime.datetime
) -> str:
    public = keys.public_of(private)
    new = PublicKey(kid=keys.thumbprint(public), purpose=purpose, public=public, active_from=now)
    new.algorithm = "Ed25519" if isinstance(private, Ed25519PrivateKey) else "ES256"
    publish(new, now)
    return str(new.kid)


def publish(new: PublicKey, now: datetime.datetime) -> None:
    """Publish an unsaved key as the next of the history that the root signs, with its event.

    A key that is published already stays as it is. Commits by itself.
    """
    with transaction.atomic(durable=True):  # committed before anything is signed with it
        with connection.cursor() as cursor:  # the history has one end
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        key = PublicKey.objects.filter(kid=new.kid).first()
        if key is None or key.root_signature is None:
            last = PublicKey.objects.filter(number__isnull=False).order_by("-number").first()
            signed = key or new
            root.sign(signed, last)
            signed.save(force_insert=key is None)
            proof = hashlib.sha256(root.statement(signed)).hexdigest()
            _event(signed.kid, "published", now, {"purpose": signed.purpose, "statement": proof})


def _event(kid: str, kind: str, now: datetime.datetime, data: dict[str, str]) -> None:
    name = f"key:{kid}"
    subject = events.Rowless.named(name)
    bulk.insert(Event, [events.append(subject, name, kind, by="command:keys", now=now, data=data)])


def _retire_published(kids: Iterable[str], now: datetime.datetime) -> None:
    with transaction.atomic():
        for key in PublicKey.objects.select_for_update().filter(kid__in=kids, retired_at=None):
            key.retired_at = now
            key.save(update_fields=["retired_at"])
            _event(key.kid, "retired", now, {"purpose": key.purpose})


def _retire(path: Path) -> None:
    key = keys.read(path)
    assert not isinstance(key, keys.Secret)
    public = key.private.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    keys.write(path.with_suffix(".pub"), pem)
    path.unlink(missing_ok=True)
