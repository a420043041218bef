"""Registering and revoking one's own signing key. Each is an Event of ``officer:USERNAME``.

That a second factor was given lately, the caller knows.
"""

from __future__ import annotations

import datetime

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key, load_ssh_public_key
from django.db import transaction

import bulk
from ledger import events, keys, signatures
from ledger.models import Event
from people import text as texts
from people.actors import officer
from people.errors import ActionRejected
from people.models import SigningKey, User
from people.roles import REVIEWING

LONGEST = 2_000  # characters of a public key with its comment
LONGEST_REASON = 400


def public_key(text: str) -> bytes:
    """Return the 32 bytes of an Ed25519 public key in PEM (RFC 8410) or of OpenSSH (RFC 8709).

    Raises ``ActionRejected`` (422), by a name of its own for a private key.
    """
    if "PRIVATE KEY" in text:
        raise _wrong(
            "private_key",
            "这是私钥，不得交给任何人或系统；它已随本次提交传出，请作废并另行生成，只登记公钥",
            "This is a private key, which nobody else may have: it has left your hands now."
            " Make another, and register its public key.",
        )
    data = text.strip().encode()
    if len(data) > LONGEST:
        raise _wrong("key_too_long", "内容过长，不是一把公钥", "It is too long for one public key.")
    try:
        load = load_pem_public_key if data.startswith(b"-----") else load_ssh_public_key
        key = load(data)
    except (ValueError, UnsupportedAlgorithm):
        raise _wrong(
            "not_a_key",
            "不是 PEM 或 OpenSSH 格式的公钥",
            "It is no public key in PEM or of OpenSSH.",
        ) from None
    if not isinstance(key, Ed25519PublicKey):
        raise _wrong("not_ed25519", "只接受 Ed25519 公钥", "Only Ed25519 keys are taken.")
    raw = key.public_bytes_raw()
    try:
        signatures.ed25519(raw)
    except ValueError:
        zh, en = "该公钥不安全：任何人都能冒用", "That key is not safe: anybody could sign with it."
        raise _wrong("weak_key", zh, en) from None
    return raw


def register(*, by: User, text: str, now: datetime.datetime) -> SigningKey:
    """Keep the public key with which a legal or technical officer signs outside the desk.

    Raises ``ActionRejected``: another role (403), no Ed25519 public key (422), a key that is known
    already, somebody's who has one.
    """
    if by.role not in REVIEWING:
        zh = "只有法制审核人员和技术人员登记签名密钥"
        en = "Legal and technical officers register signing keys."
        raise ActionRejected("not_a_reviewer", zh, en, status=403)
    public = public_key(text)
    with transaction.atomic():
        _lock(by)
        kid = keys.thumbprint(public)
        if SigningKey.objects.filter(pk=kid).exists():
            zh = "这把公钥已经登记过（也可能已停用），请另行生成"
            en = "That key was registered before, perhaps revoked since: make another."
            raise ActionRejected("key_known", zh, en, field="/key")
        if SigningKey.objects.filter(user=by, retired_at=None).exists():
            zh, en = "您已有一把在用，请先停用", "You have one in use: revoke it first."
            raise ActionRejected("key_in_use", zh, en, field="/key")
        key = SigningKey(kid=kid, user=by, public=public, registered_at=now)
        key.save(force_insert=True)
        _record("signing_key_registered", key, by, now)
    return key


def revoke(*, by: User, kid: str, reason: str, now: datetime.datetime) -> SigningKey:
    """Retire one's own key: it signs nothing any more; what it signed before stays.

    Raises ``ActionRejected``: no reason (422), no key of theirs (404), revoked already.
    """
    reason = texts.reason(reason, longest=LONGEST_REASON)
    with transaction.atomic():
        _lock(by)
        key = SigningKey.objects.select_for_update().filter(user=by, kid=kid).first()
        if key is None:
            zh, en = "没有这把签名密钥", "There is no such signing key."
            raise ActionRejected("not_found", zh, en, status=404)
        if key.retired_at is not None:
            raise ActionRejected("revoked_already", "已经停用", "It is revoked already.")
        key.retired_at, key.retired_reason = now, reason
        key.save(update_fields=["retired_at", "retired_reason"])
        _record("signing_key_revoked", key, by, now, reason=reason)
    return key


def _lock(user: User) -> None:
    """Lock the owner's row, on which the chain of their events hangs."""
    list(User.objects.select_for_update().filter(pk=user.pk).values_list("pk"))


def _record(kind: str, key: SigningKey, by: User, now: datetime.datetime, **more: str) -> None:
    name = str(officer(by))
    data = {"kid": key.kid, **more}
    made = events.append(events.Rowless.named(name), name, kind, by=name, now=now, data=data)
    bulk.insert(Event, [made])


def _wrong(code: str, zh: str, en: str) -> ActionRejected:
    return ActionRejected(code, zh, en, status=422, field="/key")
