"""One key, where a test needs no other: all of them take long to make and to publish."""

import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.conf import settings

from ledger import keys, root, rotation
from ledger.models import PublicKey


def with_key_for_trials(now: datetime.datetime) -> None:
    """Make and publish the key that signs trials, where it is not, as ``rotation.make`` does."""
    if PublicKey.objects.filter(purpose="trial", retired_at=None).exists():
        return
    folder = Path(settings.KEYS_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    root.make()
    if not any(purpose == "trial" for purpose, _generation, _path in keys.files(folder)):
        made = Ed25519PrivateKey.generate()
        pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        keys.write(folder / "trial-0001.pem", pem)
    keys.cache.forget()
    signer = keys.signer("trial")
    public = keys.public_of(signer.private)
    key = PublicKey(kid=signer.kid, purpose="trial", public=public, active_from=now)
    key.algorithm = "Ed25519"
    rotation.publish(key, now)
